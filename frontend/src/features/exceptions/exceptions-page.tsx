import { Button, Input, Textarea, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useId, useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { Lead, Page, Section } from "@/components/page";
import rows from "@/components/rows.module.css";
import { Status } from "@/components/status";
import { formatDateTime } from "@/lib/format";

import { type Draft, grantOf, type Problems, problemsOf } from "./draft";
import { type Exceptions, exceptionsQuery, type RuleException, useGrant, useRevoke } from "./queries";
import { STATES, STRINGS } from "./strings";

const OPEN: readonly RuleException["state"][] = ["unsigned", "in_force"];

export function ExceptionsPage({ run = "" }: { run?: string | undefined }) {
  const { results, may_grant: mayGrant, rules } = useSuspenseQuery(exceptionsQuery).data;
  const open = results.filter(({ state }) => OPEN.includes(state));
  const past = results.filter(({ state }) => !OPEN.includes(state));
  return (
    <Page title={STRINGS.title}>
      <Lead>{STRINGS.lead}</Lead>
      {mayGrant && (
        <Section title={STRINGS.grant}>
          <Granting rules={rules} run={run} />
        </Section>
      )}
      <Section title={STRINGS.now}>
        {open.length === 0 && <p className={rows["quiet"]}>{STRINGS.nothing}</p>}
        <List items={open} />
      </Section>
      {past.length > 0 && (
        <Section title={STRINGS.past}>
          <List items={past} />
        </Section>
      )}
    </Page>
  );
}

function List({ items }: { items: readonly RuleException[] }) {
  return (
    <div className={rows["list"]}>
      {items.map((item) => (
        <Row key={item.id} item={item} />
      ))}
    </div>
  );
}

function Granting({ rules, run }: { rules: Exceptions["rules"]; run: string }) {
  const empty: Draft = { rule: "", run, paths: "", until: "", reason: "", controls: "" };
  const [draft, setDraft] = useState(empty);
  const [problems, setProblems] = useState<Problems>({});
  const grant = useGrant();
  const choice = useId();
  const field = (name: keyof Draft) => ({
    value: draft[name],
    error: problems[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      setDraft({ ...draft, [name]: event.currentTarget.value });
      setProblems({ ...problems, [name]: undefined });
    },
  });
  return (
    <form
      noValidate
      className={rows["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        const found = problemsOf(draft, new Date());
        setProblems(found);
        if (Object.keys(found).length > 0) return;
        grant.mutate(grantOf(draft), {
          onSuccess: () => {
            setDraft({ ...empty, run: "" });
          },
        });
      }}
    >
      <Input.Wrapper id={choice} label={STRINGS.rule} required error={problems.rule}>
        <Input
          component="select"
          id={choice}
          value={draft.rule}
          error={problems.rule !== undefined}
          onChange={field("rule").onChange}
        >
          <option value="">{STRINGS.choose}</option>
          {rules.map(({ code, title }) => (
            <option key={code} value={code}>
              {title} ({code})
            </option>
          ))}
        </Input>
      </Input.Wrapper>
      <TextInput label={STRINGS.run} description={STRINGS.runHelp} maxLength={36} {...field("run")} />
      <Textarea label={STRINGS.paths} description={STRINGS.pathsHelp} rows={3} {...field("paths")} />
      <TextInput label={STRINGS.until} type="date" required {...field("until")} />
      <Textarea label={STRINGS.reason} required maxLength={4000} rows={3} {...field("reason")} />
      <Textarea label={STRINGS.controls} description={STRINGS.controlsHelp} required rows={3} {...field("controls")} />
      <Button type="submit" disabled={grant.isPending}>
        {STRINGS.submit}
      </Button>
      {grant.error !== null && <ProblemNotice error={grant.error} />}
    </form>
  );
}

function Row({ item }: { item: RuleException }) {
  const state = STATES[item.state];
  return (
    <div className={rows["row"]}>
      <div>
        <div className={rows["name"]}>{item.rule_title}</div>
        <div>
          <code>{item.rule}</code> for{" "}
          {item.run_id === null ? (
            STRINGS.every
          ) : (
            <Link to="/runs/$id" params={{ id: item.run_id }}>
              {item.run_title ?? item.run_id}
            </Link>
          )}
          , until {formatDateTime(item.expires_at)}
        </div>
        <div className={rows["quiet"]}>
          {item.granted_by}, {formatDateTime(item.granted_at)}: {item.reason}
        </div>
        {item.paths.length > 0 && <div className={rows["quiet"]}>Only {item.paths.join(", ")}</div>}
        <div className={rows["quiet"]}>Instead: {item.compensating_controls.join("; ")}</div>
        {item.revoked_at !== null && (
          <div className={rows["quiet"]}>
            Ended by {item.revoked_by}, {formatDateTime(item.revoked_at)}: {item.revoke_reason}
          </div>
        )}
      </div>
      <Status tone={state.tone} label={state.label} />
      {item.may_revoke && <Revoking id={item.id} />}
    </div>
  );
}

function Revoking({ id }: { id: string }) {
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string>();
  const revoke = useRevoke();
  return (
    <form
      noValidate
      className={rows["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() === "") setProblem(STRINGS.needsReason);
        else revoke.mutate({ id, reason });
      }}
    >
      <TextInput
        label={STRINGS.revokeReason}
        required
        maxLength={4000}
        value={reason}
        error={problem}
        onChange={(event) => {
          setReason(event.currentTarget.value);
          setProblem(undefined);
        }}
      />
      <Button type="submit" variant="default" disabled={revoke.isPending}>
        {STRINGS.revoke}
      </Button>
      {revoke.error !== null && <ProblemNotice error={revoke.error} />}
    </form>
  );
}

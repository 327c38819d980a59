import { Button, Input, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useId, useState } from "react";

import { ChevronIcon } from "@/components/icons";
import { ProblemNotice } from "@/components/notice";
import { Lead, Page, Section } from "@/components/page";
import rows from "@/components/rows.module.css";
import { Status } from "@/components/status";
import { formatDateTime, words } from "@/lib/format";

import classes from "./absences.module.css";
import { dayBegins, dayEnds } from "@/lib/days";
import { type Absence, absencesQuery, type StandIn, useDeclare, useDelegate, useEnd } from "./queries";
import { STATES, STRINGS } from "./strings";

export function AbsencesPage({ declares }: { declares: boolean }) {
  const { results, stand_ins, may_declare_for_others: others } = useSuspenseQuery(absencesQuery).data;
  const open = results.filter((absence) => absence.state !== "over");
  return (
    <Page title={STRINGS.title}>
      <Lead>{STRINGS.lead}</Lead>
      {declares && (
        <Section title={others ? STRINGS.declareOthers : STRINGS.declare}>
          <Declaring standIns={stand_ins} others={others} />
        </Section>
      )}
      <Section title={STRINGS.list}>
        {open.length === 0 && <p className={rows["quiet"]}>{STRINGS.empty}</p>}
        <div className={rows["list"]}>
          {open.map((absence) => (
            <Row key={absence.id} absence={absence} standIns={stand_ins} />
          ))}
        </div>
      </Section>
    </Page>
  );
}

function Declaring({ standIns, others }: { standIns: readonly StandIn[]; others: boolean }) {
  const [person, setPerson] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [delegate, setDelegate] = useState("");
  const declare = useDeclare();
  return (
    <form
      className={rows["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        declare.mutate({ person, starts_at: dayBegins(from, new Date()), ends_at: dayEnds(until), delegate });
      }}
    >
      {others && (
        <TextInput
          label={STRINGS.person}
          description={STRINGS.personHelp}
          maxLength={254}
          value={person}
          onChange={(event) => {
            setPerson(event.currentTarget.value);
            setDelegate("");
          }}
        />
      )}
      <div className={classes["days"]}>
        <TextInput
          label={STRINGS.from}
          description={STRINGS.fromHelp}
          type="date"
          value={from}
          onChange={(event) => {
            setFrom(event.currentTarget.value);
          }}
        />
        <TextInput
          label={STRINGS.until}
          description="&nbsp;"
          type="date"
          required
          value={until}
          onChange={(event) => {
            setUntil(event.currentTarget.value);
          }}
        />
      </div>
      <DelegateField own={person === ""} standIns={standIns} value={delegate} onChange={setDelegate} />
      <Button type="submit" disabled={declare.isPending}>
        {STRINGS.submit}
      </Button>
      {declare.error !== null && <ProblemNotice error={declare.error} />}
    </form>
  );
}

/** One's own delegate is chosen from those who could; somebody else's is named by address. */
function DelegateField({
  own,
  standIns,
  held = null,
  value,
  onChange,
}: {
  own: boolean;
  standIns: readonly StandIn[];
  /** Who stands in already: shown even where they could not be chosen any more. */
  held?: { id: string; name: string } | null;
  value: string;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const change = (event: { currentTarget: { value: string } }) => {
    onChange(event.currentTarget.value);
  };
  if (!own) {
    return (
      <TextInput
        label={STRINGS.delegateAddress}
        description={STRINGS.delegateHelp}
        maxLength={254}
        value={value}
        onChange={change}
      />
    );
  }
  return (
    <Input.Wrapper id={id} label={STRINGS.delegate} description={STRINGS.delegateHelp}>
      <Input
        component="select"
        id={id}
        value={value}
        onChange={change}
        rightSectionPointerEvents="none"
        rightSection={
          <span className={classes["down"]}>
            <ChevronIcon />
          </span>
        }
      >
        <option value="">{STRINGS.nobody}</option>
        {held !== null && standIns.every((item) => item.person_id !== held.id) && <option value={held.id}>{held.name}</option>}
        {standIns.map((item) => (
          <option key={item.person_id} value={item.person_id}>
            {item.name} ({item.roles.map(words).join(", ")})
          </option>
        ))}
      </Input>
    </Input.Wrapper>
  );
}

function Row({ absence, standIns }: { absence: Absence; standIns: readonly StandIn[] }) {
  const end = useEnd();
  const delegate = useDelegate();
  const [typed, setTyped] = useState<string | null>(null);
  const held = absence.delegate_id === null ? null : { id: absence.delegate_id, name: absence.delegate ?? "" };
  const before = absence.mine ? (held?.id ?? "") : "";
  // An empty address is nothing typed: that nobody stands in for another person is said by a button of its own.
  const wanted = typed === before ? null : typed;
  const error = end.error ?? delegate.error;
  const name = (who: string) => {
    delegate.mutate(
      { id: absence.id, delegate: who },
      {
        onSuccess: () => {
          setTyped(null);
        },
      },
    );
  };
  const state = STATES[absence.state];
  return (
    <div className={rows["row"]}>
      <div>
        <div className={rows["name"]}>{absence.person}</div>
        <div>
          {formatDateTime(absence.starts_at)} to {formatDateTime(absence.ends_at)}
        </div>
        <div className={rows["quiet"]}>
          {absence.nobody === ""
            ? `${absence.delegate ?? ""} stands in as ${absence.roles.map(words).join(", ")}`
            : `Nobody stands in: ${absence.nobody}`}
          {absence.gaps.map(
            (gap) =>
              `; nobody does from ${formatDateTime(gap.starts_at)} to ${formatDateTime(gap.ends_at)}, when ${absence.delegate ?? ""} is away as well`,
          )}
          {absence.declared_by !== absence.person && `; entered by ${absence.declared_by}`}
        </div>
      </div>
      <Status tone={state.tone} label={state.label} />
      <div className={classes["acts"]}>
        {absence.may_change && (
          <>
            <DelegateField own={absence.mine} standIns={standIns} held={held} value={typed ?? before} onChange={setTyped} />
            <Button
              variant="default"
              disabled={delegate.isPending || wanted === null}
              onClick={() => {
                if (wanted !== null) name(wanted);
              }}
            >
              {STRINGS.change}
            </Button>
            {!absence.mine && !absence.stands_in && held !== null && (
              <Button
                variant="default"
                disabled={delegate.isPending}
                onClick={() => {
                  name("");
                }}
              >
                {STRINGS.nobodyInstead}
              </Button>
            )}
            <Button
              variant="default"
              disabled={end.isPending}
              onClick={() => {
                end.mutate(absence.id);
              }}
            >
              {absence.state === "now" ? STRINGS.end : STRINGS.callOff}
            </Button>
          </>
        )}
        {absence.stands_in && (
          <Button
            variant="default"
            disabled={delegate.isPending}
            onClick={() => {
              name("");
            }}
          >
            {STRINGS.layDown}
          </Button>
        )}
      </div>
      {error !== null && <ProblemNotice error={error} />}
    </div>
  );
}

import { Button, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Notice, ProblemNotice } from "@/components/notice";
import { Lead, Page, Section } from "@/components/page";
import { Status } from "@/components/status";
import { When } from "@/components/when";

import classes from "./passkeys.module.css";
import { type Passkey, passkeysQuery, useConfirm, useEnrol, useRevoke } from "./queries";
import { STATES, STRINGS } from "./strings";

export function PasskeysPage({ decides }: { decides: boolean }) {
  const { origin, results } = useSuspenseQuery(passkeysQuery).data;
  const own = results.filter((item) => item.mine);
  const others = results.filter((item) => !item.mine);
  return (
    <Page title={STRINGS.title}>
      <Lead>{STRINGS.lead}</Lead>
      <Place origin={origin} />
      {decides && (
        <Section title={STRINGS.own}>
          <Rows passkeys={own} />
          {own.length === 0 && <Lead>{STRINGS.ownEmpty}</Lead>}
          <Enrolment origin={origin} />
        </Section>
      )}
      {others.length > 0 && (
        <Section title={STRINGS.others}>
          <Rows passkeys={others} />
        </Section>
      )}
    </Page>
  );
}

/** Where the page has to be open for a passkey to be made or used. */
function Place({ origin }: { origin: string | null }) {
  if (origin === null) {
    return (
      <Notice tone="wait" title={STRINGS.noHost}>
        {STRINGS.noHostNext}
      </Notice>
    );
  }
  if (origin === window.location.origin) return null;
  return (
    <Notice
      tone="wait"
      title={STRINGS.elsewhere}
      action={<a href={`${origin}${window.location.pathname}`}>{STRINGS.goThere}</a>}
    >
      <code>{origin}</code>
    </Notice>
  );
}

function Enrolment({ origin }: { origin: string | null }) {
  const [label, setLabel] = useState("");
  const enrol = useEnrol(origin);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        enrol.mutate(label, {
          onSuccess: () => {
            setLabel("");
          },
        });
      }}
    >
      <div className={classes["form"]}>
        <TextInput
          className={classes["field"] ?? ""}
          label={STRINGS.label}
          description={STRINGS.labelHelp}
          maxLength={100}
          value={label}
          onChange={(event) => {
            setLabel(event.currentTarget.value);
          }}
        />
        <Button type="submit" disabled={enrol.isPending}>
          {enrol.isPending ? STRINGS.enrolling : STRINGS.enrol}
        </Button>
      </div>
      {enrol.error !== null && <ProblemNotice error={enrol.error} />}
    </form>
  );
}

function Rows({ passkeys }: { passkeys: readonly Passkey[] }) {
  return (
    <div className={classes["list"]}>
      {passkeys.map((passkey) => (
        <Row key={passkey.id} passkey={passkey} />
      ))}
    </div>
  );
}

function Row({ passkey }: { passkey: Passkey }) {
  const revoke = useRevoke();
  const state = STATES[passkey.state === "active" && !passkey.usable ? "waiting" : passkey.state];
  return (
    <div className={classes["row"]}>
      <div>
        <div className={classes["name"]}>
          {passkey.label} <span className={classes["quiet"]}>{passkey.mine ? "" : `of ${passkey.person_name}`}</span>
        </div>
        <div className={classes["quiet"]}>
          for {passkey.rp_id}, made <When iso={passkey.created_at} />
        </div>
        <code className={classes["fingerprint"]}>{fingerprintGroups(passkey.fingerprint)}</code>
        {passkey.mine && passkey.state === "proposed" && <div className={classes["quiet"]}>{STRINGS.tell}</div>}
      </div>
      <Status tone={state.tone} label={state.label} />
      <div className={classes["acts"]}>
        {passkey.may_confirm && <Confirmation passkey={passkey} />}
        {passkey.state !== "revoked" && (
          <Button
            variant="default"
            disabled={revoke.isPending}
            aria-label={`${STRINGS.revoke} ${passkey.label}`}
            onClick={() => {
              revoke.mutate(passkey.id);
            }}
          >
            {STRINGS.revoke}
          </Button>
        )}
      </div>
      {revoke.error !== null && <ProblemNotice error={revoke.error} />}
    </div>
  );
}

function Confirmation({ passkey }: { passkey: Passkey }) {
  const [compared, setCompared] = useState(false);
  const confirm = useConfirm();
  return (
    <>
      <label className={classes["compared"]}>
        <input
          type="checkbox"
          checked={compared}
          onChange={(event) => {
            setCompared(event.currentTarget.checked);
          }}
        />
        {STRINGS.compared(passkey.person_name)}
      </label>
      <Button
        disabled={!compared || confirm.isPending}
        onClick={() => {
          confirm.mutate({ id: passkey.id, fingerprint: passkey.fingerprint });
        }}
      >
        {STRINGS.confirm}
      </Button>
      {confirm.error !== null && <ProblemNotice error={confirm.error} />}
    </>
  );
}

/** A fingerprint as two people read it to each other: in groups of four. */
export function fingerprintGroups(fingerprint: string): string {
  return fingerprint.replace("sha256:", "").replace(/(.{4})(?=.)/g, "$1 ");
}

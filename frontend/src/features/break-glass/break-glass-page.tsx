import { Button, Textarea, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { Lead, Page, Section } from "@/components/page";
import classes from "@/components/rows.module.css";
import { Status } from "@/components/status";
import { type Glass, glassQuery } from "@/lib/break-glass";
import { formatDateTime } from "@/lib/format";

import { useAsk, useClose, useConfirm, useReview } from "./queries";
import { STATES, STRINGS } from "./strings";

export function BreakGlassPage() {
  const { may_open, results } = useSuspenseQuery(glassQuery).data;
  return (
    <Page title={STRINGS.title}>
      <Lead>{STRINGS.lead}</Lead>
      {may_open && (
        <Section title={STRINGS.ask}>
          <Asking />
        </Section>
      )}
      <Section title={STRINGS.windows}>
        {results.length === 0 && <p className={classes["quiet"]}>{STRINGS.empty}</p>}
        <div className={classes["list"]}>
          {results.map((glass) => (
            <Row key={glass.id} glass={glass} />
          ))}
        </div>
      </Section>
    </Page>
  );
}

function Asking() {
  const [project, setProject] = useState("");
  const [reason, setReason] = useState("");
  const [minutes, setMinutes] = useState("60");
  const ask = useAsk();
  return (
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        ask.mutate({ project, reason, minutes: Number(minutes) });
      }}
    >
      <TextInput
        label={STRINGS.project}
        required
        value={project}
        onChange={(event) => {
          setProject(event.currentTarget.value);
        }}
      />
      <Textarea
        label={STRINGS.reason}
        description={STRINGS.reasonHelp}
        required
        maxLength={4000}
        value={reason}
        onChange={(event) => {
          setReason(event.currentTarget.value);
        }}
      />
      <TextInput
        label={STRINGS.minutes}
        description={STRINGS.minutesHelp}
        type="number"
        min={1}
        max={60}
        required
        value={minutes}
        onChange={(event) => {
          setMinutes(event.currentTarget.value);
        }}
      />
      <Button type="submit" disabled={ask.isPending}>
        {STRINGS.ask}
      </Button>
      {ask.isSuccess && <p role="status">{STRINGS.asked}</p>}
      {ask.error !== null && <ProblemNotice error={ask.error} />}
    </form>
  );
}

function Row({ glass }: { glass: Glass }) {
  const confirm = useConfirm();
  const close = useClose();
  const state = STATES[glass.state];
  const error = confirm.error ?? close.error;
  return (
    <div className={classes["row"]}>
      <div>
        <div className={classes["name"]}>
          {glass.project}: {glass.reason}
        </div>
        <div className={classes["quiet"]}>
          asked for by {glass.requested_by}, {formatDateTime(glass.requested_at)}, for {glass.minutes} minutes
          {glass.opened_by !== null && glass.opened_at !== null && (
            <>
              ; countersigned by {glass.opened_by}, {formatDateTime(glass.opened_at)}
            </>
          )}
          {glass.reviewed_by !== null && (
            <>
              ; reviewed by {glass.reviewed_by}: {glass.review}
            </>
          )}
        </div>
      </div>
      <Status tone={state.tone} label={state.label} />
      {glass.may_confirm && (
        <Button
          color="red"
          disabled={confirm.isPending}
          onClick={() => {
            confirm.mutate(glass.id);
          }}
        >
          {STRINGS.confirm}
        </Button>
      )}
      {glass.may_close && (
        <Button
          variant="default"
          disabled={close.isPending}
          onClick={() => {
            close.mutate(glass.id);
          }}
        >
          {STRINGS.close}
        </Button>
      )}
      {glass.may_review && <Review id={glass.id} />}
      {error !== null && <ProblemNotice error={error} />}
    </div>
  );
}

function Review({ id }: { id: string }) {
  const [text, setText] = useState("");
  const review = useReview();
  return (
    <form
      className={classes["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        review.mutate({ id, review: text });
      }}
    >
      <Textarea
        label={STRINGS.review}
        required
        maxLength={4000}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
      />
      <Button type="submit" disabled={review.isPending}>
        {STRINGS.sign}
      </Button>
      {review.error !== null && <ProblemNotice error={review.error} />}
    </form>
  );
}

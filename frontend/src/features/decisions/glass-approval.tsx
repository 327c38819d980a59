import { Button, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { Section } from "@/components/page";
import { glassQuery } from "@/lib/break-glass";
import { randomId } from "@/lib/id";

import classes from "./decision.module.css";
import { type DecisionRequest, useDecide } from "./queries";

const STRINGS = {
  approve: "Approve under break-glass",
  approveHelp: "Your signature alone merges this change. It is named as such wherever it is shown, and reviewed within a day.",
  approveReason: "Why it can't wait for its quorum",
  unseen: "Approving needs every hunk shown.",
} as const;

/** For the two people of an open window: approving without the quorum, once everything was shown. */
export function GlassApproval({ request, seen }: { request: DecisionRequest; seen: boolean }) {
  const windows = useQuery(glassQuery).data?.results ?? [];
  const window = windows.find((glass) => glass.state === "open" && glass.mine && glass.project === request.project.slug);
  const [reason, setReason] = useState("");
  const [idempotencyKey] = useState(randomId);
  const decide = useDecide(request.id);
  if (window === undefined || request.state !== "pending" || request.subject.kind !== "change") return null;
  return (
    <Section title={STRINGS.approve}>
      <form
        className={classes["stack"]}
        onSubmit={(event) => {
          event.preventDefault();
          decide.mutate({
            verdict: "approve",
            reason,
            items: [],
            digest: request.digest,
            break_glass: window.id,
            idempotencyKey,
            passkey: request.policy.passkey,
          });
        }}
      >
        <p className={classes["quiet"]}>{STRINGS.approveHelp}</p>
        <Textarea
          label={STRINGS.approveReason}
          required
          maxLength={4000}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
        {!seen && <p className={classes["quiet"]}>{STRINGS.unseen}</p>}
        <Button type="submit" color="red" disabled={!seen || decide.isPending}>
          {STRINGS.approve}
        </Button>
        {decide.error !== null && <ProblemNotice error={decide.error} />}
      </form>
    </Section>
  );
}

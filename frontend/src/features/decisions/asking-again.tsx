import { Button } from "@mantine/core";
import { useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { Section } from "@/components/page";
import { randomId } from "@/lib/id";

import { useAskAgain } from "./again";
import classes from "./decision.module.css";
import type { DecisionRequest } from "./queries";

const STRINGS = {
  title: "It expired undecided",
  what: "Asked for again, it gathers its evidence anew on the branch as it is, and needs every signature anew. Comments stay.",
  ask: "Ask again",
  asking: "Asking…",
  asked: "Asked for again: the new request stands in the inbox as soon as its evidence is gathered.",
} as const;

/** Beside a request that expired: one step to a new one, for who may start runs. */
export function AskingAgain({ request }: { request: DecisionRequest }) {
  const [idempotencyKey] = useState(randomId);
  const ask = useAskAgain(request.id);
  if (ask.isSuccess) {
    return (
      <Section title={STRINGS.title}>
        <p role="status">{STRINGS.asked}</p>
      </Section>
    );
  }
  if (!request.allowed_actions.includes("ask_again")) return null;
  return (
    <Section title={STRINGS.title}>
      <div className={classes["stack"]}>
        <p className={classes["quiet"]}>{STRINGS.what}</p>
        {ask.error !== null && <ProblemNotice error={ask.error} />}
        <Button
          size="sm"
          disabled={ask.isPending}
          onClick={() => {
            ask.mutate(idempotencyKey);
          }}
        >
          {ask.isPending ? STRINGS.asking : STRINGS.ask}
        </Button>
      </div>
    </Section>
  );
}

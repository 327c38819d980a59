import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { Section, Waiting } from "@/components/page";
import { Status } from "@/components/status";
import { randomId } from "@/lib/id";
import { visibleText } from "@/lib/visible-text";

import { type Difference, differenceQuery, useSignAgain } from "./again";
import classes from "./decision.module.css";
import type { DecisionRequest } from "./queries";
import own from "./signing-again.module.css";

const STRINGS = {
  title: "What is different",
  loading: "Comparing with the version before…",
  same: "The patch is the same to the byte.",
  another: "The patch is another one: read it before you decide.",
  sign: "Sign again",
  signing: "Signing…",
} as const;

/** Beside a request that took the place of a void or an expired one: what is another now, and one step where that is enough. */
export function SigningAgain({ request }: { request: DecisionRequest }) {
  const query = useQuery({ ...differenceQuery(request.id, request.digest), enabled: request.supersedes !== null && request.subject.kind === "change" });
  if (request.supersedes === null || request.subject.kind !== "change") return null;
  return (
    <Section title={STRINGS.title}>
      {query.isPending && <Waiting what={STRINGS.loading} />}
      {query.isError && <ProblemNotice error={query.error} />}
      {query.data !== undefined && (
        <div className={own["told"]}>
          <Told difference={query.data} />
          {request.allowed_actions.includes("approve") && query.data.own !== null && <OneStep request={request} difference={query.data} />}
        </div>
      )}
    </Section>
  );
}

function Told({ difference }: { difference: Difference }) {
  return (
    <>
      <p>
        It took the place of{" "}
        <Link to="/decisions/$id" params={{ id: difference.earlier_id }}>
          {difference.own === null ? "an earlier version" : "the version that you had approved"}
        </Link>
        {difference.why !== "" && `: ${visibleText(difference.why).text}`}
      </p>
      <Status tone={difference.patch_same ? "pass" : "wait"} label={difference.patch_same ? STRINGS.same : STRINGS.another} bare />
      <ul className={classes["list"]}>
        {difference.facts.map((fact) => (
          <li key={`${fact.code} ${fact.name}`}>
            {fact.name}: <code>{fact.before}</code> → <code>{fact.after}</code>
          </li>
        ))}
        {difference.files.map((file) => (
          <li key={file.path}>
            <code>{visibleText(file.path).text}</code>: {file.change}
          </li>
        ))}
      </ul>
    </>
  );
}

function OneStep({ request, difference }: { request: DecisionRequest; difference: Difference }) {
  const [idempotencyKey] = useState(randomId);
  const again = useSignAgain(request.id);
  if (difference.own === null) return null;
  const { reason } = difference.own;
  if (difference.hindrance !== null) return <p className={classes["quiet"]}>No single step: {visibleText(difference.hindrance).text}.</p>;
  return (
    <>
      <p className={classes["quiet"]}>Your reason was: {visibleText(reason).text}</p>
      {again.error !== null && <ProblemNotice error={again.error} />}
      <Button
        size="sm"
        disabled={again.isPending}
        onClick={() => {
          again.mutate({ digest: difference.digest, reason, idempotencyKey, passkey: request.policy.passkey });
        }}
      >
        {again.isPending ? STRINGS.signing : STRINGS.sign}
      </Button>
    </>
  );
}

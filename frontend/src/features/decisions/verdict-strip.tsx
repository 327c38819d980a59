import type { ReactNode } from "react";

import { Left } from "@/components/when";
import { formatDateTime, formatNumber, plural, words } from "@/lib/format";

import classes from "./decision.module.css";
import type { DecisionRequest } from "./queries";
import { ROLES, STATES } from "./strings";
import { Told } from "./told";

/** What a person has to know before anything else, in one line. */
export function VerdictStrip({ request }: { request: DecisionRequest }) {
  return (
    <div className={classes["strip"]} aria-label="Verdict">
      <Cell label="Policy" value={request.policy.decision_text.replace(/\.$/, "")} tone={request.policy.blocked ? "fail" : undefined}>
        {request.policy.blocked ? <a href={`/exceptions?run=${request.run_id ?? ""}`}>blocked by a rule: exceptions</a> : plural(request.policy.reasons.length, "reason below", "reasons below")}
      </Cell>
      <RiskCell request={request} />
      <GatesCell request={request} />
      <QuorumCell request={request} />
      <TimeCell request={request} />
    </div>
  );
}

function Cell({
  label,
  value,
  tone,
  children,
}: {
  label: string;
  value: ReactNode;
  tone?: "pass" | "fail" | "wait" | undefined;
  children: ReactNode;
}) {
  return (
    <div className={classes["stripCell"]}>
      <div className={classes["stripLabel"]}>{label}</div>
      <div className={`${classes["stripValue"] ?? ""} ${tone === undefined ? "" : (classes[tone] ?? "")}`}>{value}</div>
      <div className={classes["stripNote"]}>{children}</div>
    </div>
  );
}

function RiskCell({ request }: { request: DecisionRequest }) {
  const { risk } = request;
  if (risk === null) {
    if (request.subject.kind !== "change") return <Cell label="Risk" value="none">no change to code</Cell>;
    return (
      <Cell label="Risk" value="not computed" tone="fail">
        missing evidence
      </Cell>
    );
  }
  const unknown = risk.unknown.length > 0;
  const over = risk.score > risk.threshold;
  return (
    <Cell
      label="Risk"
      value={
        <>
          {formatNumber(risk.score)} <span className={classes["of"]}>of 100</span>
        </>
      }
      tone={unknown ? "fail" : over ? "wait" : undefined}
    >
      {unknown
        ? `unknown: ${risk.unknown.map(words).join(", ")}`
        : `${over ? "over" : "not over"} ${formatNumber(risk.threshold)}`}
      {risk.together.length > 0 && `, ${formatNumber(risk.alone)} alone`}
    </Cell>
  );
}

function GatesCell({ request }: { request: DecisionRequest }) {
  const { passed, total } = request.gates;
  const open = request.gate_reports.filter((report) => report.status !== "pass").map((report) => words(report.name));
  if (total === 0) {
    const proof = request.phase_proof;
    if (proof === null)
      return (
        <Cell label="Gates" value="none ran" tone="fail">
          missing evidence
        </Cell>
      );
    const met = proof.items.filter((item) => item.met === true).length;
    return (
      <Cell label="Proof" value={`${formatNumber(met)} of ${formatNumber(proof.items.length)}`} tone={proof.complete ? "pass" : "fail"}>
        {proof.complete ? "complete but for your word" : "not complete"}
      </Cell>
    );
  }
  return (
    <Cell
      label="Gates"
      value={
        <>
          {formatNumber(passed)} <span className={classes["of"]}>of {formatNumber(total)}</span>
        </>
      }
      tone={passed === total ? "pass" : "fail"}
    >
      {open.length === 0 ? "all pass" : `not passed: ${open.join(", ")}`}
    </Cell>
  );
}

function QuorumCell({ request }: { request: DecisionRequest }) {
  const given = request.quorum.reduce((sum, part) => sum + Math.min(part.given, part.required), 0);
  const required = request.quorum.reduce((sum, part) => sum + part.required, 0);
  const mine = request.state === "pending" && request.allowed_actions.includes("approve");
  return (
    <Cell
      label="Quorum"
      value={mine ? `You are ${formatNumber(given + 1)} of ${formatNumber(required)}` : `${formatNumber(given)} of ${formatNumber(required)}`}
    >
      {request.quorum.map((part) => `${ROLES[part.role] ?? words(part.role)} ${part.given} of ${part.required}`).join(", ")}
    </Cell>
  );
}

function TimeCell({ request }: { request: DecisionRequest }) {
  if (request.state === "pending") {
    return (
      <Cell label="Expires in" value={<Left iso={request.expires_at} />}>
        <Told item={request} />
        then it counts as not approved
      </Cell>
    );
  }
  const state = STATES[request.state];
  return (
    <Cell label="State" value={state.label} tone={state.tone === "idle" ? undefined : state.tone}>
      {request.decided_at === null ? "" : formatDateTime(request.decided_at)}
    </Cell>
  );
}

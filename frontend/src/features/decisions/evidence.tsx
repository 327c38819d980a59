import { Link } from "@tanstack/react-router";

import { AgentWords } from "@/components/agent-words";
import { Digest } from "@/components/digest";
import { GatesTable } from "@/components/gates-table";
import { Notice } from "@/components/notice";
import { Section } from "@/components/page";
import { RiskChart } from "@/components/risk-chart";
import { metTone, Status } from "@/components/status";
import { When } from "@/components/when";
import { formatBytes, plural, words } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import classes from "./decision.module.css";
import type { AskedItem, DecisionRequest } from "./queries";
import { ROLES, STRINGS, VERDICTS } from "./strings";

interface Part {
  request: DecisionRequest;
}

/** What the platform itself established, above the diff. */
export function Facts({ request }: Part) {
  return (
    <>
      <PolicyPart request={request} />
      {request.asked.length > 0 && <AskedPart request={request} />}
      {request.risk !== null && (
        <Section title="Risk" note="a published formula over recorded inputs; no model grades itself" flush>
          <RiskChart risk={request.risk} />
        </Section>
      )}
      {request.phase_proof !== null && <ProofPart request={request} />}
      {request.subject.kind === "change" && <GatesPart request={request} />}
    </>
  );
}

function PolicyPart({ request }: Part) {
  return (
    <Section title="Policy" note="why these people have to decide">
      <ul className={classes["list"]}>
        {request.policy.reasons.length === 0 && <li>No reason was recorded.</li>}
        {request.policy.reasons.map((reason) => (
          <li key={`${reason.rule} ${reason.text}`}>
            {reason.text} <code className={classes["quiet"]}>{reason.rule}</code>
          </li>
        ))}
        {request.violations.map((violation) => (
          <li key={violation.rule + violation.text}>
            <Status tone="fail" label="violation" /> {violation.text} <code className={classes["quiet"]}>{violation.rule}</code>
            <pre className={classes["block"]}>{visibleText(violation.response).text}</pre>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function GatesPart({ request }: Part) {
  const isolation = request.isolation === "unconfined" ? "the code ran unconfined" : `run in ${words(request.isolation).toLowerCase()}`;
  return (
    <Section title="Gates" note={`run on the frozen result, apart from the agent; ${isolation}`} flush>
      {request.gate_reports.length === 0 ? (
        <div className={classes["stripCell"]}>
          <Status tone="unknown" label="no gate reported" />
        </div>
      ) : (
        <GatesTable reports={request.gate_reports} />
      )}
    </Section>
  );
}

function ProofPart({ request }: Part) {
  const proof = request.phase_proof;
  if (proof === null) return null;
  return (
    <Section title="Proof of completeness" note={proof.complete ? "complete but for your word" : plural(proof.missing.length, "item missing", "items missing")}>
      <ul className={classes["list"]}>
        {proof.items.map((item) => (
          <li key={item.code}>
            <Status tone={metTone(item.met)} label={item.met === null ? "unknown" : item.met ? "met" : "missing"} bare />{" "}
            <code>{item.code}</code> {item.text}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What stands below the diff: the way back, what was to be mended, what the agent said, and what all is bound to. */
export function Background({ request }: Part) {
  return (
    <>
      <RollbackPart request={request} />
      {request.findings.length > 0 && <FindingsPart request={request} />}
      {(request.prompt !== null || request.transcript !== null || request.change !== null) && <WordsPart request={request} />}
      <BoundPart request={request} />
    </>
  );
}

function RollbackPart({ request }: Part) {
  const { rollback } = request;
  return (
    <Section title="Rollback plan" note="the way back, should this turn out wrong">
      {rollback.steps.length === 0 && rollback.text === "" && <Status tone="unknown" label="no rollback plan" />}
      <ol className={classes["numbered"]}>
        {rollback.steps.map((step) => (
          <li key={step}>{visibleText(step).text}</li>
        ))}
      </ol>
      {rollback.command !== null && <code className={classes["block"]}>{rollback.command}</code>}
      {rollback.text !== "" && (
        <details className={classes["sealed"]} open={rollback.steps.length === 0}>
          <summary>{request.pack === null ? "Why" : "The plan as it is sealed in the pack"}</summary>
          <pre className={classes["block"]}>{visibleText(rollback.text).text}</pre>
        </details>
      )}
    </Section>
  );
}

function FindingsPart({ request }: Part) {
  const more = (request.work_item?.finding_count ?? 0) - request.findings.length;
  return (
    <Section
      title="Findings this change answers"
      note={more > 0 ? `${plural(more, "more is", "more are")} in the pack` : undefined}
      flush
    >
      <table className={classes["findings"]}>
        <tbody>
          {request.findings.map((finding) => (
            <tr key={`${finding.tool} ${finding.rule} ${finding.path} ${finding.line}`}>
              <td>
                <code>{finding.rule}</code>
              </td>
              <td>{visibleText(finding.message).text}</td>
              <td>
                <code>
                  {finding.path}:{finding.line}
                </code>
              </td>
              <td className={classes["quiet"]}>
                {finding.tool}, {finding.severity}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function WordsPart({ request }: Part) {
  const { prompt, transcript, change } = request;
  return (
    <Section title="Prompt and transcript" note="read these last; nothing in them is evidence">
      {prompt !== null && (
        <AgentWords
          title="Prompt"
          label={STRINGS.promptWords}
          facts={`${prompt.persona}, ${prompt.template} ${prompt.template_version}, ${prompt.adapter}, ${prompt.model ?? "no model"}`}
          text={prompt.text}
        />
      )}
      {change !== null && change.agent_says !== "" && (
        <AgentWords title="Summary" label={STRINGS.agentWords} text={change.agent_says} />
      )}
      {transcript !== null && (
        <AgentWords
          title="Transcript"
          label={STRINGS.agentWords}
          facts={transcript.truncated ? "shortened here; whole in the pack" : undefined}
          text={transcript.text}
        />
      )}
    </Section>
  );
}

function BoundPart({ request }: Part) {
  const { change, pack } = request;
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ["Evidence", request.digest],
    ["Base commit", change?.base_commit],
    ["Result tree", change?.result_tree],
    ["Manifest", change?.manifest_digest === request.digest ? null : change?.manifest_digest],
    ["Rule set", change?.ruleset_digest],
    ["Diff", request.diff?.digest],
  ];
  return (
    <Section title="What the signature binds" note={pack === null ? undefined : `pack of ${formatBytes(pack.size)}`}>
      <dl className={classes["facts"]}>
        {rows.map(([name, value]) =>
          value === null || value === undefined ? null : (
            <div key={name} className={classes["pair"]}>
              <dt>{name}</dt>
              <dd>
                <Digest value={value} what={name} whole />
              </dd>
            </div>
          ),
        )}
        {change !== null && (
          <>
            <dt>Branch</dt>
            <dd>
              <code>{change.branch}</code>
            </dd>
          </>
        )}
        {request.run_id !== null && (
          <>
            <dt>Run</dt>
            <dd>
              <Link to="/runs/$id" params={{ id: request.run_id }}>
                see how it came about
              </Link>
            </dd>
          </>
        )}
      </dl>
    </Section>
  );
}

/** What was asked for on earlier attempts: the agent of this one was given it. */
function AskedPart({ request }: Part) {
  return (
    <Section title="What was asked for before" note="given to the agent of this attempt; see whether it was met">
      <ul className={classes["list"]}>
        {request.asked.map((asked) => (
          <li key={asked.decision_id}>
            {visibleText(asked.by_label).text}{" "}
            <span className={classes["quiet"]}>
              <When iso={asked.decided_at} />
            </span>
            <div className={classes["remark"]}>{visibleText(asked.reason).text}</div>
            <AskedItems items={asked.items} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

function AskedItems({ items }: { items: readonly AskedItem[] }) {
  if (items.length === 0) return null;
  return (
    <ol className={classes["numbered"]}>
      {items.map((item, index) => (
        <li key={index} className={classes["remark"]}>
          {item.path !== "" && (
            <code>
              {visibleText(item.path).text}
              {item.line !== null && `:${String(item.line)}`}
            </code>
          )}{" "}
          {visibleText(item.text).text}
        </li>
      ))}
    </ol>
  );
}

export function Votes({ request }: Part) {
  return (
    <Section title="Votes" note={request.votes.length === 0 ? "none yet" : undefined}>
      <ul className={classes["list"]}>
        {request.votes.map((vote) => (
          <li key={vote.id}>
            <Status tone={vote.verdict === "approve" ? "pass" : vote.verdict === "reject" ? "fail" : "wait"} label={VERDICTS[vote.verdict].done} bare />{" "}
            {vote.by_label}{" "}
            <span className={classes["quiet"]}>
              {ROLES[vote.role] ?? words(vote.role)}, <When iso={vote.decided_at} />
            </span>
            {vote.unattended && (
              <div>
                <Status tone="wait" label="unattended: no person looked" />
              </div>
            )}
            <div>{visibleText(vote.reason).text}</div>
            <AskedItems items={vote.items} />
          </li>
        ))}
        {request.excluded.map((person) => (
          <li key={person.label} className={classes["quiet"]}>
            {person.label} cannot vote: {person.why}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The files that the pack lists must be the files that the diff shows. */
export function MissingFiles({ paths }: { paths: readonly string[] }) {
  if (paths.length === 0) return null;
  return (
    <Notice tone="fail" title="The diff does not show every file that the pack lists as changed">
      {paths.join(", ")}
    </Notice>
  );
}

import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";

import { Digest } from "@/components/digest";
import { DiffView } from "@/components/diff/diff-view";
import { diffParse } from "@/components/diff/parse";
import { GatesTable } from "@/components/gates-table";
import { Notice, ProblemNotice } from "@/components/notice";
import { Page, Section, Waiting } from "@/components/page";
import { RiskChart } from "@/components/risk-chart";
import { Seal } from "@/components/seal";
import { StaleNotice } from "@/components/stale-notice";
import { Status, type Tone } from "@/components/status";
import { When } from "@/components/when";
import { formatDuration, formatNumber, words } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import { type Run, runDiffQuery, runEventsQuery, runQuery } from "./queries";
import classes from "./runs.module.css";
import { runLook, STRINGS } from "./strings";

type Step = Run["steps"][number];

export function RunPage({ id }: { id: string }) {
  const query = useSuspenseQuery(runQuery(id));
  const run = query.data;
  const look = runLook(run.state);
  return (
    <Page
      title={run.title}
      lead={run.pack_digest === null ? undefined : <Seal digest={run.pack_digest} size={44} />}
      over={
        <>
          <Link to="/runs">Runs</Link> · {run.project.name} · {run.work_item_key} ·{" "}
          <Link to="/exceptions" search={{ run: id }}>
            Exceptions
          </Link>
        </>
      }
      aside={<Status tone={look.tone} label={look.label} />}
    >
      <StaleNotice query={query} />
      {run.state === "waiting_approval" && run.approval_request_id !== null && (
        <Notice
          tone="wait"
          title="Waits for a person"
          action={
            <Link to="/decisions/$id" params={{ id: run.approval_request_id }}>
              Go to the decision
            </Link>
          }
        >
          Waiting holds no worker.
        </Notice>
      )}
      {run.incident_reason !== null && (
        <Notice tone="fail" title="Stopped as an incident">
          {visibleText(run.incident_reason).text}
        </Notice>
      )}
      <div className={classes["columns"]}>
        <div>
          <Steps run={run} />
          {run.gate_reports.length > 0 && (
            <Section title="Gates" flush>
              <GatesTable reports={run.gate_reports} />
            </Section>
          )}
          {run.risk !== null && (
            <Section title="Risk" flush>
              <RiskChart risk={run.risk} />
            </Section>
          )}
          <Patch run={run} />
        </div>
        <div>
          <RunFacts run={run} />
          <Events id={run.id} />
        </div>
      </div>
    </Page>
  );
}

const STEP_TONES: Readonly<Record<Step["state"], Tone>> = { pending: "idle", running: "run", done: "pass", failed: "fail" };

/** A step that waits for a person is not at work. */
function stepLook(run: Run, step: Step): { tone: Tone; label: string } {
  if (step.state === "running" && run.state === "waiting_approval") return { tone: "wait", label: "waiting" };
  return { tone: STEP_TONES[step.state], label: step.state };
}

function Steps({ run }: { run: Run }) {
  return (
    <Section title="Steps" flush>
      <ol className={classes["steps"]}>
        {run.steps.map((step) => (
          <li key={step.name}>
            <Status {...stepLook(run, step)} bare />
            <div>
              {words(step.name)} <span className={classes["quiet"]}>{visibleText(step.summary).text}</span>
            </div>
            <span className={classes["quiet"]}>
              {step.started_at !== null &&
                step.finished_at !== null &&
                formatDuration(new Date(step.finished_at).getTime() - new Date(step.started_at).getTime())}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function RunFacts({ run }: { run: Run }) {
  const { cost } = run;
  return (
    <Section title="Run">
      <dl className={classes["facts"]}>
        <dt>Persona</dt>
        <dd>{run.persona}</dd>
        <dt>Agent</dt>
        <dd>
          {run.adapter}, {cost.model ?? "no model"}
        </dd>
        <dt>Cost</dt>
        <dd>
          {new Intl.NumberFormat(undefined, { style: "currency", currency: "USD" }).format(cost.cost_micros / 1_000_000)},{" "}
          {formatNumber(cost.tokens_in + cost.tokens_out)} tokens
        </dd>
        <dt>Isolation</dt>
        <dd>{run.isolation}</dd>
        <dt>Branch</dt>
        <dd>
          <code>{run.branch}</code>
        </dd>
        <dt>Base</dt>
        <dd>
          <Digest value={run.base_commit} what="base commit" />
        </dd>
        {run.result_tree !== null && (
          <>
            <dt>Result tree</dt>
            <dd>
              <Digest value={run.result_tree} what="result tree" />
            </dd>
          </>
        )}
        {run.merge_commit !== null && (
          <>
            <dt>Merge</dt>
            <dd>
              <Digest value={run.merge_commit} what="merge commit" />
            </dd>
          </>
        )}
        {run.tag !== null && (
          <>
            <dt>Tag</dt>
            <dd>
              <code>{run.tag}</code>
            </dd>
          </>
        )}
        <dt>Started</dt>
        <dd>
          <When iso={run.created_at} />
        </dd>
      </dl>
      {run.attempts.length > 1 && (
        <ol>
          {run.attempts.map((attempt) => (
            <li key={attempt.number} className={classes["quiet"]}>
              Attempt {attempt.number}, seed {attempt.seed}: {attempt.outcome}. {attempt.reason}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Events({ id }: { id: string }) {
  const query = useQuery(runEventsQuery(id));
  return (
    <Section title="Log" note="audit events of this run">
      {query.isPending && <p>Loading the log…</p>}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isSuccess && query.data.results.length === 0 && <p className={classes["quiet"]}>Nothing was recorded yet.</p>}
      {query.isSuccess && query.data.results.length > 0 && (
        <ol className={classes["events"]}>
          {query.data.results.map((event) => (
            <li key={event.id}>
              <details>
                <summary>
                  <code>{event.type}</code>{" "}
                  <span className={classes["quiet"]}>
                    <When iso={event.time} />
                  </span>
                </summary>
                <div className={classes["quiet"]}>by {event.actor_label}</div>
                <div className={classes["quiet"]}>{visibleText(event.summary).text}</div>
              </details>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

function Patch({ run }: { run: Run }) {
  const query = useQuery({ ...runDiffQuery(run.id, run.result_tree ?? ""), enabled: run.result_tree !== null });
  const text = query.data;
  const diff = useMemo(() => {
    if (text === undefined) return null;
    try {
      return diffParse(text);
    } catch {
      return null;
    }
  }, [text]);
  return (
    <Section title="Diff" flush={diff !== null}>
      {run.result_tree === null && <p className={classes["quiet"]}>{STRINGS.noDiff}</p>}
      {run.result_tree !== null && query.isPending && <Waiting what={STRINGS.loadingDiff} />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {diff !== null && <DiffView diff={diff} />}
    </Section>
  );
}

import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Page } from "@/components/page";
import { StaleNotice } from "@/components/stale-notice";
import { metTone, Status } from "@/components/status";
import { formatNumber, plural } from "@/lib/format";

import classes from "./board.module.css";
import { PlanAbout } from "./plan-about";
import { MissingInputs, PlanInputs } from "./plan-inputs";
import { DeliverableDetails, PhaseDetails, PhaseFacts } from "./plan-parts";
import { type Deliverable, type Phase, type PhaseGate, type PhaseWorkItem, planQuery } from "./queries";
import { CHECKS, DELIVERABLE_STATES, GATES, PHASE_STATES, STRINGS, TURNS, WORK_STATES } from "./strings";

/** Where the plan stands: every phase, what it still needs for 100 %, and whose turn it is. */
export function BoardPage({ id, answers }: { id: string; answers: boolean }) {
  const query = useSuspenseQuery(planQuery(id));
  const plan = query.data;
  return (
    <Page
      title={plan.title}
      over={
        <>
          <Link to="/plans">Plans</Link> · {plan.project.name} · version {plan.version}
        </>
      }
      aside={
        <Status
          tone={plan.phases_complete === plan.phases_total ? "pass" : "run"}
          label={`${formatNumber(plan.phases_complete)} of ${plural(plan.phases_total, "phase", "phases")} complete`}
        />
      }
    >
      <StaleNotice query={query} />
      <MissingInputs inputs={plan.inputs} />
      <div className={classes["board"]}>
        {[...plan.phases]
          .sort((a, b) => a.order - b.order)
          .map((phase) => (
            <PhaseCard key={phase.id} phase={phase} />
          ))}
      </div>
      <PlanInputs plan={plan} answers={answers} />
      <PlanAbout plan={plan} />
    </Page>
  );
}

function PhaseCard({ phase }: { phase: Phase }) {
  const state = PHASE_STATES[phase.state];
  const turn = TURNS[phase.waiting_on];
  return (
    <section className={classes["phase"]} aria-label={`Phase ${phase.code}`}>
      <div className={classes["phaseHead"]}>
        <div className={classes["phaseLine"]}>
          <h2>
            <span className={classes["code"]}>{phase.code}</span> {phase.title}
          </h2>
          <Status tone={state.tone} label={state.label} />
        </div>
        <div className={classes["meter"]} aria-hidden="true">
          {phase.deliverables.map((deliverable) => (
            <span key={deliverable.code} data-state={deliverable.state} />
          ))}
        </div>
        <div className={classes["quiet"]}>
          {formatNumber(phase.deliverables_done)} of {plural(phase.deliverables_total, "deliverable", "deliverables")} done
          {phase.depends_on.length > 0 && ` · after ${phase.depends_on.join(", ")}`}
          {turn !== "" && ` · ${turn}`}
          {phase.backlog_count > 0 && ` · ${formatNumber(phase.backlog_count)} in the backlog`}
        </div>
        <PhaseFacts phase={phase} />
        {phase.waiting_request_ids.length > 0 && (
          <WaitingDecisions ids={phase.waiting_request_ids} />
        )}
      </div>
      <Missing items={phase.missing} />
      {phase.deliverables.map((deliverable) => (
        <DeliverableRow key={deliverable.code} deliverable={deliverable} />
      ))}
      {(Object.keys(GATES) as PhaseGate["kind"][]).map((kind) => (
        <Gates
          key={kind}
          title={GATES[kind]}
          gates={phase.gates.filter((gate) => gate.kind === kind)}
          shared={kind === "standard" || kind === "checklist"}
        />
      ))}
      <PhaseDetails phase={phase} />
    </section>
  );
}

/** What every phase has to show repeats itself on the board, so it starts folded, as does what is long. */
function Gates({ title, gates, shared }: { title: string; gates: readonly PhaseGate[]; shared: boolean }) {
  if (gates.length === 0) return null;
  return (
    <details className={classes["gates"]} open={!shared && gates.length <= FEW}>
      <summary>
        {title} <span className={classes["quiet"]}>{formatNumber(gates.length)}</span>
      </summary>
      <ul className={classes["criteria"]}>
        {gates.map((gate) => (
          <Criterion key={gate.code} {...gate} />
        ))}
      </ul>
    </details>
  );
}

const FEW = 6;

/** A long list repeats what the criteria below say, so it starts folded. */
function Missing({ items }: { items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <details className={classes["missing"]} open={items.length <= FEW}>
      <summary>{plural(items.length, "thing is", "things are")} missing for 100 %</summary>
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </details>
  );
}

function WaitingDecisions({ ids }: { ids: readonly string[] }) {
  const only = ids.length === 1 ? ids[0] : undefined;
  return (
    <div className={classes["decide"]}>
      {only === undefined ? (
        <Link to="/inbox">{plural(ids.length, "decision waits", "decisions wait")}</Link>
      ) : (
        <Link to="/decisions/$id" params={{ id: only }}>
          A decision waits
        </Link>
      )}
    </div>
  );
}

function DeliverableRow({ deliverable }: { deliverable: Deliverable }) {
  const state = DELIVERABLE_STATES[deliverable.state];
  return (
    <div className={classes["deliverable"]}>
      <div className={classes["phaseLine"]}>
        <h3>
          <span className={classes["code"]}>{deliverable.code}</span> {deliverable.title}
        </h3>
        <Status tone={state.tone} label={state.label} bare />
      </div>
      <DeliverableDetails deliverable={deliverable} />
      <ul className={classes["criteria"]}>
        {deliverable.criteria.map((criterion) => (
          <Criterion key={criterion.code} {...criterion} />
        ))}
      </ul>
      {deliverable.work_items.length > 0 ? (
        <ul className={classes["work"]}>
          {deliverable.work_items.map((item) => (
            <WorkItemRow key={item.id} item={item} />
          ))}
        </ul>
      ) : (
        // What is not about findings gets no work item from an analysis, so there is nothing to wait for.
        deliverable.state !== "done" &&
        deliverable.from_findings && <p className={classes["quiet"]}>{STRINGS.noWork}</p>
      )}
    </div>
  );
}

/** Said of a demand that nothing judges yet: the way to show it is on the line already, so it is not repeated. */
const NOT_JUDGED = "unknown: not evaluated yet";

interface Demand {
  code: string;
  text: string;
  check_kind: string;
  met: boolean | null;
  reason: string;
}

function Criterion({ code, text, check_kind: kind, met, reason }: Demand) {
  const unjudged = reason.startsWith(NOT_JUDGED);
  const how = CHECKS[kind] ?? kind;
  const word = unjudged || met === null ? "unknown" : met ? "met" : "not met";
  return (
    <li className={classes["criterion"]}>
      <span className={classes["markOnly"]}>
        <Status tone={unjudged ? "unknown" : met === false ? "idle" : metTone(met)} label="" bare />
        <span className="visually-hidden">{word}: </span>
      </span>
      <span title={unjudged ? `${code}: ${reason}` : code}>
        {text}
        <span className={classes["quiet"]}> {met !== true && reason !== "" && !unjudged ? reason : how}</span>
      </span>
    </li>
  );
}

function WorkItemRow({ item }: { item: PhaseWorkItem }) {
  const state = WORK_STATES[item.state];
  const facts = [
    item.key,
    item.finding_count > 0 ? plural(item.finding_count, "finding", "findings") : "",
    item.persona,
    item.waits_for.length > 0 ? `waits for: ${item.waits_for.join(", ")}` : "",
    item.state === "backlog" || item.state === "rejected" ? item.reason : "",
  ];
  return (
    <li className={classes["workItem"]}>
      <div className={classes["workText"]}>
        <div className={classes["workTitle"]}>
          {item.run_id === null ? (
            item.title
          ) : (
            <Link to="/runs/$id" params={{ id: item.run_id }}>
              {item.title}
            </Link>
          )}
        </div>
        <div className={classes["quiet"]}>{facts.filter(Boolean).join(" · ")}</div>
      </div>
      {item.approval_request_id !== null && (
        <Link to="/decisions/$id" params={{ id: item.approval_request_id }} className={classes["decide"]}>
          {item.state === "running" ? "Decide" : "Decision"}
        </Link>
      )}
      <Status tone={state.tone} label={state.label} />
    </li>
  );
}

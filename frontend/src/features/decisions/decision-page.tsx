import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";

import { DiffView, LineCounts } from "@/components/diff/diff-view";
import { diffParse, type ParsedDiff } from "@/components/diff/parse";
import { useSeen } from "@/components/diff/use-seen";
import { useKeys } from "@/components/keys";
import { Notice, ProblemNotice } from "@/components/notice";
import { Page, Section, Waiting } from "@/components/page";
import { Seal } from "@/components/seal";
import { StaleNotice } from "@/components/stale-notice";
import { Status } from "@/components/status";
import { plural } from "@/lib/format";

import classes from "./decision.module.css";
import { DecisionPanel, type Reading } from "./decision-panel";
import { Background, Facts, MissingFiles, Votes } from "./evidence";
import { type DecisionRequest, decisionQuery, diffQuery } from "./queries";
import { Receipt } from "./receipt";
import { STATES, STRINGS } from "./strings";
import { VerdictStrip } from "./verdict-strip";

// Not part of what is decided on: loaded beside it.
const Comments = lazy(async () => ({ default: (await import("./comments")).Comments }));
const PanelBelow = lazy(async () => ({ default: (await import("./panel-below")).PanelBelow }));

export function DecisionPage({ id }: { id: string }) {
  const query = useSuspenseQuery(decisionQuery(id));
  const request = query.data;
  const [firstDigest] = useState(request.digest);
  const state = STATES[request.state];
  return (
    <Page
      title={request.title}
      lead={<Seal digest={request.digest} size={44} />}
      over={
        <>
          <Link to="/inbox">Inbox</Link> · {request.project.name}
          {request.phase_code !== null && ` · ${request.phase_code}`}
          {request.work_item !== null && ` · ${request.work_item.key}`}
        </>
      }
      aside={<Status tone={state.tone} label={state.label} />}
    >
      <StaleNotice query={query} />
      {firstDigest !== request.digest && (
        <Notice tone="wait" title={STRINGS.moved}>
          {STRINGS.movedText}
        </Notice>
      )}
      {request.superseded_by !== null && (
        <Notice
          tone="wait"
          title="This request is void: a new pack has taken its place"
          action={
            <Link to="/decisions/$id" params={{ id: request.superseded_by }}>
              Go to the new one
            </Link>
          }
        />
      )}
      <VerdictStrip request={request} />
      {/* Another digest is other evidence: nothing that was seen or typed before counts for it. */}
      <Room key={request.digest} request={request} />
    </Page>
  );
}

type DiffState = { kind: "none" } | { kind: "loading" } | { kind: "failed"; error: unknown; retry: () => void } | Shown;

interface Shown {
  kind: "shown";
  diff: ParsedDiff;
  sealed: boolean | null;
}

function useDiff(request: DecisionRequest): DiffState {
  const { run_id: runId, diff: reference } = request;
  const query = useQuery({
    ...diffQuery(runId ?? "", reference?.digest ?? ""),
    enabled: runId !== null && reference !== null,
  });
  const text = query.data;
  const refetch = query.refetch;
  const parsed = useMemo((): { diff: ParsedDiff } | { error: unknown } | null => {
    if (text === undefined) return null;
    try {
      return { diff: diffParse(text.text) };
    } catch (error) {
      return { error };
    }
  }, [text]);
  const retry = () => {
    void refetch();
  };
  if (request.subject.kind !== "change") return { kind: "none" };
  if (runId === null || reference === null) return { kind: "failed", error: new Error("The pack names no diff."), retry };
  if (query.isError) return { kind: "failed", error: query.error, retry };
  if (text === undefined || parsed === null) return { kind: "loading" };
  if ("error" in parsed) return { kind: "failed", error: parsed.error, retry };
  return { kind: "shown", diff: parsed.diff, sealed: text.sealed };
}

const NOTHING: readonly string[] = [];

function Room({ request }: { request: DecisionRequest }) {
  const diff = useDiff(request);
  const units = diff.kind === "shown" ? diff.diff.units : NOTHING;
  const seen = useSeen(units);
  const missing = useMemo(() => missingFiles(request, diff), [request, diff]);
  useKeys({
    n: seen.showNext,
    p: seen.showPrevious,
    e: () => {
      document.getElementById("evidence")?.scrollIntoView({ block: "start" });
    },
  });
  const reading: Reading = {
    shown: seen.seen.size,
    total: diff.kind === "none" ? 0 : diff.kind === "shown" ? units.length : null,
    obstacle: diffObstacle(diff, missing),
    showNext: seen.showNext,
  };
  return (
    <div className={classes["columns"]}>
      <div className={classes["main"]} id="evidence">
        <Facts request={request} />
        {diff.kind !== "none" && (
          <Section title="Diff" note={<DiffNote request={request} diff={diff} shown={seen.seen.size} />} flush>
            <MissingFiles paths={missing} />
            {diff.kind === "loading" && <Waiting what={STRINGS.loadingDiff} />}
            {diff.kind === "failed" && <ProblemNotice error={diff.error} retry={diff.retry} />}
            {diff.kind === "shown" && (
              <>
                {diff.sealed === false && <Notice tone="fail" title={STRINGS.diffForged} />}
                {diff.diff.hidden > 0 && <Notice tone="wait" title={STRINGS.hiddenCharacters} />}
                <DiffView diff={diff.diff} seen={seen} />
              </>
            )}
          </Section>
        )}
        <Background request={request} />
        <Suspense fallback={<Waiting what={STRINGS.loadingComments} />}>
          <Comments request={request} />
        </Suspense>
      </div>
      <div className={classes["rail"]}>
        <Receipt request={request} />
        {(request.receipt === null || request.state === "pending") && <DecisionPanel request={request} reading={reading} />}
        <Suspense>
          <PanelBelow
            request={request}
            seen={reading.obstacle === null && reading.total !== null && reading.shown >= reading.total}
          />
        </Suspense>
        <Votes request={request} />
      </div>
    </div>
  );
}

function diffObstacle(diff: DiffState, missing: readonly string[]): string | null {
  if (diff.kind === "failed") return STRINGS.noDiff;
  if (diff.kind === "shown" && diff.sealed === false) return STRINGS.diffForged;
  return missing.length > 0 ? STRINGS.noDiff : null;
}

function missingFiles(request: DecisionRequest, diff: DiffState): readonly string[] {
  if (diff.kind !== "shown" || request.change === null) return NOTHING;
  const drawn = new Set(diff.diff.files.map((file) => file.path));
  return request.change.files.map((file) => file.path).filter((path) => !drawn.has(path));
}

function DiffNote({ request, diff, shown }: { request: DecisionRequest; diff: DiffState; shown: number }) {
  return (
    <>
      {plural(request.files_changed, "file", "files")} <LineCounts added={request.added_lines} deleted={request.deleted_lines} />
      {diff.kind === "shown" && ` · ${shown} of ${plural(diff.diff.units.length, "hunk", "hunks")} shown`}
      {diff.kind === "shown" && diff.sealed === true && " · digest matches the pack"}
    </>
  );
}

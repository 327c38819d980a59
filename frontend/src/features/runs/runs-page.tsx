import { Button } from "@mantine/core";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { EmptyState, Page } from "@/components/page";
import { Seal } from "@/components/seal";
import { StaleNotice } from "@/components/stale-notice";
import { Status } from "@/components/status";
import { When } from "@/components/when";
import { formatNumber } from "@/lib/format";

import { type RunItem, runsQuery } from "./queries";
import classes from "./runs.module.css";
import { runLook, STRINGS } from "./strings";

export function RunsPage() {
  const query = useSuspenseInfiniteQuery(runsQuery);
  const runs = query.data.pages.flatMap((page) => page.results);
  return (
    <Page title={STRINGS.title}>
      <StaleNotice query={query} />
      {runs.length === 0 ? (
        <EmptyState title={STRINGS.emptyTitle}>
          <p>{STRINGS.emptyNext}</p>
        </EmptyState>
      ) : (
        <div className={classes["frame"]}>
          <table className={classes["table"]}>
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">State</th>
                <th scope="col" className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>
                  Gates
                </th>
                <th scope="col" className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>
                  Risk
                </th>
                <th scope="col" className={classes["wide"]}>
                  Changed
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <RunRow key={run.id} run={run} />
              ))}
            </tbody>
          </table>
          {query.hasNextPage && (
            <div className={classes["more"]}>
              <Button variant="default" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {query.isFetchingNextPage ? "Loading more…" : "Show more"}
              </Button>
            </div>
          )}
        </div>
      )}
    </Page>
  );
}

function RunRow({ run }: { run: RunItem }) {
  const look = runLook(run.state);
  return (
    <tr>
      <td>
        <div className={classes["withSeal"]}>
          {run.pack_digest === null ? <span className={classes["noSeal"]} title="no pack yet" /> : <Seal digest={run.pack_digest} size={26} />}
          <div>
            <Link to="/runs/$id" params={{ id: run.id }} className={classes["name"]}>
              {run.title}
            </Link>
            <div className={classes["quiet"]}>
              {run.project.name} · {run.work_item_key} · {run.persona}, {run.adapter}
              {run.attempt > 1 && ` · attempt ${formatNumber(run.attempt)}`}
            </div>
            {run.incident_reason !== null && <div className={classes["quiet"]}>{run.incident_reason}</div>}
          </div>
        </div>
      </td>
      <td>
        <Status tone={look.tone} label={look.label} />
        {run.state === "waiting_approval" && run.approval_request_id !== null && (
          <div>
            <Link to="/decisions/$id" params={{ id: run.approval_request_id }}>
              Decide
            </Link>
          </div>
        )}
      </td>
      <td className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>
        {run.gates.total === 0 ? "" : `${formatNumber(run.gates.passed)} of ${formatNumber(run.gates.total)}`}
      </td>
      <td className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>{run.risk_score === null ? "" : formatNumber(run.risk_score)}</td>
      <td className={classes["wide"]}>
        <When iso={run.updated_at} />
      </td>
    </tr>
  );
}

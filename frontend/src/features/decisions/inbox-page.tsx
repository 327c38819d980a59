import { Button } from "@mantine/core";
import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";

import { useKeys } from "@/components/keys";
import { EmptyState, Page } from "@/components/page";
import { Seal } from "@/components/seal";
import { StaleNotice } from "@/components/stale-notice";
import { Status } from "@/components/status";
import { Left, When } from "@/components/when";
import { formatNumber, plural } from "@/lib/format";

import classes from "./inbox.module.css";
import { type InboxItem, inboxQuery, type InboxTab } from "./queries";
import { STATES, STRINGS } from "./strings";
import { Told } from "./told";

export function InboxPage({ tab }: { tab: InboxTab }) {
  const inbox = useSuspenseInfiniteQuery(inboxQuery(tab));
  const items = inbox.data.pages.flatMap((page) => page.results);
  const navigate = useNavigate();
  const [selected, setSelected] = useState(0);
  const at = Math.min(selected, Math.max(0, items.length - 1));

  const move = (step: number) => {
    const next = Math.max(0, Math.min(items.length - 1, at + step));
    setSelected(next);
    document.querySelector(`[data-row="${next}"]`)?.scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    const item = items[at];
    if (item !== undefined) void navigate({ to: "/decisions/$id", params: { id: item.id } });
  };
  useKeys({
    j: () => {
      move(1);
    },
    k: () => {
      move(-1);
    },
    Enter: open,
  });

  return (
    <Page
      title={STRINGS.inbox}
      aside={
        <nav className={classes["tabs"]} aria-label="Which decisions">
          <Link to="/inbox" search={{}} activeOptions={{ exact: true, includeSearch: true }} className={classes["tab"]}>
            Waiting
          </Link>
          <Link to="/inbox" search={{ tab: "decided" }} className={classes["tab"]}>
            Decided
          </Link>
        </nav>
      }
    >
      <StaleNotice query={inbox} />
      {items.length === 0 ? (
        <Nothing tab={tab} />
      ) : (
        <>
          <div className={classes["headRow"]} aria-hidden="true">
            <span />
            <span>{plural(items.length, "decision", "decisions")}{inbox.hasNextPage ? " and more" : ""}</span>
            <span>Risk</span>
            <span>Gates</span>
            <span>Votes</span>
            <span>{tab === "pending" ? "Expires" : "Decided"}</span>
          </div>
          <div className={classes["list"]}>
            {items.map((item, index) => (
              <Row
                key={item.id}
                item={item}
                index={index}
                selected={index === at}
                onFocus={() => {
                  setSelected(index);
                }}
              />
            ))}
          </div>
          {inbox.hasNextPage && (
            <div className={classes["more"]}>
              <Button variant="default" disabled={inbox.isFetchingNextPage} onClick={() => void inbox.fetchNextPage()}>
                {inbox.isFetchingNextPage ? "Loading more…" : "Show more"}
              </Button>
            </div>
          )}
        </>
      )}
    </Page>
  );
}

function Nothing({ tab }: { tab: InboxTab }) {
  if (tab === "decided") {
    return (
      <EmptyState title={STRINGS.emptyDecidedTitle}>
        <p>{STRINGS.emptyDecided}</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={STRINGS.emptyTitle}>
      <p>{STRINGS.emptyNext}</p>
      <p>
        <Link to="/runs">See what is running</Link> or <Link to="/plans">what the plan still needs</Link>.
      </p>
    </EmptyState>
  );
}

function Row({ item, index, selected, onFocus }: { item: InboxItem; index: number; selected: boolean; onFocus: () => void }) {
  const failed = item.gates.passed < item.gates.total;
  const given = item.quorum.reduce((sum, part) => sum + Math.min(part.given, part.required), 0);
  const required = item.quorum.reduce((sum, part) => sum + part.required, 0);
  return (
    <Link
      to="/decisions/$id"
      params={{ id: item.id }}
      className={classes["row"]}
      data-row={index}
      data-selected={selected}
      onFocus={onFocus}
    >
      <Seal digest={item.subject.digest} size={30} />
      <div>
        <div className={classes["name"]}>{item.title}</div>
        <div className={classes["facts"]}>
          {item.project.name}
          {item.phase_code !== null && ` · ${item.phase_code}`}
          {item.subject.kind === "change"
            ? ` · ${plural(item.files_changed, "file", "files")} +${formatNumber(item.added_lines)} −${formatNumber(item.deleted_lines)}`
            : " · phase sign-off"}
          {" · "}
          <When iso={item.created_at} />
        </div>
      </div>
      <div className={classes["cell"]}>
        <RiskCell score={item.risk_score} change={item.subject.kind === "change"} high={item.tier === "cab"} />
      </div>
      <div className={`${classes["cell"] ?? ""} ${classes["wide"] ?? ""}`}>
        {item.gates.total > 0 && (
          <Status tone={failed ? "fail" : "pass"} label={`${item.gates.passed} of ${item.gates.total}`} bare />
        )}
      </div>
      <div className={`${classes["cell"] ?? ""} ${classes["wide"] ?? ""}`}>
        {formatNumber(given)} of {formatNumber(required)}
        <div className={classes["small"]}>
          {item.tier === "cab" ? "CAB" : "Director"}
          {item.mine && item.state === "pending" && " · you"}
        </div>
      </div>
      <div className={`${classes["cell"] ?? ""} ${classes["wide"] ?? ""}`}>
        {item.state === "pending" ? (
          <>
            <Left iso={item.expires_at} />
            <Told item={item} />
          </>
        ) : (
          <Status tone={STATES[item.state].tone} label={STATES[item.state].label} bare />
        )}
        {item.decided_at !== null && (
          <div className={classes["small"]}>
            <When iso={item.decided_at} />
          </div>
        )}
      </div>
    </Link>
  );
}

function RiskCell({ score, change, high }: { score: number | null; change: boolean; high: boolean }) {
  if (score === null) return change ? <Status tone="unknown" label="unknown" bare /> : null;
  return (
    <div className={`${classes["risk"] ?? ""} ${high ? (classes["riskHigh"] ?? "") : ""}`}>
      <span className={classes["riskNumber"]}>{formatNumber(score)}</span>
      <div className={classes["riskTrack"]} style={{ "--score": score }} aria-hidden="true">
        <div className={classes["riskFill"]} />
      </div>
    </div>
  );
}

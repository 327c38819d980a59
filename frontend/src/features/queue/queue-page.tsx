import { Button } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { ProblemNotice } from "@/components/notice";
import { EmptyState, Lead, Page, Section } from "@/components/page";
import { StaleNotice } from "@/components/stale-notice";
import { Status } from "@/components/status";
import { Left, When } from "@/components/when";
import { formatDuration, formatNumber, plural } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import { type MergeQueue, type Place, queueProjectsQuery, queueQuery, useConfigure, useRelease, useReserve } from "./queries";
import classes from "./queue.module.css";
import { MOVES, STATES, STRINGS, VERDICTS } from "./strings";

/** What waits in a project, in order; the first project where none is named. */
export function QueuePage({ project }: { project: string | undefined }) {
  const projects = useSuspenseQuery(queueProjectsQuery).data.results;
  const slug = project ?? projects[0]?.slug;
  return (
    <Page title={STRINGS.title}>
      <Lead>{STRINGS.lead}</Lead>
      {projects.length > 1 && (
        <nav className={classes["projects"]} aria-label="Projects">
          {projects.map((item) => (
            <Link key={item.id} to="/queue" search={{ project: item.slug }} aria-current={item.slug === slug ? "true" : undefined}>
              {item.name}
            </Link>
          ))}
        </nav>
      )}
      {slug === undefined ? (
        <EmptyState title={STRINGS.noProject}>
          <p>{STRINGS.noProjectNext}</p>
        </EmptyState>
      ) : (
        <Line key={slug} slug={slug} />
      )}
    </Page>
  );
}

function Line({ slug }: { slug: string }) {
  const query = useSuspenseQuery(queueQuery(slug));
  const queue = query.data;
  return (
    <>
      <StaleNotice query={query} />
      <div className={classes["facts"]}>
        <Slot queue={queue} />
        <Moves queue={queue} />
      </div>
      {queue.places.length === 0 ? (
        <EmptyState title={STRINGS.emptyTitle}>
          <p>{STRINGS.emptyNext}</p>
        </EmptyState>
      ) : (
        <Section title={queue.project.name} note={<Head queue={queue} />} flush>
          <ol className={classes["places"]}>
            {queue.places.map((place) => (
              <PlaceRow key={place.run_id} place={place} queue={queue} />
            ))}
          </ol>
        </Section>
      )}
    </>
  );
}

function Head({ queue }: { queue: MergeQueue }) {
  return (
    <>
      <code>{queue.branch}</code> at <code title={queue.head_commit}>{queue.head_commit.slice(0, 12)}</code>
      {queue.merge_seconds > 0 && ` · a merge takes about ${formatDuration(queue.merge_seconds * 1000)}`}
    </>
  );
}

function Slot({ queue }: { queue: MergeQueue }) {
  const release = useRelease(queue.project.slug);
  const kept = queue.reservation;
  return (
    <Section title={STRINGS.slot}>
      {kept === null ? (
        <p>{queue.slot_minutes === 0 ? STRINGS.slotNever : STRINGS.slotFree}</p>
      ) : (
        <>
          <p>
            Kept for{" "}
            {kept.request_id === null ? (
              `${kept.title}, which makes a new pack`
            ) : (
              <Link to="/decisions/$id" params={{ id: kept.request_id }}>
                {kept.title}
              </Link>
            )}
            , for <Left iso={kept.expires_at} over="no longer" />
          </p>
          <p className={classes["quiet"]}>
            asked for by {visibleText(kept.by_label).text}, <When iso={kept.reserved_at} />
          </p>
          {queue.may_reserve && (
            <Button
              variant="default"
              size="xs"
              disabled={release.isPending}
              onClick={() => {
                release.mutate(undefined);
              }}
            >
              {STRINGS.release}
            </Button>
          )}
        </>
      )}
      {release.error !== null && <ProblemNotice error={release.error} />}
    </Section>
  );
}

function Moves({ queue }: { queue: MergeQueue }) {
  const configure = useConfigure(queue.project.slug);
  const other = queue.base_move === "strict" ? "carry_over" : "strict";
  return (
    <Section title={STRINGS.moved}>
      <p>{MOVES[queue.base_move]}</p>
      {queue.may_configure && (
        <Button
          variant="default"
          size="xs"
          disabled={configure.isPending}
          onClick={() => {
            configure.mutate({ base_move: other });
          }}
        >
          {other === "strict" ? STRINGS.beStrict : STRINGS.carryOver}
        </Button>
      )}
      {configure.error !== null && <ProblemNotice error={configure.error} />}
    </Section>
  );
}

function PlaceRow({ place, queue }: { place: Place; queue: MergeQueue }) {
  const reserve = useReserve(queue.project.slug);
  const verdict = VERDICTS[place.verdict];
  const keepable = place.reservable && queue.may_reserve && queue.reservation === null && queue.slot_minutes > 0;
  return (
    <li className={classes["place"]}>
      <span className={classes["position"]}>{formatNumber(place.position)}</span>
      <div>
        <Link to="/decisions/$id" params={{ id: place.request_id }} className={classes["name"]}>
          {place.title}
        </Link>
        <div className={classes["quiet"]}>
          {STATES[place.state]}
          {place.state === "waiting_approval" && `, ${formatNumber(place.votes)} of ${formatNumber(place.votes_required)} signed`}
          {place.tier === "cab" && " · for the CAB"}
          {place.risk_score !== null && ` · risk ${formatNumber(place.risk_score)}`} · <When iso={place.since} />
        </div>
        {place.reserved && <Status tone="wait" label="the next slot is kept for it" bare />}
        {place.why !== "" && <div className={classes["why"]}>{place.why}</div>}
        {reserve.error !== null && <ProblemNotice error={reserve.error} />}
      </div>
      <div className={classes["known"]}>
        <Status tone={verdict.tone} label={verdict.label} />
        {place.behind.length > 0 && (
          <div className={classes["quiet"]} title={place.behind.join("\n")}>
            behind {plural(place.behind.length, "change", "changes")}
          </div>
        )}
        {keepable && (
          <Button
            variant="default"
            size="xs"
            title={STRINGS.keepHelp}
            disabled={reserve.isPending}
            onClick={() => {
              reserve.mutate(place.request_id);
            }}
          >
            {STRINGS.keep}
          </Button>
        )}
      </div>
    </li>
  );
}

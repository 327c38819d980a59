import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";

import { ProblemNotice } from "@/components/notice";
import { EmptyState, Page, Section, Waiting } from "@/components/page";
import { formatNumber, plural } from "@/lib/format";

import classes from "./audit.module.css";
import { Checking } from "./checking";
import { EventsTable } from "./events-table";
import { eventsQuery, headQuery } from "./queries";
import { exportAddress, FIELDS, fromField, type Search, searchRead, toField } from "./search";
import { STRINGS } from "./strings";
import { Timeline } from "./timeline";

export function AuditPage({ search, reads }: { search: Search; reads: boolean }) {
  if (reads) return <Log key={JSON.stringify(search)} search={search} />;
  return (
    <Page title={STRINGS.title}>
      <EmptyState title={STRINGS.closed}>
        <p>{STRINGS.closedNext}</p>
      </EmptyState>
    </Page>
  );
}

function Log({ search }: { search: Search }) {
  // The list goes only forward, so the way back is remembered.
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const [chosen, setChosen] = useState<string | null>(null);
  const query = useQuery(eventsQuery(search, cursors.at(-1)));
  const events = query.data?.results ?? [];
  const list = useRef<HTMLDivElement>(null);
  const paging = useRef(false);
  const onPage = plural(events.length, "on this page", "on this page");
  const page = (to: readonly string[]) => {
    paging.current = true;
    setCursors(to);
  };
  // The page that was asked for is gone to once it is there: the buttons below it have moved, and are dead meanwhile.
  useEffect(() => {
    if (!paging.current || query.isPlaceholderData || query.data === undefined) return;
    paging.current = false;
    list.current?.focus();
  }, [query.data, query.isPlaceholderData]);
  const next = query.data?.next ?? null;
  const older = next === null ? null : new URL(next, window.location.origin).searchParams.get("cursor");
  const choose = (id: string) => {
    setChosen(id);
    requestAnimationFrame(() => document.getElementById(`event-${id}`)?.scrollIntoView({ block: "center" }));
  };
  return (
    <Page title={STRINGS.title} over={<Head />}>
      <Section title={STRINGS.search}>
        <SearchForm search={search} />
      </Section>
      {query.error !== null && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && <Waiting what={STRINGS.searching} />}
      {search.subject_id !== undefined && events.length > 0 && (
        <Section title={STRINGS.timeline} note={older === null && cursors.length === 0 ? STRINGS.timelineHelp : STRINGS.timelineMore}>
          <Timeline events={events} onChoose={choose} />
        </Section>
      )}
      {query.data !== undefined && (
        <Section title={STRINGS.events} note={query.isFetching ? STRINGS.searching : onPage} flush>
          <div ref={list} tabIndex={-1} role="group" aria-label={STRINGS.page(cursors.length + 1, onPage)}>
            {events.length === 0 ? (
              <NoEvents first={cursors.length === 0} last={older === null} />
            ) : (
              <EventsTable events={events} chosen={chosen} onChoose={setChosen} />
            )}
          </div>
          <div className={classes["pages"]}>
            <Button
              variant="default"
              disabled={cursors.length === 0 || query.isPlaceholderData}
              onClick={() => {
                page(cursors.slice(0, -1));
              }}
            >
              {STRINGS.newer}
            </Button>
            <Button
              variant="default"
              disabled={older === null || query.isPlaceholderData}
              onClick={() => {
                if (older !== null) page([...cursors, older]);
              }}
            >
              {STRINGS.older}
            </Button>
            <Button
              variant="default"
              onClick={() => {
                if (cursors.length === 0) void query.refetch();
                else page([]);
              }}
            >
              {STRINGS.newest}
            </Button>
            <Button component="a" href={exportAddress(search)} download variant="default" title={STRINGS.exportedHelp}>
              {STRINGS.exported}
            </Button>
          </div>
          <p className={`${classes["quiet"] ?? ""} ${classes["inside"] ?? ""}`}>
            {STRINGS.exportedHelp} <Checking />
          </p>
        </Section>
      )}
    </Page>
  );
}

/** A page may hold nothing although others do: the platform looks through a part of the log at a time. */
function NoEvents({ first, last }: { first: boolean; last: boolean }) {
  if (!last) return <p className={classes["inside"]}>{STRINGS.part}</p>;
  if (!first) return <p className={classes["inside"]}>{STRINGS.nothingOlder}</p>;
  return (
    <div className={classes["inside"]}>
      <strong>{STRINGS.emptyTitle}</strong>
      <p>{STRINGS.emptyNext}</p>
    </div>
  );
}

function Head() {
  const head = useQuery(headQuery).data;
  if (head === undefined) return null;
  const waiting = head.pending === 0 ? "" : `, ${plural(head.pending, "waits", "wait")} to be signed`;
  return (
    <>
      {head.origin}: {formatNumber(head.size)} events signed{waiting}
    </>
  );
}

const TEXTS = [
  ["type", STRINGS.type, STRINGS.typeHelp],
  ["subject_type", STRINGS.subjectType, STRINGS.subjectTypeHelp],
  ["subject_id", STRINGS.subjectId, STRINGS.subjectIdHelp],
  ["actor_id", STRINGS.actor, STRINGS.actorHelp],
  ["correlation_id", STRINGS.correlation, STRINGS.correlationHelp],
] as const;
const TIMES = [
  ["from", STRINGS.from],
  ["until", STRINGS.until],
] as const;

function SearchForm({ search }: { search: Search }) {
  const navigate = useNavigate();
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const wanted = Object.fromEntries(
      FIELDS.map((field) => {
        const value = given.get(field);
        const text = typeof value === "string" ? value : "";
        if (field !== "from" && field !== "until") return [field, text];
        // What was not touched stays as exact as it was in the address.
        return [field, text === toField(search[field]) ? search[field] : fromField(text)];
      }),
    );
    void navigate({ to: "/audit", search: searchRead(wanted) });
  };
  return (
    <form className={classes["form"]} onSubmit={submit}>
      {TEXTS.map(([field, label, help]) => (
        <TextInput key={field} name={field} label={label} placeholder={help} defaultValue={search[field] ?? ""} maxLength={200} />
      ))}
      {TIMES.map(([field, label]) => (
        <TextInput key={field} name={field} label={label} type="datetime-local" defaultValue={toField(search[field])} />
      ))}
      <div className={classes["buttons"]}>
        <Button type="submit">{STRINGS.search}</Button>
        <Button variant="default" disabled={Object.keys(search).length === 0} onClick={() => void navigate({ to: "/audit", search: {} })}>
          {STRINGS.clear}
        </Button>
      </div>
    </form>
  );
}

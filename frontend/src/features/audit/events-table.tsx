import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Fragment, type ReactNode } from "react";

import { Status } from "@/components/status";
import { formatDateTime, formatExact, formatNumber } from "@/lib/format";
import { visibleText } from "@/lib/visible-text";

import { actorOf } from "./actor";
import classes from "./audit.module.css";
import { Checking } from "./checking";
import type { AuditEvent } from "./queries";
import { exportAddress, type Search } from "./search";
import { STRINGS } from "./strings";
import { toneOf } from "./timeline-layout";

export function EventsTable({
  events,
  chosen,
  onChoose,
}: {
  events: readonly AuditEvent[];
  chosen: string | null;
  onChoose: (id: string | null) => void;
}) {
  return (
    <table className={classes["table"]}>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Who</th>
          <th scope="col" className={classes["wide"]}>
            Subject
          </th>
          <th scope="col">When</th>
          <th scope="col" className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>
            Leaf
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <Fragment key={event.id}>
            <EventRow
              event={event}
              open={event.id === chosen}
              onToggle={() => {
                onChoose(event.id === chosen ? null : event.id);
              }}
            />
            {event.id === chosen && (
              <tr className={classes["detail"]}>
                <td colSpan={5}>
                  <Details event={event} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function EventRow({ event, open, onToggle }: { event: AuditEvent; open: boolean; onToggle: () => void }) {
  return (
    <tr id={`event-${event.id}`}>
      <td>
        <button type="button" className={classes["open"]} aria-expanded={open} onClick={onToggle}>
          {visibleText(event.type).text}
        </button>
      </td>
      <td className={classes["cell"]}>{actorOf(event)}</td>
      <td className={`${classes["cell"] ?? ""} ${classes["wide"] ?? ""}`}>
        {event.subject_type} <code>{visibleText(event.subject_id).text}</code>
      </td>
      <td>
        <time dateTime={event.time} title={formatExact(event.time)}>
          {formatDateTime(event.time)}
        </time>
      </td>
      <td className={`${classes["number"] ?? ""} ${classes["wide"] ?? ""}`}>
        {event.leaf_index === null ? <Status tone="wait" label="waits" bare /> : formatNumber(event.leaf_index)}
      </td>
    </tr>
  );
}

function Details({ event }: { event: AuditEvent }) {
  return (
    <>
      <dl className={classes["facts"]}>
        <Fact name="Event" value={event.id} />
        <Fact name="When" value={event.time} />
        <Fact name="What" value={event.type} search={{ type: event.type }} />
        <Fact name="Who" value={`${actorOf(event)} (${event.actor_kind} ${event.actor_id})`} search={{ actor_id: event.actor_id }} />
        <Fact
          name="Subject"
          value={`${event.subject_type} ${event.subject_id}`}
          search={{ subject_type: event.subject_type, subject_id: event.subject_id }}
        />
        <Fact
          name="Correlation id"
          value={event.correlation_id}
          {...(event.correlation_id === "" ? {} : { search: { correlation_id: event.correlation_id } })}
        />
        <dt>In the log</dt>
        <dd>
          <Status tone={event.leaf_index === null ? "wait" : toneOf("signed")} label={event.leaf_index === null ? STRINGS.unproved : `leaf ${formatNumber(event.leaf_index)}`} />
        </dd>
      </dl>
      <pre className={classes["data"]} tabIndex={0}>
        {visibleText(JSON.stringify(event.data, null, 2)).text}
      </pre>
      {event.leaf_index !== null && (
        <div className={classes["buttons"]}>
          <Button component="a" href={exportAddress(justThis(event))} download variant="default">
            {STRINGS.proof}
          </Button>
          <span className={classes["quiet"]}>
            <Checking />
          </span>
        </div>
      )}
    </>
  );
}

/** The search that finds an event: its moment, to the microsecond that the log keeps. */
export function justThis(event: AuditEvent): Search {
  return {
    type: event.type,
    subject_type: event.subject_type,
    subject_id: event.subject_id,
    from: event.time,
    until: new Date(Date.parse(event.time) + 1).toISOString(),
  };
}

function Fact({ name, value, search }: { name: string; value: string; search?: Search }): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        {visibleText(value).text}{" "}
        {search !== undefined && (
          <Link to="/audit" search={search} aria-label={`${STRINGS.only}: ${name}`}>
            {STRINGS.only}
          </Link>
        )}
      </dd>
    </>
  );
}

import type { Tone } from "@/components/status";

import type { AuditEvent } from "./queries";

/** One event in the picture. */
export interface Mark {
  event: AuditEvent;
  x: number;
  lane: number;
  tone: Tone;
  /** Time since the event before, when it is worth saying. */
  gap: number | null;
}

export interface Layout {
  marks: Mark[];
  lanes: AuditEvent["actor_kind"][];
  width: number;
}

const STEP = 30;
const PER_TEN = 16;
const MINUTE = 60_000;
const ORDER: readonly AuditEvent["actor_kind"][] = ["person", "agent", "service"];

// Whole words between underscores: "unlocked" is not "locked".
const FAILED = /(?:^|_)(?:failed|refused|rejected|voided|void|expired|revoked|destroyed|erased|incident|denied|locked|blocked)(?:_|$)/;
const HELD = /(?:^|_)(?:approved|merged|succeeded|completed|confirmed|sealed|recorded|signed|reviewed|cleaned)$/;
const BEGUN = /(?:^|_)(?:created|started|restarted|begun|opened|reopened|requested|proposed|enqueued|registered)$/;

/** What the name of an event lets one expect; colour only helps, the name is beside it. */
export function toneOf(type: string): Tone {
  const last = type.slice(type.lastIndexOf(".") + 1);
  if (FAILED.test(last)) return "fail";
  if (HELD.test(last)) return "pass";
  return BEGUN.test(last) ? "run" : "idle";
}

/** Places events from left to right, oldest first: an even step, and more of it the longer nothing happened. */
export function timelineLayout(newestFirst: readonly AuditEvent[]): Layout {
  const events = [...newestFirst].reverse();
  const lanes = ORDER.filter((kind) => events.some((event) => event.actor_kind === kind));
  const marks: Mark[] = [];
  let x = STEP;
  let before: number | null = null;
  for (const event of events) {
    const time = Date.parse(event.time);
    const passed = before === null ? 0 : Math.max(0, time - before);
    if (before !== null) x += STEP + PER_TEN * Math.log10(1 + passed / 1000);
    marks.push({
      event,
      x: Math.round(x),
      lane: lanes.indexOf(event.actor_kind),
      tone: toneOf(event.type),
      gap: passed >= MINUTE ? passed : null,
    });
    before = time;
  }
  return { marks, lanes, width: Math.round(x + STEP) };
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [MINUTE, "min"],
];

export function gapText(milliseconds: number): string {
  for (const [size, unit] of UNITS) if (milliseconds >= size) return `${String(Math.floor(milliseconds / size))} ${unit}`;
  return "";
}

// Break-glass, as the log tells of it: two people, at most an hour, reviewed by a third one within a day.
import { type Bytes, cut } from "./bytes";
import type { Decision } from "./decision";
import { given } from "./encoding";
import { Refused } from "./errors";
import { jsonSame } from "./json";
import type { LogContent, LoggedEvent } from "./log-events";
import type { People } from "./people";
import { timeMoment } from "./time";
import { messageLines } from "./tree";
import type { Trust } from "./trust";
import { BREAK_GLASS_TRAILER, EVENT } from "./vocabulary";

// In microseconds.
const LONGEST = 3_600_000_000n;
const REVIEW_WITHIN = 24n * LONGEST;
const CLOCKS = 30_000_000n; // how far the clocks of a platform may be apart
const PERMITS = ["quorum"];
const OPENERS = ["director", "cab_member", "security_reviewer"];
const REVIEWERS = [...OPENERS, "admin", "auditor"];

/** One window. */
export interface Window {
  readonly id: string;
  readonly project: string;
  /** Who asked for it, and who countersigned. */
  readonly people: readonly [string, string];
  readonly opened: LoggedEvent;
  readonly expiresAt: string;
  /** Where in the log it was closed before its time. */
  closed?: number;
  reviewed?: LoggedEvent;
}

export type Windows = ReadonlyMap<string, Window>;

/** Read every window from its events, in order. */
export function windowsRead(content: LogContent, people: People, trust: Trust): Map<string, Window> {
  const asked = new Map<string, LoggedEvent>();
  const windows = new Map<string, Window>();
  for (const event of content.events) {
    const name = event.subjectId;
    const known = windows.get(name);
    if (event.type === EVENT.glassRequested) asked.set(name, asked.get(name) ?? event);
    else if (event.type === EVENT.glassOpened) {
      if (known !== undefined) throw new Refused("glass.twice", `event ${event.index}: the window was opened before`);
      overdueCheck(event, windows);
      windows.set(name, openedRead(event, asked.get(name), people, trust));
    } else if (event.type === EVENT.glassClosed) {
      if (known !== undefined) known.closed ??= event.index;
    } else if (event.type === EVENT.glassReviewed) review(event, known, people, trust);
  }
  return windows;
}

function openedRead(event: LoggedEvent, asked: LoggedEvent | undefined, people: People, trust: Trust): Window {
  const where = `event ${event.index}: the break-glass window`;
  const first = asked?.personId ?? null;
  if (asked === undefined || first === null || !jsonSame(given(asked.data, "project"), given(event.data, "project"))) {
    throw new Refused("glass.asked", `${where} was asked for by no person, or for another project`);
  }
  const second = event.personId;
  if (second === null || second === first || first !== event.data.get("requested_by")) {
    throw new Refused("glass.people", `${where} was not opened by two people`);
  }
  for (const act of [asked, event]) roleCheck(act, OPENERS, people, trust);
  const ends = momentOf(event, "expires_at");
  const began = momentOf(event, "opened_at");
  // The time of the event is the platform's; what the window says of itself can only shorten it.
  if (began > ends || ends > began + LONGEST || began > event.moment + CLOCKS) {
    throw new Refused("glass.long", `${where} is open for longer than an hour`);
  }
  if (!jsonSame(given(event.data, "permits"), PERMITS)) {
    throw new Refused("glass.permits", `${where} permits what no window can`);
  }
  const project = event.text("project");
  asked.text("reason");
  return { id: event.subjectId, project, people: [first, second], opened: event, expiresAt: event.text("expires_at") };
}

function review(event: LoggedEvent, window: Window | undefined, people: People, trust: Trust): void {
  const where = `event ${event.index}: the break-glass window`;
  if (window === undefined || window.reviewed !== undefined) {
    throw new Refused("glass.review", `${where} was reviewed twice, or never opened`);
  }
  if (event.personId === null || window.people.includes(event.personId)) {
    throw new Refused("glass.reviewer", `${where} was reviewed by one of its two people, or by none`);
  }
  roleCheck(event, REVIEWERS, people, trust);
  if (window.closed === undefined && event.time <= window.expiresAt) {
    throw new Refused("glass.early", `${where} was reviewed while it was open`);
  }
  window.reviewed = event;
}

function roleCheck(act: LoggedEvent, roles: readonly string[], people: People, trust: Trust): void {
  if (trust.accounts !== undefined && !people.heldAny(act.personId ?? "", roles, act.index)) {
    throw new Refused("glass.role", `event ${act.index}: break-glass by somebody without the role`);
  }
}

function overdueCheck(event: LoggedEvent, windows: Windows): void {
  for (const { id, opened, reviewed } of windows.values()) {
    if (reviewed === undefined && event.moment > opened.moment + REVIEW_WITHIN) {
      throw new Refused("glass.overdue", `event ${event.index}: opened while the review of ${id} was overdue`);
    }
  }
}

function momentOf(event: LoggedEvent, name: string): bigint {
  return timeMoment(given(event.data, name), `${name} of a break-glass window`);
}

/** Whether a window was open at this place of the log. */
function covers(window: Window, event: LoggedEvent): boolean {
  const early = event.index > window.opened.index && event.time <= window.expiresAt;
  return early && (window.closed === undefined || event.index < window.closed);
}

/** Check that a decision under break-glass was made by one of the two, while the window was open. */
export function windowCheck(decision: Decision, event: LoggedEvent, windows: Windows): void {
  const logged = event.data.has("break_glass") ? event.data.get("break_glass") : "";
  if (logged !== decision.breakGlass) throw new Refused("glass.event", "log and decision disagree on break-glass");
  if (decision.breakGlass === "") return;
  const window = windows.get(decision.breakGlass);
  if (window === undefined || !covers(window, event) || decision.expiresAt > window.expiresAt) {
    throw new Refused("glass.closed", "the log does not say that its break-glass window was open then");
  }
  if (!window.people.includes(decision.personId)) {
    throw new Refused("glass.person", "it was made by neither of the two people of the window");
  }
}

/** Check a merge under break-glass; gives the id of its window, or nothing where it used none. */
export function mergeUnderGlass(
  decisions: readonly Decision[],
  project: string | null,
  intent: LoggedEvent,
  mergeRaw: Bytes,
  windows: Windows,
): string {
  const named = new Set(decisions.map(({ breakGlass }) => breakGlass).filter((name) => name !== ""));
  const mark = `${BREAK_GLASS_TRAILER}: `;
  const trailers = new Set(
    messageLines(mergeRaw)
      .filter((line) => line.startsWith(mark))
      .map((line) => line.slice(mark.length)),
  );
  const alike = trailers.size === named.size && [...trailers].every((name) => named.has(name));
  if (!alike || named.size > 1) {
    throw new Refused("glass.commit", "its commit and its decisions disagree on break-glass");
  }
  const [name] = named;
  if (name === undefined) return "";
  const window = windows.get(name);
  if (window === undefined || !covers(window, intent)) {
    throw new Refused("glass.merged", "it was merged when its break-glass window was not open");
  }
  if (project !== null && project !== window.project) {
    throw new Refused("glass.project", "its break-glass window is another project's");
  }
  return name;
}

/** What a reader has to know of each window: who, until when, what was merged, and its review. */
export function windowsDetail(windows: Windows, used: ReadonlyMap<string, string>, content: LogContent): string {
  const moments = content.events.map((event) => event.moment);
  const told = [...windows.values()].map((window) => {
    const merged = [...used].filter(([, name]) => name === window.id).map(([run]) => `run ${cut(run, 80)}`);
    const due = window.opened.moment + REVIEW_WITHIN;
    const overdue = window.reviewed === undefined && moments.some((moment) => moment > due);
    const reviewed = window.reviewed === undefined ? "NOT REVIEWED" : `reviewed by ${window.reviewed.personId ?? ""}`;
    return (
      `${cut(window.id, 80)} in ${cut(window.project, 80)}, by ${window.people.join(" and ")}, until ` +
      `${window.expiresAt}: merged ${merged.join(", ") || "nothing"} without the quorum; ${reviewed}` +
      (overdue ? ", OVERDUE" : "")
    );
  });
  return `${windows.size} BREAK-GLASS: ${told.join("; ")}`;
}

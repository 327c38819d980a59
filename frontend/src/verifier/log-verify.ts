// The verification of an exported log, check by check.
import { KIND_MERGE } from "./addendum";
import { type Windows, windowsDetail, windowsRead } from "./break-glass";
import { cut, hex } from "./bytes";
import { digestHex } from "./encoding";
import { Refused } from "./errors";
import { History } from "./history";
import type { LogContent } from "./log-events";
import {
  addendaCheck,
  assertionName,
  decisionsCheck,
  envelopeName,
  mergesCheck,
  packsCheck,
  participantsCheck,
  phasesCheck,
  proofDigests,
  quorumsCheck,
} from "./log-evidence";
import {
  checkpointRead,
  checkpointsRead,
  checkpointVerify,
  FIXED,
  LogFiles,
  type Signed,
  tilesExpect,
  trustCopyCheck,
} from "./log-files";
import { Clock } from "./log-clock";
import { relaxedCheck } from "./log-relaxed";
import { logRead, type Progress } from "./log-walk";
import type { Bytes } from "./bytes";
import type { Merge } from "./merges";
import type { Checkpoint, OpenedNote } from "./notes";
import { People, peopleRead } from "./people";
import type { Report } from "./report";
import type { Source } from "./source";
import { SELF_ATTESTED, type Trust, witnessesCheck } from "./trust";
import { EVENT, SELF_APPROVED } from "./vocabulary";

const AFTER = "not reached: an earlier check failed";

export interface LogOptions {
  /** Checkpoint notes that the reader kept from earlier, which the log must extend. */
  readonly known?: readonly Bytes[];
  readonly progress?: Progress;
}

/** Check an exported log and everything that lies with it. */
export async function logVerify(
  list: () => ReadonlyMap<string, Source>,
  trust: Trust,
  report: Report,
  { known = [], progress = () => undefined }: LogOptions = {},
): Promise<void> {
  const files = await report.attempt(
    "files",
    () => new LogFiles(list()),
    ({ sources }) => `${sources.size} files`,
  );
  const head = files && (await report.attempt("checkpoint", () => checkpointRead(files, trust), headDetail));
  if (files === undefined || head === undefined) {
    notReached(report, ["trust file", "witnesses", "tiles", "checkpoints", "events"]);
    return;
  }
  await report.attempt(
    "trust file",
    () => trustCopyCheck(files, trust),
    () => "the export names the same keys",
  );
  await witnessesAttempt(trust, head[1], report, "cosigned the newest checkpoint");
  const clock = new Clock();
  const content = await treeAttempt(files, trust, head, known, clock, progress, report);
  if (content === undefined) {
    notReached(report, ["clock", "packs", "decisions", "addenda", "merges", "phases"]);
    return;
  }
  await report.attempt("clock", () => clock.result(), clockDetail);
  const history = await evidenceAttempt(files, trust, content, report);
  const merges = await report.attempt(
    "merges",
    () => mergesCheck(files, trust, content, history),
    (found) => mergesDetail(found, history),
  );
  if (history.windows.size > 0) {
    report.notCovered("break-glass", windowsDetail(history.windows, history.underGlass, content));
  }
  await report.attempt(
    "phases",
    () => phasesCheck(files, content, history, merges ?? []),
    ([all, complete]) => `${complete} of ${all} proofs show a complete phase`,
  );
  await report.attempt(
    "nothing else",
    () => files.expect(namesExpected(files, content)),
    () => "every file is accounted for",
  );
  limits(report, trust);
}

/** Who besides the log has signed this checkpoint. */
export async function witnessesAttempt(trust: Trust, note: OpenedNote, report: Report, what: string): Promise<void> {
  if (trust.mode === SELF_ATTESTED) {
    report.notCovered("witnesses", "self-attested: the trust file names no independent witness");
    return;
  }
  await report.attempt(
    "witnesses",
    () => witnessesCheck(trust, note),
    (count) => `${count} ${what}`,
  );
}

/** Tiles, checkpoints and events: one walk over the entries serves them all. */
async function treeAttempt(
  files: LogFiles,
  trust: Trust,
  head: Signed,
  known: readonly Bytes[],
  clock: Clock,
  progress: Progress,
  report: Report,
): Promise<LogContent | undefined> {
  const tiles = await report.attempt(
    "tiles",
    () => tilesExpect(files, head[0].size),
    (count) => `${count} files, as many as the log has`,
  );
  const checkpoints = await report.attempt(
    "checkpoints",
    () => checkpointsRead(files, trust),
    (found) => `${found.length} signed, each extends the one before`,
  );
  let kept: Signed[] | undefined = [];
  if (known.length > 0) kept = await report.attempt("known", () => knownRead(known, trust, head[0]), knownDetail);
  else {
    report.notCovered(
      "known",
      "give a checkpoint kept from earlier with --known to see that nothing since was cut or rewritten",
    );
  }
  if (tiles === undefined || checkpoints === undefined || kept === undefined) {
    report.notCovered("events", AFTER);
    return undefined;
  }
  // Sizes may repeat between what is stored and what the reader kept: each is compared by itself.
  const signed = [...checkpoints, ...kept, head].sort(([one], [other]) => one.size - other.size);
  for (const [checkpoint, note] of signed) clock.witness(trust, checkpoint, note);
  const wanted = signed.map(([checkpoint]) => checkpoint);
  return report.attempt(
    "events",
    () => logRead(files, wanted, clock, progress),
    ({ size }) => `${size}, each well-formed and only once; all tiles and roots recomputed from them`,
  );
}

async function knownRead(notes: readonly Bytes[], trust: Trust, head: Checkpoint): Promise<Signed[]> {
  const found: Signed[] = [];
  for (const note of notes) found.push(await checkpointVerify(note, trust));
  for (const [{ size }] of found) {
    if (size > head.size) {
      throw new Refused("known.cut", `the log once had ${size} events and now has ${head.size}: its tail is gone`);
    }
  }
  return found;
}

/** Packs, decisions and addenda; what does not hold is missing from what is returned. */
async function evidenceAttempt(files: LogFiles, trust: Trust, content: LogContent, report: Report): Promise<History> {
  const history = new History(content);
  await report.attempt(
    "packs",
    () => packsCheck(files, trust, history),
    () => `${history.packs.size}, each with all of its checks`,
  );
  for (const [digest, event] of history.unmade) {
    if (!history.isUnmade(digest)) continue;
    const who = event.personId === null || event.personId === "" ? event.actorId : event.personId;
    report.notCovered(
      "unmade",
      `${digest}: its key was destroyed by ${cut(who, 80)} (event ${event.index}), so gates, risk and ` +
        `quorum behind it can't be checked again; the reason given: ${event.text("reason")}`,
    );
  }
  const people = (await report.attempt("people", () => peopleRead(content, trust), peopleDetail)) ?? new People();
  const windows = await report.attempt("break-glass", () => windowsRead(content, people, trust), windowsCount);
  for (const [id, window] of windows ?? []) history.windows.set(id, window);
  await report.attempt("quorums", () => quorumsCheck(content, history, people, trust), quorumsDetail);
  await report.attempt(
    "decisions",
    () => decisionsCheck(files, trust, content, history, people),
    () => decisionsDetail(history),
  );
  await report.attempt(
    "participants",
    () => participantsCheck(content, history),
    () => `those of ${history.participants.count} runs: every pack excludes them, none decided`,
  );
  await report.attempt(
    "relaxed",
    () => relaxedCheck(content, history, people, trust),
    (found) => `${found} exceptions, each granted in the log; nobody decided on what they let pass`,
  );
  await report.attempt(
    "addenda",
    () => addendaCheck(files, trust, content, history),
    () => `${history.addenda.size}, signed by gates and scorer`,
  );
  return history;
}

/** Every file outside `tile/` is one that an event of the log accounts for; tiles are checked by themselves. */
function namesExpected(files: LogFiles, content: LogContent): Set<string> {
  const expected = new Set(FIXED);
  const packName = (digest: string): string => `packs/${digestHex(digest)}.tar`;
  for (const event of content.ofType(EVENT.packSealed)) expected.add(packName(event.text("pack")));
  for (const event of content.ofType(EVENT.packUnmade)) {
    // Whether a pack may be missing is the check of the packs; here it is only not called for.
    const name = packName(event.text("pack"));
    if (!files.sources.has(name)) expected.delete(name);
  }
  for (const event of content.ofType(EVENT.decision)) {
    expected.add(envelopeName("decisions", event, "decision_id"));
    if (event.data.has("assertion_digest")) expected.add(assertionName(event));
  }
  for (const event of content.ofType(EVENT.addendum)) expected.add(envelopeName("addenda", event, "addendum_id"));
  for (const phaseId of proofDigests(content).keys()) expected.add(`phases/${phaseId}.json`);
  for (const name of files.sources.keys()) if (name.startsWith("tile/")) expected.add(name);
  return expected;
}

function headDetail([{ size, origin, root }]: Signed): string {
  return `${size} events of ${origin}, root ${hex(root).slice(0, 16)}…`;
}

function clockDetail(sizes: number): string {
  const bounded = sizes > 0 ? `; ${sizes} checkpoints bound them by the clocks of witnesses` : "";
  return `no event says to be more than 10 minutes older than one signed before it${bounded}`;
}

function knownDetail(found: readonly Signed[]): string {
  return `the log extends ${found.map(([{ size }]) => size).join(", ")} events seen before`;
}

function windowsCount(windows: Windows): string {
  return `${windows.size} windows, each of two people and at most an hour`;
}

function quorumsDetail([policies, packs]: [number, number]): string {
  return `${packs} packs ask for no fewer people than the log says; ${policies} policies, none weakened by one`;
}

function peopleDetail({ roles, passkeys, byOperator }: People): string {
  const enrolled = [...passkeys.values()].filter(({ confirmed }) => confirmed !== undefined).length;
  const note = byOperator > 0 ? `; ${byOperator} roles granted by the operator` : "";
  return `${roles.size} roles and ${enrolled} passkeys of two people each, as the log tells${note}`;
}

function decisionsDetail({ decisions }: History): string {
  const all = [...decisions.values()];
  const parts = [`${all.length}, each signed, in the log, and used once`];
  const unattended = all.filter(({ decision }) => decision.unattended).length;
  const keys = all.filter(({ passkey }) => passkey !== "").length;
  const alone = all.filter(({ decision }) => decision.trial !== "").length;
  if (unattended > 0) parts.push(`${unattended} UNATTENDED: made without a person`);
  if (keys > 0) parts.push(`${keys} by the approver's own passkey`);
  if (alone > 0) parts.push(`${alone} ${SELF_APPROVED}, in a trial`);
  return parts.join("; ");
}

function mergesDetail(merges: readonly Merge[], history: History): string {
  const moved = merges.filter(({ addendum }) => addendum !== "").length;
  const people = new Set([...history.decisions.values()].map(({ decision }) => decision.personId));
  const alone = [...history.commits.values()].filter(({ kind, trial }) => kind === KIND_MERGE && trial).length;
  const parts = [
    `${merges.length} recomputed to their commit ids, ${moved} on a moved base; ${people.size} deciders`,
  ];
  if (alone > 0) parts.push(`${alone} ${SELF_APPROVED}, to branches of trials only`);
  if (history.underGlass.size > 0) parts.push(`${history.underGlass.size} UNDER BREAK-GLASS`);
  return parts.join("; ");
}

function notReached(report: Report, names: readonly string[]): void {
  for (const name of names) report.notCovered(name, AFTER);
}

/** Say what no check of these files can show. */
function limits(report: Report, trust: Trust): void {
  if (trust.accounts === undefined) {
    report.notCovered("roles", "that the deciders held their roles rests on the key that signed the decisions");
  }
  report.notCovered("time", "times are those of the platform's own clock, to the check named clock");
  report.notCovered("repository", "that the governed repository holds these commits: compare their ids");
}

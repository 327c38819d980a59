// What lies beside a log: packs, decisions, addenda, merges and phases, each held against its event.
import { addendumVerify } from "./addendum";
import { windowCheck, type Windows } from "./break-glass";
import { APPROVE, decisionValid, decisionVerify } from "./decision";
import { digestHex, given, isObject, keysExact, list, object, says } from "./encoding";
import { Refused } from "./errors";
import type { History, LoggedDecision } from "./history";
import { canonicalObject, digestOf, type JsonObject } from "./json";
import type { LogContent, LoggedEvent } from "./log-events";
import { ENVELOPE_SUFFIX, INDEX, type LogFiles } from "./log-files";
import { type Merge, mergeCheck, mergeRead } from "./merges";
import { packVerify } from "./pack-verify";
import { deciderApart, packExcludes, Participants } from "./participants";
import { deciderCheck, passkeyCheck, type People } from "./people";
import { phaseComplete, proofUnsigned } from "./phases";
import { policiesRead } from "./quorum-policy";
import { Report } from "./report";
import { projectCheck } from "./trial";
import { roleKeys, type Trust } from "./trust";
import { EVENT, EXPORT_FORMAT, PROOF_DIGEST } from "./vocabulary";

const MAX_ENVELOPE_BYTES = 1024 * 1024;
const MAX_INDEX_BYTES = 256 * 1024 * 1024;
const MAX_PROOF_BYTES = 16 * 1024 * 1024;
const ASSERTION_SUFFIX = ".webauthn.json";
const ROLE_SIGN_OFF = "director";
const SIGN_OFF_FIELDS: ReadonlySet<string> = new Set(["decision_id", "proof_digest", "request_id"]);
const INDEX_FIELDS = new Set(["format", "origin", "merges"]);
const NAMED = 3;

/** The digest of the newest proof of every phase that the log tells of. */
export function proofDigests(content: LogContent): Map<string, string> {
  const about = content.events.filter(({ subjectType, data }) => subjectType === "phase" && data.has(PROOF_DIGEST));
  return new Map(about.map((event) => [event.subjectId, event.text(PROOF_DIGEST)]));
}

/** Check every pack that was sealed; those that hold are put into the history. */
export async function packsCheck(files: LogFiles, trust: Trust, history: History): Promise<void> {
  await each(
    history.sealed,
    ([digest]) => `packs/${digest.replace(/^sha256:/, "")}.tar`,
    async ([digest, event]) => {
      const name = `packs/${digestHex(digest)}.tar`;
      if (!files.sources.has(name)) {
        // Its key was destroyed after it was sealed, for the same run.
        const unmade = history.unmade.get(digest);
        if (unmade?.subjectId === event.subjectId && unmade.index > event.index) return;
        throw new Refused("export.missing", `the sealed pack ${digest} is missing`);
      }
      const report = new Report(name);
      const verified = await packVerify(files.source(name), trust, report);
      if (verified === undefined) {
        const failed = report.failures.map((check) => `${check.name}: ${check.detail}`).join("; ");
        throw new Refused(
          "pack.failed",
          failed,
          report.failures.flatMap(({ codes }) => codes),
        );
      }
      if (verified.pack.digest !== digest) {
        throw new Refused("pack.digest", `the file holds the pack ${verified.pack.digest}`);
      }
      if (verified.pack.subject.get("run_id") !== event.subjectId) {
        throw new Refused("pack.run", "the log says that it was sealed for another run");
      }
      projectCheck(verified.pack.text("project"), verified.trial, history.trials);
      history.packs.set(digest, verified);
    },
  );
}

/** Check that no pack asks for fewer people than the log says; gives the numbers of policies and packs. */
export async function quorumsCheck(
  content: LogContent,
  history: History,
  people: People,
  trust: Trust,
): Promise<[policies: number, packs: number]> {
  const policies = policiesRead(content, people, trust);
  const sealed = [...history.sealed].filter(([digest]) => history.packs.has(digest));
  await each(
    sealed,
    ([digest]) => `packs/${digestHex(digest)}.tar`,
    ([digest, event]) => {
      const verified = history.packs.get(digest);
      // In a trial one person decides alone, and everything says so.
      if (verified?.trial !== "") return;
      policies.check(verified.pack.text("project"), verified.policy.tier, verified.policy.quorum, event);
    },
  );
  return [policies.count, sealed.length];
}

/** Check every decision that was recorded; those that hold are put into the history. */
export async function decisionsCheck(
  files: LogFiles,
  trust: Trust,
  content: LogContent,
  history: History,
  people: People,
): Promise<void> {
  const nonces = new Set<string>();
  await each(
    content.ofType(EVENT.decision),
    (event) => envelopeName("decisions", event, "decision_id"),
    async (event) => {
      const logged = await decisionRead(files, trust, event, people, history.windows);
      if (history.decisions.has(logged.id) || nonces.has(logged.decision.nonce)) {
        throw new Refused("decision.replayed", "its id or its nonce was used before");
      }
      nonces.add(logged.decision.nonce);
      history.decisions.set(logged.id, logged);
    },
  );
}

/** Check that every pack excludes who took part, and that none of them decided. */
export async function participantsCheck(content: LogContent, history: History): Promise<void> {
  const participants = Participants.read(content);
  history.participants = participants;
  await each(
    [...history.sealed].filter(([digest]) => history.packs.has(digest)),
    ([digest]) => `packs/${digestHex(digest)}.tar`,
    ([digest, event]) => {
      const pack = history.packs.get(digest)?.pack;
      if (pack === undefined) return;
      packExcludes(list(pack.subject, "excluded", "the subject of the pack"), participants.ofRun(event.subjectId));
    },
  );
  await each(
    history.decisions.values(),
    ({ id }) => `decision ${id}`,
    ({ decision, event }) => {
      participants.tokenOwn(event);
      // In a trial one person may decide on their own change, and everything says so.
      if (decision.change === null || decision.trial !== "") return;
      deciderApart(decision.personId, participants.ofRun(decision.change.runId));
    },
  );
}

/** Check every addendum that was sealed; those that hold are put into the history. */
export async function addendaCheck(
  files: LogFiles,
  trust: Trust,
  content: LogContent,
  history: History,
): Promise<void> {
  await each(
    content.ofType(EVENT.addendum),
    (event) => envelopeName("addenda", event, "addendum_id"),
    async (event) => {
      const name = envelopeName("addenda", event, "addendum_id");
      const addendum = await addendumVerify(await files.read(name, MAX_ENVELOPE_BYTES), trust);
      const alike =
        event.text("statement_digest") === addendum.statementDigest &&
        event.text("pack") === addendum.pack &&
        event.subjectId === addendum.runId;
      if (!alike) throw new Refused("addendum.event", "the log tells of another statement, pack or run");
      const id = event.text("addendum_id");
      history.addenda.set(id, { id, addendum, event });
    },
  );
}

/** Check every merge, in the order of the log. */
export async function mergesCheck(
  files: LogFiles,
  trust: Trust,
  content: LogContent,
  history: History,
): Promise<Merge[]> {
  const index = canonicalObject(await files.read(INDEX, MAX_INDEX_BYTES), {
    maxBytes: MAX_INDEX_BYTES,
    maxValues: MAX_INDEX_BYTES,
  });
  keysExact(index, INDEX_FIELDS, INDEX);
  if (given(index, "format") !== EXPORT_FORMAT || given(index, "origin") !== trust.origin) {
    throw new Refused("index.format", `${INDEX} is not of the format ${EXPORT_FORMAT}, or of another log`);
  }
  const merges = list(index, "merges", INDEX).map(mergeRead);
  const byRun = new Map(merges.map((merge) => [merge.runId, merge]));
  const events = content.ofType(EVENT.merged);
  const runs = events.map(({ subjectId }) => subjectId).sort();
  const listed = merges.map(({ runId }) => runId).sort();
  if (byRun.size !== merges.length || runs.length !== listed.length || runs.some((run, at) => run !== listed[at])) {
    throw new Refused("index.merges", `${INDEX} does not list exactly the merges of the log`);
  }
  await each(
    events,
    (event) => `run ${event.subjectId}`,
    (event) => {
      const merge = byRun.get(event.subjectId);
      if (merge !== undefined) mergeCheck(merge, event, history);
    },
  );
  return merges;
}

/** Check the proof of every phase; gives how many there are and how many are complete. */
export async function phasesCheck(
  files: LogFiles,
  content: LogContent,
  history: History,
  merges: readonly Merge[],
): Promise<[all: number, complete: number]> {
  let complete = 0;
  const proofs = proofDigests(content);
  await each(
    proofs,
    ([phaseId]) => `phases/${phaseId}.json`,
    async ([phaseId, digest]) => {
      const proof = canonicalObject(await files.read(`phases/${phaseId}.json`, MAX_PROOF_BYTES));
      if (digestOf(proofUnsigned(proof)) !== digest) throw new Refused("phase.digest", "the log tells of another proof");
      phaseCheck(phaseId, proof, history, merges);
      if (phaseComplete(proof)) complete += 1;
    },
  );
  return [proofs.size, complete];
}

/** Check a decision against its event. */
async function decisionRead(
  files: LogFiles,
  trust: Trust,
  event: LoggedEvent,
  people: People,
  windows: Windows,
): Promise<LoggedDecision> {
  const data = await files.read(envelopeName("decisions", event, "decision_id"), MAX_ENVELOPE_BYTES);
  const decision = await decisionVerify(data, roleKeys(trust, "decisions"));
  const told = [event.text("statement_digest"), event.text("request_id"), event.text("verdict")];
  if (told[0] !== decision.statementDigest || told[1] !== decision.requestId || told[2] !== decision.verdict) {
    throw new Refused("decision.event", "the log tells of another statement, request or verdict");
  }
  if (event.personId !== decision.personId || event.actorId !== decision.userId) {
    throw new Refused("decision.actor", "the log tells of another person");
  }
  if (event.unattended !== decision.unattended) {
    throw new Refused("decision.unattended", "log and decision disagree on whether a person decided");
  }
  decisionValid(decision, event.time, trust.allowUnattended);
  deciderCheck(decision, event, people, trust);
  windowCheck(decision, event, windows);
  if (event.data.has("assertion_digest") !== decision.passkey) {
    throw new Refused("decision.passkey", "log and decision disagree on whether a passkey signed");
  }
  let passkey = "";
  if (decision.passkey) {
    const assertion = await files.read(assertionName(event), MAX_ENVELOPE_BYTES);
    passkey = await passkeyCheck(decision, assertion, event, people, trust);
  }
  return { id: event.text("decision_id"), decision, event, passkey };
}

/** Check what a proof rests on. */
function phaseCheck(phaseId: string, proof: JsonObject, history: History, merges: readonly Merge[]): void {
  if (object(proof, "phase", "the proof").get("id") !== phaseId) {
    throw new Refused("phase.id", "the proof is of another phase");
  }
  for (const change of proofChanges(proof)) {
    const [run, pack, commit] = ["run", "pack", "merge_commit"].map((name) => change.get(name));
    if (!says(commit)) continue;
    if (!merges.some((merge) => merge.runId === run && merge.pack === pack && merge.mergeCommit === commit)) {
      throw new Refused("phase.merge", "the proof rests on a merge that the log does not have");
    }
    proofGates(change, history);
  }
  if (proof.has("signoff") && proof.get("signoff") !== null) signOff(phaseId, proof, history);
}

/** The verdicts that a proof tells are those of the pack. */
function proofGates(change: JsonObject, history: History): void {
  const gates = change.get("gates");
  const digest = change.get("pack");
  if (!isObject(gates) || typeof digest !== "string" || history.isUnmade(digest)) return;
  const pack = history.packs.get(digest);
  const alike = pack !== undefined && [...gates].every(([name, status]) => (pack.gates.get(name) ?? "unknown") === status);
  if (!alike) throw new Refused("phase.gates", "the proof tells other gates than its pack");
}

/** The changes that the records of evidence speak of. */
function proofChanges(proof: JsonObject): JsonObject[] {
  return list(proof, "evidence", "the proof").flatMap((item) => {
    const record = isObject(item) ? item.get("record") : undefined;
    const changes = isObject(record) ? record.get("changes") : undefined;
    return Array.isArray(changes) ? changes.filter(isObject) : [];
  });
}

/** A sign-off is a decision of this log over this very proof. */
function signOff(phaseId: string, proof: JsonObject, history: History): void {
  const signoff = object(proof, "signoff", "the proof");
  // The log's digest leaves the sign-off out: each of its fields is held against something here.
  keysExact(signoff, SIGN_OFF_FIELDS, "the sign-off");
  const unsigned = digestOf(proofUnsigned(proof));
  const id = signoff.get("decision_id");
  const decision = typeof id === "string" ? history.decisions.get(id)?.decision : undefined;
  if (decision === undefined) throw new Refused("phase.signoff", "the decision of the sign-off is not in the log");
  const over =
    decision.subjectKind === "phase" &&
    decision.subjectId === phaseId &&
    decision.subjectDigest === unsigned &&
    signoff.get("proof_digest") === unsigned;
  if (!over) throw new Refused("phase.signoff", "the sign-off is over another proof");
  const approved = decision.verdict === APPROVE && decision.role === ROLE_SIGN_OFF;
  if (!approved || decision.requestId !== signoff.get("request_id")) {
    throw new Refused("phase.signoff", "the sign-off is not a Director's approval");
  }
  for (const change of proofChanges(proof)) {
    const digest = change.get("pack");
    const pack = typeof digest === "string" ? history.packs.get(digest) : undefined;
    if (pack !== undefined && pack.trial !== decision.trial) {
      throw new Refused("phase.trial", "a sign-off that is self-approved counts in its trial only");
    }
  }
  if (decision.trial !== "") return;
  const runs = proofChanges(proof).flatMap((change) => (says(change.get("merge_commit")) ? [change.get("run")] : []));
  for (const run of [...new Set(runs)].map(String).sort()) {
    deciderApart(decision.personId, history.participants.initiators(run));
  }
}

/** Where the signature of the passkey lies that belongs to the event of a decision. */
export function assertionName(event: LoggedEvent): string {
  return `decisions/${event.text("decision_id")}${ASSERTION_SUFFIX}`;
}

export function envelopeName(directory: string, event: LoggedEvent, name: string): string {
  return `${directory}/${event.text(name)}${ENVELOPE_SUFFIX}`;
}

/** Check all items, and refuse with the names of those that do not hold. */
export async function each<T>(
  items: Iterable<T>,
  name: (item: T) => string,
  check: (item: T) => void | Promise<void>,
): Promise<void> {
  const problems: string[] = [];
  const reasons: string[] = [];
  for (const item of items) {
    try {
      await check(item);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      problems.push(`${name(item)}: ${error.message}`);
      reasons.push(error.code, ...error.reasons);
    }
  }
  if (problems.length === 0) return;
  const more = problems.length > NAMED ? ` (and ${problems.length - NAMED} more)` : "";
  throw new Refused("log.item", problems.slice(0, NAMED).join("; ") + more, reasons);
}

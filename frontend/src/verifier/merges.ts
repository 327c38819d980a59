// Merges: what was decided is what was merged, commit by commit, recomputed without a repository.
import { type Addendum, addendumCheck, KIND_MERGE, KIND_STATE } from "./addendum";
import { mergeUnderGlass } from "./break-glass";
import type { Bytes } from "./bytes";
import { APPROVE, quorumCheck } from "./decision";
import { base64Decode, digestCheck, given, isObject, keysExact, list, says, text, texts } from "./encoding";
import { Refused } from "./errors";
import { isGateConfiguration } from "./gate-configuration";
import type { History, LoggedDecision } from "./history";
import type { Json } from "./json";
import type { LoggedEvent } from "./log-events";
import { entriesRead, type Quorum } from "./pack-facts";
import { decisionBound, type VerifiedPack } from "./pack-verify";
import { apartCheck, besideCheck } from "./together";
import {
  type Commit,
  commitParse,
  gitObjectId,
  objectIdCheck,
  type Replacement,
  replacementsSame,
  treeChanges,
  type TreeEntry,
  treeId,
  treeReplace,
} from "./tree";
import { mergeBranchCheck } from "./trial";

const STATE_FILE = "docs/project_state.md";
const FIELDS = new Set([
  "run_id",
  "pack",
  "decision_ids",
  "addendum",
  "base_before",
  "merge_commit",
  "merge_commit_object",
  "state_commit",
  "state_commit_object",
  "state_entry",
  "tag",
  "result_tree",
  "entries",
]);

/** One merge, as the index of an export tells it. */
export interface Merge {
  readonly runId: string;
  readonly pack: string;
  readonly decisionIds: readonly string[];
  readonly addendum: string;
  readonly baseBefore: string;
  readonly mergeCommit: string;
  readonly mergeRaw: Bytes;
  readonly stateCommit: string;
  readonly stateRaw: Bytes;
  readonly stateEntry: Replacement;
  readonly tag: string;
  readonly resultTree: string;
  readonly entries: readonly Replacement[];
}

/** Read a merge of the index. */
export function mergeRead(item: Json): Merge {
  const where = "a merge of the index";
  if (!isObject(item)) throw new Refused("index.merge", `${where} is not an object`);
  keysExact(item, FIELDS, where);
  const decisionIds = texts(list(item, "decision_ids", where)) ?? [];
  if (decisionIds.length === 0) throw new Refused("index.merge", `${where} names no decisions`);
  return {
    decisionIds,
    addendum: given(item, "addendum") === null ? "" : text(item, "addendum", where),
    runId: text(item, "run_id", where),
    pack: digestCheck(given(item, "pack"), "the pack of a merge"),
    baseBefore: objectIdCheck(given(item, "base_before"), "the base of a merge"),
    mergeCommit: objectIdCheck(given(item, "merge_commit"), "a merge commit"),
    mergeRaw: base64Decode(text(item, "merge_commit_object", where)),
    stateCommit: objectIdCheck(given(item, "state_commit"), "a state commit"),
    stateRaw: base64Decode(text(item, "state_commit_object", where)),
    stateEntry: stateEntryRead(given(item, "state_entry")),
    tag: text(item, "tag", where),
    resultTree: objectIdCheck(given(item, "result_tree"), "the result tree of a merge"),
    entries: entriesRead(given(item, "entries")),
  };
}

function stateEntryRead(value: Json): Replacement {
  const [entry] = entriesRead([value]);
  if (entry === undefined) throw new Refused("change.entries", "a merge of the index has no state entry");
  return entry;
}

/** Check one merge against its event, its pack, its decisions and the commits before it. */
export function mergeCheck(merge: Merge, event: LoggedEvent, history: History): void {
  const intent = eventCheck(merge, event, history);
  if (history.isUnmade(merge.pack)) {
    unmadeCheck(merge, event, intent, history);
    return;
  }
  const verified = history.packs.get(merge.pack);
  if (verified === undefined) throw new Refused("merge.pack", "its pack is not in the export, or does not hold");
  const { pack, policy, change, trial } = verified;
  if (pack.subject.get("run_id") !== merge.runId || !replacementsSame(change.entries, merge.entries)) {
    throw new Refused("merge.pack", "its pack is about another run or other entries");
  }
  if (policy.blocked || !verified.passed) {
    throw new Refused("merge.gates", "it was merged although policy or a gate stopped it");
  }
  mergeBranchCheck(trial, [intent, event], merge.mergeRaw);
  const decisions = decisionsOf(merge, event, history);
  for (const { decision } of decisions) {
    decisionBound(decision, verified);
    if (decision.expiresAt < event.time) {
      throw new Refused("merge.expired", "it was merged after a decision on it had expired");
    }
  }
  const window = glassCheck(merge, decisions, intent, history, pack.text("project"));
  const anybody: Quorum = [...new Set(decisions.map(({ decision }) => decision.role))].map((role) => [role, 1]);
  quorumCheck(
    decisions.map(({ decision }) => decision),
    window === "" ? policy.quorum : anybody,
  );
  passkeysCheck(decisions, policy.passkey);
  if (merge.baseBefore !== pack.subject.get("base_commit")) carryOverCheck(merge, event, verified, decisions, history);
  else if (merge.addendum !== "") {
    throw new Refused("merge.addendum", "it has an addendum although its base did not move");
  }
  togetherCheck(merge, verified, history);
  commitsCheck(merge, verified, history);
  const { session } = verified.risk.recomputed;
  history.sessions.set(session, (history.sessions.get(session) ?? new Map<string, VerifiedPack>()).set(merge.runId, verified));
}

/** What still holds of a merge whose pack nobody can read: its decisions, its commits, and its place. */
function unmadeCheck(merge: Merge, event: LoggedEvent, intent: LoggedEvent, history: History): void {
  if ((history.unmade.get(merge.pack)?.index ?? 0) < event.index) {
    throw new Refused("merge.unmade", "it was merged after the key of its pack was destroyed");
  }
  const decisions = decisionsOf(merge, event, history);
  for (const { decision } of decisions) {
    const { change } = decision;
    if (decision.subjectDigest !== merge.pack || change?.runId !== merge.runId) {
      throw new Refused("decision.pack", "the decision is on another pack or run");
    }
    if (decision.expiresAt < event.time) {
      throw new Refused("merge.expired", "it was merged after a decision on it had expired");
    }
    mergeBranchCheck(decision.trial, [intent, event], merge.mergeRaw);
    if (merge.addendum !== "") {
      const { addendum } = history.addendum(merge.addendum);
      if (
        addendum.pack !== merge.pack ||
        addendum.runId !== merge.runId ||
        addendum.previousBase !== change.baseCommit ||
        addendum.newBase !== merge.baseBefore
      ) {
        throw new Refused("merge.addendum", "its addendum is about another pack, run or base");
      }
      if (addendum.resultTree !== merge.resultTree || !decision.carryOverAllowed) {
        throw new Refused("merge.carried", "a decision on it may not be carried over to this result");
      }
      stepsCheck(addendum, history, decision.trial !== "");
    } else if (change.baseCommit !== merge.baseBefore || change.resultTree !== merge.resultTree) {
      throw new Refused("decision.binding", "the decision is bound to another base or result");
    }
  }
  glassCheck(merge, decisions, intent, history, null);
  unmadeCommits(
    merge,
    history,
    decisions.some(({ decision }) => decision.trial !== ""),
  );
}

/** The commits are those of their ids; their trees are recomputed where another file tells the base. */
function unmadeCommits(merge: Merge, history: History, trial: boolean): void {
  const commit = commitOf(merge.mergeRaw, merge.mergeCommit, "merge commit");
  if (commit.tree !== merge.resultTree || commit.parents[0] !== merge.baseBefore) {
    throw new Refused("merge.commit", "the merge commit has another tree or other parents");
  }
  const state = commitOf(merge.stateRaw, merge.stateCommit, "state commit");
  if (state.parents.length !== 1 || state.parents[0] !== merge.mergeCommit) {
    throw new Refused("merge.state", "the state commit does not stand on the merge commit");
  }
  const base = treeKnown(history, merge.baseBefore);
  if (base === undefined) {
    commitsKeep(merge, history, undefined, undefined, trial);
    return;
  }
  const result = treeReplace(base, merge.entries);
  const withState = treeReplace(result, [merge.stateEntry]);
  if (treeId(result) !== merge.resultTree || treeId(withState) !== state.tree) {
    throw new Refused("merge.tree", "base and entries do not give the trees that were merged");
  }
  commitsKeep(merge, history, result, withState, trial);
}

function treeKnown(history: History, commit: string): readonly TreeEntry[] | undefined {
  try {
    return history.treeOf(commit);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** The log, the index and the intent say the same of a merge; gives the event of the intent. */
function eventCheck(merge: Merge, event: LoggedEvent, history: History): LoggedEvent {
  const intended: readonly [string, string][] = [
    ["base_before", merge.baseBefore],
    ["merge_commit", merge.mergeCommit],
    ["state_commit", merge.stateCommit],
    ["tag", merge.tag],
    ["result_tree", merge.resultTree],
  ];
  for (const [name, stated] of [["pack", merge.pack] as const, ...intended]) {
    if (event.data.get(name) !== stated) throw new Refused("merge.event", `the log says another ${name}`);
  }
  const ids = list(event.data, "decision_ids", "the event of the merge");
  if (ids.length !== merge.decisionIds.length || ids.some((id, at) => id !== merge.decisionIds[at])) {
    throw new Refused("merge.event", "the log names other decisions");
  }
  const logged = given(event.data, "addendum");
  if (says(logged) !== (merge.addendum !== "")) throw new Refused("merge.event", "the log names another addendum");
  if (says(logged)) {
    const one = history.addendum(typeof logged === "string" ? logged : "");
    if (one.id !== history.addendum(merge.addendum).id) {
      throw new Refused("merge.event", "the log names another addendum");
    }
  }
  const intent = history.intended.get(merge.runId);
  if (intent === undefined) {
    throw new Refused("merge.intent", "the log does not say that it was intended before it was made");
  }
  for (const [name, stated] of intended) {
    if (intent.data.get(name) !== stated) {
      throw new Refused("merge.intent", `the log says that another ${name} was intended`);
    }
  }
  const sealed = history.sealed.get(merge.pack);
  if (sealed?.subjectId !== merge.runId || sealed.index > event.index) {
    throw new Refused("merge.sealed", "the log does not say that its pack was sealed for this run before");
  }
  return intent;
}

/** The approvals of a merge, all logged before it; and nobody who decided otherwise was left out. */
function decisionsOf(merge: Merge, event: LoggedEvent, history: History): LoggedDecision[] {
  const found = merge.decisionIds.map((id) => {
    const logged = history.decisions.get(id);
    if (logged === undefined || logged.event.index > event.index) {
      throw new Refused("merge.decision", `the decision ${id} was not logged before it`);
    }
    const ended = history.ended.get(logged.decision.requestId);
    if (ended !== undefined && ended.index < event.index) {
      throw new Refused("merge.void", `the request of the decision ${id} had ended`);
    }
    return logged;
  });
  for (const { id, decision, event: at } of history.decisions.values()) {
    if (decision.subjectDigest === merge.pack && at.index < event.index && decision.verdict !== APPROVE) {
      throw new Refused("merge.rejected", `the decision ${id} did not approve it`);
    }
  }
  return found;
}

/** What was merged under break-glass is named as such; gives the window, or nothing. */
function glassCheck(
  merge: Merge,
  decisions: readonly LoggedDecision[],
  intent: LoggedEvent,
  history: History,
  project: string | null,
): string {
  const made = decisions.map(({ decision }) => decision);
  const window = mergeUnderGlass(made, project, intent, merge.mergeRaw, history.windows);
  if (window !== "") history.underGlass.set(merge.runId, window);
  return window;
}

/** Each signed with a passkey where the policy asks for one, and no passkey signed twice. */
function passkeysCheck(decisions: readonly LoggedDecision[], asked: boolean): void {
  const names = decisions.map(({ passkey }) => passkey).filter((name) => name !== "");
  if (asked && names.length < decisions.length) {
    throw new Refused("merge.passkey", "the policy asks for passkeys, and a decision has none");
  }
  if (new Set(names).size < names.length) throw new Refused("quorum.key", "one passkey signed two decisions");
}

/** Splitting a change did not lower its risk: the parts were scored together. */
function togetherCheck(merge: Merge, verified: VerifiedPack, history: History): void {
  const risk = verified.risk.recomputed;
  besideCheck(risk, (digest) => history.packs.get(digest)?.pack);
  for (const [runId, earlier] of history.sessions.get(risk.session) ?? []) {
    apartCheck(risk, earlier.risk.recomputed, [merge.runId, runId]);
  }
}

/** The base moved: check that the decisions could be carried over to the new one. */
function carryOverCheck(
  merge: Merge,
  event: LoggedEvent,
  verified: VerifiedPack,
  decisions: readonly LoggedDecision[],
  history: History,
): void {
  if (merge.addendum === "") {
    throw new Refused("merge.addendum", "its base moved, and no addendum says that it was verified again");
  }
  const logged = history.addendum(merge.addendum);
  const { addendum } = logged;
  if (logged.event.index > event.index) throw new Refused("merge.addendum", "its addendum was logged after it");
  addendumCheck(addendum, verified);
  if (addendum.newBase !== merge.baseBefore || addendum.resultTree !== merge.resultTree) {
    throw new Refused("merge.addendum", "its addendum is about another base or result");
  }
  if (decisions.some(({ decision }) => !decision.carryOverAllowed || decision.requestId !== addendum.requestId)) {
    throw new Refused("merge.carried", "a decision on it may not be carried over by this addendum");
  }
  stepsCheck(addendum, history, verified.trial !== "");
  const touched = new Set(merge.entries.map(({ path }) => path));
  for (const path of treeChanges(history.treeOf(addendum.previousBase), history.treeOf(addendum.newBase))) {
    if (touched.has(path)) throw new Refused("merge.touched", `${path} changed under it while it waited`);
    if (isGateConfiguration(path)) {
      throw new Refused("merge.gates", `${path}, which configures gates, changed under it`);
    }
  }
}

/** Every commit in between is a merge or state entry of this log, in one unbroken line. */
function stepsCheck(addendum: Addendum, history: History, trial: boolean): void {
  let current = addendum.previousBase;
  for (const step of addendum.intervening) {
    const commit = history.commits.get(step.commit);
    if (commit?.kind !== step.kind || commit.runId !== step.runId) {
      throw new Refused("merge.step", `the commit ${step.commit} in between is not one of this log`);
    }
    if (commit.trial !== trial) {
      throw new Refused("merge.step", `the commit ${step.commit} in between is one of a trial, or not one`);
    }
    if (commit.parent !== current) {
      throw new Refused("merge.step", `the commit ${step.commit} does not stand on ${current}`);
    }
    current = step.commit;
  }
  if (current !== addendum.newBase) {
    throw new Refused("merge.step", "the commits in between do not lead to the new base");
  }
}

/** Recompute the merge commit and the state commit. */
function commitsCheck(merge: Merge, { pack, trial }: VerifiedPack, history: History): void {
  const result = treeReplace(history.treeOf(merge.baseBefore), merge.entries);
  if (treeId(result) !== merge.resultTree) {
    throw new Refused("merge.tree", "base and entries do not give the tree that was merged");
  }
  const { tree, parents } = commitOf(merge.mergeRaw, merge.mergeCommit, "merge commit");
  const [first, second, ...more] = parents;
  const stands = first === merge.baseBefore && second === pack.text("change_commit") && more.length === 0;
  if (tree !== merge.resultTree || !stands) {
    throw new Refused("merge.commit", "the merge commit has another tree or other parents");
  }
  const state = commitOf(merge.stateRaw, merge.stateCommit, "state commit");
  if (merge.stateEntry.path !== STATE_FILE || merge.stateEntry.blob === null) {
    throw new Refused("merge.state", `the state commit changes another file than ${STATE_FILE}`);
  }
  const withState = treeReplace(result, [merge.stateEntry]);
  const stateStands = state.parents.length === 1 && state.parents[0] === merge.mergeCommit;
  if (!stateStands || state.tree !== treeId(withState)) {
    throw new Refused("merge.state", "the state commit holds more than the project state");
  }
  commitsKeep(merge, history, result, withState, trial !== "");
}

/** Remember both commits: what is merged later may stand on them. */
function commitsKeep(
  merge: Merge,
  history: History,
  result: readonly TreeEntry[] | undefined,
  withState: readonly TreeEntry[] | undefined,
  trial: boolean,
): void {
  const { runId } = merge;
  history.commits.set(merge.mergeCommit, { parent: merge.baseBefore, kind: KIND_MERGE, runId, tree: result, trial });
  history.commits.set(merge.stateCommit, { parent: merge.mergeCommit, kind: KIND_STATE, runId, tree: withState, trial });
}

function commitOf(raw: Bytes, stated: string, what: string): Commit {
  if (gitObjectId("commit", raw) !== stated) {
    throw new Refused("merge.commit", `the ${what} is not the one of that id`);
  }
  return commitParse(raw);
}

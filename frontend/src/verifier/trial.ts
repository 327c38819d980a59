// Trial mode: what one person made and approved alone says so, and is merged to a branch of its own only.
import type { Bytes } from "./bytes";
import { given, keysExact, object, text } from "./encoding";
import { Refused } from "./errors";
import type { JsonObject } from "./json";
import type { LogContent, LoggedEvent } from "./log-events";
import { messageLines } from "./tree";
import { EVENT, SELF_APPROVED, TRIAL, TRIAL_BRANCHES, TRIAL_TRAILER } from "./vocabulary";

const FIELDS = new Set(["approval", "branch"]);

/** The branch of a trial that a pack's subject or a decision names; nothing where it is not of a trial. */
export function trialRead(data: JsonObject, where: string): string {
  if (!data.has(TRIAL)) return "";
  const trial = object(data, TRIAL, where);
  keysExact(trial, FIELDS, `the trial of ${where}`);
  if (given(trial, "approval") !== SELF_APPROVED) {
    throw new Refused("trial.approval", `the trial of ${where} does not say ${SELF_APPROVED}`);
  }
  const branch = text(trial, "branch", where);
  if (!branch.startsWith(TRIAL_BRANCHES) || branch === TRIAL_BRANCHES) {
    throw new Refused("trial.branch", `${branch} is no branch under ${TRIAL_BRANCHES}`);
  }
  return branch;
}

/** The names of the projects that began as a trial: they stay one for good. */
export function trialsRead(content: LogContent): ReadonlySet<string> {
  return new Set(content.ofType(EVENT.trialBegun).map((event) => event.text("project")));
}

/** Check that a pack is one of a trial if and only if its project began as one. */
export function projectCheck(project: string, branch: string, trials: ReadonlySet<string>): void {
  if ((branch !== "") !== trials.has(project)) {
    throw new Refused("trial.project", "pack and log disagree on whether the project is a trial");
  }
}

/** Check that what is self-approved went to its trial's branch, and that its commit says so. */
export function mergeBranchCheck(branch: string, events: readonly LoggedEvent[], mergeRaw: Bytes): void {
  const trailer = messageLines(mergeRaw).includes(TRIAL_TRAILER);
  if (branch === "") {
    if (trailer) throw new Refused("trial.commit", "its commit says self-approved, and its pack does not");
    return;
  }
  if (events.some((event) => event.data.get("branch") !== branch)) {
    throw new Refused("trial.merged", `it is self-approved, and was merged to another branch than ${branch}`);
  }
  if (!trailer) throw new Refused("trial.commit", "it is self-approved, and its commit does not say so");
}

// Everything that merges are held against; it grows with every merge that holds.
import type { Addendum } from "./addendum";
import type { Window } from "./break-glass";
import type { Decision } from "./decision";
import { Refused } from "./errors";
import type { LogContent, LoggedEvent } from "./log-events";
import type { VerifiedPack } from "./pack-verify";
import { Participants } from "./participants";
import type { TreeEntry } from "./tree";
import { trialsRead } from "./trial";
import { EVENT } from "./vocabulary";

/** A decision, its event in the log, and the passkey that signed it where one did. */
export interface LoggedDecision {
  readonly id: string;
  readonly decision: Decision;
  readonly event: LoggedEvent;
  readonly passkey: string;
}

/** An addendum and its event in the log. */
export interface LoggedAddendum {
  readonly id: string;
  readonly addendum: Addendum;
  readonly event: LoggedEvent;
}

/** A commit that a merge made; its tree is undefined where nothing in the export tells it. */
export interface HistoryCommit {
  readonly parent: string;
  readonly kind: string;
  readonly runId: string;
  readonly tree: readonly TreeEntry[] | undefined;
  readonly trial: boolean;
}

export class History {
  /** The event that sealed each pack, by the pack's digest. */
  readonly sealed: ReadonlyMap<string, LoggedEvent>;
  /** The event that recorded the intent of each merge before it was made, by run; an abandoned intent is none. */
  readonly intended = new Map<string, LoggedEvent>();
  /** The event by which a request was voided or expired, by request. */
  readonly ended = new Map<string, LoggedEvent>();
  /** The event by which the key of a pack was destroyed, by the pack's digest. */
  readonly unmade: ReadonlyMap<string, LoggedEvent>;
  /** The projects that began as a trial. */
  readonly trials: ReadonlySet<string>;
  /** Who took part in which run. */
  participants = new Participants();
  readonly windows = new Map<string, Window>();
  /** The window under which runs were merged without their quorum, by run. */
  readonly underGlass = new Map<string, string>();
  /** The packs, decisions and addenda that hold. */
  readonly packs = new Map<string, VerifiedPack>();
  readonly decisions = new Map<string, LoggedDecision>();
  readonly addenda = new Map<string, LoggedAddendum>();
  /** The commits that merges made, by id. */
  readonly commits = new Map<string, HistoryCommit>();
  /** The packs that were merged and can be read, by run, by the session of their changes. */
  readonly sessions = new Map<string, Map<string, VerifiedPack>>();

  constructor(content: LogContent) {
    this.sealed = firstBy(content.ofType(EVENT.packSealed), (event) => event.text("pack"));
    this.unmade = firstBy(content.ofType(EVENT.packUnmade), (event) => event.text("pack"));
    this.trials = trialsRead(content);
    const pending = new Map<string, LoggedEvent>();
    for (const event of content.events) {
      const name = event.subjectId;
      if (event.type === EVENT.requestVoided || event.type === EVENT.requestExpired) keepFirst(this.ended, name, event);
      else if (event.type === EVENT.mergeIntended) keepFirst(pending, name, event);
      // What was taken back counts no more; only a new intent can stand for a merge.
      else if (event.type === EVENT.mergeAbandoned) pending.delete(name);
      else if (event.type === EVENT.merged) {
        const intent = pending.get(name);
        if (intent !== undefined) keepFirst(this.intended, name, intent);
      }
    }
  }

  /** Whether a pack can't be read any more because the log says that its key was destroyed. */
  isUnmade(pack: string): boolean {
    return this.unmade.has(pack) && !this.packs.has(pack);
  }

  /** The files of a commit, from an earlier merge or from a pack that starts from it. */
  treeOf(commit: string): readonly TreeEntry[] {
    const known = this.commits.get(commit)?.tree;
    if (known !== undefined) return known;
    for (const { pack, change } of this.packs.values()) {
      if (pack.subject.get("base_commit") === commit) return change.baseTree;
    }
    throw new Refused("merge.base", `nothing in the export tells the tree of ${commit}`);
  }

  /** An addendum by its id or by the digest of its statement. */
  addendum(name: string): LoggedAddendum {
    for (const logged of this.addenda.values()) {
      if (name === logged.id || name === logged.addendum.statementDigest) return logged;
    }
    throw new Refused("merge.addendum", "its addendum is not in the export, or does not hold");
  }
}

function keepFirst(map: Map<string, LoggedEvent>, name: string, event: LoggedEvent): void {
  if (!map.has(name)) map.set(name, event);
}

function firstBy(events: readonly LoggedEvent[], name: (event: LoggedEvent) => string): Map<string, LoggedEvent> {
  const found = new Map<string, LoggedEvent>();
  for (const event of events) keepFirst(found, name(event), event);
  return found;
}

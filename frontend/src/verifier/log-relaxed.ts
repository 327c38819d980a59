// Packs, decisions and merges of a log, held against what it tells of exceptions and of rules' modes.
import { digestHex, list } from "./encoding";
import type { History } from "./history";
import { each } from "./log-evidence";
import type { LogContent } from "./log-events";
import { deciderApart } from "./participants";
import type { People } from "./people";
import { Relaxations, relaxersExcluded } from "./relaxed";
import type { Trust } from "./trust";
import { EVENT } from "./vocabulary";

/** Check that whoever let a change pass a rule is excluded and did not decide; gives the number of exceptions. */
export async function relaxedCheck(
  content: LogContent,
  history: History,
  people: People,
  trust: Trust,
): Promise<number> {
  const found = Relaxations.read(content, people, trust);
  await each(
    [...history.sealed].filter(([digest]) => history.packs.has(digest)),
    ([digest]) => `packs/${digestHex(digest)}.tar`,
    ([digest, sealed]) => {
      const verified = history.packs.get(digest);
      if (verified?.relaxed === undefined) return;
      const { pack, relaxed } = verified;
      found.packCheck(sealed.subjectId, relaxed, sealed);
      relaxersExcluded(
        list(pack.subject, "excluded", "the subject of the pack"),
        found.relaxers(sealed.subjectId, relaxed, sealed.index),
        found.late(sealed.subjectId, relaxed, sealed),
      );
    },
  );
  await each(
    history.decisions.values(),
    ({ id }) => `decision ${id}`,
    ({ decision, event }) => {
      // In a trial one person may decide on their own change, and everything says so.
      if (decision.change === null || decision.trial !== "") return;
      const relaxed = history.packs.get(decision.subjectDigest)?.relaxed;
      deciderApart(decision.personId, found.relaxers(decision.change.runId, relaxed, event.index));
    },
  );
  await each(
    content.ofType(EVENT.merged),
    ({ subjectId }) => `run ${subjectId}`,
    (event) => {
      const relaxed = history.packs.get(event.text("pack"))?.relaxed;
      const intended = history.intended.get(event.subjectId);
      if (relaxed !== undefined && intended !== undefined) found.mergeCheck(relaxed, intended);
    },
  );
  return found.count;
}

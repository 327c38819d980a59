"""Packs, decisions and merges of a log, held against what it tells of exceptions and of rules' modes."""

from countersign_verify.encoding import digest_hex, field
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.log_evidence import each
from countersign_verify.merges import History, LoggedDecision
from countersign_verify.participants import decider_apart
from countersign_verify.people import People
from countersign_verify.relaxed import late_grants, relaxations_read, relaxers_excluded
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import EVENT_MERGED


def relaxed_check(content: LogContent, history: History, people: People, trust: Trust) -> int:
    """Check that whoever let a change pass a rule is excluded and did not decide; returns the exceptions.

    Raises:
        RefusedError: The log does not bear out what a pack says of rules and exceptions, or tells of somebody
            who is not excluded, or who decided.
    """
    relaxations = relaxations_read(content, people, trust)
    history.relaxations = relaxations

    def pack(item: tuple[str, LoggedEvent]) -> None:
        verified, sealed = history.packs[item[0]], item[1]
        run_id, relaxed = sealed.subject_id, verified.relaxed
        if relaxed is not None:
            relaxations.pack_check(run_id, relaxed, sealed)
            listed = field(verified.pack.subject, "excluded", list, "the subject of the pack")
            parts = relaxations.relaxers(run_id, relaxed, sealed.index)
            late = late_grants(relaxations, run_id, relaxed, sealed)
            relaxers_excluded((str(person) for person in listed), parts, late)

    def decision(logged: LoggedDecision) -> None:
        change = logged.decision.change
        # In a trial one person may decide on their own change, and everything says so.
        if change is None or logged.decision.trial:
            return
        verified = history.packs.get(logged.decision.subject_digest)
        relaxed = verified.relaxed if verified is not None else None
        parts = relaxations.relaxers(change.run_id, relaxed, logged.event.index)
        decider_apart(logged.decision.person_id, parts)

    def merge(event: LoggedEvent) -> None:
        verified, intended = history.packs.get(event.text("pack")), history.intended.get(event.subject_id)
        if verified is not None and verified.relaxed is not None and intended is not None:
            relaxations.merge_check(verified.relaxed, intended)

    sealed = [item for item in history.sealed.items() if item[0] in history.packs]
    each(sealed, lambda item: f"packs/{digest_hex(item[0])}.tar", pack)
    each(history.decisions.values(), lambda logged: f"decision {logged.id[:80]!a}", decision)
    each(content.of_type(EVENT_MERGED), lambda event: f"run {event.subject_id[:80]!a}", merge)
    return len(relaxations.waivers)

"""What lies beside a log: packs, decisions, addenda, merges and phases, each held against its event."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from countersign_verify.addendum import addendum_verify
from countersign_verify.break_glass import Window, window_check
from countersign_verify.canonical import Json, canonical_object, digest_of
from countersign_verify.decision import APPROVE, decision_valid, decision_verify
from countersign_verify.encoding import digest_hex, field, keys_exact
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.log_files import ENVELOPE_SUFFIX, INDEX, LogFiles
from countersign_verify.merges import (
    History,
    LoggedAddendum,
    LoggedDecision,
    Merge,
    merge_check,
    merge_read,
)
from countersign_verify.pack_verify import MAX_ENVELOPE_BYTES, pack_verify
from countersign_verify.participants import (
    HAD_MADE,
    decider_apart,
    pack_excludes,
    participants_read,
    token_own,
)
from countersign_verify.people import People, decider_check, passkey_check
from countersign_verify.phases import merged_runs, phase_complete, proof_changes, proof_unsigned
from countersign_verify.quorum_policy import policies_read
from countersign_verify.report import Report
from countersign_verify.trial_log import project_check, trials_read
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import (
    EVENT_ADDENDUM,
    EVENT_DECISION,
    EVENT_MERGE_ABANDONED,
    EVENT_MERGE_INTENDED,
    EVENT_MERGED,
    EVENT_PACK_SEALED,
    EVENT_PACK_UNMADE,
    EVENT_REQUEST_EXPIRED,
    EVENT_REQUEST_VOIDED,
    EXPORT_FORMAT,
    PROOF_DIGEST,
)

T = TypeVar("T")
MAX_INDEX_BYTES = 256 * 1024 * 1024
MAX_PROOF_BYTES = 16 * 1024 * 1024
ASSERTION_SUFFIX = ".webauthn.json"
ROLE_SIGN_OFF = "director"
_SIGN_OFF = frozenset({"decision_id", "proof_digest", "request_id"})
_INDEX = frozenset({"format", "origin", "merges"})
_NAMED = 3


def packs_sealed(content: LogContent) -> dict[str, LoggedEvent]:
    """The event that first sealed each pack, by the pack's digest."""
    sealed: dict[str, LoggedEvent] = {}
    for event in content.of_type(EVENT_PACK_SEALED):
        sealed.setdefault(event.text("pack"), event)
    return sealed


def history_begin(content: LogContent) -> History:
    """What the log alone tells; packs, decisions and addenda are added as they are found to hold."""
    ended: dict[str, LoggedEvent] = {}
    for event in content.events:
        if event.type in {EVENT_REQUEST_VOIDED, EVENT_REQUEST_EXPIRED}:
            ended.setdefault(event.subject_id, event)
    pending: dict[str, LoggedEvent] = {}
    intended: dict[str, LoggedEvent] = {}
    for event in content.events:
        if event.type == EVENT_MERGE_INTENDED:
            pending.setdefault(event.subject_id, event)
        elif event.type == EVENT_MERGE_ABANDONED:
            # What was taken back counts no more; only a new intent can stand for a merge.
            pending.pop(event.subject_id, None)
        elif event.type == EVENT_MERGED and event.subject_id in pending:
            intended.setdefault(event.subject_id, pending[event.subject_id])
    unmade: dict[str, LoggedEvent] = {}
    for event in content.of_type(EVENT_PACK_UNMADE):
        unmade.setdefault(event.text("pack"), event)
    return History(
        sealed=packs_sealed(content),
        intended=intended,
        ended=ended,
        unmade=unmade,
        trials=trials_read(content),
    )


def proof_digests(content: LogContent) -> dict[str, str]:
    """The digest of the newest proof of every phase that the log tells of."""
    return {
        event.subject_id: event.text(PROOF_DIGEST)
        for event in content.events
        if event.subject_type == "phase" and PROOF_DIGEST in event.data
    }


def packs_check(files: LogFiles, trust: Trust, history: History) -> None:
    """Check every pack that was sealed; those that hold are put into the history.

    Raises:
        RefusedError: One is missing or does not hold; the message names the first few.
    """

    def check(item: tuple[str, LoggedEvent]) -> None:
        digest, event = item
        name = f"packs/{digest_hex(digest)}.tar"
        if name not in files.names:
            if _unmade(digest, event, history):
                return
            raise RefusedError("export.missing", f"the sealed pack {digest} is missing")
        report = Report(name, "")
        verified = pack_verify(files.directory / name, trust, report)
        if verified is None:
            failed = "; ".join(f"{check.name}: {check.detail}" for check in report.failures)
            reasons = [code for check in report.failures for code in check.codes]
            raise RefusedError("pack.failed", failed, reasons)
        if verified.pack.digest != digest:
            raise RefusedError("pack.digest", f"the file holds the pack {verified.pack.digest}")
        if verified.pack.subject["run_id"] != event.subject_id:
            raise RefusedError("pack.run", "the log says that it was sealed for another run")
        project_check(verified.pack.subject_text("project"), verified.trial, history.trials)
        history.packs[digest] = verified

    each(history.sealed.items(), lambda item: f"packs/{item[0].removeprefix('sha256:')}.tar", check)


def _unmade(digest: str, sealed: LoggedEvent, history: History) -> bool:
    """Whether the log says that the key of a pack was destroyed, after it was sealed and for the same run."""
    event = history.unmade.get(digest)
    return event is not None and event.index > sealed.index and event.subject_id == sealed.subject_id


def decisions_check(
    files: LogFiles, trust: Trust, content: LogContent, history: History, people: People
) -> None:
    """Check every decision that was recorded; those that hold are put into the history.

    Raises:
        RefusedError: One is missing or does not hold; the message names the first few.
    """
    nonces: set[str] = set()

    def check(event: LoggedEvent) -> None:
        logged = _decision(files, trust, event, people, history.windows)
        if logged.id in history.decisions or logged.decision.nonce in nonces:
            raise RefusedError("decision.replayed", "its id or its nonce was used before")
        nonces.add(logged.decision.nonce)
        history.decisions[logged.id] = logged

    each(
        content.of_type(EVENT_DECISION),
        lambda event: _envelope_name("decisions", event, "decision_id"),
        check,
    )


def quorums_check(content: LogContent, history: History, people: People, trust: Trust) -> tuple[int, int]:
    """Check that no pack asks for fewer people than the log says; returns numbers of policies and packs.

    Raises:
        RefusedError: A policy was not set by who may, or a pack asks for less than held when it was sealed.
    """
    policies = policies_read(content, people, trust)

    def check(item: tuple[str, LoggedEvent]) -> None:
        verified = history.packs[item[0]]
        # In a trial one person decides alone, and everything says so.
        if not verified.trial:
            policy = verified.policy
            policies.check(verified.pack.subject_text("project"), policy.tier, policy.quorum, item[1])

    sealed = [item for item in history.sealed.items() if item[0] in history.packs]
    each(sealed, lambda item: f"packs/{digest_hex(item[0])}.tar", check)
    return sum(len(items) for items in policies.standings.values()), len(sealed)


def participants_check(content: LogContent, history: History) -> None:
    """Check that every pack excludes who took part, and that none of them decided.

    Raises:
        RefusedError: The log tells of somebody who took part and is not excluded, or who decided.
    """
    history.participants = participants_read(content)

    def excluded(item: tuple[str, LoggedEvent]) -> None:
        listed = field(history.packs[item[0]].pack.subject, "excluded", list, "the subject of the pack")
        pack_excludes(item[1].subject_id, (str(person) for person in listed), history.participants)

    def apart(logged: LoggedDecision) -> None:
        decision = logged.decision
        token_own(logged.event, history.participants.minters)
        # In a trial one person may decide on their own change, and everything says so.
        if decision.change is not None and not decision.trial:
            decider_apart(decision.person_id, history.participants.of_run(decision.change.run_id))

    sealed = [item for item in history.sealed.items() if item[0] in history.packs]
    each(sealed, lambda item: f"packs/{digest_hex(item[0])}.tar", excluded)
    each(history.decisions.values(), lambda logged: f"decision {logged.id[:80]!a}", apart)


def addenda_check(files: LogFiles, trust: Trust, content: LogContent, history: History) -> None:
    """Check every addendum that was sealed; those that hold are put into the history.

    Raises:
        RefusedError: One is missing or does not hold; the message names the first few.
    """

    def check(event: LoggedEvent) -> None:
        name = _envelope_name("addenda", event, "addendum_id")
        addendum = addendum_verify(files.read(name, MAX_ENVELOPE_BYTES), trust)
        logged = (event.text("statement_digest"), event.text("pack"), event.subject_id)
        if logged != (addendum.statement_digest, addendum.pack, addendum.run_id):
            raise RefusedError("addendum.event", "the log tells of another statement, pack or run")
        addendum_id = event.text("addendum_id")
        history.addenda[addendum_id] = LoggedAddendum(addendum_id, addendum, event)

    each(
        content.of_type(EVENT_ADDENDUM), lambda event: _envelope_name("addenda", event, "addendum_id"), check
    )


def merges_check(files: LogFiles, trust: Trust, content: LogContent, history: History) -> list[Merge]:
    """Check every merge, in the order of the log.

    Raises:
        RefusedError: The index does not list exactly the merges of the log, or one does not hold.
    """
    index = canonical_object(
        files.read(INDEX, MAX_INDEX_BYTES), max_bytes=MAX_INDEX_BYTES, max_values=MAX_INDEX_BYTES
    )
    keys_exact(index, _INDEX, INDEX)
    if index["format"] != EXPORT_FORMAT or index["origin"] != trust.origin:
        raise RefusedError("index.format", f"{INDEX} is not of the format {EXPORT_FORMAT}, or of another log")
    merges = [merge_read(item) for item in field(index, "merges", list, INDEX)]
    by_run = {merge.run_id: merge for merge in merges}
    events = content.of_type(EVENT_MERGED)
    runs = sorted(event.subject_id for event in events)
    if sorted(merge.run_id for merge in merges) != runs or len(by_run) != len(merges):
        raise RefusedError("index.merges", f"{INDEX} does not list exactly the merges of the log")
    each(
        events,
        lambda event: f"run {event.subject_id[:80]!a}",
        lambda event: merge_check(by_run[event.subject_id], event, history),
    )
    return merges


def phases_check(
    files: LogFiles, content: LogContent, history: History, merges: Sequence[Merge]
) -> tuple[int, int]:
    """Check the proof of every phase; returns how many there are and how many are complete.

    Raises:
        RefusedError: A proof is missing, another than the log names, or rests on what is not in the log.
    """
    complete: list[str] = []

    def check(item: tuple[str, str]) -> None:
        phase_id, digest = item
        proof = canonical_object(files.read(f"phases/{phase_id}.json", MAX_PROOF_BYTES))
        if digest_of(proof_unsigned(proof)) != digest:
            raise RefusedError("phase.digest", "the log tells of another proof")
        if _phase_check(phase_id, proof, history, merges):
            complete.append(phase_id)

    proofs = proof_digests(content)
    each(proofs.items(), lambda item: f"phases/{item[0][:80]}.json", check)
    return len(proofs), len(complete)


def _decision(
    files: LogFiles, trust: Trust, event: LoggedEvent, people: People, windows: Mapping[str, Window]
) -> LoggedDecision:
    """Check the files of a decision against its event."""
    data = files.read(_envelope_name("decisions", event, "decision_id"), MAX_ENVELOPE_BYTES)
    return decision_logged(
        data,
        event,
        trust=trust,
        people=people,
        windows=windows,
        assertion=lambda: files.read(assertion_name(event), MAX_ENVELOPE_BYTES),
    )


def decision_logged(
    data: bytes,
    event: LoggedEvent,
    *,
    trust: Trust,
    people: People,
    windows: Mapping[str, Window],
    assertion: Callable[[], bytes],
) -> LoggedDecision:
    """Check a decision against its event in the log.

    Args:
        data: Its envelope, canonical JSON.
        event: What the log tells of it.
        trust: The keys to believe.
        people: Who held which role when, as the log tells.
        windows: The break-glass windows of the log.
        assertion: Gives what the approver's passkey answered, where one signed.

    Raises:
        RefusedError: The log tells of another decision, or it does not count.
    """
    decision = decision_verify(data, trust.roles["decisions"])
    logged = (event.text("statement_digest"), event.text("request_id"), event.text("verdict"))
    if logged != (decision.statement_digest, decision.request_id, decision.verdict):
        raise RefusedError("decision.event", "the log tells of another statement, request or verdict")
    if (event.person_id, event.actor_id) != (decision.person_id, decision.user_id):
        raise RefusedError("decision.actor", "the log tells of another person")
    if event.unattended != decision.unattended:
        raise RefusedError("decision.unattended", "log and decision disagree on whether a person decided")
    decision_valid(decision, logged_at=event.time, allow_unattended=trust.allow_unattended)
    decider_check(decision, event, people, trust)
    window_check(decision, event, windows)
    if ("assertion_digest" in event.data) != decision.passkey:
        raise RefusedError("decision.passkey", "log and decision disagree on whether a passkey signed")
    passkey = ""
    if decision.passkey:
        passkey = passkey_check(decision, assertion(), event, people, trust)
    return LoggedDecision(event.text("decision_id"), decision, event, passkey)


def _phase_check(phase_id: str, proof: Mapping[str, Json], history: History, merges: Sequence[Merge]) -> bool:
    """Check what a proof rests on; returns whether the phase is complete."""
    if field(proof, "phase", dict, "the proof").get("id") != phase_id:
        raise RefusedError("phase.id", "the proof is of another phase")
    known = {(merge.run_id, merge.pack, merge.merge_commit) for merge in merges}
    for change in proof_changes(proof):
        if not change.get("merge_commit"):
            continue
        named = tuple(change.get(name) for name in ("run", "pack", "merge_commit"))
        if not all(isinstance(item, str) for item in named) or named not in known:
            raise RefusedError("phase.merge", "the proof rests on a merge that the log does not have")
        _proof_gates(change, history)
    if proof.get("signoff") is not None:
        _sign_off(phase_id, proof, history)
    return phase_complete(proof)[0]


def _proof_gates(change: Mapping[str, Json], history: History) -> None:
    """The verdicts that a proof tells are those of the pack."""
    gates = change.get("gates")
    if not isinstance(gates, dict):
        return
    if history.is_unmade(str(change.get("pack"))):
        return
    pack = history.packs.get(str(change.get("pack")))
    if pack is None or any(pack.gates.get(name, "unknown") != status for name, status in gates.items()):
        raise RefusedError("phase.gates", "the proof tells other gates than its pack")


def _sign_off(phase_id: str, proof: Mapping[str, Json], history: History) -> None:
    """A sign-off is a decision of this log over this very proof."""
    signoff = field(proof, "signoff", dict, "the proof")
    # The log's digest leaves the sign-off out: each of its fields is held against something here.
    keys_exact(signoff, _SIGN_OFF, "the sign-off")
    unsigned = digest_of(proof_unsigned(proof))
    decision_id = signoff.get("decision_id")
    logged = history.decisions.get(decision_id) if isinstance(decision_id, str) else None
    if logged is None:
        raise RefusedError("phase.signoff", "the decision of the sign-off is not in the log")
    decision = logged.decision
    subject = (decision.subject_kind, decision.subject_id, decision.subject_digest)
    if subject != ("phase", phase_id, unsigned) or signoff["proof_digest"] != unsigned:
        raise RefusedError("phase.signoff", "the sign-off is over another proof")
    request = signoff.get("request_id")
    if (decision.verdict, decision.role, decision.request_id) != (APPROVE, ROLE_SIGN_OFF, request):
        raise RefusedError("phase.signoff", "the sign-off is not a Director's approval")
    for change in proof_changes(proof):
        pack = history.packs.get(str(change.get("pack")))
        if pack is not None and pack.trial != decision.trial:
            raise RefusedError("phase.trial", "a sign-off that is self-approved counts in its trial only")
    for run_id in [] if decision.trial else merged_runs(proof):
        decider_apart(decision.person_id, dict.fromkeys(history.participants.initiators(run_id), HAD_MADE))


def assertion_name(event: LoggedEvent) -> str:
    """Where the signature of the passkey lies that belongs to the event of a decision."""
    return f"decisions/{event.text('decision_id')}{ASSERTION_SUFFIX}"


def _envelope_name(directory: str, event: LoggedEvent, name: str) -> str:
    return f"{directory}/{event.text(name)}{ENVELOPE_SUFFIX}"


def each(items: Iterable[T], name: Callable[[T], str], check: Callable[[T], None]) -> None:
    """Check all items, and refuse with the names of those that do not hold."""
    problems: list[str] = []
    reasons: set[str] = set()
    for item in items:
        try:
            check(item)
        except RefusedError as error:
            problems.append(f"{name(item)}: {error}")
            reasons.update((error.code, *error.reasons))
    if problems:
        more = f" (and {len(problems) - _NAMED} more)" if len(problems) > _NAMED else ""
        raise RefusedError("log.item", "; ".join(problems[:_NAMED]) + more, reasons)

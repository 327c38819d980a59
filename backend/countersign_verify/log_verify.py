"""The verification of an exported log, check by check."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from countersign_verify.addendum import KIND_MERGE
from countersign_verify.break_glass import Window, windows_detail, windows_read
from countersign_verify.encoding import digest_hex
from countersign_verify.errors import RefusedError
from countersign_verify.log_clock import Clock, witnessed_read
from countersign_verify.log_events import LogContent
from countersign_verify.log_evidence import (
    addenda_check,
    assertion_name,
    decisions_check,
    history_begin,
    merges_check,
    packs_check,
    packs_sealed,
    participants_check,
    phases_check,
    proof_digests,
    quorums_check,
)
from countersign_verify.log_files import (
    ENVELOPE_SUFFIX,
    FIXED,
    LogFiles,
    checkpoint_read,
    checkpoint_verify,
    checkpoints_read,
    tiles_expect,
    trust_copy_check,
)
from countersign_verify.log_relaxed import relaxed_check
from countersign_verify.log_walk import log_read
from countersign_verify.merges import History, Merge
from countersign_verify.notes import Checkpoint, OpenedNote
from countersign_verify.people import People, people_read
from countersign_verify.report import Report
from countersign_verify.trust import SELF_ATTESTED, Trust
from countersign_verify.vocabulary import EVENT_ADDENDUM, EVENT_DECISION, EVENT_PACK_UNMADE, SELF_APPROVED

Signed: TypeAlias = tuple[Checkpoint, OpenedNote]
_AFTER = "not reached: an earlier check failed"


def log_verify(
    directory: Path, trust: Trust, report: Report, *, known: Sequence[bytes] = (), times_checked: bool = True
) -> None:
    """Check an exported log and everything that lies with it.

    Args:
        directory: The export.
        trust: The keys to believe.
        report: Where every check is noted.
        known: Checkpoint notes that the reader kept from earlier, which the log must extend.
        times_checked: False when the reader knows that the platform's clock was once wrong.
    """
    files = report.attempt("files", lambda: LogFiles(directory), lambda found: f"{len(found.names)} files")
    head = None
    if files is not None:
        head = report.attempt("checkpoint", lambda: checkpoint_read(files, trust), _head_detail)
    if files is None or head is None:
        _rest_not_reached(report, ("trust file", "witnesses", "tiles", "checkpoints", "events"))
        return
    report.attempt(
        "trust file", lambda: trust_copy_check(files, trust), lambda _: "the export names the same keys"
    )
    _witnesses(trust, head[1], report)
    clock = Clock()
    content = _tree(files, trust, head, known, report, clock)
    if content is None:
        _rest_not_reached(report, ("clock", "packs", "decisions", "addenda", "merges", "phases"))
        return
    if times_checked:
        report.attempt("clock", clock.result, _clock_detail)
    else:
        report.not_covered("clock", "times against their order: left out as asked with --times-unchecked")
    history = _evidence(files, trust, content, report)
    merges = report.attempt(
        "merges",
        lambda: merges_check(files, trust, content, history),
        lambda found: _merges_detail(found, history),
    )
    if history.windows:
        report.not_covered("break-glass", windows_detail(history.windows, history.under_glass, content))
    report.attempt(
        "phases",
        lambda: phases_check(files, content, history, merges or []),
        lambda found: f"{found[1]} of {found[0]} proofs show a complete phase",
    )
    report.attempt(
        "nothing else", lambda: _names_check(files, content), lambda _: "every file is accounted for"
    )
    _limits(report, trust)


def _head_detail(head: Signed) -> str:
    checkpoint = head[0]
    return f"{checkpoint.size} events of {checkpoint.origin}, root {checkpoint.root.hex()[:16]}…"


def _witnesses(trust: Trust, note: OpenedNote, report: Report) -> None:
    if trust.mode == SELF_ATTESTED:
        report.not_covered("witnesses", "self-attested: the trust file names no independent witness")
        return
    report.attempt(
        "witnesses",
        lambda: trust.witnesses_check(note),
        lambda count: f"{count} cosigned the newest checkpoint",
    )


def _tree(  # noqa: PLR0917 - what all of its checks need
    files: LogFiles, trust: Trust, head: Signed, known: Sequence[bytes], report: Report, clock: Clock
) -> LogContent | None:
    """Tiles, checkpoints and events: one walk over the entries serves them all."""
    tiles = report.attempt(
        "tiles",
        lambda: tiles_expect(files, head[0].size),
        lambda count: f"{count} files, as many as the log has",
    )
    checkpoints = report.attempt(
        "checkpoints",
        lambda: checkpoints_read(files, trust),
        lambda found: f"{len(found)} signed, each extends the one before",
    )
    kept = report.attempt("known", lambda: _known(known, trust, head[0]), _known_detail) if known else []
    if not known:
        report.not_covered(
            "known",
            "give a checkpoint kept from earlier with --known to see that nothing since was cut or rewritten",
        )
    if tiles is None or checkpoints is None or kept is None:
        report.not_covered("events", _AFTER)
        return None
    # Sizes may repeat between what is stored and what the reader kept: each is compared by itself.
    signed = sorted([*checkpoints, *kept, head], key=lambda item: item[0].size)
    for checkpoint, note in signed:
        clock.witness(witnessed_read(trust, checkpoint, note))
    return report.attempt(
        "events", lambda: log_read(files, [checkpoint for checkpoint, _ in signed], clock), _events_detail
    )


def _clock_detail(witnessed: int) -> str:
    bounded = f"; {witnessed} checkpoints bound them by the clocks of witnesses" if witnessed else ""
    return f"no event says to be more than 10 minutes older than one signed before it{bounded}"


def _known(notes: Sequence[bytes], trust: Trust, head: Checkpoint) -> list[Signed]:
    found = [checkpoint_verify(note, trust) for note in notes]
    for checkpoint, _ in found:
        if checkpoint.size > head.size:
            raise RefusedError(
                "known.cut",
                f"the log once had {checkpoint.size} events and now has {head.size}: its tail is gone",
            )
    return found


def _known_detail(found: Sequence[Signed]) -> str:
    return f"the log extends {', '.join(str(item.size) for item, _ in found)} events seen before"


def _events_detail(content: LogContent) -> str:
    return f"{content.size}, each well-formed and only once; all tiles and roots recomputed from them"


def _evidence(files: LogFiles, trust: Trust, content: LogContent, report: Report) -> History:
    """Packs, decisions and addenda; what does not hold is missing from what is returned."""
    history = history_begin(content)
    report.attempt(
        "packs",
        lambda: packs_check(files, trust, history),
        lambda _: f"{len(history.packs)}, each with all of its checks",
    )
    for digest, event in history.unmade.items():
        if history.is_unmade(digest):
            who = event.person_id or event.actor_id
            report.not_covered(
                "unmade",
                f"{digest}: its key was destroyed by {who[:80]} (event {event.index}), so gates, risk and "
                f"quorum behind it can't be checked again; the reason given: {event.text('reason')}",
            )
    people = report.attempt("people", lambda: people_read(content, trust), _people_detail)
    windows = report.attempt(
        "break-glass", lambda: windows_read(content, people or People(), trust), _windows_detail
    )
    history.windows.update(windows or {})
    report.attempt(
        "quorums", lambda: quorums_check(content, history, people or People(), trust), _quorums_detail
    )
    report.attempt(
        "decisions",
        lambda: decisions_check(files, trust, content, history, people or People()),
        lambda _: _decisions_detail(history),
    )
    report.attempt(
        "participants",
        lambda: participants_check(content, history),
        lambda _: f"those of {len(history.participants.runs)} runs: every pack excludes them, none decided",
    )
    report.attempt(
        "relaxed",
        lambda: relaxed_check(content, history, people or People(), trust),
        lambda found: f"{found} exceptions, each granted in the log; nobody decided on what they let pass",
    )
    report.attempt(
        "addenda",
        lambda: addenda_check(files, trust, content, history),
        lambda _: f"{len(history.addenda)}, signed by gates and scorer",
    )
    return history


def _names_check(files: LogFiles, content: LogContent) -> None:
    """Every file outside ``tile/`` is one that an event of the log accounts for."""
    expected = set(FIXED)
    expected |= {f"packs/{digest_hex(digest)}.tar" for digest in packs_sealed(content)}
    # Whether a pack may be missing is the check of the packs; here it is only not called for.
    unmade = {f"packs/{digest_hex(event.text('pack'))}.tar" for event in content.of_type(EVENT_PACK_UNMADE)}
    expected -= unmade - files.names
    expected |= {
        f"decisions/{event.text('decision_id')}{ENVELOPE_SUFFIX}" for event in content.of_type(EVENT_DECISION)
    }
    expected |= {
        assertion_name(event) for event in content.of_type(EVENT_DECISION) if "assertion_digest" in event.data
    }
    expected |= {
        f"addenda/{event.text('addendum_id')}{ENVELOPE_SUFFIX}" for event in content.of_type(EVENT_ADDENDUM)
    }
    expected |= {f"phases/{phase_id}.json" for phase_id in proof_digests(content)}
    expected |= {name for name in files.names if name.startswith("tile/")}  # checked by themselves
    files.expect(expected)


def _windows_detail(windows: Mapping[str, Window]) -> str:
    return f"{len(windows)} windows, each of two people and at most an hour"


def _quorums_detail(found: tuple[int, int]) -> str:
    policies, packs = found
    return (
        f"{packs} packs ask for no fewer people than the log says; {policies} policies, none weakened by one"
    )


def _people_detail(people: People) -> str:
    enrolled = sum(passkey.confirmed is not None for passkey in people.passkeys.values())
    note = f"; {people.by_operator} roles granted by the operator" if people.by_operator else ""
    return f"{len(people.roles)} roles and {enrolled} passkeys of two people each, as the log tells{note}"


def _decisions_detail(history: History) -> str:
    decisions = history.decisions
    unattended = sum(logged.decision.unattended for logged in decisions.values())
    note = f"; {unattended} UNATTENDED: made without a person" if unattended else ""
    keys = sum(bool(logged.passkey) for logged in decisions.values())
    note += f"; {keys} by the approver's own passkey" if keys else ""
    alone = sum(bool(logged.decision.trial) for logged in decisions.values())
    note += f"; {alone} {SELF_APPROVED}, in a trial" if alone else ""
    return f"{len(decisions)}, each signed, in the log, and used once{note}"


def _merges_detail(merges: Sequence[Merge], history: History) -> str:
    moved = sum(bool(merge.addendum) for merge in merges)
    people = {logged.decision.person_id for logged in history.decisions.values()}
    alone = sum(commit.kind == KIND_MERGE and commit.trial for commit in history.commits.values())
    note = f"; {alone} {SELF_APPROVED}, to branches of trials only" if alone else ""
    note += f"; {len(history.under_glass)} UNDER BREAK-GLASS" if history.under_glass else ""
    return (
        f"{len(merges)} recomputed to their commit ids, {moved} on a moved base; {len(people)} deciders{note}"
    )


def _rest_not_reached(report: Report, names: Iterable[str]) -> None:
    for name in names:
        report.not_covered(name, _AFTER)


def _limits(report: Report, trust: Trust) -> None:
    """Say what no check of these files can show."""
    if trust.accounts is None:
        report.not_covered(
            "roles", "that the deciders held their roles rests on the key that signed the decisions"
        )
    report.not_covered("time", "times are those of the platform's own clock, to the check named clock")
    report.not_covered("repository", "that the governed repository holds these commits: compare their ids")

"""Exceptions and weakened rules, as the signed log bears them out: what only a table tells relaxes nothing.

Whoever granted an exception for a change or took a rule's mode down that would have stopped it, and whoever
minted the token with which it was done, does not count in its quorum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.audit.proving import events_proved
from countersign.governance.checks import waiver_covers
from countersign.governance.selectors import ruleset_get, violations_for_run, waivers_in_force
from countersign.shared.clock import isoformat
from countersign.shared.env import demo_installation
from countersign.shared.errors import Unavailable
from countersign.workflow.executor import EXECUTOR
from countersign.workflow.trust import trust_current
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent, event_read
from countersign_verify.people import people_read
from countersign_verify.relaxed import Relaxations, relaxations_read
from countersign_verify.relaxed_pack import PackBroken, PackException, PackRelaxed, PackRule
from countersign_verify.vocabulary import (
    EVENT_ROLE_GRANTED,
    EVENT_ROLE_REVOKED,
    EVENT_RULE_MODE,
    EVENT_RULES_SYNCED,
    EVENT_TOKEN_ISSUED,
    EVENT_WAIVER_GRANTED,
    EVENT_WAIVER_REVOKED,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.approvals.contracts import PolicySnapshot, RequestData
    from countersign.audit.reading import ProvedEvent
    from countersign.governance.contracts import RuleSetData, ViolationData, WaiverData
    from countersign.shared.types import JSON

_RELAXING: Final = (EVENT_WAIVER_GRANTED, EVENT_WAIVER_REVOKED, EVENT_RULE_MODE, EVENT_RULES_SYNCED)
# What is asked at this moment, every event so far counts.
NOW: Final = 2**63


class RulesUnlogged(Unavailable):
    """The signed log does not tell of rules or exceptions as the tables do; it may only not yet."""

    code = "rules_unlogged"


def relaxations_logged() -> Relaxations:
    """Return exceptions and the modes of rules, as the signed log tells.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the log tells of an exception or a mode that can't be.
    """
    found = _read(events_proved(types=_RELAXING))
    used = {event.token_id for event in found if event.token_id is not None}
    minted = [event for event in _read(events_proved(types=[EVENT_TOKEN_ISSUED])) if event.subject_id in used]
    roles = _read(events_proved(types=[EVENT_ROLE_GRANTED, EVENT_ROLE_REVOKED])) if found else []
    trust = trust_current(allow_unattended=demo_installation())
    people = people_read(_content(roles), trust)
    return relaxations_read(_content([*found, *minted]), people, trust)


def exceptions_in_force(run_id: str, relaxations: Relaxations | None = None) -> tuple[WaiverData, ...]:
    """Return the exceptions that hold now for a run's change, in the table and in the signed log alike.

    Args:
        run_id: the run.
        relaxations: what the signed log tells; read where it is not given, and only if there is a need.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RulesUnlogged: the log tells of an exception or a mode that can't be.
    """
    rows = waivers_in_force(actor=EXECUTOR, run_id=run_id)
    if not rows:
        return ()
    logged = relaxations or relaxations_signed()
    return tuple(row for row in rows if exception_stands(row, logged))


def exception_stands(row: WaiverData, logged: Relaxations) -> bool:
    """Say whether the signed log tells of an exception as its row does, and of no early end."""
    return logged.waiver_matches(_told(row)) and logged.waivers[row.id].revoked is None


def relaxations_signed() -> Relaxations:
    """Return the same as ``relaxations_logged``, where nobody catches what a stranger would refuse.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RulesUnlogged: the log tells of an exception or a mode that can't be.
    """
    try:
        return relaxations_logged()
    except RefusedError as error:
        message = f"the log of rules and exceptions does not verify: {error.message}"
        raise RulesUnlogged(message) from error


def relaxers_of(
    run_id: str,
    ruleset: RuleSetData,
    violations: Iterable[ViolationData],
    relaxations: Relaxations,
) -> dict[str, str]:
    """Return who let a change pass, and how.

    Raises:
        RulesUnlogged: the signed log does not tell of the rules that the change is judged by.
    """
    relaxed = relaxed_of(ruleset, violations)
    try:
        relaxations.rules_check(relaxed.rules, NOW)
    except RefusedError as error:
        raise RulesUnlogged(error.message, run_id=run_id) from error
    return relaxations.relaxers(run_id, relaxed, NOW)


def relaxed_of(ruleset: RuleSetData, violations: Iterable[ViolationData]) -> PackRelaxed:
    """Return rules and broken rules as a pack tells of them."""
    return PackRelaxed(
        tuple(PackRule(rule.code, rule.version, rule.mode.value) for rule in ruleset.rules),
        tuple(PackBroken(item.rule, item.rule_version, item.waived_by or "") for item in violations),
        (),
    )


def let_pass_by(request: RequestData) -> dict[str, str]:
    """Return in words for its page who let the change of a request pass a rule.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RefusedError: the log tells of an exception or a mode that can't be.
    """
    digest = request.binding.ruleset_digest if request.binding else ""
    ruleset = ruleset_get(actor=EXECUTOR, digest=digest)
    versions = {(rule.code, rule.version) for rule in ruleset.rules}
    broken = violations_for_run(actor=EXECUTOR, run_id=request.subject_id)
    relaxed = relaxed_of(ruleset, [item for item in broken if (item.rule, item.rule_version) in versions])
    return relaxations_logged().relaxers(request.subject_id, relaxed, NOW)


def exceptions_told(
    run_id: str, held: Iterable[WaiverData], violations: Iterable[ViolationData]
) -> tuple[dict[str, JSON], ...]:
    """Return the exceptions that a pack lists: those made for its run, and those that let something pass."""
    used = {item.waived_by for item in violations if item.waived_by}
    return tuple(
        {
            "id": waiver.id,
            "rule": waiver.rule,
            "run_id": waiver.run_id,
            "paths": list(waiver.paths),
            "expires_at": isoformat(waiver.expires_at),
            "compensating_controls": list(waiver.compensating_controls),
            "reviewer": waiver.reviewer,
            "relaxes": waiver.id in used,
        }
        for waiver in held
        if waiver.run_id == run_id or waiver.id in used
    )


def exceptions_moved(run_id: str, policy: PolicySnapshot) -> str:
    """Say which exception was granted or has ended since a pack was sealed; nothing where none matters.

    Raises:
        LogDamaged: the tables of the log are not what was signed.
        RulesUnlogged: the log tells of an exception or a mode that can't be.
    """
    if not policy.stopped and not policy.exceptions:
        return ""
    held = exceptions_in_force(run_id)
    if set(policy.exceptions) - {waiver.id for waiver in held}:
        return "an exception that its pack rests on has ended"
    for rule, paths in policy.stopped:
        if any(waiver_covers(waiver, rule, paths) for waiver in held):
            return f"an exception from {rule} was granted since its pack was sealed"
    return ""


def _told(row: WaiverData) -> PackException:
    return PackException(row.id, row.rule, row.run_id or "", row.paths, isoformat(row.expires_at))


def _read(events: Iterable[ProvedEvent]) -> list[LoggedEvent]:
    read = [event_read(event.body, event.index)[1] for event in events]
    return [event for event in read if event is not None]


def _content(events: Iterable[LoggedEvent]) -> LogContent:
    found = sorted(events, key=lambda event: event.index)
    return LogContent(size=found[-1].index + 1 if found else 0, events=found)

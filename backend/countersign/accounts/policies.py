"""The roles of the platform and what each may do (DESIGN section 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from countersign.audit.contracts import AUDIT_READERS
from countersign.shared.errors import PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from countersign.shared.actor import Actor

ROLES: dict[str, tuple[str, str]] = {
    "director": ("Director", "Decides on changes and phases."),
    "cab_member": ("CAB member", "Votes in the Change Advisory Board."),
    "security_reviewer": ("Security reviewer", "Countersigns exceptions and security-relevant changes."),
    "admin": ("Platform admin", "Changes rules, personas, templates and roles."),
    "operator": ("Operator", "Registers projects, imports plans, starts analyses and runs."),
    "auditor": ("Auditor", "Reads everything, changes nothing."),
    "ci": ("CI pipeline", "Submits findings and results, polls for verdicts."),
    "agent": ("Agent", "Gets tasks and hands in proposals; can never approve."),
}

Action = Literal[
    "project.write", "plan.write", "input.answer", "session.write", "run.write", "decision.write",
    "comment.write", "slot.keep", "governance.write", "exception.write", "quorum.propose", "quorum.confirm",
    "quorum.withdraw",
    "export.write", "account.write", "absence.write", "credential.confirm", "credential.revoke",
    "evidence.shred", "person.erase", "break_glass.open", "break_glass.review", "retention.read",
    "retention.clean", "audit.read", "read",
]  # fmt: skip

PERMISSIONS: dict[Action, frozenset[str]] = {
    "project.write": frozenset({"operator", "admin"}),
    "plan.write": frozenset({"operator", "admin"}),
    # The Director gives addresses, paths and pointers, and decides all the same.
    "input.answer": frozenset({"operator", "admin", "director"}),
    "session.write": frozenset({"operator", "admin", "ci"}),
    "run.write": frozenset({"operator", "admin"}),
    "decision.write": frozenset({"director", "cab_member", "security_reviewer"}),
    "comment.write": frozenset({"director", "cab_member", "security_reviewer", "operator", "admin"}),
    # The base stays while the board decides: who decides asks for it, or whoever keeps order.
    "slot.keep": frozenset({"director", "cab_member", "security_reviewer", "admin"}),
    "governance.write": frozenset({"admin"}),
    "exception.write": frozenset({"security_reviewer"}),
    # Asking for fewer people takes one who administers and one who decides.
    "quorum.propose": frozenset({"admin"}),
    "quorum.confirm": frozenset({"director", "cab_member", "security_reviewer"}),
    "quorum.withdraw": frozenset({"admin", "director", "cab_member", "security_reviewer"}),
    "export.write": frozenset({"operator", "admin", "auditor", "director"}),
    "account.write": frozenset({"admin"}),
    # Of oneself; of others it takes `account.write`.
    "absence.write": frozenset({"director", "cab_member", "security_reviewer", "operator", "admin"}),
    "credential.confirm": frozenset({"admin", "director"}),
    "evidence.shred": frozenset({"security_reviewer", "admin"}),
    "person.erase": frozenset({"admin"}),
    # One's own, or anybody's for who confirms them.
    "credential.revoke": frozenset({"director", "cab_member", "security_reviewer", "admin"}),
    "break_glass.open": frozenset({"director", "cab_member", "security_reviewer"}),
    "break_glass.review": frozenset({"director", "cab_member", "security_reviewer", "admin", "auditor"}),
    "retention.read": frozenset({"admin", "auditor"}),
    "retention.clean": frozenset({"admin"}),
    "audit.read": frozenset(AUDIT_READERS),
    "read": frozenset(ROLES) - {"agent"},
}

# Which roles a person can't hold beside another one, and why: the same both ways.
SEPARATION: dict[str, tuple[frozenset[str], str]] = {
    "auditor": (
        frozenset(ROLES) - {"auditor"},
        "who checks what was done takes no part in doing it",
    ),
    "agent": (
        frozenset(ROLES) - {"agent"},
        "an agent hands in work, and neither starts it nor decides on it",
    ),
    "ci": (
        frozenset({"director", "cab_member", "security_reviewer", "admin"}),
        "a pipeline's token lies where many can read it, and decides nothing",
    ),
}


def separation_broken(held: AbstractSet[str]) -> tuple[str, str, str] | None:
    """Return two roles of these that no one person may hold, and why; nothing when there are none."""
    for role, (excluded, why) in SEPARATION.items():
        if role in held and (others := held & excluded):
            return role, min(others), why
    return None


def may(actor: Actor, action: Action) -> bool:
    """Say whether the actor's roles allow ``action``; the platform's own services may do anything."""
    return actor.kind == "service" or actor.has_role(*PERMISSIONS[action])


def require(actor: Actor, action: Action) -> None:
    """Let the actor pass when allowed.

    Raises:
        PermissionDenied: none of the actor's roles allows it.
    """
    if not may(actor, action):
        needed = ", ".join(sorted(PERMISSIONS[action]))
        message = f"'{action}' needs one of the roles {needed}"
        raise PermissionDenied(message, action=action)

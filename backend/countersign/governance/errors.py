"""What can go wrong with rules and exceptions."""

from __future__ import annotations

from dataclasses import dataclass

from countersign.shared.errors import Conflict, DomainError, InvalidInput, NotFound, PermissionDenied


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a rule file that can't be accepted, and where it stands."""

    line: int
    column: int
    message: str


class RulesInvalid(InvalidInput):
    """A rule file can't be accepted; every problem is listed with its line and column."""

    code = "rules_invalid"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems and name the first one in the message."""
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(
            f"line {first.line}, column {first.column}: {first.message}{more}",
            problems=[
                {"line": problem.line, "column": problem.column, "message": problem.message}
                for problem in problems
            ],
        )
        self.problems = problems


class RuleNotFound(NotFound):
    """There is no rule of this code."""

    code = "rule_not_found"


class RuleSetNotFound(NotFound):
    """No rule set was frozen under this digest."""

    code = "rule_set_not_found"


class NoRules(Conflict):
    """A rule set can't be frozen while there are no rules."""

    code = "no_rules"


class GovernanceCoreProtected(DomainError):
    """The governance core can't be switched off, weakened or left out; the attempt was recorded."""

    code = "governance_core_protected"
    status = 403


class WaiverInvalid(InvalidInput):
    """An exception lacks what every exception needs."""

    code = "waiver_invalid"


class ReasonMissing(InvalidInput):
    """What weakens or strengthens a rule needs a reason."""

    code = "reason_missing"


class WaiverNotFound(NotFound):
    """There is no such exception."""

    code = "waiver_not_found"


class WaiverEnded(Conflict):
    """The exception has ended already."""

    code = "waiver_ended"


class QuorumPolicyInvalid(InvalidInput):
    """A quorum policy asks for nobody, for roles that decide nothing, or lets the CAB go."""

    code = "quorum_policy_invalid"


class QuorumPolicyNotFound(NotFound):
    """There is no such quorum policy."""

    code = "quorum_policy_not_found"


class QuorumPolicyMoved(Conflict):
    """Another policy was set or proposed meanwhile, or nothing would change."""

    code = "quorum_policy_moved"


class QuorumPolicyPersons(PermissionDenied):
    """People set quorum policies by themselves, and asking for less takes two of them."""

    code = "quorum_policy_persons"


class QuorumPolicyUnlogged(Conflict):
    """The log does not tell of a quorum policy as the table does."""

    code = "quorum_policy_unlogged"

"""What the gates room takes from others and hands to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from countersign.projects.contracts import BaselineData, EnvironmentData
    from countersign.sandbox.contracts import IsolationKind
    from countersign.shared.types import JSON


class GateStatus(StrEnum):
    """A gate's answer. Only ``pass`` lets a change go on; ``unknown`` is a failure to find out."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ChangedPath:
    """One path that the change touches."""

    path: str
    change: Literal["added", "modified", "deleted"]


@dataclass(frozen=True, slots=True)
class GateContext:
    """What a gate may look at. Both directories are laid out by the platform, and nobody writes to them.

    Attributes:
        base_directory: the tree before the change.
        result_directory: the tree after it.
        changed: every path in which the two differ.
        base_commit: the commit that ``base_directory`` shows.
        result_tree: the id of the tree that ``result_directory`` shows; results are bound to it.
        environment: the project's own environment, to run its tests in.
        baseline: how the project's tests went on the base.
        isolation: how what runs is kept from the machine.
        target_rules: the rules whose findings the change set out to reduce.
    """

    base_directory: Path
    result_directory: Path
    changed: tuple[ChangedPath, ...]
    base_commit: str
    result_tree: str
    environment: EnvironmentData | None
    baseline: BaselineData | None
    isolation: IsolationKind
    target_rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found out; the runner makes a :class:`GateReport` of it.

    Attributes:
        reason: one line for people: what is the matter and what to do.
        summary: the lines that matter most, at most ten.
        details: everything else, canonical JSON without fractions.
    """

    status: GateStatus
    reason: str
    summary: tuple[str, ...] = ()
    details: Mapping[str, JSON] = field(default_factory=dict)
    tool: str = "countersign"
    tool_version: str = ""
    claimed_by_code_under_test: bool = False


@dataclass(frozen=True, slots=True)
class GateReport:
    """A gate's answer on one tree.

    Attributes:
        claimed_by_code_under_test: the answer rests on what code of the change itself reported; it can lower
            a verdict and never lowers a risk.
        result_tree: the id of the tree that the gate saw.
    """

    name: str
    status: GateStatus
    reason: str
    summary: tuple[str, ...]
    tool: str
    tool_version: str
    details: Mapping[str, JSON]
    claimed_by_code_under_test: bool
    duration_ms: int
    result_tree: str

    def as_json(self) -> dict[str, JSON]:
        """Return the report as canonical JSON takes it."""
        return {
            "name": self.name,
            "status": self.status.value,
            "reason": self.reason,
            "summary": list(self.summary),
            "tool": self.tool,
            "tool_version": self.tool_version,
            "details": dict(self.details),
            "claimed_by_code_under_test": self.claimed_by_code_under_test,
            "duration_ms": self.duration_ms,
            "result_tree": self.result_tree,
        }


@dataclass(frozen=True, slots=True)
class GateData:
    """One gate, as it is registered."""

    code: str
    title: str
    description: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class GateResultData:
    """One recorded answer.

    Attributes:
        event_id: of the event that tells of it; empty where none tells of it with a signature.
    """

    id: str
    run_id: str
    attempt: int
    name: str
    status: GateStatus
    reason: str
    report: Mapping[str, JSON]
    report_digest: str
    result_tree: str
    created_at: datetime
    event_id: str = ""

"""What the findings room hands to others."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Severity(StrEnum):
    """How much a finding matters, least first."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for ``info``."""
        return list(Severity).index(self)


class HookStatus(StrEnum):
    """Whether a tool's answer can be used."""

    OK = "ok"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ReportedFinding:
    """One finding as a tool reported it, before it has an identity.

    Attributes:
        path: relative to the root of the tree, POSIX separators.
        line: first line, from 1; 0 when the finding is about the file.
        fixable: the tool itself offers a fix that keeps the meaning of the code.
    """

    tool: str
    rule: str
    path: str
    line: int
    column: int
    end_line: int
    message: str
    severity: Severity
    fixable: bool


@dataclass(frozen=True, slots=True)
class FindingData:
    """One finding.

    Attributes:
        id: the stored finding's id; empty until it is stored.
        fingerprint: the same for the same finding in another commit, also when its line moved.
        snippet_digest: digest of the normalised text of its first line.
    """

    id: str
    tool: str
    rule: str
    path: str
    line: int
    column: int
    end_line: int
    message: str
    severity: Severity
    fixable: bool
    fingerprint: str
    snippet_digest: str


@dataclass(frozen=True, slots=True)
class HookResult:
    """What one tool said about one tree.

    Attributes:
        argv: the command as it ran in the sandbox.
        exit_code: what the tool ended with; ``None`` when it was stopped.
        reason: why the answer can't be used, for people; empty when it can.
        config_digest: digest of everything that steers the tool besides the tree.
        output_digest: digest of what the tool said, the same for the same tree wherever it lies.
        unreadable: files that the tool could not read, with its reason: nothing is known about them.
    """

    tool: str
    version: str
    argv: tuple[str, ...]
    exit_code: int | None
    duration_ms: int
    status: HookStatus
    reason: str
    findings: tuple[FindingData, ...]
    config_digest: str = ""
    output_digest: str = ""
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings that make one work item.

    Attributes:
        key: stable for the same findings, e.g. ``ruff:imports:src/pkg``.
        title: for people, e.g. ``Sort imports in src/pkg``.
        rule_family: what kind of thing it is, e.g. ``imports``.
        rules: the rules found, sorted; where it is fixable, also those that mending these calls for.
        area: the directory that all its files are in; ``.`` for the whole project.
        fixable: an adapter can do all of it without a model.
        proposed: belongs to the few that are worth starting now; the others are backlog.
        reason: why these belong together and stand where they stand, for people.
    """

    key: str
    title: str
    rule_family: str
    rules: tuple[str, ...]
    area: str
    finding_ids: tuple[str, ...]
    paths: tuple[str, ...]
    fixable: bool
    proposed: bool
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class HookExecutionData:
    """One run of one tool, as it was recorded."""

    id: str
    tool: str
    version: str
    command: str
    exit_code: int | None
    duration_ms: int
    findings_count: int
    output_digest: str
    status: HookStatus
    reason: str


@dataclass(frozen=True, slots=True)
class SessionData:
    """One analysis session.

    Attributes:
        state: ``pending``, ``running``, ``completed`` or ``failed``.
        counts: findings by tool.
    """

    id: str
    project_id: str
    commit: str
    state: str
    counts: Mapping[str, int]
    reason: str
    hooks: tuple[HookExecutionData, ...]
    created_at: datetime
    updated_at: datetime

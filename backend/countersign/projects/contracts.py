"""What this room hands to others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.shared.types import JSON

TestOutcome = Literal["passed", "failed", "skipped", "error"]
TestStatus = Literal["passed", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class EnvironmentData:
    """A prepared Python environment.

    Attributes:
        path: of the virtual environment; bind it read-only at this very path.
        digest: ``sha256:`` over everything that it was built from.
        python_version: of its interpreter.
        requirements: what is installed in it, ``name==version``, sorted.
        status: ``failed`` when it can't be used.
        reason: why it failed, in one line.
        log_tail: the end of what pip said.
    """

    path: str
    digest: str
    python_version: str
    requirements: tuple[str, ...]
    status: Literal["ready", "failed"]
    reason: str = ""
    log_tail: str = ""

    @property
    def python(self) -> str:
        """Return the path of its interpreter."""
        return f"{self.path}/bin/python"

    def dump(self) -> dict[str, JSON]:
        """Return the form in which it is stored."""
        return {
            "path": self.path,
            "digest": self.digest,
            "python_version": self.python_version,
            "requirements": list(self.requirements),
            "status": self.status,
            "reason": self.reason,
            "log_tail": self.log_tail,
        }


@dataclass(frozen=True, slots=True)
class BaselineData:
    """How the project's own tests did on what was registered, before anything was changed.

    Attributes:
        status: ``unknown`` when the tests could not be run: that is not a pass.
        reason: why it is not ``passed``.
        tests: outcome by node id.
        duration_ms: wall time.
        commit: what was tested.
    """

    status: TestStatus
    reason: str
    tests: Mapping[str, TestOutcome]
    duration_ms: int
    commit: str

    def dump(self) -> dict[str, JSON]:
        """Return the form in which it is stored."""
        return {
            "status": self.status,
            "reason": self.reason,
            "tests": dict(self.tests),
            "duration_ms": self.duration_ms,
            "commit": self.commit,
        }


@dataclass(frozen=True, slots=True)
class TestRun:
    """How one run of a project's tests ended; only what the report proves counts, not the exit code alone."""

    __test__ = False  # its name would make pytest collect it

    status: TestStatus
    reason: str
    tests: Mapping[str, TestOutcome]
    exit_code: int | None
    log_tail: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class ProjectData:
    """A project as other rooms see it."""

    id: str
    slug: str
    name: str
    source_path: str
    repository_path: str
    default_branch: str
    head_commit: str
    state: Literal["registering", "ready", "failed"]
    isolation: str
    environment: EnvironmentData | None
    baseline: BaselineData | None
    settings: Mapping[str, JSON]
    created_at: datetime
    reason: str = field(default="")

    @property
    def trial(self) -> bool:
        """Whether one person tries the product here alone."""
        return self.settings.get("trial") is True

    @property
    def trial_branch(self) -> str:
        """The branch that a trial merges to; nothing in a project that is none."""
        return self.default_branch if self.trial else ""

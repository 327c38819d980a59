"""What the prompts room hands to others: frozen, plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.types import JSON


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """What draws work to a persona: patterns with weights (0..100).

    Finding types are compared with ``tool:rule``, paths as in ``.gitignore``, kinds with the work item's.
    """

    finding_types: Mapping[str, int] = field(default_factory=dict)
    paths: Mapping[str, int] = field(default_factory=dict)
    kinds: Mapping[str, int] = field(default_factory=dict)
    severities: Mapping[str, int] = field(default_factory=dict)
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class PersonaData:
    """Who an agent works as."""

    code: str
    name: str
    title: str
    introduction: str
    expertise: tuple[str, ...]
    focus: str
    routing: RoutingRules
    adapters: tuple[str, ...]
    template: str
    digest: str


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """What a work item is about."""

    kind: str = "findings"
    finding_types: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """Which persona gets the work, and why."""

    persona: str
    reasons: tuple[str, ...]
    scores: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TemplateVersionData:
    """One immutable version of a template."""

    id: str
    template: str
    version: int
    digest: str
    title: str
    label: str
    body: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SafetyCheck:
    """Something to make sure of, and what about this task calls for it."""

    code: str
    text: str
    because: str


@dataclass(frozen=True, slots=True)
class RollbackStep:
    """One command of a way back, and what must hold after it."""

    command: str
    expect: str


@dataclass(frozen=True, slots=True)
class RollbackProcedure:
    """How to take a change back: before it was merged, and after."""

    before_merge: tuple[RollbackStep, ...]
    after_merge: tuple[RollbackStep, ...]

    def as_json(self) -> dict[str, JSON]:
        """Return the procedure as plain JSON, as it stands in prompts and packs."""
        return {
            "before_merge": [{"command": step.command, "expect": step.expect} for step in self.before_merge],
            "after_merge": [{"command": step.command, "expect": step.expect} for step in self.after_merge],
        }


@dataclass(frozen=True, slots=True)
class PromptData:
    """One prompt, named by the digest of its text."""

    id: str
    digest: str
    text: str
    project_id: str
    work_item_id: str
    persona: str
    template: str
    template_version: int
    template_digest: str
    frame_digest: str
    ruleset_digest: str
    rules: tuple[str, ...]
    safety_checks: tuple[SafetyCheck, ...]
    validation_criteria: tuple[str, ...]
    rollback: RollbackProcedure
    priority: int
    routing_reasons: tuple[str, ...]
    created: bool = False


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync made new, by code."""

    created: tuple[str, ...]
    unchanged: int

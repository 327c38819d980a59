"""What a step answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from countersign.jobs.contracts import JobData, Lease
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


@dataclass(frozen=True, slots=True)
class Next:
    """The step is done; ``step`` comes next, at once or after ``wait_seconds``.

    Attributes:
        memory: what later steps need, added to what the job remembers already.
        summary: one line for people.
    """

    step: str
    memory: Mapping[str, JSON] = field(default_factory=dict)
    summary: str = ""
    wait_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done."""

    result: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step is given.

    Attributes:
        actor: on whose behalf the job runs.
        lease: what every recording service checks.
    """

    job: JobData
    lease: Lease
    actor: Actor

    def text(self, name: str) -> str:
        """Return a text of the payload or of what an earlier step remembered.

        Raises:
            KeyError: neither holds it.
        """
        if name in self.job.memory:
            return str(self.job.memory[name])
        return str(self.job.payload[name])


@dataclass(frozen=True, slots=True)
class Workflow:
    """The steps of one kind of job, the first one first.

    Attributes:
        on_failure: told when the job fails for good, to end what it was about.
        carried_through: steps that are never given up: whatever hinders them is told, and they are tried
            again until it is gone.
    """

    kind: str
    steps: Mapping[str, Callable[[StepContext], Next | Done]]
    on_failure: Callable[[StepContext, Mapping[str, JSON]], None] | None = None
    carried_through: frozenset[str] = frozenset()

    @property
    def first(self) -> str:
        """The name of the first step."""
        return next(iter(self.steps))

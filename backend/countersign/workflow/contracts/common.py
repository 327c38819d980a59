"""What several reads share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RunBegun:
    """A run that was put in line and the job that carries it out.

    Attributes:
        warnings: what may hinder a decision on it, with the mend.
    """

    run_id: str
    job_id: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Installation:
    """What this installation is, and how far its log can be trusted."""

    origin: str
    mode: Literal["self-attested", "witnessed"]
    demo: bool


@dataclass(frozen=True, slots=True)
class ProjectRef:
    """A project as others name it."""

    id: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class PlanRef:
    """A plan as others name it."""

    id: str
    code: str
    title: str

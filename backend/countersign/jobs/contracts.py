"""What the jobs room hands to others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from countersign.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to carry out one step: valid while its token is the job's newest."""

    job_id: str
    token: int


@dataclass(frozen=True, slots=True)
class JobData:
    """One job.

    Attributes:
        state: ``queued``, ``running``, ``waiting``, ``succeeded``, ``failed`` or ``cancelled``.
        step: the step that runs next or now.
        progress: ``{"done", "total", "summary"}`` for people.
        memory: what one step leaves for the next (small, canonical JSON).
    """

    id: str
    kind: str
    state: str
    step: str
    subject_type: str
    subject_id: str
    payload: Mapping[str, object]
    memory: Mapping[str, object]
    progress: Mapping[str, object]
    result: Mapping[str, object]
    error: Mapping[str, object]
    attempts: int
    correlation_id: str
    created_at: datetime
    updated_at: datetime
    actor: Actor = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job and the lease under which its next step is carried out."""

    job: JobData
    lease: Lease


@dataclass(frozen=True, slots=True)
class JobLog:
    """What an ended job left behind.

    Attributes:
        size: bytes of what it was given, remembered and answered.
    """

    id: str
    kind: str
    subject_type: str
    subject_id: str
    ended_at: datetime
    size: int

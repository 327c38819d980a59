"""What is different in a request from the void one that it took the place of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

FactCode = Literal["base", "rules", "score", "tier", "quorum", "gate"]
FileChange = Literal["added", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class DifferenceFact:
    """One thing that is another now."""

    code: FactCode
    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DifferenceFile:
    """A file of which the patch says something else now."""

    path: str
    change: FileChange


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """What the viewer had signed."""

    role: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """A request beside an earlier version of it.

    Attributes:
        earlier_id: the version that it is held against: the last one that the viewer approved, or the one
            before.
        why: why that one is void.
        patch_same: the patch is the same to the byte.
        facts: what is another now, beside the patch.
        files: where the patch is another now.
        own: the viewer's approval of the earlier version.
        hindrance: why signing again is no single step, or not for the viewer; nothing where it is.
    """

    request_id: str
    digest: str
    earlier_id: str
    why: str
    patch_same: bool
    facts: tuple[DifferenceFact, ...]
    files: tuple[DifferenceFile, ...]
    own: OwnDecision | None
    hindrance: str | None

"""What the runs room hands to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from countersign.shared.types import JSON


# In none of these does anything happen to a run any more.
ENDED_RUN_STATES: Final = frozenset({"merged", "rejected", "changes_requested", "failed", "incident"})


@dataclass(frozen=True, slots=True)
class ChangedEntryData:
    """One path of a change: what stands there afterwards.

    Attributes:
        path: relative to the repository's root.
        mode: Git's mode (``100644``, ``100755``, ``120000``).
        blob: Git object id of the new content; ``None`` when the path is removed.
    """

    path: str
    mode: str
    blob: str | None

    def as_json(self) -> dict[str, str | None]:
        """Return the entry as it stands in packs and statements."""
        return {"path": self.path, "mode": self.mode, "blob": self.blob}


@dataclass(frozen=True, slots=True)
class ProposalData:
    """What an agent proposed, frozen as Git objects of the platform's own repository."""

    change_commit: str
    result_tree: str
    entries: tuple[ChangedEntryData, ...]
    patch_digest: str
    patch_lines: int
    summary: str
    transcript_digest: str
    duration_ms: int
    outcome: str


def _nothing_to_hold() -> None:
    """Nothing was given, so nothing can have changed."""


@dataclass(frozen=True, slots=True)
class InputsGiven:
    """What a run was given of the inputs of its plan.

    Attributes:
        plan: the plan's code; empty where it was given none.
        inputs: name, answer and digest of each, as the log tells of them.
        participants: whoever takes part because they answered.
        hold: sees within the run's transaction that it is so still, and keeps it so until commit.
    """

    plan: str = ""
    inputs: tuple[JSON, ...] = ()
    participants: frozenset[str] = frozenset()
    hold: Callable[[], None] = _nothing_to_hold


@dataclass(frozen=True, slots=True)
class MergeData:
    """The commits that mean "merged"."""

    run_id: str
    state: str
    base_before: str
    merge_commit: str
    state_commit: str
    tag: str
    result_tree: str
    addendum_digest: str | None
    event_id: str


@dataclass(frozen=True, slots=True)
class AttemptData:
    """One try of the agent."""

    number: int
    seed: int
    outcome: str
    summary: str
    transcript_digest: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class IncidentData:
    """Something that only a person can resolve."""

    id: str
    run_id: str
    project_id: str
    title: str
    detail: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BesideData:
    """A change that a pack is scored together with, as it was then."""

    run_id: str
    patch_digest: str


@dataclass(frozen=True, slots=True)
class StandingFound:
    """Whether the decision on a waiting change would hold on a base, as it was just found out.

    Attributes:
        key: names what the gates were asked about.
        verdict: ``holds``, ``void``, or ``unknown`` when it could not be found out.
        reports: the gates' answers; none when the gates did not have to be asked.
        behind: the runs that are merged before this one on that base.
        next_base: what the branch holds once this one is merged too; nothing when nobody can say yet.
    """

    run_id: str
    request_id: str
    base_commit: str
    key: str
    verdict: str
    why: str
    reports: tuple[Mapping[str, JSON], ...]
    behind: tuple[str, ...]
    next_base: str


@dataclass(frozen=True, slots=True)
class StandingData(StandingFound):
    """The same, as it was recorded.

    Attributes:
        event_id: of the event that tells of it; nothing where it was recorded before that was kept.
    """

    event_id: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class ReservationData:
    """The next merge slot of a project, kept for one change."""

    id: str
    project_id: str
    run_id: str
    person_id: str
    reserved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RunData:
    """One run.

    Attributes:
        state: see ``countersign.runs.models.RunState``.
        revision: grows when the change is put on a new base and gets a new pack.
        participants: persons who took part and can't approve (initiator, minter of the token in use).
        beside: the changes of its session that its pack is scored together with.
        queued_at: since when it is approved and waits for the merge slot.
    """

    id: str
    project_id: str
    work_item_id: str
    title: str
    slug: str
    phase_code: str
    persona: str
    adapter: str
    prompt_id: str
    ruleset_digest: str
    state: str
    revision: int
    attempt: int
    base_commit: str
    change_commit: str
    result_tree: str
    branch: str
    snapshot_tag: str
    entries: tuple[ChangedEntryData, ...]
    patch_digest: str
    patch_lines: int
    score: int | None
    pack_digest: str
    request_id: str
    participants: tuple[str, ...]
    beside: tuple[BesideData, ...]
    queued_at: datetime | None
    failure: Mapping[str, object]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TranscriptUse:
    """An attempt whose transcript is stored under a digest.

    Attributes:
        open: the run has not ended, or an incident of it is open: it may still need it.
    """

    digest: str
    run_id: str
    project_id: str
    at: datetime
    open: bool

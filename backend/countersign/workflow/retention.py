"""Cleaning old logs and archives by hand: what would go is shown, and nothing else goes.

Nothing here runs by itself. A plan is the same all day long: it takes what was old at midnight (UTC). Whoever
cleans names the digest of the plan that they saw; each thing is told to the log before it is removed, so what
is interrupted is shown and cleaned again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from countersign.accounts.policies import require
from countersign.evidence.errors import CleaningRefused
from countersign.evidence.retention import (
    artifacts_gone,
    artifacts_old,
    artifacts_unmake,
    cleaning_begin,
    cleaning_end,
    exports_tell,
)
from countersign.findings.selectors import session_projects
from countersign.jobs.retention import job_logs_empty, job_logs_old
from countersign.jobs.selectors import jobs_ended
from countersign.projects.selectors import project_list
from countersign.runs.retention import run_projects, transcript_uses
from countersign.sandbox.untrusted_files import directory_remove
from countersign.shared.clock import isoformat
from countersign.shared.clocks import moment_agreed
from countersign.shared.env import retention_days
from countersign.shared.storage import object_store
from countersign.workflow.places import export_path, exports_path
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from countersign.evidence.contracts import OldArtifact
    from countersign.jobs.contracts import JobLog
    from countersign.runs.contracts import TranscriptUse
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

JOB, TRANSCRIPT, EXPORT = KINDS = ("job", "transcript", "export")
# Of each kind, at a time: a plan is read by a person, and carried out while they wait.
LIMIT = 1_000
# So often does one plan ask the store whether a lock holds something: each is a call over the network.
ASKED = 2 * LIMIT
BATCH = 100


@dataclass(frozen=True, slots=True)
class OldThing:
    """Something that is old enough to go.

    Attributes:
        project: slug; nothing for what belongs to no project.
        since: when it ended or was last stored.
        place: where it lies in the store.
    """

    kind: str
    id: str
    project: str
    size: int
    since: datetime
    place: str = ""


@dataclass(frozen=True, slots=True)
class OldSum:
    """What of one kind and project would go."""

    kind: str
    project: str
    count: int
    size: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """Transcripts that are old and stay.

    Attributes:
        needed: of runs that have not ended.
        locked: under Object Lock.
        locked_until: when the first of these locks ends.
    """

    needed: int = 0
    locked: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What would go.

    Attributes:
        days: how long things are kept.
        before: what is older than this is old.
        more: kinds of which there is more than one cleaning takes.
        unexamined: there are old transcripts beyond those that the store was asked about.
    """

    days: int
    before: datetime
    things: tuple[OldThing, ...]
    kept: Kept
    more: tuple[str, ...]
    unexamined: bool = False

    @property
    def digest(self) -> str:
        """Name what would go: whoever cleans names it again."""
        rows: list[JSON] = [[thing.kind, thing.id, thing.size] for thing in self.things]
        return digest_of({"before": isoformat(self.before), "things": rows})

    @property
    def size(self) -> int:
        """Bytes of everything that would go."""
        return sum(thing.size for thing in self.things)

    @property
    def sums(self) -> tuple[OldSum, ...]:
        """What would go, by kind and project."""
        groups: dict[tuple[str, str], list[OldThing]] = {}
        for thing in self.things:
            groups.setdefault((thing.kind, thing.project), []).append(thing)
        return tuple(
            OldSum(kind, project, len(some), sum(one.size for one in some), min(one.since for one in some))
            for (kind, project), some in sorted(groups.items())
        )

    @property
    def counts(self) -> dict[str, JSON]:
        """How much of each kind would go, as the log tells it."""
        return {
            kind: {"count": len(self.of(kind)), "bytes": sum(thing.size for thing in self.of(kind))}
            for kind in KINDS
        }

    def of(self, kind: str) -> tuple[OldThing, ...]:
        """Return what of one kind would go."""
        return tuple(thing for thing in self.things if thing.kind == kind)


def retention_plan(*, actor: Actor) -> RetentionPlan:
    """Return what is old enough to go, and what is old and stays.

    Raises:
        PermissionDenied: the actor may not see it.
        StorageRefused: the object store does not answer.
        ClocksDisagree: nobody can say what is old.
    """
    require(actor, "retention.read")
    days = retention_days()
    before = _midnight() - timedelta(days=days)
    slugs = {project.id: project.slug for project in project_list(actor=actor)}
    transcripts, kept, unexamined = _transcripts(actor, before, slugs)
    found = {
        JOB: _jobs(actor, before, slugs),
        TRANSCRIPT: transcripts,
        EXPORT: tuple(islice(_exports(before), LIMIT + 1)),
    }
    return RetentionPlan(
        days=days,
        before=before,
        things=tuple(thing for kind in KINDS for thing in found[kind][:LIMIT]),
        kept=kept,
        more=tuple(kind for kind in KINDS if len(found[kind]) > LIMIT),
        unexamined=unexamined,
    )


def retention_clean(*, actor: Actor, plan: str, reason: str) -> RetentionPlan:
    """Remove what the plan with this digest names; return it without what had to stay after all.

    A transcript stays that somebody stored again, or locked, while the cleaning was under way.

    Args:
        actor: who cleans.
        plan: the digest that was shown.
        reason: why; it stands in the log for good.

    Raises:
        PermissionDenied: the actor may not clean.
        CleaningRefused: something else would go than what was shown, nothing is old, or there is no reason.
        StorageRefused: the object store does not answer.
    """
    require(actor, "retention.clean")
    found = retention_plan(actor=actor)
    if not found.things:
        message = f"nothing is older than {found.days} days: there is nothing to remove"
        raise CleaningRefused(message)
    if plan != found.digest:
        message = "something else would go now than what was shown: look again, and name the new digest"
        raise CleaningRefused(message, shown=plan, now=found.digest)
    about: dict[str, JSON] = {"days": found.days, "before": isoformat(found.before), "things": found.counts}
    cleaning = cleaning_begin(actor=actor, reason=reason, plan=plan, about=about)
    gone = {(EXPORT, one.id) for one in found.of(EXPORT)}
    for some in _batches(found.of(JOB)):
        ids = [one.id for one in some]
        emptied = job_logs_empty(actor=actor, cleaning=cleaning, job_ids=ids, before=found.before)
        gone |= {(JOB, job_id) for job_id in emptied}
    for some in _batches(found.of(TRANSCRIPT)):
        removed = _transcripts_remove(actor, cleaning, some, before=found.before)
        gone |= {(TRANSCRIPT, digest) for digest in removed}
    for some in _batches(found.of(EXPORT)):
        size = sum(one.size for one in some)
        exports_tell(actor=actor, cleaning=cleaning, exports=[one.id for one in some], size=size)
        for one in some:
            directory_remove(export_path(one.id))
    done = replace(found, things=tuple(one for one in found.things if (one.kind, one.id) in gone))
    cleaning_end(actor=actor, cleaning=cleaning, plan=plan, counts=done.counts)
    return done


def _transcripts_remove(
    actor: Actor, cleaning: str, some: Sequence[OldThing], *, before: datetime
) -> Iterable[str]:
    places = {one.id: one.place for one in some}
    # First the keys: whoever stores the same transcript again from now on stores it elsewhere.
    unmade = artifacts_unmake(actor=actor, cleaning=cleaning, artifacts=_unlocked(places), before=before)
    # One that was stored meanwhile may be locked anew: without a key, its bytes stay until that lock ends.
    gone = _unlocked({digest: places[digest] for digest in sorted(unmade)})
    for place in gone.values():
        object_store().remove(place)
    artifacts_gone(actor=actor, cleaning=cleaning, artifacts=gone)
    return gone


def _unlocked(places: Mapping[str, str]) -> dict[str, str]:
    return {name: place for name, place in places.items() if object_store().locked_until(place) is None}


def _midnight() -> datetime:
    """Return today's midnight in UTC, by the database's clock."""
    return moment_agreed().replace(hour=0, minute=0, second=0, microsecond=0)


def _jobs(actor: Actor, before: datetime, slugs: dict[str, str]) -> tuple[OldThing, ...]:
    logs = job_logs_old(before=before, limit=LIMIT + 1)
    projects = _projects_of(actor, logs)
    return tuple(
        OldThing(
            JOB, log.id, slugs.get(projects.get(log.subject_id, log.subject_id), ""), log.size, log.ended_at
        )
        for log in logs
    )


def _projects_of(actor: Actor, logs: Sequence[JobLog]) -> dict[str, str]:
    runs = {log.subject_id for log in logs if log.subject_type == "run"}
    sessions = {log.subject_id for log in logs if log.subject_type == "session"}
    return {
        **run_projects(actor=actor, run_ids=runs),
        **session_projects(actor=actor, session_ids=sessions),
    }


def _transcripts(
    actor: Actor, before: datetime, slugs: dict[str, str]
) -> tuple[tuple[OldThing, ...], Kept, bool]:
    """Return transcripts that would go, those that stay, and whether there are old ones beyond them.

    The oldest are asked about first, so what a lock holds stands behind what none holds any more.
    """
    things: list[OldThing] = []
    kept = Kept()
    for artifact, uses in _artifacts(actor, before):
        if artifact.unmade:  # what was interrupted; its bytes are left over
            uses = ()  # noqa: PLW2901 - whoever uses it now can't read it any more
        since = max([artifact.stored_at, *(use.at for use in uses)])
        if since >= before:
            continue
        if any(use.open for use in uses):
            kept = Kept(kept.needed + 1, kept.locked, kept.locked_until)
            continue
        if len(things) + kept.locked >= ASKED:
            return tuple(things), kept, True
        until = object_store().locked_until(artifact.key)
        if until is not None:
            first = min(until, kept.locked_until or until)
            kept = Kept(kept.needed, kept.locked + 1, first)
            continue
        project = slugs.get(uses[0].project_id, "") if uses else ""
        things.append(OldThing(TRANSCRIPT, artifact.digest, project, artifact.size, since, artifact.key))
        if len(things) > LIMIT:
            break
    return tuple(things), kept, False


def _artifacts(actor: Actor, before: datetime) -> Iterator[tuple[OldArtifact, tuple[TranscriptUse, ...]]]:
    after = None
    while some := artifacts_old(actor=actor, before=before, after=after, limit=BATCH):
        uses: dict[str, list[TranscriptUse]] = {}
        for use in transcript_uses(actor=actor, digests=[one.digest for one in some]):
            uses.setdefault(use.digest, []).append(use)
        for one in some:
            yield one, tuple(uses.get(one.digest, ()))
        after = (some[-1].stored_at, some[-1].digest)


def _exports(before: datetime) -> Iterator[OldThing]:
    root = exports_path()
    names = sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    # A directory that no export made is nobody's to remove.
    ended = jobs_ended(kind="export.write", job_ids=names)
    for name in names:
        since = ended.get(name)
        if since is not None and since < before:
            yield OldThing(EXPORT, name, "", _size(root / name), since)


def _size(directory: Path) -> int:
    return sum(path.lstat().st_size for path in directory.rglob("*") if not path.is_dir())


def _batches(things: Sequence[OldThing]) -> Iterator[Sequence[OldThing]]:
    for start in range(0, len(things), BATCH):
        yield things[start : start + BATCH]

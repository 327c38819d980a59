"""Projects, leases, and runs brought as far as a test wants them."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from types import ModuleType
from typing import Any, TypeVar

import pytest
from django.db.models import Model

from countersign.jobs.contracts import Lease
from countersign.runs.contracts import ChangedEntryData, ProposalData, RunData
from countersign.shared.actor import Actor

_T = TypeVar("_T")

BASE = "b" * 40
OTHER_BASE = "e" * 40
CHANGE = "c" * 40
TREE = "d" * 40
PACK = "sha256:" + "1" * 64
PATCH = "sha256:" + "2" * 64
RULESET = "sha256:" + "3" * 64
REQUEST = "44444444-4444-4444-8444-444444444444"
GONE = Lease(job_id="55555555-5555-4555-8555-555555555555", token=1)

ENTRIES = (
    ChangedEntryData("src/a.py", "100644", "a" * 40),
    ChangedEntryData("src/b.py", "100644", None),
)


def person(*roles: str, name: str = "Pat", **changes: object) -> Actor:
    """A person of their own, with these roles."""
    settings: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "person_id": str(uuid.uuid4()),
        "label": name,
        **changes,
    }
    return Actor(kind="person", roles=frozenset(roles), **settings)


def project_make(actor: Actor) -> str:
    """Register a project without a repository behind it and give its id."""
    from countersign.projects.services import project_create

    slug = f"sample-{uuid.uuid4().hex[:12]}"
    return project_create(
        actor=actor,
        slug=slug,
        name="Sample",
        source_path=f"/srv/{slug}",
        repository_path=f"/srv/{slug}.git",
        isolation="bubblewrap",
    ).id


def lease_take(actor: Actor) -> Lease:
    """Put a job in line and hold its lease."""
    from countersign.jobs.services import job_claim, job_submit

    job_id = job_submit(actor=actor, kind="sample.work", subject=("sample", "s1"), payload={})
    claimed = job_claim(job_id=job_id, owner="worker-1")
    assert claimed is not None
    return claimed.lease


def proposal(**changes: object) -> ProposalData:
    settings: dict[str, Any] = {
        "change_commit": CHANGE,
        "result_tree": TREE,
        "entries": ENTRIES,
        "patch_digest": PATCH,
        "patch_lines": 7,
        "summary": "removes an unused import",
        "transcript_digest": "sha256:" + "7" * 64,
        "duration_ms": 12,
        "outcome": "proposed",
        **changes,
    }
    return ProposalData(**settings)


class Runs:
    """Makes runs and moves them, with arguments that no test needs to spell out."""

    def __init__(self, actor: Actor, lease: Lease, project_id: str) -> None:
        self.actor, self.lease, self.project_id = actor, lease, project_id

    def create(self, **changes: object) -> RunData:
        from countersign.runs.services import run_create

        settings: dict[str, Any] = {
            "actor": self.actor,
            "project_id": self.project_id,
            "work_item_id": str(uuid.uuid4()),
            "title": "Remove unused imports",
            "slug": "remove-unused-imports",
            "phase_code": "P1",
            "persona": "quality",
            "adapter": "ruff",
            "prompt_id": str(uuid.uuid4()),
            "ruleset_digest": RULESET,
            **changes,
        }
        return run_create(**settings)[0]

    def call(self, name: str, run_id: str, **changes: object) -> Any:  # noqa: ANN401 - each service has its own
        """Call a service of the room by its name."""
        from countersign.runs import services

        settings: dict[str, Any] = {
            "actor": self.actor,
            "run_id": run_id,
            **self.arguments(name, run_id),
            **changes,
        }
        if name != "run_failed":
            settings.setdefault("lease", self.lease)
        return getattr(services, name)(**settings)

    @staticmethod
    def arguments(name: str, run_id: str) -> dict[str, Any]:
        change = {"change_commit": CHANGE, "result_tree": TREE, "patch_digest": PATCH, "patch_lines": 3}
        renewed = {"ruleset_digest": RULESET, "request_id": REQUEST}
        known: dict[str, dict[str, Any]] = {
            "run_snapshot": {"base_commit": BASE, "branch": "feat/p1-x", "snapshot_tag": "snapshot/x"},
            "proposal_record": {"seed": 1, "proposal": proposal()},
            "run_checked": {"retry": False, "verdicts": {"tests": "pass"}},
            "seal_turn_take": {"mates": frozenset()},
            "run_sealed": {"pack_digest": PACK, "score": 12, "request_id": REQUEST},
            "run_decided": {"request_id": REQUEST, "verdict": "approve"},
            "merge_slot_take": {},
            "merge_intend": intent(run_id),
            "run_merged": {"decision_ids": ("d2", "d1")},
            "run_rebased": {"base_commit": OTHER_BASE, **change, **renewed, "why": "the base moved"},
            "run_restarted": {"base_commit": OTHER_BASE, **renewed, "why": "its files moved"},
            "run_failed": {"failure": {"code": "gone", "error": "it broke"}},
            "incident_open": {"title": "the gates failed", "detail": "in every attempt"},
        }
        return known[name]

    def bring(self, state: str, **changes: object) -> RunData:
        """Create a run and move it, by the services alone, until it has reached ``state``."""
        from countersign.runs.selectors import run_get

        run = self.create(**changes)
        ends = {
            "rejected": ("run_decided", {"verdict": "reject"}),
            "changes_requested": ("run_decided", {"verdict": "request_changes"}),
            "incident": ("incident_open", {}),
            "failed": ("run_failed", {}),
        }
        before = {"incident": "checking", "failed": "queued"}.get(state, "waiting_approval")
        for name, reached in WAY:
            if run.state in {state, *({before} if state in ends else ())}:
                break
            self.call(name, run.id)
            run = run_get(actor=self.actor, run_id=run.id)
            assert run.state == reached
        if state in ends:
            name, arguments = ends[state]
            self.call(name, run.id, **arguments)
        run = run_get(actor=self.actor, run_id=run.id)
        assert run.state == state
        return run


WAY = (
    ("run_snapshot", "proposing"),
    ("proposal_record", "checking"),
    ("run_checked", "sealing"),
    ("run_sealed", "waiting_approval"),
    ("run_decided", "approved"),
    ("merge_slot_take", "merging"),
    ("merge_intend", "merging"),
    ("run_merged", "merged"),
)


def intent(run_id: str, **changes: object) -> dict[str, Any]:
    """The commits that would mean "merged" for this run."""
    number = uuid.UUID(run_id).hex
    return {
        "base_before": BASE,
        "merge_commit": f"{number}0000aaaa",
        "state_commit": f"{number}0000bbbb",
        "tag": f"merge/{number[:8]}",
        "result_tree": TREE,
        "addendum_digest": None,
        **changes,
    }


def together(*calls: Callable[[], _T]) -> list[_T | BaseException]:
    """Make calls at the same moment, each on a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], _T]) -> _T:
        from django.db import connection

        try:
            connection.ensure_connection()
            barrier.wait(timeout=10)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [future.exception() or future.result() for future in futures]


class BrokenOff(Exception):
    """Ends a service after it recorded its event, as a crash before the commit would."""


@contextmanager
def broken_off(monkeypatch: pytest.MonkeyPatch, *modules: ModuleType) -> Iterator[list[str]]:
    """Let services record their event and then never reach their commit; yields the recorded types."""
    from countersign.audit.changes import insert_recorded, update_recorded
    from countersign.audit.services import record
    from countersign.runs.services import moves

    recorded: list[str] = []

    def breaking(write: Callable[..., Any]) -> Callable[..., Any]:
        def write_and_break(*arguments: Any, type: str, **named: Any) -> Any:  # noqa: A002, ANN401 - record's own names
            written = write(*arguments, type=type, **named)
            if not written:
                return written
            recorded.append(type)
            raise BrokenOff

        return write_and_break

    with monkeypatch.context() as patch:
        for write in (record, insert_recorded, update_recorded):
            for module in {*modules, moves}:
                if hasattr(module, write.__name__):
                    patch.setattr(module, write.__name__, breaking(write))
        yield recorded


def rows_of(*models: type[Model]) -> dict[str, list[dict[str, Any]]]:
    """Everything that these tables hold."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}

"""A project whose changes wait for a decision, made once by the real thing and copied for each test."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.workflow.sample import Source, source_make
from tests.workflow.world import PLAN, PLATFORM, Files, World, drive

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker


class Restorable(Protocol):
    def restore(self) -> None: ...


@dataclass
class Scene:
    """A state of the platform: what is in the database, what is on the disk, and what it is called."""

    rows: Restorable
    files: Files
    world: World


def environments_share() -> None:
    """Let all of a run's processes keep prepared environments in one place: the index is reached once."""
    from countersign.workflow.places import environment_cache

    shared = Path(os.environ["COUNTERSIGN_TEST_SERVERS"]) / "environments"
    shared.mkdir(exist_ok=True)
    if not environment_cache().exists():
        environment_cache().parent.mkdir(parents=True, exist_ok=True)
        environment_cache().symlink_to(shared)


@pytest.fixture(scope="session")
def scenes(
    _database_snapshot: Restorable,
    superuser_dsn: str,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Scene]:
    """Return a registered project, and the same with three changes that wait for a decision."""
    from django.db import connections

    from countersign.workflow.commands import plan_import, project_register, session_begin
    from countersign.workflow.installation import installation_sync

    directory = tmp_path_factory.mktemp("workflow")
    made: dict[str, Scene] = {}

    def keep(name: str) -> None:
        connections.close_all()
        rows = type(_database_snapshot)(superuser_dsn)  # type: ignore[call-arg]  # the class of the root conftest
        made[name] = Scene(rows, Files(directory / name, world.source.path), copy.deepcopy(world))

    environments_share()
    with django_db_blocker.unblock():
        installation_sync()
        world = World(source_make(directory / "sample"))
        for name, role in (("olu", "operator"), ("dana", "director"), ("ada", "auditor")):
            world.person(name, role)
        job_id = project_register(actor=world.operator, source=str(world.source.path), name="Sample")
        drive()
        world.project_id = str(_result(job_id)["project_id"])
        world.plan_id = plan_import(
            actor=world.operator, project="sample", text=PLAN.read_text(), format="yaml"
        ).id
        keep("registered")
        begun = session_begin(actor=world.operator, project="sample")
        drive()
        world.session_id = str(_result(begun)["session_id"])
        _runs_begin(world)
        drive()
        keep("waiting")
        connections.close_all()
        _database_snapshot.restore()
    return made


def _result(job_id: str) -> dict[str, object]:
    from countersign.jobs.selectors import job_get

    job = job_get(actor=PLATFORM, job_id=job_id)
    assert job.state == "succeeded", job
    return dict(job.result)


def _runs_begin(world: World) -> None:
    """Begin the proposals, and the one that was put aside because it touches a file of another one."""
    from countersign.plans.selectors import work_item_list
    from countersign.plans.services import work_item_move

    items = {item.rules[0]: item for item in work_item_list(actor=PLATFORM, session_id=world.session_id)}
    aside = items["PIE790"]
    if aside.state == "backlog":
        work_item_move(
            actor=PLATFORM, work_item_id=aside.id, expected="backlog", to="proposed", reason="asked for"
        )
    for rule in ("F401", "E713", "PIE790"):
        world.begin(rule, items[rule])


@pytest.fixture
def scene(
    scenes: dict[str, Scene],
    _database_snapshot: Restorable,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Callable[[str], World]]:
    """Return a function that brings the platform into a state; what the test does is undone afterwards."""
    from django.db import connections

    from countersign.audit.labels import forget_cached_keys

    def enter(name: str) -> World:
        connections.close_all()
        chosen = scenes[name]
        chosen.rows.restore()
        chosen.files.restore()
        forget_cached_keys()
        return copy.deepcopy(chosen.world)

    with django_db_blocker.unblock():
        try:
            yield enter
        finally:
            connections.close_all()
            _database_snapshot.restore()
            forget_cached_keys()


@pytest.fixture(scope="session")
def scene_after(
    scenes: dict[str, Scene],
    _database_snapshot: Restorable,
    superuser_dsn: str,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str, Callable[[World], World]], Scene]:
    """Return a function that goes on from a scene and keeps what that comes to as another one."""
    from django.db import connections

    from countersign.audit.labels import forget_cached_keys

    def after(name: str, advance: Callable[[World], World]) -> Scene:
        before = scenes[name]
        with django_db_blocker.unblock():
            before.rows.restore()
            before.files.restore()
            forget_cached_keys()
            world = advance(copy.deepcopy(before.world))
            connections.close_all()
            rows = type(_database_snapshot)(superuser_dsn)  # type: ignore[call-arg]  # the class of the root conftest
            made = Scene(rows, Files(tmp_path_factory.mktemp("after"), world.source.path), world)
            _database_snapshot.restore()
        return made

    return after


@pytest.fixture(scope="session")
def signing(scene_after: Callable[[str, Callable[[World], World]], Scene]) -> Scene:
    """Return the state in which everything is merged, and the phase lacks only the Director's word."""

    def advance(world: World) -> World:
        world.approve("F401", "E713")
        drive()
        # Its file had moved: the agent was asked again by itself, and what waits is the new request.
        world.approve("PIE790")
        drive()
        return world

    return scene_after("waiting", advance)


@pytest.fixture
def merged(signing: Scene, scenes: dict[str, Scene], scene: Callable[[str], World]) -> World:
    """A project in which everything is merged, and a phase that waits for its sign-off."""
    scenes["merged"] = signing
    return scene("merged")


@pytest.fixture
def waiting(scene: Callable[[str], World]) -> World:
    """A project with three changes that wait for a decision."""
    return scene("waiting")


@pytest.fixture
def registered(scene: Callable[[str], World]) -> World:
    """A project with its plan, and nothing begun."""
    return scene("registered")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Callable[[dict[str, str]], Source]:
    """Return a function that makes another repository."""
    return lambda files: source_make(tmp_path / "elsewhere", files)

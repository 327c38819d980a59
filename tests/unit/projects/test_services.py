"""Every move of a project, with its audit event."""

import json
import uuid
from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from countersign.audit.models import AuditEvent
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.projects.contracts import BaselineData, EnvironmentData, ProjectData
from countersign.projects.errors import (
    ProjectExists,
    ProjectInvalid,
    ProjectNotFound,
    ProjectStateConflict,
)
from countersign.projects.models import Project
from countersign.projects.selectors import project_get, project_list
from countersign.projects.services import (
    baseline_record,
    environment_record,
    project_create,
    project_fail,
    project_head_move,
    project_imported,
    project_settings_change,
)
from countersign.projects.settings import DEFAULTS
from countersign.shared.actor import Actor
from countersign.shared.types import JSON
from tests.unit.projects.conftest import COMMIT

NEW = "2" * 40
BASELINE = BaselineData("failed", "1 of 2", {"a::b": "passed", "a::c": "failed"}, 12, COMMIT)
ENVIRONMENT = EnvironmentData("/cache/x/venv", "sha256:" + "a" * 64, "3.11.7", ("pytest==8.0",), "ready")


def events(project_id: str) -> list[str]:
    found = AuditEvent.objects.filter(subject_type="project", subject_id=project_id).order_by("recorded_at")
    return [event.type for event in found]


def create(actor: Actor, **changes: object) -> ProjectData:
    given: dict[str, object] = {
        "slug": "other",
        "name": "Other",
        "source_path": "/x",
        "repository_path": "/y",
        "isolation": "process",
        **changes,
    }
    return project_create(actor=actor, **given)  # type: ignore[arg-type]


def test_project_create_registers_and_records(project: ProjectData, actor: Actor) -> None:
    assert project.state == "registering"
    assert project.settings == DEFAULTS
    assert project.environment is None
    assert project.baseline is None
    assert project_get(actor=actor, project=project.slug) == project
    assert events(project.id) == ["project.created"]


def test_project_create_takes_a_chosen_id_and_settings(db: None, actor: Actor) -> None:
    chosen = str(uuid.uuid4())
    project = create(actor, project_id=chosen, settings={"base_move": "strict"})
    assert (project.id, project.settings) == (chosen, {**DEFAULTS, "base_move": "strict"})


def test_project_settings_change_records_what_changed(project: ProjectData, actor: Actor) -> None:
    changed = project_settings_change(actor=actor, project_id=project.id, settings={"base_move": "strict"})
    assert changed.settings == {**DEFAULTS, "base_move": "strict"}
    event = AuditEvent.objects.get(subject_id=project.id, type="project.settings_changed")
    assert json.loads(bytes(event.body))["data"] == {
        "before": {"base_move": "carry_over"},
        "after": {"base_move": "strict"},
    }


def test_project_settings_change_to_what_holds_records_nothing(project: ProjectData, actor: Actor) -> None:
    project_settings_change(actor=actor, project_id=project.id, settings={"base_move": "carry_over"})
    assert events(project.id) == ["project.created"]


@pytest.mark.parametrize(
    "settings",
    [
        {"base_move": "never"},
        {"slot_minutes": 241},
        {"slot_minutes": -1},
        {"slot_minutes": True},
        {"decide_within_hours": 0},
        {"decide_within_hours": 401},
        {"decide_within_hours": True},
        {"escalation": ["a"] * 6},
        {"escalation": "a"},
        {"escalation": [1]},
        {"x": 1},
    ],
)
def test_project_settings_change_refuses_what_does_not_exist(
    project: ProjectData, actor: Actor, settings: dict[str, JSON]
) -> None:
    with pytest.raises(ProjectInvalid):
        project_settings_change(actor=actor, project_id=project.id, settings=settings)
    assert events(project.id) == ["project.created"]


def test_project_settings_change_of_an_unknown_project_is_refused(db: None, actor: Actor) -> None:
    with pytest.raises(ProjectNotFound):
        project_settings_change(actor=actor, project_id=str(uuid.uuid4()), settings={})


def test_project_create_refuses_a_taken_slug(project: ProjectData, actor: Actor) -> None:
    with pytest.raises(ProjectExists):
        create(actor, slug=project.slug)


@pytest.mark.parametrize(
    "wrong",
    [
        *({"slug": "No Slug"}, {"slug": "-a"}, {"isolation": "none"}),
        *({"settings": {"base_move": "never"}}, {"settings": {"else": 1}}),
    ],
)
def test_project_create_refuses_unknown_values(db: None, actor: Actor, wrong: dict[str, object]) -> None:
    with pytest.raises(ProjectInvalid):
        create(actor, **wrong)
    assert not Project.objects.exists()


def test_registration_runs_to_ready(project: ProjectData, actor: Actor, lease: Lease) -> None:
    project_imported(actor=actor, lease=lease, project_id=project.id, branch="main", commit=COMMIT)
    environment_record(actor=actor, lease=lease, project_id=project.id, environment=ENVIRONMENT)
    baseline_record(actor=actor, lease=lease, project_id=project.id, baseline=BASELINE)
    ready = project_get(actor=actor, project_id=project.id)
    assert (ready.state, ready.default_branch, ready.head_commit) == ("ready", "main", COMMIT)
    assert ready.environment == ENVIRONMENT
    assert ready.environment.python == "/cache/x/venv/bin/python"
    assert ready.baseline == BASELINE
    assert events(project.id) == [
        "project.created",
        "project.imported",
        "project.environment_recorded",
        "project.baseline_recorded",
    ]
    with pytest.raises(ProjectStateConflict):
        project_imported(actor=actor, lease=lease, project_id=project.id, branch="main", commit=COMMIT)
    with pytest.raises(ProjectStateConflict):
        project_fail(actor=actor, project_id=project.id, reason="late")


def test_lost_lease_records_nothing(project: ProjectData, actor: Actor, lease: Lease) -> None:
    old = replace(lease, token=lease.token - 1)
    with pytest.raises(LeaseLost):
        project_imported(actor=actor, lease=old, project_id=project.id, branch="main", commit=COMMIT)
    with pytest.raises(LeaseLost):
        environment_record(actor=actor, lease=old, project_id=project.id, environment=ENVIRONMENT)
    with pytest.raises(LeaseLost):
        baseline_record(actor=actor, lease=old, project_id=project.id, baseline=BASELINE)
    assert project_get(actor=actor, project_id=project.id) == project


def test_project_imported_refuses_what_is_no_commit(project: ProjectData, actor: Actor, lease: Lease) -> None:
    with pytest.raises(ProjectInvalid):
        project_imported(actor=actor, lease=lease, project_id=project.id, branch="main", commit="HEAD")


def test_head_moves_only_from_where_it_was(project: ProjectData, actor: Actor, lease: Lease) -> None:
    project_imported(actor=actor, lease=lease, project_id=project.id, branch="main", commit=COMMIT)
    project_head_move(actor=actor, project_id=project.id, old=COMMIT, new=NEW)
    assert project_get(actor=actor, project_id=project.id).head_commit == NEW
    with pytest.raises(ProjectStateConflict, match="not at"):
        project_head_move(actor=actor, project_id=project.id, old=COMMIT, new=NEW)
    with pytest.raises(ProjectInvalid):
        project_head_move(actor=actor, project_id=project.id, old=NEW, new="x")


def test_project_fail_keeps_the_reason(project: ProjectData, actor: Actor, lease: Lease) -> None:
    project_fail(actor=actor, project_id=project.id, reason="no branch")
    failed = project_get(actor=actor, project_id=project.id)
    assert (failed.state, failed.reason) == ("failed", "no branch")
    with pytest.raises(ProjectStateConflict, match="'failed', not registering"):
        environment_record(actor=actor, lease=lease, project_id=project.id, environment=ENVIRONMENT)


def test_unknown_project_is_not_found(db: None, actor: Actor, lease: Lease) -> None:
    unknown = str(uuid.uuid4())
    with pytest.raises(ProjectNotFound):
        project_imported(actor=actor, lease=lease, project_id=unknown, branch="main", commit=COMMIT)
    with pytest.raises(ProjectNotFound):
        environment_record(actor=actor, lease=lease, project_id=unknown, environment=ENVIRONMENT)
    with pytest.raises(ProjectNotFound):
        baseline_record(actor=actor, lease=lease, project_id=unknown, baseline=BASELINE)
    with pytest.raises(ProjectNotFound):
        project_head_move(actor=actor, project_id=unknown, old=COMMIT, new=NEW)
    with pytest.raises(ProjectNotFound):
        project_fail(actor=actor, project_id=unknown, reason="x")


def test_selectors_find_by_id_and_slug_and_list_in_order(project: ProjectData, actor: Actor) -> None:
    second = create(actor)
    assert project_get(actor=actor, project=project.id).slug == "thing"
    assert project_get(actor=actor, slug="other").id == second.id
    assert [item.slug for item in project_list(actor=actor)] == ["thing", "other"]
    for wrong in ({"project": "nope"}, {"project_id": "thing"}, {"slug": project.id}, {}):
        with pytest.raises(ProjectNotFound):
            project_get(actor=actor, **wrong)


def test_selectors_show_nothing_to_nobody(project: ProjectData, actor: Actor) -> None:
    nobody = replace(actor, id="")
    assert project_list(actor=nobody) == ()
    with pytest.raises(ProjectNotFound):
        project_get(actor=nobody, project=project.slug)


@pytest.mark.parametrize("wrong", [{"state": "odd"}, {"isolation": "odd"}, {"state": "ready"}])
def test_database_refuses_impossible_rows(project: ProjectData, wrong: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Project.objects.filter(pk=project.id).update(**wrong)
    assert str(Project.objects.get()) == "thing"

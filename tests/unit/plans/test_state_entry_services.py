import uuid

import pytest

from countersign.audit.selectors import event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.plans.contracts import ProjectStateEntryData
from countersign.plans.errors import ProjectStateConflict
from countersign.plans.selectors import project_state_entry_list
from countersign.plans.services import project_state_record
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound, PermissionDenied

RUN = str(uuid.uuid4())


def keep(
    actor: Actor, project_id: str, run_id: str = RUN, text: str = "entry", lease: Lease | None = None
) -> ProjectStateEntryData:
    return project_state_record(
        actor=actor, project_id=project_id, run_id=run_id, text=text, commit="a" * 40, lease=lease
    )


def test_project_state_record_keeps_one_entry_a_run(project_id: str, worker: Actor) -> None:
    """Seed 002, section 5: an entry for each finished section of work."""
    entry = keep(worker, project_id)
    assert keep(worker, project_id) == entry
    other = keep(worker, project_id, run_id=str(uuid.uuid4()))
    assert project_state_entry_list(actor=worker, project_id=project_id) == (entry, other)
    (event,) = event_list(actor=worker, subject=("run", RUN))
    assert (event.type, event.data["commit"]) == ("project_state.recorded", "a" * 40)


def test_project_state_record_refuses_another_entry_for_the_same_run(project_id: str, worker: Actor) -> None:
    keep(worker, project_id)
    with pytest.raises(ProjectStateConflict):
        keep(worker, project_id, text="another")


def test_project_state_record_refuses_strangers_lost_leases_and_unknown_projects(
    project_id: str, worker: Actor, stranger: Actor
) -> None:
    with pytest.raises(PermissionDenied):
        keep(stranger, project_id)
    with pytest.raises(PermissionDenied):
        project_state_entry_list(actor=stranger, project_id=project_id)
    with pytest.raises(NotFound):
        keep(worker, str(uuid.uuid4()))
    with pytest.raises(LeaseLost):
        keep(worker, project_id, lease=Lease(job_id=str(uuid.uuid4()), token=1))
    assert project_state_entry_list(actor=worker, project_id=project_id) == ()

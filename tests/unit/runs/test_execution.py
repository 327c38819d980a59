import uuid
from types import ModuleType

import pytest

from countersign.audit.selectors import event_count, event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.jobs.selectors import job_get
from countersign.runs.contracts import BesideData
from countersign.runs.errors import MergeIntentConflict, RunNotFound, RunStateConflict, SealTurnTaken
from countersign.runs.models import Attempt, Incident, Merge, Run, RunState
from countersign.runs.selectors import (
    attempts_of,
    history_counts,
    incident_list,
    merge_of,
    merges_of_project,
    run_get,
    run_list,
)
from countersign.runs.services import execution, incidents, merging, run_create
from countersign.shared.actor import Actor
from countersign.shared.errors import DomainError, PermissionDenied
from tests.unit.runs.samples import (
    BASE,
    CHANGE,
    ENTRIES,
    GONE,
    PACK,
    PATCH,
    REQUEST,
    TREE,
    BrokenOff,
    Runs,
    broken_off,
    person,
    proposal,
    rows_of,
)

# service -> the event that it records, and the state from which it is called below
EVENTS = {
    "run_snapshot": ("run.snapshotted", "queued"),
    "proposal_record": ("run.proposed", "proposing"),
    "run_checked": ("run.checked", "checking"),
    "run_sealed": ("run.waiting_approval", "sealing"),
    "run_decided": ("run.decided", "waiting_approval"),
    "merge_slot_take": ("run.merging", "approved"),
    "merge_intend": ("merge.intended", "merging"),
    "run_rebased": ("run.rebased", "approved"),
    "run_restarted": ("run.restarted", "approved"),
    "run_failed": ("run.failed", "sealing"),
    "incident_open": ("incident.opened", "checking"),
}


def test_run_create_puts_the_run_and_its_job_in_line(runs: Runs, operator: Actor) -> None:
    run, job_id = run_create(
        actor=operator,
        project_id=runs.project_id,
        work_item_id=str(uuid.uuid4()),
        title="t" * 300,
        slug="s" * 100,
        phase_code="P1",
        persona="quality",
        adapter="ruff",
        prompt_id=str(uuid.uuid4()),
        ruleset_digest="sha256:0",
    )
    assert (run.state, run.revision, run.attempt, run.score, run.request_id) == ("queued", 1, 0, None, "")
    assert (len(run.title), len(run.slug)) == (200, 80)
    assert run.participants == (operator.person_id,)
    job = job_get(actor=operator, job_id=job_id)
    assert (job.kind, job.payload) == ("run.execute", {"run_id": run.id})
    (event,) = event_list(actor=operator, subject=("run", run.id), type="run.created")
    assert event.data["work_item_id"] == run.work_item_id


def test_run_create_takes_who_made_the_token_for_a_participant_too(runs: Runs) -> None:
    minter = str(uuid.uuid4())
    actor = person("operator", minted_by=minter)
    assert set(runs.create(actor=actor).participants) == {actor.person_id, minter}


@pytest.mark.parametrize("state", list(RunState.values))
def test_run_create_makes_one_open_run_a_work_item(runs: Runs, state: str) -> None:
    work_item = runs.bring(state).work_item_id
    before = rows_of(Run)
    if state in {"merged", "rejected", "changes_requested", "incident", "failed"}:
        assert runs.create(work_item_id=work_item).state == "queued"
        return
    with pytest.raises(RunStateConflict, match="an open run already"):
        runs.create(work_item_id=work_item)
    assert rows_of(Run) == before


def test_run_snapshot_binds_the_run_to_its_base(runs: Runs) -> None:
    run = runs.bring("proposing")
    assert (run.base_commit, run.branch, run.snapshot_tag) == (BASE, "feat/p1-x", "snapshot/x")


def test_proposal_record_freezes_the_change_and_numbers_the_attempts(runs: Runs, worker: Actor) -> None:
    run = runs.bring("checking")
    assert (run.change_commit, run.result_tree, run.entries) == (CHANGE, TREE, ENTRIES)
    assert (run.patch_digest, run.patch_lines, run.attempt) == (PATCH, 7, 1)
    back = runs.call("run_checked", run.id, retry=True, verdicts={"tests": "fail"})
    assert back.state == "proposing"
    again = runs.call(
        "proposal_record", run.id, seed=2, proposal=proposal(change_commit="9" * 40, outcome="nothing")
    )
    assert (again.change_commit, again.attempt) == ("9" * 40, 2)
    tries = attempts_of(actor=worker, run_id=run.id)
    assert [(item.number, item.seed, item.outcome) for item in tries] == [
        (1, 1, "proposed"),
        (2, 2, "nothing"),
    ]
    assert (tries[0].summary, tries[0].duration_ms) == ("removes an unused import", 12)
    second, first = event_list(actor=worker, subject=("run", run.id), type="run.proposed")
    assert (first.data["attempt"], second.data["seed"]) == (1, 2)


def test_run_checked_goes_on_to_sealing_with_the_verdicts_in_the_log(runs: Runs, worker: Actor) -> None:
    run = runs.bring("sealing")
    (event,) = event_list(actor=worker, subject=("run", run.id), type="run.checked")
    assert event.data == {"attempt": 1, "result_tree": TREE, "gates": {"tests": "pass"}, "retry": False}


def test_run_sealed_binds_pack_score_and_request(runs: Runs) -> None:
    run = runs.bring("waiting_approval")
    assert (run.pack_digest, run.score, run.request_id) == (PACK, 12, REQUEST)


@pytest.mark.parametrize("name", EVENTS)
def test_every_move_records_its_event_once(runs: Runs, worker: Actor, name: str) -> None:
    type_, state = EVENTS[name]
    run = runs.bring(state)
    assert event_list(actor=worker, type=type_) == ()
    runs.call(name, run.id)
    (event,) = event_list(actor=worker, type=type_)
    about = ("incident", event.subject_id) if name == "incident_open" else ("run", run.id)
    assert (event.subject_type, event.subject_id) == about
    assert event.actor_id == "worker"


@pytest.mark.parametrize("name", [*EVENTS, "run_merged", "run_create", "incident_resolve"])
def test_every_move_is_undone_with_its_event(runs: Runs, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    modules: tuple[ModuleType, ...] = (execution, merging, incidents)
    run = runs.bring(
        {"run_merged": "merging", "incident_resolve": "incident"}.get(
            name, EVENTS.get(name, ("", "queued"))[1]
        )
    )
    if name == "run_merged":
        runs.call("merge_intend", run.id)
    before = (rows_of(Run, Attempt, Merge, Incident), event_count())

    def call() -> None:
        if name == "run_create":
            runs.create()
        elif name == "incident_resolve":
            incidents.incident_resolve(
                actor=runs.actor, incident_id=str(Incident.objects.get().id), reason="looked into"
            )
        else:
            runs.call(name, run.id)

    with broken_off(monkeypatch, *modules) as recorded, pytest.raises(BrokenOff):
        call()
    assert len(recorded) == 1
    assert (rows_of(Run, Attempt, Merge, Incident), event_count()) == before


@pytest.mark.parametrize("name", [name for name in (*EVENTS, "run_merged") if name != "run_failed"])
def test_nothing_is_recorded_without_the_lease(runs: Runs, name: str) -> None:
    run = runs.bring("merging" if name == "run_merged" else EVENTS[name][1])
    before = (rows_of(Run, Attempt, Merge, Incident), event_count())
    stale = Lease(runs.lease.job_id, runs.lease.token - 1)
    for lease in (GONE, stale):
        with pytest.raises(LeaseLost):
            runs.call(name, run.id, lease=lease)
    assert (rows_of(Run, Attempt, Merge, Incident), event_count()) == before


@pytest.mark.parametrize("name", [name for name in (*EVENTS, "run_merged") if name != "run_failed"])
def test_a_run_that_is_not_there_can_not_be_moved(runs: Runs, name: str) -> None:
    expected = RunStateConflict if name in {"run_decided", "merge_intend"} else RunNotFound
    with pytest.raises(expected):
        runs.call(name, str(uuid.uuid4()))


def test_run_failed_ends_what_is_not_decided(runs: Runs, worker: Actor) -> None:
    run = runs.bring("failed")
    assert run.failure == {"code": "gone", "error": "it broke"}
    (event,) = event_list(actor=worker, subject=("run", run.id), type="run.failed")
    assert event.data == {"code": "gone", "error": "it broke"}


@pytest.mark.parametrize(
    "state", ["approved", "merging", "merged", "rejected", "changes_requested", "incident", "failed"]
)
def test_run_failed_leaves_what_is_decided_or_ended(runs: Runs, state: str) -> None:
    run = runs.bring(state)
    before = event_count()
    runs.call("run_failed", run.id, failure={"code": "late", "error": "too late"})
    assert run_get(actor=runs.actor, run_id=run.id) == run
    assert event_count() == before


def test_incident_open_stops_the_run_for_a_person(runs: Runs, worker: Actor) -> None:
    run = runs.bring("incident")
    assert run.failure == {"error": "the gates failed"}
    (incident,) = incident_list(actor=worker, project_id=run.project_id)
    assert (incident.run_id, incident.project_id, incident.state) == (run.id, run.project_id, "open")
    assert (incident.title, incident.detail) == ("the gates failed", "in every attempt")


def test_incident_resolve_closes_it_once_with_the_reason(runs: Runs, operator: Actor) -> None:
    runs.bring("incident")
    (incident,) = incident_list(actor=operator)
    incidents.incident_resolve(actor=operator, incident_id=incident.id, reason="the test was flaky")
    assert incident_list(actor=operator) == ()
    assert [item.id for item in incident_list(actor=operator, state="resolved")] == [incident.id]
    (event,) = event_list(actor=operator, subject=("incident", incident.id), type="incident.resolved")
    assert event.data == {"reason": "the test was flaky"}
    for missing in (incident.id, str(uuid.uuid4()), "no-id"):
        with pytest.raises(RunNotFound):
            incidents.incident_resolve(actor=operator, incident_id=missing, reason="again")


def test_selectors_show_runs_newest_first_and_filtered(runs: Runs, operator: Actor) -> None:
    first, second = runs.bring("proposing"), runs.create()
    Run.objects.filter(pk=first.id).update(created_at="2026-01-01T00:00:00Z")

    def ids(**filters: object) -> list[str]:
        return [run.id for run in run_list(actor=operator, **filters)]  # type: ignore[arg-type]  # by name

    assert ids() == ids(project_id=runs.project_id) == [second.id, first.id]
    assert ids(state="proposing") == ids(work_item_ids=[first.work_item_id]) == [first.id]
    assert ids(project_id=str(uuid.uuid4())) == ids(work_item_ids=[]) == []
    for missing in (str(uuid.uuid4()), "no-id", ""):
        with pytest.raises(RunNotFound):
            run_get(actor=operator, run_id=missing)


def test_selectors_refuse_who_may_not_read(runs: Runs, stranger: Actor) -> None:
    run = runs.bring("merged")
    agent = Actor(kind="agent", id="agent", label="agent", roles=frozenset({"agent"}))
    for actor in (stranger, agent):
        for read in (
            lambda actor=actor: run_get(actor=actor, run_id=run.id),
            lambda actor=actor: run_list(actor=actor),
            lambda actor=actor: attempts_of(actor=actor, run_id=run.id),
            lambda actor=actor: merge_of(actor=actor, run_id=run.id),
            lambda actor=actor: merges_of_project(actor=actor, project_id=run.project_id),
            lambda actor=actor: incident_list(actor=actor),
        ):
            with pytest.raises(PermissionDenied):
                read()


def test_history_counts_how_earlier_runs_ended(runs: Runs) -> None:
    for state in ("merged", "merged", "rejected", "incident", "failed"):
        runs.bring(state)
    assert history_counts(project_id=runs.project_id) == {"merged": 2, "rejected": 1, "incidents": 1}
    assert history_counts(project_id=str(uuid.uuid4())) == {"merged": 0, "rejected": 0, "incidents": 0}


def test_models_are_named_for_people(runs: Runs) -> None:
    run = runs.bring("merged")
    runs.bring("incident")
    assert str(Run.objects.get(pk=run.id)) == f"remove-unused-imports {run.id}"
    assert str(Attempt.objects.filter(run_id=run.id).get()) == f"attempt 1 of {run.id}"
    assert str(Merge.objects.get()).startswith("merge ")
    assert str(Incident.objects.get()) == "the gates failed"


def test_errors_of_the_room_are_conflicts_for_the_api() -> None:
    assert all(issubclass(error, DomainError) for error in (RunStateConflict, MergeIntentConflict))
    assert (RunStateConflict.status, MergeIntentConflict.status, RunNotFound.status) == (409, 409, 404)


def test_seal_turn_take_lets_others_wait_until_the_first_is_sealed(runs: Runs) -> None:
    first, second = runs.bring("sealing"), runs.bring("sealing")
    mates = frozenset({first.id, second.id})
    for _ in range(2):
        assert runs.call("seal_turn_take", first.id, mates=mates).id == first.id
    assert [event.type for event in event_list(actor=runs.actor, subject=("run", first.id))].count(
        "run.sealing"
    ) == 1
    with pytest.raises(SealTurnTaken, match="this one is next"):
        runs.call("seal_turn_take", second.id, mates=mates)
    runs.call("run_sealed", first.id)
    runs.call("seal_turn_take", second.id, mates=mates)


def test_seal_turn_take_lets_changes_of_other_files_pass(runs: Runs) -> None:
    first = runs.bring("sealing")
    second = runs.bring("checking")
    Run.objects.filter(pk=second.id).update(entries=[{"path": "src/z.py", "mode": "100644", "blob": None}])
    runs.call("run_checked", second.id)
    mates = frozenset({first.id, second.id})
    for run in (first, second):
        runs.call("seal_turn_take", run.id, mates=mates)


@pytest.mark.parametrize("state", ["checking", "waiting_approval"])
def test_seal_turn_take_refuses_what_is_not_being_sealed(runs: Runs, state: str) -> None:
    with pytest.raises(RunStateConflict, match="not being sealed"):
        runs.call("seal_turn_take", runs.bring(state).id)


def test_seal_turn_take_refuses_a_worker_without_its_lease(runs: Runs) -> None:
    run = runs.bring("sealing")
    with pytest.raises(LeaseLost):
        runs.call("seal_turn_take", run.id, lease=GONE)


def test_run_sealed_keeps_what_it_is_scored_together_with(runs: Runs) -> None:
    run, other = runs.bring("sealing"), BesideData("r1", PATCH)
    sealed = runs.call("run_sealed", run.id, beside=(other,))
    assert sealed.beside == (other,)
    [told] = event_list(actor=runs.actor, subject=("run", run.id), type="run.waiting_approval")
    assert told.data["beside"] == ["r1"]

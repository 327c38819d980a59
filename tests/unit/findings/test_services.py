import uuid
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from countersign.audit.selectors import event_list
from countersign.findings.contracts import HookResult, HookStatus, SessionData
from countersign.findings.errors import SessionNotFound, SessionStateConflict
from countersign.findings.models import AnalysisSession, Finding, HookExecution
from countersign.findings.selectors import finding_list, findings_by_ids, session_get, session_list
from countersign.findings.services import (
    hook_record,
    session_complete,
    session_create,
    session_fail,
    session_start,
)
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.shared.actor import Actor
from countersign.shared.errors import PermissionDenied
from tests.unit.findings.builders import finding

COMMIT = "c" * 40
NOBODY = str(uuid.uuid4())


def _hook(tool: str = "ruff", *, status: HookStatus = HookStatus.OK, count: int = 2) -> HookResult:
    found = tuple(
        finding("F401", f"pkg/{name}.py", tool=tool, fingerprint=f"{tool}:{name}") for name in range(count)
    )
    return HookResult(tool, "1.0", (tool, "a b"), 0, 7, status, "", found, "sha256:c", "sha256:o")


@pytest.fixture
def session(project_id: str, operator: Actor) -> SessionData:
    return session_create(actor=operator, project_id=project_id, commit=COMMIT)


@pytest.fixture
def running(session: SessionData, worker: Actor, lease: Lease) -> SessionData:
    session_start(actor=worker, lease=lease, session_id=session.id, commit=session.commit)
    return session


def _types(actor: Actor, session: SessionData) -> list[str]:
    return [event.type for event in event_list(actor=actor, subject=("analysis_session", session.id))]


def test_session_create_records_its_event(session: SessionData, operator: Actor) -> None:
    assert (session.state, session.commit, dict(session.counts), session.hooks) == ("pending", COMMIT, {}, ())
    assert _types(operator, session) == ["analysis_session.created"]


def test_session_create_needs_the_role(project_id: str, stranger: Actor) -> None:
    with pytest.raises(PermissionDenied):
        session_create(actor=stranger, project_id=project_id, commit=COMMIT)
    assert not AnalysisSession.objects.exists()


def test_session_start_again_changes_nothing(running: SessionData, worker: Actor, lease: Lease) -> None:
    session_start(actor=worker, lease=lease, session_id=running.id, commit=running.commit)
    assert session_get(actor=worker, session_id=running.id).state == "running"
    assert sorted(_types(worker, running)) == ["analysis_session.created", "analysis_session.started"]


def test_hook_record_stores_findings_and_command(running: SessionData, worker: Actor, lease: Lease) -> None:
    """Seed 004: what each hook did is in the hook execution log."""
    hook_id = hook_record(actor=worker, lease=lease, session_id=running.id, result=_hook())
    (hook,) = session_get(actor=worker, session_id=running.id).hooks
    assert (hook.id, hook.command, hook.exit_code, hook.findings_count) == (hook_id, "ruff 'a b'", 0, 2)
    found = finding_list(actor=worker, session_id=running.id)
    assert [one.path for one in found] == ["pkg/0.py", "pkg/1.py"]
    assert findings_by_ids(actor=worker, finding_ids=[found[1].id, NOBODY]) == (found[1],)
    assert "analysis_hook.recorded" in _types(worker, running)


def test_hook_record_again_stores_nothing(running: SessionData, worker: Actor, lease: Lease) -> None:
    first = hook_record(actor=worker, lease=lease, session_id=running.id, result=_hook())
    second = hook_record(actor=worker, lease=lease, session_id=running.id, result=_hook(count=3))
    assert first == second
    assert Finding.objects.count() == 2
    assert _types(worker, running).count("analysis_hook.recorded") == 1


def test_hook_record_needs_a_running_session(session: SessionData, worker: Actor, lease: Lease) -> None:
    with pytest.raises(SessionStateConflict, match="pending"):
        hook_record(actor=worker, lease=lease, session_id=session.id, result=_hook())


def test_session_complete_counts_by_tool(running: SessionData, worker: Actor, lease: Lease) -> None:
    for tool, count in (("ruff", 2), ("bandit", 0)):
        hook_record(actor=worker, lease=lease, session_id=running.id, result=_hook(tool, count=count))
    done = session_complete(actor=worker, lease=lease, session_id=running.id)
    assert (done.state, dict(done.counts)) == ("completed", {"bandit": 0, "ruff": 2})
    with pytest.raises(SessionStateConflict, match="completed"):
        session_complete(actor=worker, lease=lease, session_id=running.id)
    with pytest.raises(SessionStateConflict, match="completed"):
        session_start(actor=worker, lease=lease, session_id=running.id, commit=running.commit)


def test_session_complete_refuses_when_a_tool_is_missing(
    running: SessionData, worker: Actor, lease: Lease
) -> None:
    hook_record(actor=worker, lease=lease, session_id=running.id, result=_hook())
    with pytest.raises(SessionStateConflict, match="bandit"):
        session_complete(actor=worker, lease=lease, session_id=running.id)


def test_session_complete_refuses_when_a_tool_failed(
    running: SessionData, worker: Actor, lease: Lease
) -> None:
    failed = _hook("mypy", status=HookStatus.FAILED, count=0)
    hook_record(actor=worker, lease=lease, session_id=running.id, result=failed)
    with pytest.raises(SessionStateConflict, match="mypy"):
        session_complete(actor=worker, lease=lease, session_id=running.id, tools=())


def test_session_fail_keeps_the_reason(session: SessionData, worker: Actor, lease: Lease) -> None:
    session_fail(actor=worker, lease=lease, session_id=session.id, reason="no sandbox")
    failed = session_get(actor=worker, session_id=session.id)
    assert (failed.state, failed.reason) == ("failed", "no sandbox")
    with pytest.raises(SessionStateConflict):
        session_fail(actor=worker, lease=lease, session_id=session.id, reason="again")


SERVICES: dict[str, Callable[[Actor, Lease, str], object]] = {
    "start": lambda actor, lease, session: session_start(
        actor=actor, lease=lease, session_id=session, commit="c" * 40
    ),
    "hook": lambda actor, lease, session: hook_record(
        actor=actor, lease=lease, session_id=session, result=_hook()
    ),
    "complete": lambda actor, lease, session: session_complete(actor=actor, lease=lease, session_id=session),
    "fail": lambda actor, lease, session: session_fail(
        actor=actor, lease=lease, session_id=session, reason=""
    ),
}


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
def test_services_record_nothing_under_a_lost_lease(
    service: Callable[[Actor, Lease, str], object], running: SessionData, worker: Actor, lost_lease: Lease
) -> None:
    before = _types(worker, running)
    with pytest.raises(LeaseLost):
        service(worker, lost_lease, running.id)
    assert _types(worker, running) == before
    assert not HookExecution.objects.exists()


@pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())
def test_services_name_a_session_that_is_not_there(
    service: Callable[[Actor, Lease, str], object], worker: Actor, lease: Lease
) -> None:
    with pytest.raises(SessionNotFound):
        service(worker, lease, NOBODY)


def test_finding_list_selects(running: SessionData, worker: Actor, lease: Lease) -> None:
    hook_record(actor=worker, lease=lease, session_id=running.id, result=_hook())
    assert len(finding_list(actor=worker, session_id=running.id, tool="ruff", rule="F401", fixable=True)) == 2
    assert finding_list(actor=worker, session_id=running.id, tool="bandit") == ()
    assert finding_list(actor=worker, session_id=running.id, fixable=False) == ()
    assert [one.path for one in finding_list(actor=worker, session_id=running.id, path_prefix="pkg/1")] == [
        "pkg/1.py"
    ]


def test_session_list_is_newest_first(session: SessionData, operator: Actor) -> None:
    newer = session_create(actor=operator, project_id=session.project_id, commit="d" * 40)
    assert {one.id for one in session_list(actor=operator)} == {session.id, newer.id}
    assert session_list(actor=operator, project_id=NOBODY) == ()
    assert len(session_list(actor=operator, project_id=session.project_id, limit=1)) == 1


def test_selectors_refuse_whom_they_do_not_know(
    session: SessionData, stranger: Actor, operator: Actor
) -> None:
    reads: list[Callable[[], object]] = [
        lambda: session_get(actor=stranger, session_id=session.id),
        lambda: session_list(actor=stranger),
        lambda: finding_list(actor=stranger, session_id=session.id),
        lambda: findings_by_ids(actor=stranger, finding_ids=[]),
    ]
    for read in reads:
        with pytest.raises(PermissionDenied):
            read()
    for missing in (NOBODY, "no-id"):
        with pytest.raises(SessionNotFound):
            session_get(actor=operator, session_id=missing)
        with pytest.raises(SessionNotFound):
            finding_list(actor=operator, session_id=missing)


def test_session_of_an_invisible_project_is_not_there(session: SessionData) -> None:
    nobody = Actor("service", "", "")
    with pytest.raises(SessionNotFound):
        session_get(actor=nobody, session_id=session.id)


def test_database_refuses_values_that_nobody_knows(session: SessionData) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AnalysisSession.objects.filter(pk=session.id).update(state="done")


def test_models_name_themselves() -> None:
    assert str(AnalysisSession(id=uuid.UUID(int=1))) == f"analysis {uuid.UUID(int=1)}"
    assert str(HookExecution(tool="ruff", version="1")) == "ruff 1"
    assert str(Finding(rule="F401", path="a.py", line=2)) == "F401 a.py:2"

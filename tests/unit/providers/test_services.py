import uuid
from dataclasses import replace

import pytest

from countersign.audit.selectors import event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.providers.contracts import AgentCallData, CallOutcome, ProposalResult
from countersign.providers.errors import AdapterUnknown, AgentCallConflict
from countersign.providers.models import AdapterProfile
from countersign.providers.profiles import profiles_load
from countersign.providers.selectors import (
    adapter_get,
    adapter_list,
    adapters_for,
    agent_call_get,
    agent_call_list,
)
from countersign.providers.services import adapters_sync, agent_call_record
from countersign.sandbox.contracts import IsolationKind
from countersign.shared.actor import Actor, service_actor
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import NotFound, PermissionDenied

WORKER = service_actor("worker")
STRANGER = Actor(kind="person", id="st", label="Charlie", person_id=str(uuid.uuid4()))
RUN = str(uuid.uuid4())
(RUFF,) = profiles_load()
PROMPT = "sha256:" + "a" * 64
RESULT = ProposalResult(
    outcome=CallOutcome.PROPOSED,
    exit_code=0,
    transcript=b"$ ruff\n",
    transcript_truncated=False,
    summary="Found 1 error (1 fixed, 0 remaining).",
    tokens_in=0,
    tokens_out=0,
    cost_micros=0,
    model=None,
    timed_out=False,
    duration_ms=12,
    says=RUFF.says,
    seed=7,
    isolation=IsolationKind.BUBBLEWRAP,
    argv=("ruff",),
    failure=None,
)

pytestmark = pytest.mark.django_db


def keep(
    actor: Actor = WORKER,
    run_id: str = RUN,
    attempt: int = 1,
    result: ProposalResult = RESULT,
    lease: Lease | None = None,
) -> AgentCallData:
    return agent_call_record(
        actor=actor,
        run_id=run_id,
        attempt=attempt,
        adapter=RUFF,
        prompt_digest=PROMPT,
        result=result,
        lease=lease,
    )


def test_adapters_sync_stores_what_ships_and_changes_nothing_again() -> None:
    assert adapters_sync(actor=WORKER) == (RUFF,)
    assert adapter_list(actor=WORKER) == (RUFF,)
    assert adapter_get(actor=WORKER, code="ruff") == RUFF
    adapters_sync(actor=WORKER)
    (event,) = event_list(actor=WORKER, type="adapter.synced")
    assert (event.data["digest"], event.data["before"], event.data["model"]) == (RUFF.digest, None, None)


def test_adapters_sync_updates_a_changed_profile_and_leaves_it_switched_off() -> None:
    adapters_sync(actor=WORKER)
    AdapterProfile.objects.update(enabled=False)
    changed = replace(RUFF, says="Another word.", digest="sha256:" + "c" * 64)
    adapters_sync(actor=WORKER, adapters=[changed])
    assert len(event_list(actor=WORKER, type="adapter.synced")) == 2
    assert adapter_list(actor=WORKER) == ()
    with pytest.raises(AdapterUnknown):
        adapter_get(actor=WORKER, code="ruff")


def test_adapters_for_finds_who_can_do_all_of_it() -> None:
    adapters_sync(actor=WORKER)
    assert adapters_for(actor=WORKER, rules=["F401", "PIE790"], tool="ruff") == (RUFF,)
    assert adapters_for(actor=WORKER, rules=["B101"], tool="bandit") == ()


def test_adapters_refuse_strangers() -> None:
    with pytest.raises(PermissionDenied):
        adapters_sync(actor=STRANGER)
    with pytest.raises(PermissionDenied):
        adapter_list(actor=STRANGER)
    with pytest.raises(PermissionDenied):
        adapter_get(actor=STRANGER, code="ruff")
    with pytest.raises(PermissionDenied):
        adapters_for(actor=STRANGER, rules=["F401"])


def test_agent_call_record_keeps_one_call_an_attempt() -> None:
    with correlation_scope("correlation-1"):
        call = keep()
    assert keep() == call
    assert (call.adapter, call.adapter_digest, call.model) == ("ruff", RUFF.digest, None)
    assert (call.tokens_in, call.tokens_out, call.cost_micros) == (0, 0, 0)
    assert (call.outcome, call.seed, call.isolation) == (CallOutcome.PROPOSED, 7, "bubblewrap")
    assert call.correlation_id == "correlation-1"
    assert call.argv == ("ruff",)
    second = keep(attempt=2)
    assert agent_call_get(actor=WORKER, run_id=RUN, attempt=1) == call
    assert agent_call_list(actor=WORKER, run_id=RUN) == (call, second)
    events = event_list(actor=WORKER, subject=("run", RUN))
    assert [event.data["attempt"] for event in events] == [2, 1]
    assert events[0].type == "agent.called"


def test_agent_call_record_unknown_cost_is_not_zero() -> None:
    call = keep(result=replace(RESULT, tokens_in=None, tokens_out=None, cost_micros=None, model="some-model"))
    assert (call.tokens_in, call.tokens_out, call.cost_micros, call.model) == (None, None, None, "some-model")


def test_agent_call_record_refuses_another_call_for_the_same_attempt() -> None:
    keep()
    with pytest.raises(AgentCallConflict):
        keep(result=replace(RESULT, transcript=b"another"))


def test_agent_call_record_refuses_strangers_lost_leases_and_what_is_no_run() -> None:
    with pytest.raises(PermissionDenied):
        keep(actor=STRANGER)
    with pytest.raises(LeaseLost):
        keep(lease=Lease(job_id=str(uuid.uuid4()), token=1))
    with pytest.raises(NotFound):
        keep(run_id="no-id")
    with pytest.raises(PermissionDenied):
        agent_call_get(actor=STRANGER, run_id=RUN, attempt=1)
    with pytest.raises(PermissionDenied):
        agent_call_list(actor=STRANGER, run_id=RUN)
    with pytest.raises(NotFound):
        agent_call_get(actor=WORKER, run_id=RUN, attempt=1)

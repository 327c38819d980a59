"""Every move in every state, in any order: what the model forbids never happens, on a real PostgreSQL."""

import uuid

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from countersign.audit.selectors import event_count, event_list
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.runs.errors import MergeIntentConflict, MergeSlotTaken, RunStateConflict
from countersign.runs.models import Attempt, Incident, Merge, Run, RunState
from countersign.runs.selectors import merge_of, run_get
from countersign.shared.actor import Actor
from tests.unit.runs.samples import REQUEST, Runs, project_make, rows_of

SLOTS = 2
# service -> states from which it moves -> where it leads
MOVES: dict[str, dict[str, str]] = {
    "run_snapshot": {"queued": "proposing"},
    "proposal_record": {"proposing": "checking"},
    "run_sealed": {"sealing": "waiting_approval"},
    "merge_slot_take": {"approved": "merging", "merging": "merging"},
    "merge_intend": {"merging": "merging"},
    "run_merged": {"merging": "merged", "merged": "merged"},
    "run_rebased": dict.fromkeys(("waiting_approval", "approved", "merging"), "checking"),
    "run_restarted": dict.fromkeys(("waiting_approval", "approved", "merging"), "proposing"),
    "incident_open": dict.fromkeys(("checking", "proposing"), "incident"),
}
VERDICTS = {"approve": "approved", "reject": "rejected", "request_changes": "changes_requested"}
ENDED = {"merged", "rejected", "changes_requested", "incident", "failed"}
UNDECIDED = {"queued", "proposing", "checking", "sealing", "waiting_approval"}


class RunMachine(RuleBasedStateMachine):
    """Two runs of one project, and what they should look like."""

    runs: Runs

    @initialize()
    def start(self) -> None:
        worker = type(self).runs
        self.made = Runs(worker.actor, worker.lease, project_make(worker.actor))
        self.ids = [self.made.create().id for _ in range(SLOTS)]
        self.state = ["queued"] * SLOTS
        self.revision, self.attempt = [1] * SLOTS, [0] * SLOTS
        self.intended, self.bound = [False] * SLOTS, [False] * SLOTS

    def _refusal(self, name: str, number: int) -> type[Exception] | None:
        """Why the model refuses a move, in the order in which the service finds out."""
        state, others = self.state[number], self.state[:number] + self.state[number + 1 :]
        if name in {"run_rebased", "run_restarted"} and self.intended[number]:
            return MergeIntentConflict
        if name == "merge_intend" and self.intended[number]:
            return None
        if state not in MOVES[name]:
            return RunStateConflict
        if name == "run_merged" and not self.intended[number]:
            return RunStateConflict
        if name == "merge_slot_take" and state == "approved" and "merging" in others:
            return MergeSlotTaken
        return None

    def _call(self, refusal: type[Exception] | None, name: str, number: int, **arguments: object) -> bool:
        if refusal is None:
            self.made.call(name, self.ids[number], **arguments)
            return True
        with pytest.raises(refusal):
            self.made.call(name, self.ids[number], **arguments)
        return False

    @rule(name=st.sampled_from(sorted(MOVES)), number=st.integers(0, SLOTS - 1))
    def move(self, name: str, number: int) -> None:
        if not self._call(self._refusal(name, number), name, number):
            return
        if name == "merge_intend":
            self.intended[number] = True
            return
        self.state[number] = MOVES[name][self.state[number]]
        self.attempt[number] += name in {"proposal_record", "run_rebased"}
        self.revision[number] += name in {"run_rebased", "run_restarted"}
        if name == "run_sealed":
            self.bound[number] = True
        if name in {"run_rebased", "run_restarted"}:
            self.bound[number] = False

    @rule(number=st.integers(0, SLOTS - 1), retry=st.booleans())
    def checked(self, number: int, retry: bool) -> None:
        refusal = None if self.state[number] == "checking" else RunStateConflict
        if self._call(refusal, "run_checked", number, retry=retry):
            self.state[number] = "proposing" if retry else "sealing"

    @rule(number=st.integers(0, SLOTS - 1), verdict=st.sampled_from(sorted(VERDICTS)), right=st.booleans())
    def decided(self, number: int, verdict: str, right: bool) -> None:
        allowed = (
            right and self.bound[number] and self.state[number] in {"waiting_approval", VERDICTS[verdict]}
        )
        request_id = REQUEST if right else str(uuid.uuid4())
        refusal = None if allowed else RunStateConflict
        if self._call(refusal, "run_decided", number, verdict=verdict, request_id=request_id):
            self.state[number] = VERDICTS[verdict]

    @rule(number=st.integers(0, SLOTS - 1))
    def failed(self, number: int) -> None:
        self.made.call("run_failed", self.ids[number])
        if self.state[number] in UNDECIDED:
            self.state[number] = "failed"

    @rule(name=st.sampled_from(sorted(MOVES)), number=st.integers(0, SLOTS - 1))
    def without_the_lease(self, name: str, number: int) -> None:
        stale = Lease(self.made.lease.job_id, self.made.lease.token - 1)
        self._call(LeaseLost, name, number, lease=stale)

    @rule(number=st.integers(0, SLOTS - 1))
    def renew(self, number: int) -> None:
        """What has ended makes room for another run."""
        if self.state[number] in ENDED:
            self.ids[number], self.state[number] = self.made.create().id, "queued"
            self.revision[number], self.attempt[number] = 1, 0
            self.intended[number] = self.bound[number] = False

    @rule(number=st.integers(0, SLOTS - 1))
    def go_all_the_way(self, number: int) -> None:
        """Random moves rarely come to an end by themselves."""
        self.renew(number)
        for name in ("run_snapshot", "proposal_record"):
            self.move(name, number)
        self.checked(number, retry=False)
        self.move("run_sealed", number)
        self.decided(number, "approve", right=True)
        self.move("merge_slot_take", number)
        self.move("merge_intend", number)

    @invariant()
    def the_database_agrees(self) -> None:
        if not hasattr(self, "made"):
            return
        for number, run_id in enumerate(self.ids):
            run = run_get(actor=self.made.actor, run_id=run_id)
            assert run.state == self.state[number]
            assert (run.revision, run.attempt) == (self.revision[number], self.attempt[number])
            assert bool(run.request_id) == bool(run.pack_digest) == self.bound[number]
            merge = merge_of(actor=self.made.actor, run_id=run_id)
            assert (merge is not None) == self.intended[number]
            if run.state == "merged":
                assert merge is not None
                assert merge.state == "delivered"
        assert self.state.count("merging") <= 1

    def teardown(self) -> None:
        """However long the way was: merged and intended at most once, and only after an approval."""
        for run_id in getattr(self, "ids", []):
            types = [event.type for event in event_list(actor=self.made.actor, subject=("run", run_id))]
            types.reverse()
            assert types.count("run.merged") <= 1
            assert types.count("merge.intended") <= 1
            if "run.merged" in types:
                assert "run.decided" in types[: types.index("merge.intended")]
                assert types.index("merge.intended") < types.index("run.merged")


@pytest.mark.parametrize("state", list(RunState.values))
def test_a_run_refuses_every_move_that_its_state_does_not_allow(runs: Runs, state: str) -> None:
    run = runs.bring(state)
    before = (rows_of(Run, Attempt, Merge, Incident), event_count())
    for name, allowed in MOVES.items():
        # Its merge is intended on the way to its end, and the same intent again is a repeat.
        if state in allowed or (name == "merge_intend" and state == "merged"):
            continue
        with pytest.raises((RunStateConflict, MergeIntentConflict)):
            runs.call(name, run.id)
    for verdict, to in VERDICTS.items():
        if state not in {"waiting_approval", to}:
            with pytest.raises(RunStateConflict):
                runs.call("run_decided", run.id, verdict=verdict)
    if state != "checking":
        with pytest.raises(RunStateConflict):
            runs.call("run_checked", run.id)
    if state not in UNDECIDED:
        runs.call("run_failed", run.id)
    assert (rows_of(Run, Attempt, Merge, Incident), event_count()) == before


def test_run_moves_only_as_its_life_allows(runs: Runs, worker: Actor) -> None:
    RunMachine.runs = runs
    run_state_machine_as_test(
        RunMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

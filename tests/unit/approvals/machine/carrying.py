"""What is carried out once: an intended merge, and a request to the platform that is sent again."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from countersign.approvals.errors import RequestNotPending
from countersign.approvals.services import request_void
from countersign.audit.selectors import event_list
from countersign.jobs.errors import IdempotencyConflict
from countersign.jobs.idempotency import (
    StoredAnswer,
    idempotency_begin,
    idempotency_finish,
    idempotency_release,
)
from countersign.runs.errors import MergeIntentConflict, MergeSlotTaken, RunStateConflict
from countersign.runs.selectors import merge_of, run_get
from tests.unit.approvals.machine.deciding import Deciding
from tests.unit.runs.samples import Runs, person, together

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData

BESIDE: dict[str, type[Exception] | None] = {
    "a decision": RequestNotPending,
    "void": None,
    "another in the slot": MergeSlotTaken,
    "the same intent": None,
    "the run decided again": RunStateConflict,
}
ANSWER = {"answer": "yes"}


class Carrying(Deciding):
    """One merge at a time, of the commits that were intended first; one answer for one key and body."""

    def _approved(self, runs: Runs) -> tuple[str, RequestData]:
        run = runs.bring("sealing")
        request = self.requests.open({"director": 1}, subject=("change", run.id))
        runs.call("run_sealed", run.id, request_id=request.id)
        self.requests.decide(request, person("director"))
        runs.call("run_decided", run.id, request_id=request.id)
        return run.id, request

    @precondition(lambda self: not self.intended)
    @rule(beside=st.sampled_from([*BESIDE, "another intent"]))
    def intend_a_merge(self, beside: str) -> None:
        """While a merge is intended, nothing else becomes of the change, and no other takes the slot."""
        self.intended = True
        self.steps[f"intent and {beside}"] += 1
        runs = Runs(self.requests.actor, self.requests.lease, self.requests.project_id)
        run_id, request = self._approved(runs)
        other = self._approved(runs)[0] if beside == "another in the slot" else ""
        runs.call("merge_slot_take", run_id)
        calls: dict[str, Any] = {
            "a decision": lambda: self.requests.decide(request, person("director"), "reject"),
            "void": lambda: request_void(
                actor=runs.actor, lease=runs.lease, request_id=request.id, why="moved", undecided=True
            ),
            "another in the slot": lambda: runs.call("merge_slot_take", other),
            "the same intent": lambda: runs.call("merge_intend", run_id),
            "the run decided again": lambda: runs.call(
                "run_decided", run_id, request_id=request.id, verdict="reject"
            ),
            "another intent": lambda: runs.call(
                "merge_intend", run_id, merge_commit=f"{uuid.uuid4().hex}0000cccc"
            ),
        }
        answers = together(lambda: runs.call("merge_intend", run_id), calls[beside])
        if beside == "another intent":
            assert sorted(isinstance(item, MergeIntentConflict) for item in answers) == [False, True]
        else:
            assert not isinstance(answers[0], BaseException)
            expected = BESIDE[beside]
            assert isinstance(answers[1], expected or object)
            assert expected is not None or not isinstance(answers[1], BaseException)
        merge = merge_of(actor=runs.actor, run_id=run_id)
        assert merge is not None
        (event,) = event_list(actor=runs.actor, subject=("run", run_id), type="merge.intended")
        assert event.data["merge_commit"] == merge.merge_commit
        assert run_get(actor=runs.actor, run_id=run_id).state == "merging"
        assert self.requests.get(request).state == "approved"
        runs.call("run_merged", run_id)
        if other:
            for name in ("merge_slot_take", "merge_intend", "run_merged"):
                runs.call(name, other)

    @rule(
        key=st.sampled_from("ab"), body=st.sampled_from("12"), end=st.sampled_from(["answer", "fail", "die"])
    )
    def send_it_again(self, key: str, body: str, end: str) -> None:
        """A key is one request's: it is carried out once, and another body is never answered for it."""
        self.steps["idempotency key"] += 1
        name = {"user_id": self.people.users["director"], "key": f"{self.about[1]} {key}"}
        known = self.posts.get(key)
        try:
            stored = idempotency_begin(**name, request_digest=body)
        except IdempotencyConflict:
            assert known is not None
            assert known[0] != body or not known[1]
            return
        if known is not None:
            assert known == (body, True)
            assert isinstance(stored, StoredAnswer)
            assert stored.response == {**ANSWER, "to": body}
            return
        assert stored is None
        self.posts[key] = (body, end == "answer")
        if end == "answer":
            response: dict[str, Any] = {**ANSWER, "to": body}
            idempotency_finish(**name, status=200, response=response, headers={})
        elif end == "fail":
            idempotency_release(**name)
            del self.posts[key]

    @rule(bodies=st.sampled_from(["11", "12"]))
    def send_it_twice_at_once(self, bodies: str) -> None:
        self.steps["idempotency race"] += 1
        key, user = str(uuid.uuid4()), self.people.users["director"]

        def begin(body: str) -> StoredAnswer | None:
            return idempotency_begin(user_id=user, key=key, request_digest=body)

        answers = together(*[lambda body=body: begin(body) for body in bodies])
        assert sorted(isinstance(item, IdempotencyConflict) for item in answers) == [False, True]
        assert sum(item is None for item in answers) == 1

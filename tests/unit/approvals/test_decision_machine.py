"""Decisions of all kinds of people, in any order, on a real PostgreSQL: nothing counts that should not."""

from dataclasses import replace
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from countersign.approvals.contracts import RequestData, Verdict
from countersign.approvals.services import request_void, requests_expire
from countersign.jobs.models import Job
from countersign.shared.actor import Actor
from countersign.shared.errors import DomainError
from countersign_verify.decision import quorum_check
from tests.unit.approvals.samples import DIGEST, OTHER_DIGEST, Requests, verified
from tests.unit.runs.samples import person

D1, D2, C1, C2 = person("director"), person("director"), person("cab_member"), person("cab_member")
BOTH, NEITHER, AUTHOR = person("director", "cab_member"), person("operator", "admin"), person("director")
AGENT = Actor(kind="agent", id="a", label="agent", person_id=D2.person_id, roles=frozenset({"director"}))
LENT = replace(D2, minted_by=NEITHER.person_id, token_id="t")
ROBOT = replace(D1, unattended=True)
PEOPLE = (D1, D2, C1, C2, BOTH, NEITHER, AUTHOR, AGENT, LENT, ROBOT)
QUORUMS: tuple[dict[str, int], ...] = (
    {"director": 1},
    {"cab_member": 2},
    {"director": 1, "cab_member": 1},
    {"director": 2, "cab_member": 2},
    {},
)
VERDICTS: tuple[Verdict, ...] = ("approve", "approve", "approve", "reject", "request_changes")
# what is wrong -> who decides, on the right digest, for which reason
FAULTS: dict[str, tuple[Actor, bool, str]] = {
    "none": (D1, True, "reads well"),
    "digest": (D1, False, "reads well"),
    "reason": (D1, True, " "),
    "excluded": (AUTHOR, True, "reads well"),
    "agent": (AGENT, True, "reads well"),
    "lent": (LENT, True, "reads well"),
    "role": (C1, True, "reads well"),
    "unattended": (ROBOT, True, "reads well"),
    "twice": (C1, True, "reads well"),
    "late": (D1, True, "reads well"),
    "blocked": (D1, True, "reads well"),
}
ENDS = {"reject": "rejected", "request_changes": "changes_requested"}
Vote = tuple[Actor, str, str]


class DecisionMachine(RuleBasedStateMachine):
    """One request, its successor, and what people should have been able to do with them."""

    requests: ClassVar[Requests]

    @initialize(quorum=st.sampled_from(QUORUMS), blocked=st.sampled_from([False, False, False, True]))
    def start(self, quorum: dict[str, int], blocked: bool) -> None:
        self.start_with(quorum, blocked=blocked)

    def start_with(self, quorum: dict[str, int], *, blocked: bool) -> None:
        self.quorum, self.blocked = quorum, blocked
        first = self.requests.open(quorum, blocked=blocked, excluded=[AUTHOR])
        self.about = (first.subject_kind, first.subject_id)
        self.made: list[RequestData] = [first]
        self.state, self.late = ["pending"], [False]
        self.votes: list[list[Vote]] = [[]]

    def _lacking(self, number: int, actor: Actor) -> bool:
        """Whether a role that the actor holds still lacks approvals."""
        given = [role for _, role, verdict in self.votes[number] if verdict == "approve"]
        return any(role in actor.roles and given.count(role) < count for role, count in self.quorum.items())

    def _counts(self, number: int, actor: Actor, verdict: str, digest: str, demo: bool) -> bool:
        """The rules of DESIGN section 9, said once more and in other words."""
        waits = self.state[number] == "pending" and not self.late[number]
        looked_at_it = digest == self.made[number].subject_digest
        outsider = AUTHOR.person_id not in {actor.person_id, actor.minted_by}
        own_word = actor.kind == "person" and actor.minted_by in {None, actor.person_id}
        first_word = all(actor.person_id != voter.person_id for voter, _, _ in self.votes[number])
        may_be_so = not (verdict == "approve" and self.blocked)
        somebody_there = demo or not actor.unattended
        return all(
            (waits, looked_at_it, outsider, own_word, first_word, may_be_so, somebody_there)
        ) and self._lacking(number, actor)

    @rule(
        back=st.sampled_from([1, 1, 1, 2]),
        actor=st.sampled_from(PEOPLE),
        verdict=st.sampled_from(VERDICTS),
        right=st.sampled_from([True, True, True, False]),
        reason=st.sampled_from(["reads well", "reads well", "reads well", " "]),
        demo=st.booleans(),
    )
    def decide(self, back: int, actor: Actor, verdict: Verdict, right: bool, reason: str, demo: bool) -> None:
        self.decide_on(-back, actor, verdict, right=right, reason=reason, demo=demo)

    def decide_on(
        self, back: int, actor: Actor, verdict: Verdict, *, right: bool, reason: str, demo: bool
    ) -> None:
        number = max(0, len(self.made) + back)
        request = self.made[number]
        wrong = DIGEST if request.subject_digest == OTHER_DIGEST else OTHER_DIGEST
        digest = request.subject_digest if right else wrong
        counts = bool(reason.strip()) and self._counts(number, actor, verdict, digest, demo)
        try:
            taken, _ = self.requests.decide(
                request, actor, verdict, reason=reason, digest=digest, unattended_allowed=demo
            )
        except DomainError:
            assert not counts
            return
        assert counts
        self.votes[number].append((actor, taken.role, verdict))
        if verdict != "approve":
            self.state[number] = ENDS[verdict]
        elif not any(self._lacking(number, everybody(role)) for role in self.quorum):
            self.state[number] = "approved"

    def supersede(self) -> None:
        newest = self.made[-1].subject_digest
        digest = DIGEST if newest == OTHER_DIGEST else OTHER_DIGEST
        fresh = self.requests.open(
            self.quorum, blocked=self.blocked, excluded=[AUTHOR], subject=self.about, digest=digest
        )
        if self.state[-1] == "pending":
            self.state[-1] = "void"
        self.made.append(fresh)
        self.state.append("pending")
        self.late.append(False)
        self.votes.append([])

    def time_passes(self) -> None:
        self.requests.let_expire(self.made[-1])
        self.late[-1] = True

    def sweep(self) -> None:
        requests_expire(actor=self.requests.actor)
        if self.late[-1] and self.state[-1] == "pending":
            self.state[-1] = "expired"

    def void(self) -> None:
        request_void(
            actor=self.requests.actor, lease=self.requests.lease, request_id=self.made[-1].id, why="moved"
        )
        if self.state[-1] in {"pending", "approved"}:
            self.state[-1] = "void"

    @rule(name=st.sampled_from(["supersede", "supersede", "time_passes", "sweep", "void"]))
    def something_happens(self, name: str) -> None:
        getattr(self, name)()

    @rule(actor=st.sampled_from(PEOPLE), demo=st.booleans())
    def approve(self, actor: Actor, demo: bool) -> None:
        """Most people look at what waits, and approve it."""
        self.decide_on(-1, actor, "approve", right=True, reason="reads well", demo=demo)

    @rule(fault=st.sampled_from(sorted(FAULTS)))
    def decide_with_one_fault(self, fault: str) -> None:
        """On a request of its own: all is as it should be but for one thing."""
        waiting = (self.quorum, self.blocked, self.about, self.made, self.state, self.late, self.votes)
        self.start_with(
            {"cab_member": 2} if fault == "twice" else {"director": 1}, blocked=fault == "blocked"
        )
        actor, right, reason = FAULTS[fault]
        if fault == "twice":
            self.decide_on(-1, actor, "approve", right=True, reason="reads well", demo=True)
        if fault == "late":
            self.time_passes()
        before = self.votes[-1][:]
        self.decide_on(-1, actor, "approve", right=right, reason=reason, demo=fault == "none")
        assert (self.votes[-1] != before) == (fault == "none")
        self.the_database_agrees()
        self.quorum, self.blocked, self.about, self.made, self.state, self.late, self.votes = waiting

    @invariant()
    def the_database_agrees(self) -> None:
        for number, made in enumerate(getattr(self, "made", [])):
            request = self.requests.get(made)
            assert request.state == self.state[number]
            assert [(item.person_id, item.role, item.verdict) for item in request.decisions] == [
                (actor.person_id, role, verdict) for actor, role, verdict in self.votes[number]
            ]
            assert len({item.person_id for item in request.decisions}) == len(request.decisions)
            assert AUTHOR.person_id not in {item.person_id for item in request.decisions}
            if request.state == "approved":
                assert not self.blocked
                quorum_check([verified(item) for item in request.decisions], self.quorum.items())

    def teardown(self) -> None:
        """A consequence is put in line exactly once, and only for what was decided."""
        for number, made in enumerate(getattr(self, "made", [])):
            jobs = Job.objects.filter(dedupe_key=f"decision.execute:{made.id}").count()
            decided = self.state[number] in {"approved", *ENDS.values()}
            assert jobs == decided or (self.state[number] == "void" and jobs <= 1)


def everybody(role: str) -> Actor:
    """Somebody who holds just this role."""
    return replace(NEITHER, roles=frozenset({role}))


def test_nothing_is_accepted_that_should_not_be(requests: Requests) -> None:
    DecisionMachine.requests = requests
    run_state_machine_as_test(
        DecisionMachine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

"""Decisions of all kinds of people, in any order and at once, on a real PostgreSQL that somebody bends.

The profile ``nightly`` takes more than ten thousand steps:

    ./scripts/test --nightly
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from countersign.approvals.contracts import RequestData, Verdict
from countersign.approvals.models import Decision
from countersign.approvals.services import request_void, requests_expire
from countersign.jobs.models import Job
from countersign.shared.actor import Actor
from countersign.shared.errors import DomainError
from countersign_verify.errors import RefusedError
from countersign_verify.merges import approvals_check
from countersign_verify.pack_verify import decision_bound
from tests.unit.accounts.test_enrolment import member
from tests.unit.approvals.decision_model import DECIDED, Race, Saying, Waiting
from tests.unit.approvals.samples import DIGEST, OTHER_DIGEST, Requests, verified
from tests.unit.audit.roles import sequence_all
from tests.unit.runs.samples import lease_take, project_make, together

if TYPE_CHECKING:
    from countersign_verify.trust import Trust

QUORUMS: tuple[dict[str, int], ...] = (
    {"director": 1},
    {"cab_member": 2},
    {"director": 1, "cab_member": 1},
    {"director": 2, "cab_member": 2},
    {},
)
VERDICTS: tuple[Verdict, ...] = ("approve", "approve", "approve", "reject", "request_changes")
NAMES = (
    *("director", "second director", "member", "second member", "both", "neither", "author"),
    *("author again", "member again", "agent", "lent", "own token", "robot", "demoted"),
)
# What an insider writes into the row of a request, past every trigger.
BINDINGS: dict[str, object] = {
    "score": 0,
    "base_commit": "0" * 40,
    "result_tree": "1" * 40,
    "manifest_digest": "sha256:" + "9" * 64,
    "ruleset_digest": "sha256:" + "8" * 64,
}
# A busy machine takes long, and a limit that ends it midway looks like a decision that went differently.
pytestmark = pytest.mark.timeout(3600)
PROFILES = {"nightly": (330, 50)}
SHORT = (14, 30)


def people_make() -> dict[str, Actor]:
    """Make everybody: with accounts, and roles of which the log tells."""
    from countersign.accounts.models import User
    from countersign.accounts.selectors import actor_of_user
    from countersign.accounts.services import role_revoke
    from tests.unit.accounts.test_enrolment import SYSTEM

    made = {
        "director": member("director"),
        "second director": member("director"),
        "member": member("cab_member"),
        "second member": member("cab_member"),
        "both": member("director", "cab_member"),
        "neither": member("operator", "admin"),
        "author": member("director", "cab_member"),
        "demoted": member("director"),
    }
    for name in ("author", "member"):
        made[f"{name} again"] = member(person_id=str(made[name].person_id))
    role_revoke(actor=SYSTEM, person_id=str(made["demoted"].person_id), role="director")
    user = User.objects.select_related("person").get(pk=made["demoted"].id)
    second = made["second director"]
    return made | {
        "demoted": actor_of_user(user),
        "agent": replace(second, kind="agent"),
        "lent": replace(second, minted_by=made["neither"].person_id, token_id=str(uuid.uuid4())),
        "own token": replace(second, minted_by=second.person_id, token_id=str(uuid.uuid4())),
        "robot": replace(made["director"], unattended=True),
    }


class DecisionMachine(RuleBasedStateMachine):
    """One change, request after request, and what people should have been able to do with them."""

    requests: ClassVar[Requests]
    people: ClassVar[dict[str, Actor]]
    dsn: ClassVar[str]
    trust: ClassVar[Trust]
    steps: ClassVar[Counter[str]]

    @initialize(quorum=st.sampled_from(QUORUMS), blocked=st.sampled_from([False, False, False, True]))
    def start(self, quorum: dict[str, int], blocked: bool) -> None:
        self.quorum, self.blocked = quorum, blocked
        self.about = ("change", str(uuid.uuid4()))
        self.made: list[RequestData] = []
        self.model: list[Waiting] = []
        self.supersede()

    def supersede(self) -> None:
        """The change has another pack: what waited is void, and is asked for anew."""
        digest = DIGEST if self.made and self.made[-1].subject_digest == OTHER_DIGEST else OTHER_DIGEST
        fresh = self.requests.open(
            self.quorum,
            blocked=self.blocked,
            excluded=[self.people["author"]],
            subject=self.about,
            digest=digest,
        )
        if self.model and self.model[-1].state == "pending":
            self.model[-1] = self.model[-1].voided()
        asked, author = tuple(self.quorum.items()), frozenset([str(self.people["author"].person_id)])
        self.made.append(fresh)
        self.model.append(Waiting(asked, author, asked, author, self.blocked))

    # --- what people do ---------------------------------------------------------------------------

    def _say(self, number: int, saying: Saying) -> None:
        request = self.made[number]
        wrong = DIGEST if request.subject_digest == OTHER_DIGEST else OTHER_DIGEST
        self.requests.decide(
            request,
            saying.actor,
            saying.verdict,  # type: ignore[arg-type]  # one of VERDICTS
            reason=saying.reason,
            digest=request.subject_digest if saying.right_digest else wrong,
            unattended_allowed=saying.demo,
        )

    def _decide(self, number: int, saying: Saying) -> None:
        counts = bool(self.model[number].takes(saying))
        try:
            self._say(number, saying)
        except DomainError:
            assert not counts
            return
        assert counts
        self.model[number] = self.model[number].after(saying)

    @rule(
        back=st.sampled_from([1, 1, 1, 2]),
        name=st.sampled_from(NAMES),
        verdict=st.sampled_from(VERDICTS),
        right=st.sampled_from([True, True, True, False]),
        reason=st.sampled_from(["reads well", "reads well", "reads well", " "]),
        demo=st.booleans(),
    )
    def decide(self, back: int, name: str, verdict: Verdict, right: bool, reason: str, demo: bool) -> None:
        self.steps["decide"] += 1
        number = max(0, len(self.made) - back)
        self._decide(number, Saying(self.people[name], verdict, right, reason, demo))

    @rule(name=st.sampled_from(NAMES))
    def approve(self, name: str) -> None:
        """Most people look at what waits, and approve it."""
        self.steps["approve"] += 1
        self._decide(-1, Saying(self.people[name]))

    @rule(names=st.lists(st.sampled_from(NAMES[:7]), min_size=2, max_size=4, unique=True))
    def everybody_approves(self, names: list[str]) -> None:
        """One after the other, so that quorums are reached often."""
        self.steps["everybody"] += 1
        for name in names:
            self._decide(-1, Saying(self.people[name]))

    @rule(
        names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2),
        verdict=st.sampled_from(VERDICTS),
        beside=st.sampled_from(["nothing", "void", "sweep", "late sweep"]),
    )
    def race(self, names: list[str], verdict: Verdict, beside: str) -> None:
        """Several at the same moment, each on a connection of its own: as if in some order."""
        self.steps[f"race {beside}"] += 1
        if beside == "late sweep":
            self.time_passes()
        number = len(self.made) - 1
        sayings = [
            Saying(self.people[name], verdict if index else "approve") for index, name in enumerate(names)
        ]
        calls: list[Any] = [lambda saying=saying: self._say(number, saying) for saying in sayings]
        moves: list[Any] = [lambda waiting, saying=saying: waiting.after(saying) for saying in sayings]
        if beside == "void":
            calls.append(self._void)
            moves.append(Waiting.voided)
        elif beside != "nothing":
            calls.append(lambda: requests_expire(actor=self.requests.actor))
            moves.append(Waiting.swept)
        answers = together(*calls)
        assert all(not isinstance(item, BaseException) or isinstance(item, DomainError) for item in answers)
        row = self.requests.get(self.made[number])
        seen = (row.state, {(item.person_id, item.role, item.verdict) for item in row.decisions})
        possible = [
            outcome
            for outcome in Race(self.model[number], moves).outcomes()
            if (outcome.state, {(vote.person, vote.role, vote.verdict) for vote in outcome.votes}) == seen
        ]
        assert possible, f"no order of {names} and {beside} gives {seen}"
        self.model[number] = possible[0]

    # --- what happens -----------------------------------------------------------------------------

    def _void(self) -> None:
        request_void(
            actor=self.requests.actor, lease=self.requests.lease, request_id=self.made[-1].id, why="moved"
        )

    def void(self) -> None:
        self._void()
        self.model[-1] = self.model[-1].voided()

    def time_passes(self) -> None:
        self._row("expires_at = now() - interval '1 second'")
        self.model[-1] = self.model[-1].with_(late=True)

    def sweep(self) -> None:
        requests_expire(actor=self.requests.actor)
        self.model[-1] = self.model[-1].swept()

    @rule(name=st.sampled_from(["supersede", "supersede", "time_passes", "sweep", "void"]))
    def something_happens(self, name: str) -> None:
        self.steps[name] += 1
        getattr(self, name)()

    # --- what an insider does ---------------------------------------------------------------------

    def _sql(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode(), values)

    def _row(self, change: str, *values: object, number: int = -1) -> None:
        statement = f"UPDATE approvals_approvalrequest SET {change} WHERE id = %s"  # noqa: S608 - of this file
        self._sql(statement, *values, self.made[number].id)

    @rule(name=st.sampled_from(sorted(BINDINGS)))
    def bend_the_binding(self, name: str) -> None:
        self.steps[f"bend {name}"] += 1
        self._row("binding = binding || %s::jsonb", json.dumps({name: BINDINGS[name]}))
        self.model[-1] = self.model[-1].with_(bent=True)

    @rule(quorum=st.sampled_from([{"director": 1}, {"cab_member": 1}]))
    def lower_the_quorum(self, quorum: dict[str, int]) -> None:
        self.steps["lower the quorum"] += 1
        asked = [{"role": role, "count": count} for role, count in quorum.items()]
        self._row("policy = policy || %s::jsonb", json.dumps({"quorum": asked, "blocked": False}))
        self.model[-1] = self.model[-1].with_(asked=tuple(quorum.items()), blocked=False)

    @rule()
    def forget_who_took_part(self) -> None:
        self.steps["forget who took part"] += 1
        self._row("excluded = '[]'")
        self.model[-1] = self.model[-1].with_(left_out=frozenset())

    @rule(state=st.sampled_from(["approved", "pending"]))
    def rewrite_the_state(self, state: str) -> None:
        """A request that had ended is back, or is approved by nobody."""
        self.steps[f"rewrite to {state}"] += 1
        self._row(f"state = '{state}', expires_at = now() + interval '1 day'")
        self.model[-1] = self.model[-1].with_(state=state, late=False)

    @rule(back=st.sampled_from([1, 2, 3]))
    def replay_a_decision(self, back: int) -> None:
        """Decisions of an earlier request are written beside the newest one, envelopes and all."""
        number = max(0, len(self.made) - 1 - back)
        for item in self.requests.get(self.made[number]).decisions:
            if (
                item.person_id in {vote.person for vote in self.model[-1].votes}
                or number == len(self.made) - 1
            ):
                continue
            self.steps["replay"] += 1
            self._sql(
                "INSERT INTO approvals_decision (id, request_id, person_id, user_id, role, verdict, reason,"
                " items, unattended, nonce, statement_digest, envelope, event_id, decided_at)"
                " SELECT gen_random_uuid(), %s, person_id, user_id, role, verdict, reason, items, unattended,"
                " left(md5(random()::text), 32), left(statement_digest, 40) || md5(random()::text), envelope,"
                " event_id, decided_at FROM approvals_decision WHERE id = %s",
                self.made[-1].id,
                item.id,
            )
            # The row is there for the platform; what was really said on this request is not more.
            self.model[-1] = self._with_row(self.model[-1], item.person_id, item.role, item.verdict)

    @staticmethod
    def _with_row(waiting: Waiting, person: str, role: str, verdict: str) -> Waiting:
        from tests.unit.approvals.decision_model import Vote

        return waiting.with_(forged=True, votes=(*waiting.votes, Vote(person, role, verdict, faithful=False)))

    # --- what must hold ---------------------------------------------------------------------------

    @invariant()
    def the_database_agrees(self) -> None:
        for made, waiting in itertools.islice(
            zip(reversed(getattr(self, "made", [])), reversed(getattr(self, "model", [])), strict=True), 2
        ):
            row = self.requests.get(made)
            assert row.state == waiting.state
            told = {(item.person_id, item.role, item.verdict) for item in row.decisions}
            assert told == {(vote.person, vote.role, vote.verdict) for vote in waiting.votes}
            assert len({item.person_id for item in row.decisions}) == len(row.decisions)

    def teardown(self) -> None:
        """Only what really was decided would be merged; every decision has its event, and verifies."""
        if not hasattr(self, "made"):
            return
        sequence_all()
        for made, waiting in zip(self.made, self.model, strict=True):
            row = self.requests.get(made)
            assert self._would_merge(row, made, waiting) == waiting.mergeable(), (row, waiting)
            jobs = Job.objects.filter(dedupe_key=f"decision.execute:{made.id}").count()
            assert jobs <= 1
            if not waiting.forged and waiting.state in DECIDED and waiting.votes and waiting.mergeable():
                assert jobs == 1
            for item in row.decisions if not waiting.forged else ():
                assert verified(item).request_id == made.id
        nonces = Counter(Decision.objects.values_list("nonce", flat=True))
        assert max(nonces.values(), default=1) == 1

    def _would_merge(self, row: RequestData, made: RequestData, waiting: Waiting) -> bool:
        """Ask the executor's own check, with the pack as it was sealed."""
        from countersign.workflow.logged import decisions_logged, standing_read

        assert made.binding is not None
        subject = {**made.binding.as_json(), "excluded": sorted(waiting.excluded)}
        pack: Any = SimpleNamespace(
            pack=SimpleNamespace(digest=made.subject_digest, subject=subject),
            risk=SimpleNamespace(score=made.binding.score),
            policy=SimpleNamespace(quorum=waiting.quorum, passkey=False),
            trial="",
        )
        try:
            logged = decisions_logged(row, self.trust, standing_read(self.trust))
            for item in logged:
                decision_bound(item.decision, pack)
            approvals_check(logged, pack, under_glass=False)
        except RefusedError:
            return False
        return True


@pytest.fixture
def machine(committed_db: None, worker: Actor, superuser_dsn: str) -> type[DecisionMachine]:
    from countersign.workflow.trust import trust_current

    DecisionMachine.requests = Requests(worker, lease_take(worker), project_make(worker))
    DecisionMachine.people = people_make()
    DecisionMachine.dsn = superuser_dsn
    DecisionMachine.trust = trust_current(allow_unattended=True)
    DecisionMachine.steps = Counter()
    return DecisionMachine


def test_nothing_is_accepted_that_should_not_be(
    machine: type[DecisionMachine], capsys: pytest.CaptureFixture[str]
) -> None:
    profile = settings.get_current_profile_name()
    examples, steps = PROFILES.get(profile, SHORT)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    taken = sum(machine.steps.values())
    if profile in PROFILES:
        with capsys.disabled():
            print(f"\n{taken} steps: {dict(sorted(machine.steps.items()))}")  # noqa: T201 - whoever asked reads it
    assert taken >= (10_000 if profile in PROFILES else 100)

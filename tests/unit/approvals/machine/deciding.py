"""What people do with one change, request after request: one after the other and at once."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from countersign.approvals.contracts import AssertionInput, RequestData, Verdict
from countersign.approvals.services import decision_prepare, request_void, requests_expire
from countersign.shared.errors import DomainError
from tests.unit.approvals.machine.model import TRIAL, Race, Saying, Waiting, Window
from tests.unit.approvals.machine.people import NAMES, People
from tests.unit.approvals.samples import DIGEST, OTHER_DIGEST, Requests
from tests.unit.runs.samples import together

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
RARE = st.sampled_from([False, False, False, True])
# Whether a passkey signs: none does, the person's own does, or it does where the request asks for one.
KEYS = st.sampled_from(["asked", "asked", "asked", "asked", "none", "own"])


class Deciding(RuleBasedStateMachine):
    """One change, request after request, and what people should have been able to do with them."""

    requests: ClassVar[Requests]
    people: ClassVar[People]
    trust: ClassVar[Trust]
    slug: ClassVar[str]
    steps: ClassVar[Counter[str]]
    outcomes: ClassVar[Counter[str]]

    @initialize(quorum=st.sampled_from(QUORUMS), blocked=RARE, passkey=st.booleans(), trial=RARE)
    def start(self, quorum: dict[str, int], blocked: bool, passkey: bool, trial: bool) -> None:
        self.people.restore()
        self.quorum, self.blocked, self.passkey = quorum, blocked, passkey
        self.trial = TRIAL if trial else ""
        self.about = ("change", str(uuid.uuid4()))
        self.made: list[RequestData] = []
        self.model: list[Waiting] = []
        self.window: Window | None = None
        self.intended = False
        self.posts: dict[str, tuple[str, bool]] = {}
        self.supersede()

    def supersede(self) -> None:
        """The change has another pack: what waited is void, and is asked for anew."""
        digest = DIGEST if self.made and self.made[-1].subject_digest == OTHER_DIGEST else OTHER_DIGEST
        fresh = self.requests.open(
            self.quorum,
            blocked=self.blocked,
            excluded=[self.people.actor("author")],
            subject=self.about,
            digest=digest,
            passkey=self.passkey,
            trial=self.trial,
        )
        if self.model and self.model[-1].state == "pending":
            self.model[-1] = self.model[-1].voided()
        asked, author = tuple(self.quorum.items()), frozenset([self.people.persons["author"]])
        self.made.append(fresh)
        self.model.append(
            Waiting(
                *(asked, author, asked, author, self.blocked),
                *(self.passkey, self.passkey, bool(self.trial), bool(self.trial)),
            )
        )

    # --- saying something -------------------------------------------------------------------------

    def saying(self, name: str, verdict: str = "approve", *, key: str = "asked", **said: Any) -> Saying:  # noqa: ANN401 - parts of a saying
        actor = said.pop("actor", None) or self.people.actor(name)
        person = str(actor.person_id)
        if key == "asked":
            key = "own" if self.model[-1].asks_passkey else ""
        kinds = {"none": "", "own": "own" if person in self.people.keys else "none that may", "": ""}
        return Saying(
            actor=actor,
            verdict=verdict,
            key=kinds[key],
            # The log does not believe a token of which it does not tell.
            held=frozenset(self.people.held[person] if name != "token that nobody minted" else ()),
            holders=self.people.holders(),
            **said,
        )

    def arguments(self, number: int, saying: Saying) -> dict[str, Any]:
        request = self.made[number]
        wrong = DIGEST if request.subject_digest == OTHER_DIGEST else OTHER_DIGEST
        return {
            "actor": saying.actor,
            "verdict": saying.verdict,
            "reason": saying.reason,
            "digest": request.subject_digest if saying.right_digest else wrong,
            "break_glass": saying.glass.id if saying.glass else "",
        }

    def prepared(self, number: int, saying: Saying) -> AssertionInput:
        """Let somebody's passkey sign what they are about to say."""
        prepared = decision_prepare(request_id=self.made[number].id, **self.arguments(number, saying))
        key = self.people.keys[str(saying.actor.person_id)]
        return AssertionInput(prepared_id=prepared.id, **key.passkey.answer(prepared.challenge))

    def say(self, number: int, saying: Saying, assertion: AssertionInput | None = None) -> None:
        if saying.key and assertion is None:
            assertion = self.prepared(number, saying)
        self.requests.decide(
            self.made[number],
            unattended_allowed=saying.demo,
            assertion=assertion,
            **self.arguments(number, saying),
        )

    def decide_as(self, number: int, saying: Saying) -> bool:
        """Let somebody decide; the platform takes it if and only if the rules do."""
        counts = bool(self.model[number].takes(saying))
        try:
            self.say(number, saying)
        except DomainError as error:
            answer = str(error)
        else:
            answer = ""
        assert counts == (not answer), (answer, saying)
        self.model[number] = self.model[number].after(saying)
        return counts

    # --- what people do ---------------------------------------------------------------------------

    @rule(
        back=st.sampled_from([1, 1, 1, 2]),
        name=st.sampled_from(NAMES),
        verdict=st.sampled_from(VERDICTS),
        right=st.sampled_from([True, True, True, False]),
        reason=st.sampled_from(["reads well", "reads well", "reads well", " "]),
        demo=st.booleans(),
        key=KEYS,
    )
    def decide(
        self, back: int, name: str, verdict: Verdict, right: bool, reason: str, demo: bool, key: str
    ) -> None:
        self.steps["decide"] += 1
        number = max(0, len(self.made) - back)
        saying = self.saying(name, verdict, key=key, right_digest=right, reason=reason, demo=demo)
        self.decide_as(number, saying)

    @rule(name=st.sampled_from(NAMES))
    def approve(self, name: str) -> None:
        """Most people look at what waits, and approve it."""
        self.steps["approve"] += 1
        self.decide_as(-1, self.saying(name))

    @rule(names=st.lists(st.sampled_from(NAMES[:7]), min_size=2, max_size=4, unique=True))
    def everybody_approves(self, names: list[str]) -> None:
        """One after the other, so that quorums are reached often."""
        self.steps["everybody"] += 1
        for name in names:
            self.decide_as(-1, self.saying(name))

    def _ready(self, saying: Saying) -> tuple[Saying, AssertionInput | None] | None:
        """Prepare what a passkey signs in a race; nothing where that is refused already."""
        if not saying.key:
            return saying, None
        role = self.model[-1].takes(saying)
        try:
            assertion = self.prepared(-1, saying)
        except DomainError:
            assert not role
            return None
        return replace(saying, prepared=role), assertion

    @rule(
        names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
        verdict=st.sampled_from(VERDICTS),
        beside=st.sampled_from(["nothing", "void", "sweep", "late sweep"]),
    )
    def race(self, names: list[str], verdict: Verdict, beside: str) -> None:
        """Several at the same moment, each on a connection of its own: as if in some order."""
        self.steps[f"race {beside}"] += 1
        if beside == "late sweep":
            self.time_passes()
        said = [self.saying(name, verdict if index else "approve") for index, name in enumerate(names)]
        ready = [item for item in map(self._ready, said) if item is not None]
        calls: list[Any] = [lambda item=item: self.say(-1, *item) for item in ready]
        moves: list[Any] = [lambda waiting, item=item: waiting.after(item[0]) for item in ready]
        if beside == "void":
            calls.append(self._void)
            moves.append(Waiting.voided)
        elif beside != "nothing":
            calls.append(lambda: requests_expire(actor=self.requests.actor))
            moves.append(Waiting.swept)
        if not calls:
            return
        answers = together(*calls)
        assert all(not isinstance(item, BaseException) or isinstance(item, DomainError) for item in answers)
        row = self.requests.get(self.made[-1])
        seen = (row.state, {(item.person_id, item.role, item.verdict) for item in row.decisions})
        possible = [
            outcome
            for outcome in Race(self.model[-1], moves).outcomes()
            if (outcome.state, {(vote.person, vote.role, vote.verdict) for vote in outcome.votes}) == seen
        ]
        assert possible, f"no order of {names} and {beside} gives {seen}"
        self.model[-1] = possible[0]

    # --- what happens -----------------------------------------------------------------------------

    def _void(self) -> None:
        request_void(
            actor=self.requests.actor, lease=self.requests.lease, request_id=self.made[-1].id, why="moved"
        )

    def void(self) -> None:
        self._void()
        self.model[-1] = self.model[-1].voided()

    def time_passes(self) -> None:
        self.row("expires_at = now() - interval '1 second'")
        self.model[-1] = self.model[-1].with_(late=True)

    def sweep(self) -> None:
        requests_expire(actor=self.requests.actor)
        self.model[-1] = self.model[-1].swept()

    @rule(name=st.sampled_from(["supersede", "supersede", "time_passes", "sweep", "void"]))
    def something_happens(self, name: str) -> None:
        self.steps[name] += 1
        getattr(self, name)()

    def row(self, change: str, *values: object) -> None:
        """Change the row of the newest request past every trigger."""
        statement = f"UPDATE approvals_approvalrequest SET {change} WHERE id = %s"  # noqa: S608 - of this file
        self.people.sql(statement, *values, self.made[-1].id)

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

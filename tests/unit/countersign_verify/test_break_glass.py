"""Break-glass, offline: two people, an hour, a third one's review, and a merge that is named as such."""

import base64
import json
import shutil
from typing import Any

import pytest

from countersign_verify.tree import Replacement, tree_id, tree_replace
from countersign_verify.trust import Accounts
from countersign_verify.vocabulary import BREAK_GLASS_TRAILER
from tests.unit.countersign_verify.samples import commit, pack_plan, trust, trust_bytes
from tests.unit.countersign_verify.worlds import Case, failed, person_actor, verify

FIRST, SECOND, THIRD = "person-first", "person-second", "person-third"
CAB = {"tier": "cab", "quorum": [{"role": "cab_member", "count": 2}], "reasons": [], "blocked": False}


def moment(minutes: int) -> str:
    """A time after the log's first events, which are of February 1st at midnight."""
    day, minutes = divmod(minutes, 24 * 60)
    return f"2026-02-{day + 1:02d}T{minutes // 60:02d}:{minutes % 60:02d}:00.000000Z"


class Glass:
    """A change that needs two of the CAB and was merged on one signature under break-glass."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.world = case.world = type(case.world)()
        case.plan = pack_plan(effect=1000, policy=CAB)
        case.pack = self.world.pack(case.plan, case.directory)

    def ask(self, person: str | None = FIRST, project: str = "sample", window: str = "w1") -> None:
        actor = {"actor": person_actor(person)} if person else {}
        data = {"project": project, "minutes": 60, "reason": "broken"}
        self.world.log("break_glass.requested", ("break_glass", window), data, **actor)

    def open(self, person: str | None = SECOND, window: str = "w1", when: str = "", **changes: Any) -> None:  # noqa: ANN401
        data = {
            "project": "sample",
            "requested_by": FIRST,
            "minutes": 60,
            "opened_at": moment(0),
            "expires_at": moment(60),
            "permits": ["quorum"],
            **changes,
        }
        actor: dict[str, Any] = {"actor": person_actor(person)} if person else {}
        time = {"time": when} if when else {}
        self.world.log("break_glass.opened", ("break_glass", window), data, **actor, **time)

    def decide(self, person: str = FIRST, **changes: Any) -> None:  # noqa: ANN401
        approver = {
            **self.case.predicate()["approver"],
            "person_id": person,
            "user_id": f"user-{person}",
            "role": "security_reviewer",
        }
        said = {"break_glass": "w1", "expires_at": moment(60), "approver": approver, **changes}
        logged = said.pop("logged", said["break_glass"])
        if said["break_glass"] is None:
            del said["break_glass"]
        self.case.decide(**said)
        if logged:
            event = json.loads(self.world.entries[-1])
            event["data"]["break_glass"] = logged
            self.world.entries[-1] = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()

    def merge(self, trailer: str = f"{BREAK_GLASS_TRAILER}: w1") -> None:
        plan = self.case.plan

        def edit(merge: dict[str, Any]) -> None:
            result = tree_replace(plan.tree, plan.entries)
            merged, raw = commit(tree_id(result), [plan.base_commit, plan.change[0]], f"merge\n\n{trailer}\n")
            entry = merge["state_entry"]
            state = Replacement(entry["path"], entry["mode"], entry["blob"])
            state_id, state_raw = commit(tree_id(tree_replace(result, [state])), [merged], "docs: state\n")
            merge.update(
                merge_commit=merged,
                merge_commit_object=base64.b64encode(raw).decode(),
                state_commit=state_id,
                state_commit_object=base64.b64encode(state_raw).decode(),
            )

        self.world.merge(plan, self.case.pack, ["d1"], edit=edit)

    def close(self) -> None:
        self.world.log("break_glass.closed", ("break_glass", "w1"), {}, actor=person_actor(FIRST))

    def review(self, person: str | None = THIRD, when: int = 61, window: str = "w1") -> None:
        actor: dict[str, Any] = {"actor": person_actor(person)} if person else {}
        data = {"review": "it had to be"}
        self.world.log("break_glass.reviewed", ("break_glass", window), data, time=moment(when), **actor)

    def all(self) -> None:
        self.ask()
        self.open()
        self.decide()
        self.merge()

    def failures(self, **settings: Any) -> dict[str, str]:  # noqa: ANN401
        if settings:
            self.world.trust_copy = trust_bytes(**settings)
        return failed(verify(self.world.write(self.case.directory / "export"), trust(**settings)))

    def told(self) -> str:
        return "\n".join(verify(self.case.directory / "export").lines())


@pytest.fixture
def glass(case: Case) -> Glass:
    return Glass(case)


def test_glass_merge_holds_and_is_named_as_such(glass: Glass) -> None:
    glass.all()
    assert glass.failures() == {}
    told = glass.told()
    assert "1 UNDER BREAK-GLASS" in told
    assert f"1 BREAK-GLASS: w1 in sample, by {FIRST} and {SECOND}" in told
    assert "merged run run-1 without the quorum; NOT REVIEWED" in told
    assert "OVERDUE" not in told


def test_glass_review_is_told_and_its_lack_after_a_day_as_overdue(glass: Glass) -> None:
    glass.all()
    glass.world.log("run.claimed", ("run", "x"), {})
    glass.world.log("phase.opened", ("phase", "p"), {}, time="2026-02-02T01:00:00.000000Z")
    assert glass.failures() == {}
    event = ("role.granted", ("person", "p"), {"role": "ci"})
    glass.world.log(*event, time="2026-02-02T01:00:00.000000Z")
    shutil.rmtree(glass.case.directory / "export")
    assert glass.failures() == {}
    assert "NOT REVIEWED, OVERDUE" in glass.told()
    glass.review(when=25 * 60)
    shutil.rmtree(glass.case.directory / "export")
    assert glass.failures() == {}
    assert f"reviewed by {THIRD}" in glass.told()


def bend_one_person(glass: Glass) -> None:
    glass.ask(SECOND)
    glass.open(requested_by=SECOND)


def bend_another_asked(glass: Glass) -> None:
    glass.ask(THIRD)
    glass.open()


def bend_never_asked(glass: Glass) -> None:
    glass.open()


def bend_no_person_asked(glass: Glass) -> None:
    glass.ask(None)
    glass.open()


def bend_no_person_opened(glass: Glass) -> None:
    glass.ask()
    glass.open(None)


def bend_other_project(glass: Glass) -> None:
    glass.ask(project="other")
    glass.open()


def bend_61_minutes(glass: Glass) -> None:
    glass.ask()
    glass.open(expires_at=moment(61))


def bend_later_begin(glass: Glass) -> None:
    glass.ask()
    glass.open(opened_at=moment(600), expires_at=moment(660))


def bend_backwards(glass: Glass) -> None:
    glass.ask()
    glass.open(opened_at=moment(0), expires_at="2026-01-31T23:59:59.000000Z")


def bend_twice(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.open()


def bend_permits(glass: Glass) -> None:
    glass.ask()
    glass.open(permits=["quorum", "gates"])


def bend_overdue(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.ask(window="w2")
    glass.open(window="w2", when="2026-02-02T00:00:10.000000Z")


def bend_own_review(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.review(FIRST)


def bend_no_reviewer(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.review(None)


def bend_early_review(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.review(when=59)


def bend_second_review(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.review()
    glass.review()


@pytest.mark.parametrize(
    ("bend", "words"),
    [
        (bend_one_person, "not opened by two people"),
        (bend_another_asked, "not opened by two people"),
        (bend_never_asked, "asked for by no person"),
        (bend_no_person_asked, "asked for by no person"),
        (bend_no_person_opened, "not opened by two people"),
        (bend_other_project, "for another project"),
        (bend_61_minutes, "for longer than"),
        (bend_later_begin, "for longer than"),
        (bend_backwards, "for longer than"),
        (bend_twice, "was opened before"),
        (bend_permits, "permits what no window can"),
        (bend_overdue, "was overdue"),
        (bend_own_review, "by one of its two people"),
        (bend_no_reviewer, "or by none"),
        (bend_early_review, "while it was open"),
        (bend_second_review, "reviewed twice"),
    ],
)
def test_glass_that_is_bent_is_refused(glass: Glass, bend: Any, words: str) -> None:  # noqa: ANN401
    bend(glass)
    glass.decide()
    glass.merge()
    failures = glass.failures()
    assert words in failures["break-glass"]
    assert {"decisions", "merges"} <= failures.keys(), "what rests on it does not hold either"


def test_glass_that_is_not_in_the_log_is_refused(glass: Glass) -> None:
    glass.decide()
    glass.merge()
    assert "was open then" in glass.failures()["decisions"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"person": THIRD}, "neither of the two"),
        ({"expires_at": moment(61)}, "was open then"),
        ({"break_glass": "w9"}, "was open then"),
        ({"logged": None}, "disagree on break-glass"),
        ({"logged": "w2"}, "disagree on break-glass"),
        ({"break_glass": None, "logged": "w1"}, "disagree on break-glass"),
        ({"break_glass": ""}, "empty"),
        ({"verdict": "reject"}, "only a change is approved"),
    ],
)
def test_glass_decision_that_is_bent_is_refused(glass: Glass, changes: dict[str, Any], words: str) -> None:
    glass.ask()
    glass.open()
    glass.decide(**changes)
    assert words in glass.failures()["decisions"]


def test_glass_decision_after_the_close_or_the_end_is_refused(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.close()
    glass.decide()
    assert "was open then" in glass.failures()["decisions"]


def test_glass_merge_after_the_close_is_refused(glass: Glass) -> None:
    glass.ask()
    glass.open()
    glass.decide()
    glass.close()
    glass.merge()
    assert "was not open" in glass.failures()["merges"]


@pytest.mark.parametrize("trailer", ["Countersign-Run: run-1", f"{BREAK_GLASS_TRAILER}: w2"])
def test_glass_merge_that_is_not_named_as_such_is_refused(glass: Glass, trailer: str) -> None:
    glass.ask()
    glass.open()
    glass.decide()
    glass.merge(trailer)
    assert "disagree on break-glass" in glass.failures()["merges"]


def test_glass_of_another_project_is_refused(glass: Glass) -> None:
    glass.ask(project="other")
    glass.open(project="other")
    glass.decide()
    glass.merge()
    assert "another project's" in glass.failures()["merges"]


def test_glass_merge_without_it_lacks_its_quorum(glass: Glass) -> None:
    glass.decide(break_glass=None)
    glass.merge("x")
    assert "0 of 2 approved" in glass.failures()["merges"]


def test_glass_never_lets_a_failed_gate_pass(case: Case) -> None:
    glass = Glass(case)
    case.plan.gates["tests"] = "fail"
    case.pack = case.world.pack(case.plan, case.directory)
    glass.all()
    assert "a gate stopped it" in glass.failures()["merges"]


@pytest.mark.parametrize(
    ("roles", "holds"),
    [
        ({FIRST: "security_reviewer", SECOND: "cab_member"}, True),
        ({FIRST: "security_reviewer", SECOND: "operator"}, False),
        ({FIRST: "operator", SECOND: "director"}, False),
    ],
)
def test_glass_takes_roles_that_the_log_tells_of(glass: Glass, roles: dict[str, str], *, holds: bool) -> None:
    for person, role in roles.items():
        glass.world.log("role.granted", ("person", person), {"role": role})
    glass.all()
    failures = glass.failures(accounts=Accounts(frozenset(), operator_grants=True))
    assert ("break-glass" not in failures) is holds
    if not holds:
        assert "without the role" in failures["break-glass"]

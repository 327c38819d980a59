"""Exceptions and weakened rules, offline: who let a change pass does not count, and the log must say so."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from countersign_verify import vocabulary
from countersign_verify.canonical import canonical_bytes, canonical_object, digest_bytes
from countersign_verify.log_events import LogContent, event_read
from countersign_verify.people import People
from countersign_verify.relaxed import (
    GRANTED,
    MINTED_GRANT,
    WEAKENED,
    Relaxations,
    late_grants,
    relaxations_read,
    relaxers_excluded,
)
from countersign_verify.relaxed_pack import PackRelaxed
from countersign_verify.trust import Accounts
from tests.unit.countersign_verify.samples import (
    AUTHOR,
    DIRECTOR,
    PackPlan,
    decision_predicate,
    pack_plan,
    refused,
    trust,
)
from tests.unit.countersign_verify.worlds import World, failed, person_actor, verify

RITA, MINTER, ADMIN, OTHER = "person-rita", "person-minter", "person-admin", "person-other"
CODE, END = "sample.rule", "2026-12-01T00:00:00.000000Z"
Act = Callable[[World], object]


def sync(world: World, *, mode: str | None = "enforce", code: object = CODE, version: int = 1) -> World:
    versions = {} if mode is None else {"versions": {CODE: {"version": version, "mode": mode}}}
    world.log("rules.synced", ("rulebook", "r"), {"rules": [code], "documents": [], **versions})
    return world


def grant(world: World, name: str = "w1", *, by: str | None = RITA, **changes: Any) -> World:  # noqa: ANN401 - JSON
    token = changes.pop("token_id", None)
    actor = {**person_actor(by or RITA), "token_id": token}
    if by is None:
        actor = {**actor, "person_id": None, "label": "service", "kind": "service"}
    data = {"rule": CODE, "run_id": "run-1", "paths": [], "expires_at": END, **changes}
    world.log("waiver.granted", ("waiver", name), data, actor=actor)
    return world


def revoke(world: World, name: str = "w1") -> World:
    world.log("waiver.revoked", ("waiver", name), {}, actor=person_actor(RITA))
    return world


def weaken(world: World, version: int, old: str, new: str, *, by: str = ADMIN) -> World:
    data = {"version": version, "from": old, "to": new}
    world.log("rule.mode_changed", ("rule", CODE), data, actor=person_actor(by))
    return world


def read(world: World) -> Relaxations:
    events = [event_read(entry, index)[1] for index, entry in enumerate(world.entries)]
    content = LogContent(len(events), [event for event in events if event is not None])
    return relaxations_read(content, People(), trust())


def plan(
    *,
    mode: str = "enforce",
    version: int = 1,
    exception: str | None = "w1",
    excluded: tuple[str, ...] = (AUTHOR, RITA),
    listed: dict[str, Any] | None = None,
    **bent: Any,  # noqa: ANN401 - what is said otherwise
) -> PackPlan:
    """A pack whose change breaks the rule, and is let pass."""
    made = pack_plan()
    ruleset = canonical_bytes({"rules": [{"code": CODE, "version": version, "mode": mode}]})
    blocking = bent.get("blocking", mode == "enforce" and exception is None)
    broken = {"rule": CODE, "version": version, "blocking": blocking, "exception": exception}
    item = {"id": "w1", "rule": CODE, "run_id": "run-1", "paths": [], "expires_at": END}
    told = {**item, "compensating_controls": ["two look"], **(listed or {})}

    def members(content: dict[str, bytes]) -> None:
        policy = canonical_object(content[vocabulary.MEMBER_POLICY])
        policy["stopped"] = bent.get("stopped", [{"rule": CODE, "paths": []}] if blocking else [])
        policy["blocked"] = blocking
        content[vocabulary.MEMBER_POLICY] = canonical_bytes(policy)
        content[vocabulary.MEMBER_RULESET] = ruleset
        content[vocabulary.MEMBER_VIOLATIONS] = canonical_bytes(bent.get("violations", [broken]))
        if exception is not None:
            content[vocabulary.MEMBER_EXCEPTIONS] = canonical_bytes(bent.get("exceptions", [told]))

    def subject(said: dict[str, Any]) -> None:
        said["ruleset_digest"] = digest_bytes(ruleset)
        said["excluded"] = sorted(excluded)

    made.edit_members, made.edit_subject = members, subject
    return made


def export(
    directory: Path,
    made: PackPlan,
    *,
    before: Act = lambda world: (sync(world), grant(world)),
    after: Act = lambda _: None,
    by: str = DIRECTOR,
) -> dict[str, str]:
    """Merge a plan, and say what does not hold."""
    world = World()
    before(world)
    pack = world.pack(made, directory)
    predicate = decision_predicate(made, pack)
    ruleset = dict(predicate["change"])
    with tarfile.open(directory / f"{made.run_id}.tar") as tar:
        inner = tar.extractfile(vocabulary.MEMBER_RULESET)
        assert inner is not None
        ruleset["ruleset_digest"] = digest_bytes(inner.read())
        manifest = tar.extractfile(vocabulary.MANIFEST)
        assert manifest is not None
        said: Any = canonical_object(manifest.read())["subject"]
    predicate = {**predicate, "change": ruleset, "excluded": said["excluded"]}
    if by != DIRECTOR:
        predicate["approver"] = {**predicate["approver"], "person_id": by, "user_id": f"user-{by}"}
        predicate["excluded"] = sorted({*said["excluded"]} - {by})
    world.decide("decision-1", predicate)
    after(world)
    world.checkpoint()
    world.merge(made, pack, ["decision-1"])
    return failed(verify(world.write(directory / "export")))


def test_exception_that_the_log_tells_of_lets_a_change_pass(tmp_path: Path) -> None:
    assert export(tmp_path, plan()) == {}


@pytest.mark.parametrize(
    ("made", "before", "said"),
    [
        (plan(), sync, "does not tell that the exception 'w1' was granted"),
        (plan(excluded=(AUTHOR,)), None, "person-rita granted an exception for it"),
        (plan(listed={"paths": ["src/"]}), None, "otherwise than the pack"),
        (plan(listed={"run_id": None}), None, "otherwise than the pack"),
        (plan(), lambda world: (sync(world), grant(world, by=None)), "by no security reviewer"),
        (plan(), lambda world: (sync(world, mode="advise"), grant(world)), "another mode of the rule"),
        (plan(), grant, "does not tell of version 1"),
        (
            plan(),
            lambda world: (sync(world), grant(world), revoke(world), world.filler(700)),
            "had been revoked",
        ),
        (
            plan(listed={"expires_at": "2020-01-01T00:00:00.000000Z"}),
            lambda world: (sync(world), grant(world, expires_at="2020-01-01T00:00:00.000000Z")),
            "had expired",
        ),
        (
            plan(mode="advise", version=2, exception=None, excluded=(AUTHOR,)),
            lambda world: (sync(world), weaken(world, 2, "enforce", "advise")),
            "person-admin weakened a rule for it",
        ),
    ],
)
def test_pack_that_the_log_does_not_bear_out_is_refused(
    made: PackPlan, before: Act | None, said: str, tmp_path: Path
) -> None:
    world_before = before or (lambda world: (sync(world), grant(world)))
    assert said in export(tmp_path, made, before=world_before)["relaxed"]


def test_whoever_let_it_pass_did_not_decide(tmp_path: Path) -> None:
    assert "one who took part decided" in export(tmp_path, plan(), by=RITA)["relaxed"]


def test_exception_revoked_before_the_merge_was_intended_is_refused(tmp_path: Path) -> None:
    assert "had been revoked" in export(tmp_path, plan(), after=revoke)["relaxed"]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (plan(blocking=True), "does not follow from its mode"),
        (plan(version=2, violations=[{"rule": CODE, "version": 1, "blocking": False}]), "from its mode"),
        (plan(exceptions=[]), "names an exception that is not listed"),
        (plan(stopped=[{"rule": CODE}]), "by other rules than those broken"),
        (plan(stopped=["x"]), "is not an object"),
        (plan(listed={"paths": [1]}), "no list of texts"),
        (plan(violations={}), "is not a list of objects"),
        (plan(violations=[1]), "is not a list of objects"),
    ],
)
def test_pack_that_speaks_against_itself_is_refused(made: PackPlan, said: str, tmp_path: Path) -> None:
    assert said in export(tmp_path, made)["packs"]


def test_pack_of_before_this_was_told_holds_and_its_granter_may_still_not_decide(tmp_path: Path) -> None:
    world = World()
    grant(world)
    made = pack_plan()
    pack = world.pack(made, tmp_path)
    predicate = decision_predicate(made, pack)
    world.decide("decision-1", predicate)
    world.checkpoint()
    world.merge(made, pack, ["decision-1"])
    assert failed(verify(world.write(tmp_path / "export"))) == {}
    assert read(world).relaxers("run-1", None, 99) == {RITA: GRANTED}
    assert read(world).relaxers("run-1", None, 0) == {}


def test_weakeners_are_those_since_the_rule_enforced() -> None:
    world = World()
    sync(world, mode=None)
    weaken(world, 2, "enforce", "advise")
    weaken(world, 3, "advise", "observe", by=OTHER)
    weaken(world, 4, "observe", "advise", by=RITA)
    weaken(world, 5, "advise", "enforce", by=RITA)
    sync(world, mode="advise", version=6)
    weaken(world, 7, "advise", "observe")
    found = read(world)
    assert found.weakeners(CODE, 1) == {}
    assert found.weakeners(CODE, 2) == {ADMIN: WEAKENED}
    assert found.weakeners(CODE, 3) == {ADMIN: WEAKENED, OTHER: WEAKENED}
    assert found.weakeners(CODE, 4) == {ADMIN: WEAKENED, OTHER: WEAKENED}
    assert found.weakeners(CODE, 5) == {}
    assert found.weakeners(CODE, 7) == {}
    assert found.weakeners("no.such", 1) == {}


def test_minter_of_the_token_counts_as_whoever_used_it() -> None:
    world = World()
    world.log("token.issued", ("token", "t1"), {}, actor=person_actor(MINTER))
    world.log("token.issued", ("token", "t2"), {})
    grant(world, token_id="t1")
    grant(world, "w2", token_id="t2")
    found = read(world)
    assert found.waivers["w1"].persons == {RITA: GRANTED, MINTER: MINTED_GRANT}
    assert found.waivers["w2"].persons == {RITA: GRANTED}


def test_granter_while_it_was_sealed_need_not_be_named_by_the_pack() -> None:
    world = World()
    grant(world)
    world.log("pack.sealed", ("run", "run-1"), {"pack": "sha256:" + "0" * 64})
    sealed = event_read(world.entries[-1], 1)[1]
    assert sealed is not None
    found, relaxed = read(world), PackRelaxed((), (), ())
    parts = found.relaxers("run-1", relaxed, sealed.index)
    with refused("relaxed.pack"):
        relaxers_excluded([], parts)
    relaxers_excluded([], parts, late_grants(found, "run-1", relaxed, sealed))


def test_reviewer_must_have_held_the_role_where_the_trust_file_asks_for_it() -> None:
    world = World()
    grant(world)
    events = [event_read(entry, index)[1] for index, entry in enumerate(world.entries)]
    content = LogContent(1, [event for event in events if event is not None])
    strict = trust(accounts=Accounts(frozenset(), operator_grants=True))
    assert not relaxations_read(content, People(), strict).waivers["w1"].reviewed
    people = People()
    people.roles[RITA, "security_reviewer"] = [(-1, True)]
    assert relaxations_read(content, people, strict).waivers["w1"].reviewed


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda world: (grant(world), grant(world)), "relaxed.twice"),
        (lambda world: grant(world, run_id=1), "relaxed.run"),
        (lambda world: grant(world, paths=[1]), "relaxed.paths"),
        (lambda world: grant(world, token_id="t9"), "participants.token"),
        (revoke, "relaxed.revoked"),
        (lambda world: (sync(world), sync(world)), "relaxed.twice"),
        (lambda world: (sync(world), weaken(world, 1, "enforce", "advise")), "relaxed.twice"),
        (lambda world: sync(world, code=1), "relaxed.codes"),
    ],
)
def test_rules_and_exceptions_that_the_log_tells_badly_are_refused(
    act: Act, code: str, tmp_path: Path
) -> None:
    world = World()
    act(world)
    with refused(code):
        read(world)
    world.checkpoint()
    assert "relaxed" in failed(verify(world.write(tmp_path / "export")))

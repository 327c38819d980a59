"""A void request makes its new pack itself; what is different is shown, and signing again is one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workflow.test_queue import rules_move
from tests.workflow.world import World, drive

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from countersign.shared.actor import Actor
    from countersign.workflow.contracts import DifferenceView

pytestmark = pytest.mark.needs("bwrap")


def difference(actor: Actor, request: RequestData) -> DifferenceView:
    from countersign.workflow.again import request_difference

    return request_difference(actor=actor, request_id=request.id)


def again(actor: Actor, request: RequestData) -> str:
    from countersign.workflow.again import decision_again

    return decision_again(actor=actor, request_id=request.id, digest=request.subject_digest)


def voided(world: World, rule: str = "E713") -> tuple[RequestData, RequestData]:
    """Let a push void what the director had approved; return the old request and the new one."""
    old = world.request(rule)
    world.decide(old)
    world.source.commit("README.md", "Hello.\n")
    drive()
    return world.request_by_id(old.id), world.request(rule)


def test_decision_again_is_one_step_with_the_reason_of_before(waiting: World) -> None:
    from countersign.approvals.comments import comment_list
    from countersign.workflow.discussion import comment_submit
    from tests.workflow.world import PLATFORM

    comment_submit(actor=waiting.director, request_id=waiting.request("E713").id, text="Reads well.")
    old, new = voided(waiting)
    assert (old.state, new.supersedes) == ("void", old.id)
    assert [item.text for item in comment_list(actor=PLATFORM, request_id=new.id)] == ["Reads well."]
    found = difference(waiting.director, new)
    assert (found.earlier_id, found.why, found.digest) == (old.id, old.void_reason, new.subject_digest)
    assert "not one that was merged here" in found.why
    assert (found.patch_same, found.files, found.hindrance) == (True, (), None)
    assert found.own is not None
    assert (found.own.role, found.own.reason) == ("director", "looked at")
    assert old.binding is not None
    assert new.binding is not None
    [fact] = found.facts
    assert (fact.code, fact.before, fact.after) == (
        "base",
        old.binding.base_commit[:12],
        new.binding.base_commit[:12],
    )
    again(waiting.director, new)
    drive()
    assert waiting.run("E713").state == "merged"
    [decision] = waiting.request_by_id(new.id).decisions
    assert decision.reason == "looked at"


def test_decision_again_is_for_who_had_approved_it(waiting: World) -> None:
    from countersign.workflow.again import SignAgainRefused

    _, new = voided(waiting)
    other = waiting.person("dora", "director")
    found = difference(other, new)
    assert (found.own, found.hindrance) == (None, "you had not approved an earlier version of it")
    with pytest.raises(SignAgainRefused, match="decide on it like on any other"):
        again(other, new)


def test_decision_again_finds_the_last_version_that_one_approved(waiting: World) -> None:
    from countersign.workflow.watching import queues_look

    old, _ = voided(waiting)
    waiting.source.commit("README.md", "Hello again.\n")
    queues_look()
    drive()
    newest = waiting.request("E713")
    found = difference(waiting.director, newest)
    assert (found.earlier_id, found.hindrance) == (old.id, None)
    # Who approved none of them sees it beside the one before.
    assert difference(waiting.auditor, newest).earlier_id == newest.supersedes != old.id


def test_decision_again_shows_rules_that_changed(waiting: World) -> None:
    old = waiting.request("E713")
    waiting.decide(old)
    rules_move()
    drive()
    found = difference(waiting.director, waiting.request("E713"))
    assert [fact.code for fact in found.facts] == ["rules"]
    assert found.hindrance is None


def test_decision_again_is_refused_for_another_patch(waiting: World) -> None:
    from countersign.workflow.again import SignAgainRefused

    old = waiting.request("PIE790")
    waiting.approve("F401")
    waiting.decide(old)
    drive()
    new = waiting.request("PIE790")
    assert new.supersedes == old.id
    found = difference(waiting.director, new)
    assert (found.patch_same, found.hindrance) == (False, "the patch is another one")
    assert [(file.path, file.change) for file in found.files] == [("src/sample/alpha.py", "changed")]
    with pytest.raises(SignAgainRefused, match="the patch is another one"):
        again(waiting.director, new)


def test_decision_again_is_refused_where_the_earlier_pack_is_unmade(waiting: World) -> None:
    from countersign.workflow.shredding import pack_shred

    old, new = voided(waiting)
    digest = old.subject_digest
    reviewer = waiting.person("sam", "security_reviewer")
    pack_shred(actor=reviewer, digest=digest, confirmation=digest, reason="a token stood in it")
    assert difference(waiting.director, new).hindrance == "the patch is another one"


def test_decision_again_is_refused_where_something_got_worse(waiting: World) -> None:
    from dataclasses import replace

    from countersign.workflow import again as room
    from countersign.workflow.shredding import pack_shred

    old, new = voided(waiting)
    assert new.binding is not None
    pair = room._pair(waiting.director, new)
    assert pair.earlier.id == old.id
    riskier = replace(pair, request=replace(new, binding=replace(new.binding, score=49)))
    stronger = replace(pair, request=replace(new, policy=replace(new.policy, tier="cab")))

    def worse(changed: room._Pair) -> str:
        return room._worse(changed, tuple(room._facts(changed.earlier, changed.request)))

    assert worse(riskier) == "the risk is higher now"
    assert worse(stronger) == "who decides on it is another now"
    assert worse(pair) == ""
    # What the gates said stands in the packs: nobody can say any more what one said whose key is destroyed.
    pack_shred(
        actor=waiting.person("sam", "security_reviewer"),
        digest=old.subject_digest,
        confirmation=old.subject_digest,
        reason="a token stood in it",
    )
    assert worse(pair) == "a gate says something else now"


def test_decision_again_needs_a_role_that_still_decides(waiting: World) -> None:
    from dataclasses import replace

    from countersign.shared.errors import PermissionDenied

    _, new = voided(waiting)
    without = replace(waiting.director, roles=frozenset({"auditor"}))
    with pytest.raises(PermissionDenied):
        again(without, new)
    assert difference(without, new).hindrance


def test_request_difference_says_that_there_is_nothing_earlier(waiting: World) -> None:
    from countersign.workflow.again import NothingEarlier

    with pytest.raises(NothingEarlier):
        difference(waiting.director, waiting.request("E713"))


def test_slot_that_is_kept_lets_others_wait_until_its_time_is_over(waiting: World) -> None:
    from datetime import timedelta

    from django.db.models import F

    from countersign.runs.models import SlotReservation
    from countersign.runs.services import slot_reserve

    slot_reserve(actor=waiting.director, run_id=waiting.runs["E713"], minutes=30)
    waiting.approve("F401")
    drive(lambda: "kept for another change until" in str(waiting.execution("F401").progress))
    assert (waiting.run("F401").state, waiting.source.merges) == ("approved", [])
    SlotReservation.objects.update(
        reserved_at=F("reserved_at") - timedelta(hours=1), expires_at=F("expires_at") - timedelta(hours=1)
    )
    drive()
    assert waiting.run("F401").state == "merged"


def test_slot_that_is_kept_is_taken_by_its_change_first(waiting: World) -> None:
    from countersign.runs.services import slot_reserve

    slot_reserve(actor=waiting.director, run_id=waiting.runs["E713"], minutes=30)
    waiting.approve("F401", "E713")
    drive()
    merges = [merge for rule in ("E713", "F401") if (merge := waiting.merge(rule))]
    assert waiting.source.merges == [merge.merge_commit for merge in merges]


def test_rest_shows_the_difference_and_signs_again(waiting: World) -> None:
    from datetime import timedelta

    from rest_framework.test import APIClient

    from countersign.accounts.services import token_issue

    _, new = voided(waiting)
    director = waiting.director
    issued = token_issue(actor=director, user_id=str(director.id), label="test", valid=timedelta(hours=1))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issued.secret}")
    address = f"/api/v1/approval-requests/{new.id}/"
    assert client.get(address).json()["supersedes"] == new.supersedes
    shown = client.get(f"{address}difference/").json()
    assert (shown["patch_same"], shown["hindrance"], shown["own"]["reason"]) == (True, None, "looked at")
    other = client.post(f"{address}sign-again/", {"digest": "sha256:" + "0" * 64}, format="json")
    assert other.status_code == 409, other.content
    signed = client.post(f"{address}sign-again/", {"digest": shown["digest"]}, format="json")
    assert (signed.status_code, signed.json()["state"]) == (201, "approved")

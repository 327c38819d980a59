"""What waits is looked at before it is its turn: nobody signs what can't be merged any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workflow.world import PLATFORM, World, drive, failed_jobs, gates_count

if TYPE_CHECKING:
    from countersign.runs.contracts import StandingData
    from countersign.workflow.contracts import RequestDetailView

pytestmark = pytest.mark.needs("bwrap")


def look() -> None:
    """What the beat does, and what follows from it."""
    from countersign.workflow.watching import queues_look

    queues_look()
    drive()


def page(world: World, request_id: str) -> RequestDetailView:
    from countersign.workflow.queries import request_detail

    return request_detail(actor=world.director, request_id=request_id)


def standing(world: World, rule: str) -> StandingData | None:
    from countersign.runs.queue import standings_of

    run_id = world.runs[rule]
    return standings_of(actor=PLATFORM, run_ids=[run_id]).get(run_id)


def rules_move() -> None:
    """Somebody changes a rule; which one does not matter."""
    from countersign.governance.contracts import RuleMode
    from countersign.governance.selectors import rule_list
    from countersign.governance.services import rule_mode_set

    rule = next(rule for rule in rule_list(PLATFORM) if not rule.core and rule.mode is RuleMode.ENFORCE)
    rule_mode_set(actor=PLATFORM, code=rule.code, mode=RuleMode.ADVISE, reason="tried out")


def test_rules_that_change_stop_a_decision_at_once_and_void_it_soon(waiting: World) -> None:
    from countersign.workflow.standing import RequestMoved

    old = waiting.request("E713")
    assert page(waiting, old.id).blocked_reason is None
    rules_move()
    blocked = page(waiting, old.id)
    assert blocked.blocked_reason is not None
    assert blocked.blocked_reason.code == "request_moved"
    assert "The rules have changed" in blocked.blocked_reason.text
    assert "approve" not in blocked.request.allowed_actions
    with pytest.raises(RequestMoved, match="load the page again"):
        waiting.decide(old)
    look()
    void = waiting.request_by_id(old.id)
    assert (void.state, void.void_reason) == ("void", "the rules have changed since its pack was sealed")
    new = waiting.request("E713")
    assert (new.id, new.state) == (void.superseded_by, "pending")
    assert old.binding is not None
    assert new.binding is not None
    assert new.binding.ruleset_digest != old.binding.ruleset_digest
    assert failed_jobs() == []
    waiting.decide(new)
    drive()
    assert waiting.run("E713").state == "merged"


def test_rules_that_change_after_the_approval_void_it(waiting: World) -> None:
    old = waiting.request("E713")
    waiting.decide(old)
    rules_move()
    drive()
    assert "rules have changed" in waiting.request_by_id(old.id).void_reason
    assert waiting.run("E713").state == "waiting_approval"
    assert waiting.source.merges == []


def test_approver_who_loses_the_role_before_the_merge_voids_the_decision(waiting: World) -> None:
    from countersign.accounts.services import role_revoke

    old = waiting.request("E713")
    waiting.decide(old)
    role_revoke(actor=PLATFORM, person_id=str(waiting.director.person_id), role="director")
    drive()
    assert "role director" in waiting.request_by_id(old.id).void_reason
    assert waiting.source.merges == []


def test_what_is_recorded_of_a_change_must_be_what_was_sealed(waiting: World) -> None:
    """Somebody who can write to the tables puts other contents under a decision."""
    from countersign.runs.models import Run

    waiting.decide(waiting.request("E713"))
    other = waiting.run("F401")
    Run.objects.filter(pk=waiting.runs["E713"]).update(
        change_commit=other.change_commit, entries=[entry.as_json() for entry in other.entries]
    )
    drive()
    [(kind, step, error)] = failed_jobs()
    assert (kind, step, error["code"]) == ("decision.execute", "intend", "pack_damaged")
    assert waiting.source.merges == []
    Run.objects.filter(pk=waiting.runs["F401"]).update(score=1)
    look()
    assert "not what the request is bound to" in str(events_of(waiting, "F401", "run.rebased")[0]["why"])


def events_of(world: World, rule: str, kind: str) -> list[dict[str, object]]:
    from countersign.audit.selectors import event_list

    return [
        dict(event.data) for event in event_list(actor=PLATFORM, subject=("run", world.runs[rule]), type=kind)
    ]


def test_push_from_elsewhere_is_noticed_without_anybody_pressing(waiting: World) -> None:
    from countersign.workflow.watching import queues_look

    assert queues_look() == ()
    old = [waiting.request(rule) for rule in ("F401", "E713")]
    pushed = waiting.source.commit("README.md", "Hello.\n")
    [job_id] = queues_look()
    assert queues_look() == (job_id,)
    drive()
    assert waiting.project.head_commit == pushed
    for request in old:
        assert "not one that was merged here" in waiting.request_by_id(request.id).void_reason
    for rule in ("F401", "E713"):
        assert (waiting.run(rule).state, waiting.run(rule).base_commit) == ("waiting_approval", pushed)
    assert queues_look() == ()
    assert failed_jobs() == []


def test_repository_that_is_gone_does_not_hold_up_the_beat(waiting: World) -> None:
    from countersign.workflow.watching import queues_look

    waiting.source.path.rename(waiting.source.path.with_name("elsewhere"))
    assert queues_look() == ()
    waiting.source.path.with_name("elsewhere").rename(waiting.source.path)


def test_waiting_request_is_verified_on_the_branch_as_it_is_and_the_gates_run_once(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bases = gates_count(monkeypatch)
    old = waiting.request("E713")
    waiting.approve("F401")
    drive()
    head = waiting.project.head_commit
    found = standing(waiting, "E713")
    assert found is not None
    assert (found.verdict, found.base_commit, found.request_id) == ("holds", head, old.id)
    assert bases == [head]
    assert waiting.request("E713").id == old.id
    waiting.decide(old)
    drive()
    # The merge compared what was found out before, and moved the branch under what still waits.
    assert bases.count(head) == 1
    merge = waiting.merge("E713")
    assert merge is not None
    assert (merge.base_before, merge.addendum_digest is not None) == (head, True)


def test_gates_run_again_when_what_they_go_by_has_moved(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.runs.models import Standing

    bases = gates_count(monkeypatch)
    waiting.approve("F401")
    drive()
    head = waiting.project.head_commit
    Standing.objects.update(key="sha256:" + "0" * 64)
    waiting.approve("E713")
    drive()
    assert bases.count(head) == 2
    assert waiting.run("E713").state == "merged"


def test_approved_changes_are_merged_in_the_order_of_their_approvals(waiting: World) -> None:
    waiting.approve("E713", "F401")
    drive()
    merges = [merge for rule in ("E713", "F401") if (merge := waiting.merge(rule))]
    assert waiting.source.merges == [merge.merge_commit for merge in merges]


def test_strict_project_renews_what_waits_at_every_move(waiting: World) -> None:
    from countersign.workflow.commands import project_configure

    project_configure(actor=waiting.operator, project="sample", settings={"base_move": "strict"})
    old = waiting.request("E713")
    waiting.approve("F401")
    drive()
    assert "strict" in waiting.request_by_id(old.id).void_reason
    assert waiting.run("E713").base_commit == waiting.project.head_commit


def test_change_that_was_pushed_by_somebody_else_meanwhile_ends(waiting: World) -> None:
    mended = waiting.source.text("src/sample/beta.py").replace("not name in names", "name not in names")
    waiting.source.commit("src/sample/beta.py", mended + "\n")
    look()
    assert waiting.run("E713").state == "failed"
    assert "no change" in str(waiting.run("E713").failure["error"])
    assert waiting.item("E713").state in {"ready", "backlog"}

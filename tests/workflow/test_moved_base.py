"""Several decisions on one project, merged one after the other (DESIGN section 9)."""

from __future__ import annotations

import psycopg
import pytest

from tests.workflow.world import World, drive, events, failed_jobs

pytestmark = pytest.mark.needs("bwrap")


def strict(world: World) -> None:
    from countersign.workflow.commands import project_configure

    project_configure(actor=world.operator, project="sample", settings={"base_move": "strict"})


def test_decision_carries_over_to_a_base_moved_by_another_merge(waiting: World) -> None:
    from countersign.evidence.selectors import addenda_of_runs
    from tests.workflow.world import PLATFORM

    waiting.approve("F401", "E713")
    drive()
    assert failed_jobs() == []
    merges = sorted(
        (merge for rule in ("F401", "E713") if (merge := waiting.merge(rule))),
        key=lambda merge: merge.addendum_digest is not None,
    )
    assert [merge.addendum_digest is None for merge in merges] == [True, False]
    first, second = merges
    assert second.base_before == first.state_commit
    assert waiting.source.merges == [first.merge_commit, second.merge_commit]
    message = waiting.source.git("show", "-s", "--format=%B", second.merge_commit)
    assert f"Countersign-Addendum: {second.addendum_digest}" in message
    addenda = addenda_of_runs(actor=PLATFORM, run_ids=tuple(waiting.runs.values()))
    assert [addendum.digest for addendum in addenda] == [second.addendum_digest]
    assert "not in names" in waiting.source.text("src/sample/beta.py")
    assert "import os" not in waiting.source.text("src/sample/alpha.py")
    state = waiting.source.text("docs/project_state.md")
    assert state.index(first.merge_commit) != state.index(second.merge_commit)


def test_change_of_a_file_that_moved_goes_back_to_the_agent(waiting: World) -> None:
    old = waiting.request("PIE790")
    waiting.approve("F401")
    waiting.decide(old)
    drive()
    assert failed_jobs() == []
    void = waiting.request_by_id(old.id)
    assert (void.state, "src/sample/alpha.py" in void.void_reason) == ("void", True)
    run = waiting.run("PIE790")
    assert run.state == "waiting_approval"
    assert run.base_commit == waiting.project.head_commit
    assert events(run.id)["run.restarted"] == 1
    assert void.superseded_by == run.request_id
    waiting.approve("PIE790")
    drive()
    text = waiting.source.text("src/sample/alpha.py")
    assert "pass" not in text
    assert "import os" not in text
    assert len(waiting.source.merges) == 2


def test_strict_project_voids_and_makes_the_new_pack_by_itself(waiting: World) -> None:
    strict(waiting)
    old = waiting.request("E713")
    waiting.approve("F401")
    waiting.decide(old)
    drive()
    assert "strict" in waiting.request_by_id(old.id).void_reason
    run = waiting.run("E713")
    assert run.state == "waiting_approval"
    assert run.pack_digest != old.subject_digest
    assert run.base_commit == waiting.project.head_commit
    waiting.approve("E713")
    drive()
    merge = waiting.merge("E713")
    assert merge is not None
    assert merge.addendum_digest is None
    assert waiting.run("E713").state == "merged"


def test_push_past_the_platform_voids_and_makes_the_new_pack_by_itself(waiting: World) -> None:
    old = waiting.request("F401")
    waiting.decide(old)
    pushed = waiting.source.commit("README.md", "Hello.\n")
    drive()
    void = waiting.request_by_id(old.id)
    assert (void.state, "not one that was merged here" in void.void_reason) == ("void", True)
    assert waiting.run("F401").base_commit == pushed
    assert waiting.run("F401").state == "waiting_approval"
    waiting.approve("F401")
    drive()
    assert waiting.run("F401").state == "merged"
    assert waiting.source.text("README.md") == "Hello."


def test_rewritten_branch_voids_the_decision(waiting: World) -> None:
    old = waiting.request("F401")
    waiting.decide(old)
    waiting.source.git("commit", "-q", "--amend", "-m", "rewritten")
    drive()
    assert "does not contain the base" in waiting.request_by_id(old.id).void_reason
    assert waiting.run("F401").state == "waiting_approval"


def test_change_that_no_longer_passes_on_the_moved_base_becomes_an_incident(waiting: World) -> None:
    waiting.decide(waiting.request("F401"))
    # What the change removes is used by now.
    waiting.source.commit(
        "tests/test_more.py", "from sample import alpha\n\n\ndef test_json():\n    assert alpha.json\n"
    )
    drive()
    run = waiting.run("F401")
    assert run.state == "incident"
    assert "does not hold on the moved base" in str(run.failure["error"])
    assert waiting.item("F401").state == "ready"
    assert failed_jobs() == []


def test_approver_who_lost_the_role_does_not_carry_over(waiting: World) -> None:
    from countersign.accounts.services import role_revoke
    from tests.workflow.world import PLATFORM

    old = waiting.request("E713")
    waiting.decide(old)
    role_revoke(actor=PLATFORM, person_id=str(waiting.director.person_id), role="director")
    drive()
    assert "role director" in waiting.request_by_id(old.id).void_reason


def test_approver_whose_lost_role_is_written_back_by_sql_does_not_carry_over(
    waiting: World, superuser_dsn: str
) -> None:
    """Before the approval is carried out the role is taken away, and an insider's row gives it back."""
    from countersign.accounts.services import role_revoke
    from tests.workflow.world import PLATFORM

    old, base = waiting.request("E713"), waiting.source.head
    waiting.decide(old)
    role_revoke(actor=PLATFORM, person_id=str(waiting.director.person_id), role="director")
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "INSERT INTO accounts_roleassignment (person_id, role_id, created_at)"
            " VALUES (%s, 'director', now())",
            [waiting.director.person_id],
        )
    drive()
    assert "the log says that an approver does not hold" in waiting.request_by_id(old.id).void_reason
    assert waiting.source.head == base


def test_gate_configuration_that_moved_voids_the_decision(waiting: World) -> None:
    waiting.approve("F401")
    waiting.source.commit("conftest.py", "")
    drive()
    assert waiting.run("F401").state == "waiting_approval"

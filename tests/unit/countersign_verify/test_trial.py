"""Trials, offline: what is self-approved holds on its branch, and nowhere else."""

import base64
import json
from typing import Any

import pytest

from countersign_verify.canonical import canonical_bytes
from countersign_verify.tree import Replacement, tree_id, tree_replace
from countersign_verify.vocabulary import TRIAL_TRAILER
from tests.unit.countersign_verify.samples import AUTHOR, commit, nothing, pack_plan
from tests.unit.countersign_verify.worlds import Case, verify

TRIAL: dict[str, Any] = {"approval": "self-approved", "branch": "trial/main"}


class Trial(Case):
    """A change whose author approved it, merged to the branch of the trial."""

    def __init__(self, case: Case, *, begun: bool = True, pack: Any = TRIAL, **plan: Any) -> None:  # noqa: ANN401
        self.directory, self.world = case.directory, type(case.world)()
        if begun:
            self.world.log("trial.begun", ("project", "p"), {"project": "sample"})
        edit = (lambda subject: subject.update(trial=pack)) if pack else nothing
        self.plan = pack_plan(edit_subject=edit, **plan)
        self.pack = self.world.pack(self.plan, self.directory)

    def approve(self, trial: Any = TRIAL) -> None:  # noqa: ANN401
        approver = {**self.predicate()["approver"], "person_id": AUTHOR, "user_id": f"user-{AUTHOR}"}
        self.decide(approver=approver, **({"trial": trial} if trial else {}))

    def merge(self, branch: str = "trial/main", trailer: str = TRIAL_TRAILER) -> None:
        """Merge with that line in the commit, to that branch."""

        def edit(merge: dict[str, Any]) -> None:
            result = tree_replace(self.plan.tree, self.plan.entries)
            message = f"merge\n\n{trailer}\n"
            merged, raw = commit(tree_id(result), [self.plan.base_commit, self.plan.change[0]], message)
            entry = merge["state_entry"]
            state = Replacement(entry["path"], entry["mode"], entry["blob"])
            state_id, state_raw = commit(tree_id(tree_replace(result, [state])), [merged], "docs: state\n")
            merge.update(
                merge_commit=merged,
                merge_commit_object=base64.b64encode(raw).decode(),
                state_commit=state_id,
                state_commit_object=base64.b64encode(state_raw).decode(),
            )

        self.world.merge(self.plan, self.pack, ["d1"], edit=edit)
        if branch:
            for number in (-2, -1):
                event = self.event(number)
                event["data"]["branch"] = branch
                self.world.entries[number] = canonical_bytes(event)

    def event(self, number: int) -> Any:  # noqa: ANN401
        return json.loads(self.world.entries[number])


def test_trial_holds_and_the_report_says_self_approved(case: Case) -> None:
    trial = Trial(case)
    trial.approve()
    trial.merge()
    assert trial.verify() == {}
    said = "\n".join(verify(trial.directory / "export").lines())
    assert "1 self-approved, in a trial" in said
    assert "1 self-approved, to branches of trials only" in said


def test_trial_of_high_risk_needs_one_person_and_says_so(case: Case) -> None:
    trial = Trial(case, effect=1000)
    trial.approve()
    trial.merge()
    assert trial.verify() == {}
    normal = Trial(case, pack=None, begun=False, effect=1000)
    normal.directory /= "normal"
    normal.directory.mkdir()
    assert "asks for less" in normal.verify()["packs"]


@pytest.mark.parametrize("branch", ["main", "", "trial/other", "trial/main/../main"])
def test_trial_merged_to_another_branch_is_refused(case: Case, branch: str) -> None:
    trial = Trial(case)
    trial.approve()
    trial.merge(branch)
    assert "to another branch" in trial.verify()["merges"]


def test_trial_whose_commit_does_not_say_so_is_refused(case: Case) -> None:
    trial = Trial(case)
    trial.approve()
    trial.merge(trailer="Countersign-Approval: by two")
    assert "its commit does not say so" in trial.verify()["merges"]


def test_trial_commit_of_a_normal_pack_is_refused(case: Case) -> None:
    normal = Trial(case, begun=False, pack=None)
    normal.decide()
    normal.merge("main")
    assert "its pack does not" in normal.verify()["merges"]


def test_trial_claimed_in_a_normal_project_is_refused(case: Case) -> None:
    trial = Trial(case, begun=False)
    trial.approve()
    trial.merge()
    assert "the log tells of no trial" in trial.verify()["packs"]


def test_trial_made_a_normal_project_is_refused(case: Case) -> None:
    normal = Trial(case, pack=None)
    normal.decide()
    assert "and the pack does not" in normal.verify()["packs"]


@pytest.mark.parametrize("said", [None, {**TRIAL, "branch": "trial/other"}])
def test_trial_decision_that_says_otherwise_than_its_pack_is_refused(case: Case, said: Any) -> None:  # noqa: ANN401
    trial = Trial(case)
    trial.decide(**({"trial": said} if said else {}))
    trial.merge()
    assert "disagree on whether it is self-approved" in trial.verify()["merges"]


def test_trial_decision_forged_for_a_normal_pack_is_refused(case: Case) -> None:
    normal = Trial(case, begun=False, pack=None)
    normal.approve()
    normal.merge("main", trailer="x")
    assert "disagree on whether it is self-approved" in normal.verify()["merges"]


def test_decision_of_the_author_outside_a_trial_is_refused(case: Case) -> None:
    normal = Trial(case, begun=False, pack=None)
    normal.approve(trial=None)
    assert "took part in the change" in normal.verify()["decisions"]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({**TRIAL, "approval": "approved"}, "does not say self-approved"),
        ({**TRIAL, "branch": "main"}, "no branch under trial/"),
        ({**TRIAL, "branch": "trial/"}, "no branch under trial/"),
        ({"approval": "self-approved"}, "branch"),
        ({**TRIAL, "more": 1}, "more"),
        ("self-approved", "trial"),
    ],
)
def test_trial_malformed_is_refused_in_pack_and_decision(case: Case, said: Any, words: str) -> None:  # noqa: ANN401
    trial = Trial(case, pack=said)
    assert words in trial.verify()["packs"]
    normal = Trial(case)
    normal.directory /= "second"
    normal.directory.mkdir()
    normal.approve(said)
    assert words in normal.verify()["decisions"]


def test_unmade_pack_of_a_trial_still_holds_on_its_branch_only(case: Case) -> None:
    for branch, failures in (("trial/main", []), ("main", ["merges"])):
        trial = Trial(case)
        trial.directory = case.directory / branch.replace("/", "-")
        trial.directory.mkdir()
        trial.approve()
        trial.merge(branch)
        trial.world.log("pack.key_destroyed", ("run", "run-1"), {"pack": trial.pack, "reason": "leaked"})
        del trial.world.packs[trial.pack]
        assert list(trial.verify()) == failures

"""What the executor would do with a request at this moment, held against the rules."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from countersign.shared.clock import now
from countersign.workflow.break_glass import merge_deadline
from countersign.workflow.logged import Standing, decisions_logged, role_lost_logged, standing_read
from countersign.workflow.standing import carry_over_hindrance, role_lost_why
from countersign.workflow.trial import TrialMoved, target_require
from countersign.workflow.verification import approvals_bound_check
from countersign_verify.errors import RefusedError
from tests.unit.approvals.machine.deciding import Deciding
from tests.unit.approvals.machine.model import TRIAL
from tests.unit.audit.roles import sequence_all

if TYPE_CHECKING:
    from countersign.approvals.contracts import RequestData
    from tests.unit.approvals.machine.model import Waiting


class Executing(Deciding):
    """What would be merged is what was decided, and the other way round."""

    told: Standing

    def judge(self, number: int = -1, *, fresh: bool = True) -> bool:
        """Say whether a request would be merged; the platform and the rules have to agree."""
        if fresh:
            sequence_all()
            self.told = standing_read(self.trust)
        made, waiting = self.made[number], self.model[number]
        merges = waiting.mergeable(self.people.still, self.window)
        row = self.requests.get(made)
        why = self._refusal(row, self.pack(made, waiting), waiting)
        assert (not why) == merges, (why, waiting, self.window)
        self.outcomes["merge" if merges else "no merge"] += 1
        return merges

    def _refusal(self, row: RequestData, pack: Any, waiting: Waiting) -> str:  # noqa: ANN401 - see ``pack``
        """Ask what the executor asks before a merge, with the pack as sealed; say why it refuses."""
        if row.state == "void" or merge_deadline(row) <= now():
            return f"it is {row.state}, or over"
        try:
            approvals_bound_check(decisions_logged(row, self.trust, self.told), row, pack, self.told)
        except RefusedError as error:
            return str(error)
        if lost := role_lost_why(row) or role_lost_logged(row, self.trust):
            return lost
        if not self._target(row, self.trial or "main"):
            return "it was signed for another branch"
        assert not self._target(row, "main" if self.trial else TRIAL)
        usual: Any = SimpleNamespace(settings={})
        strict: Any = SimpleNamespace(settings={"base_move": "strict"})
        assert bool(carry_over_hindrance(usual, row)) == (not all(vote.carry for vote in waiting.votes))
        assert carry_over_hindrance(strict, row)
        return ""

    def _target(self, row: RequestData, branch: str) -> bool:
        """Whether it may be merged to a branch, of a trial where the branch is one's."""
        project: Any = SimpleNamespace(trial_branch=branch if branch == TRIAL else "", default_branch=branch)
        try:
            target_require(project, row)
        except TrialMoved:
            return False
        return True

    def pack(self, made: RequestData, waiting: Waiting) -> Any:  # noqa: ANN401 - what a sealed pack tells, without a file
        """The pack as it was sealed."""
        assert made.binding is not None
        subject = {**made.binding.as_json(), "excluded": sorted(waiting.excluded)}
        return SimpleNamespace(
            pack=SimpleNamespace(
                digest=made.subject_digest,
                subject=subject,
                subject_text=lambda name: {"project": self.slug}[name],
            ),
            risk=SimpleNamespace(score=made.binding.score),
            policy=SimpleNamespace(quorum=waiting.quorum, passkey=waiting.passkey),
            trial=self.trial,
        )

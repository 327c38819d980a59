"""Changes that wait in a project, each with a request of its own, made by the services alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.api.world import COMMIT, WORKER, lease_take
from tests.unit.runs.samples import CHANGE, PACK, TREE, Runs

if TYPE_CHECKING:
    from countersign.runs.contracts import RunData

TIERS = {"director": "director", "cab": "cab_member"}


def change_waits(project_id: str, title: str, *, tier: str = "cab", count: int = 2) -> RunData:
    """Let a change wait for a decision by ``count`` people of a tier."""
    from countersign.approvals.contracts import ChangeBinding, PolicySnapshot, QuorumRule
    from countersign.approvals.services import request_open
    from countersign.governance.services import ruleset_freeze
    from countersign.runs.selectors import run_get

    runs = Runs(WORKER, lease_take(), project_id)
    rules = ruleset_freeze(actor=WORKER).digest
    run = runs.create(title=title, ruleset_digest=rules)
    runs.call("run_snapshot", run.id, base_commit=COMMIT)
    runs.call("proposal_record", run.id)
    runs.call("run_checked", run.id)
    pack = f"sha256:{run.id.replace('-', '') * 2}"
    request = request_open(
        actor=WORKER,
        lease=lease_take(),
        project_id=project_id,
        subject=("change", run.id),
        subject_digest=pack,
        title=title,
        phase_code="P1",
        policy=PolicySnapshot(
            tier=tier,
            quorum=(QuorumRule(TIERS[tier], count),),
            reasons=({"rule": "RISK", "text": "the score is over 50"},),
            blocked=False,
        ),
        binding=ChangeBinding(run.id, COMMIT, TREE, pack, 12, rules),
        excluded=frozenset(),
        carry_over_allowed=True,
    )
    runs.call("run_sealed", run.id, pack_digest=pack, request_id=request.id)
    return run_get(actor=WORKER, run_id=run.id)


def change_approved(run: RunData) -> None:
    """Let it have been approved."""
    runs = Runs(WORKER, lease_take(), run.project_id)
    runs.call("run_decided", run.id, request_id=run.request_id)


def standing_known(run: RunData, **changes: object) -> None:
    """Let it have been found out how it stands."""
    from countersign.runs.contracts import StandingFound
    from countersign.runs.services import standing_record

    settings: dict[str, Any] = {
        "run_id": run.id,
        "request_id": run.request_id,
        "base_commit": COMMIT,
        "key": "",
        "verdict": "holds",
        "why": "",
        "reports": (),
        "behind": (),
        "next_base": CHANGE,
        **changes,
    }
    standing_record(actor=WORKER, lease=lease_take(), standing=StandingFound(**settings))


__all__ = ["CHANGE", "PACK", "change_approved", "change_waits", "standing_known"]

"""What people asked for on earlier attempts at a work item: handed to the next one as data.

Whoever's words go to the agent takes part in what it makes of them (docs/adr/0011-who-asks-takes-part.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.approvals.asking import changes_asked
from countersign.prompts.guardrails import clean_text, mask_secrets
from countersign.runs.selectors import run_list
from countersign.workflow.executor import EXECUTOR

if TYPE_CHECKING:
    from countersign.approvals.contracts import AskedChanges
    from countersign.runs.contracts import RunData
    from countersign.shared.types import JSON


def asked_for(work_item_id: str) -> tuple[AskedChanges, ...]:
    """Return what was asked for on the runs of a work item so far, the oldest first."""
    runs = run_list(actor=EXECUTOR, work_item_ids=(work_item_id,))
    return changes_asked(subject_ids=tuple(run.id for run in runs))


def asked_before(run: RunData) -> tuple[AskedChanges, ...]:
    """Return what had been asked for when a run began: what its agent was given."""
    return tuple(asked for asked in asked_for(run.work_item_id) if asked.decided_at < run.created_at)


def askers(asked: tuple[AskedChanges, ...]) -> frozenset[str]:
    """Return the persons whose words these are."""
    return frozenset(item.person_id for item in asked)


def asked_json(asked: AskedChanges) -> dict[str, JSON]:
    """Return a request for changes as the agent gets it and the pack keeps it: cleaned, secrets masked."""
    return {
        "decision_id": asked.decision_id,
        "request_id": asked.request_id,
        "statement_digest": asked.statement_digest,
        "reason": _clean(asked.reason),
        "items": [
            {"path": _clean(item.path), "line": item.line, "text": _clean(item.text)} for item in asked.items
        ],
    }


def _clean(text: str) -> str:
    return mask_secrets(clean_text(text))

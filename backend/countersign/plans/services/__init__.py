"""Every write of the plans room."""

from countersign.plans.services.phases import phase_evaluate, phase_signoff
from countersign.plans.services.plan_imports import plan_import
from countersign.plans.services.state_entries import project_state_record
from countersign.plans.services.work_items import (
    work_item_move,
    work_item_start,
    work_items_create,
)

__all__ = [
    "phase_evaluate",
    "phase_signoff",
    "plan_import",
    "project_state_record",
    "work_item_move",
    "work_item_start",
    "work_items_create",
]

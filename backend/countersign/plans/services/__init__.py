"""Every write of the plans room."""

from countersign.plans.services.inputs import inputs_hold, plan_input_answer
from countersign.plans.services.phases import phase_evaluate, phase_signoff
from countersign.plans.services.plan_imports import plan_import
from countersign.plans.services.state_entries import project_state_record
from countersign.plans.services.work_items import (
    work_item_move,
    work_item_start,
    work_items_create,
)

__all__ = [
    "inputs_hold",
    "phase_evaluate",
    "phase_signoff",
    "plan_import",
    "plan_input_answer",
    "project_state_record",
    "work_item_move",
    "work_item_start",
    "work_items_create",
]

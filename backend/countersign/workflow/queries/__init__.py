"""Reads that cross rooms, for every face: what the actor may see, ready to be rendered."""

from countersign.workflow.queries.comments import comment_page
from countersign.workflow.queries.inputs import input_get, input_page
from countersign.workflow.queries.installation import installation_get, workers_alive
from countersign.workflow.queries.packs import pack_data, pack_detail
from countersign.workflow.queries.plans import (
    phase_detail,
    phase_page,
    plan_detail,
    plan_page,
    plan_preview,
    work_item_page,
)
from countersign.workflow.queries.requests import request_detail, request_page, request_state
from countersign.workflow.queries.runs import run_detail, run_diff, run_event_page, run_page

__all__ = [
    "comment_page",
    "input_get",
    "input_page",
    "installation_get",
    "pack_data",
    "pack_detail",
    "phase_detail",
    "phase_page",
    "plan_detail",
    "plan_page",
    "plan_preview",
    "request_detail",
    "request_page",
    "request_state",
    "run_detail",
    "run_diff",
    "run_event_page",
    "run_page",
    "work_item_page",
    "workers_alive",
]

"""The moves of a run, each a conditional UPDATE with its audit event."""

from countersign.runs.services.execution import (
    proposal_record,
    run_checked,
    run_create,
    run_failed,
    run_sealed,
    run_snapshot,
    seal_turn_take,
)
from countersign.runs.services.giving_up import merge_abandon, merge_fail
from countersign.runs.services.incidents import incident_open, incident_resolve
from countersign.runs.services.merging import (
    merge_intend,
    merge_slot_take,
    run_decided,
    run_merged,
    run_rebased,
    run_restarted,
)
from countersign.runs.services.queue import slot_release, slot_reserve, slots_expire, standing_record

__all__ = [
    "incident_open",
    "incident_resolve",
    "merge_abandon",
    "merge_fail",
    "merge_intend",
    "merge_slot_take",
    "proposal_record",
    "run_checked",
    "run_create",
    "run_decided",
    "run_failed",
    "run_merged",
    "run_rebased",
    "run_restarted",
    "run_sealed",
    "run_snapshot",
    "seal_turn_take",
    "slot_release",
    "slot_reserve",
    "slots_expire",
    "standing_record",
]

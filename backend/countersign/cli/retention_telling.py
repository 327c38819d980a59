"""How what is old is told: what would go and what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.workflow.retention import ASKED, EXPORT, JOB, LIMIT, TRANSCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.workflow.retention import RetentionPlan

TITLES: Final = {JOB: "logs of jobs", TRANSCRIPT: "transcripts of agents", EXPORT: "exports"}


def plan_lines(plan: RetentionPlan) -> Iterator[str]:
    """Yield what would go and what stays, a line each."""
    yield f"kept for {plan.days} days: old is what ended before {plan.before:%Y-%m-%d} (UTC)"
    if not plan.things:
        yield "nothing is old"
    for one in plan.sums:
        whose = one.project or "no project"
        yield f"  {TITLES[one.kind]}, {whose}: {one.count}, {_bytes(one.size)}, oldest {one.oldest:%Y-%m-%d}"
    for kind in plan.more:
        yield f"  {TITLES[kind]}: there are more than {LIMIT}; clean once more for the rest"
    if plan.unexamined:
        asked = f"the store was asked about the {ASKED} oldest alone"
        yield f"  {TITLES[TRANSCRIPT]}: {asked}; the rest is looked at when they are gone"
    if plan.kept.needed:
        yield f"stays although it is old: {plan.kept.needed} transcripts of runs that have not ended"
    if plan.kept.locked:
        yield (
            f"stays although it is old: {plan.kept.locked} transcripts under Object Lock,"
            f" the first until {plan.kept.locked_until:%Y-%m-%d}"
        )
    yield "never removed: the audit log and its mirror, evidence packs, decisions, gate reports, repositories"


def _bytes(size: int) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"

"""The one way in which a run changes its state: a conditional UPDATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.functions import Now

from countersign.runs.errors import (
    RunNotFound,
    RunStateConflict,
)
from countersign.runs.models import Run, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable


def run_move(run_id: str, expected: Iterable[RunState], to: RunState, **changes: object) -> Run:
    """Move a run inside the caller's transaction if its state is an expected one; return it as it is now.

    Raises:
        RunNotFound: there is no such run.
        RunStateConflict: it is in another state.
    """
    states = list(expected)
    moved = Run.objects.filter(pk=run_id, state__in=states).update(state=to, updated_at=Now(), **changes)
    if not moved:
        current = Run.objects.filter(pk=run_id).values_list("state", flat=True).first()
        if current is None:
            message = "there is no such run"
            raise RunNotFound(message, run_id=run_id)
        message = f"the run is '{current}' and can't become '{to}' from there"
        raise RunStateConflict(message, run_id=run_id, state=current, wanted=str(to))
    return Run.objects.get(pk=run_id)

"""The one way in which a run changes its state: a conditional UPDATE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.functions import Now

from countersign.audit.changes import update_recorded
from countersign.runs.errors import (
    RunNotFound,
    RunStateConflict,
)
from countersign.runs.models import Run, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import QuerySet

    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON


def run_move(run_id: str, expected: Iterable[RunState], to: RunState, **changes: object) -> Run:
    """Move a run inside the caller's transaction if its state is an expected one; return it as it is now.

    Raises:
        RunNotFound: there is no such run.
        RunStateConflict: it is in another state.
    """
    if not _expected(run_id, expected).update(state=to, updated_at=Now(), **changes):
        raise _unmoved(run_id, to)
    return Run.objects.get(pk=run_id)


def run_move_recorded(
    run_id: str,
    expected: Iterable[RunState],
    to: RunState,
    *,
    actor: Actor,
    type: str,  # noqa: A002 - as in record()
    data: Mapping[str, JSON] | None = None,
    **changes: object,
) -> Run:
    """Do the same and append the event about it, in one statement.

    For moves whose event says nothing that only the moved row can tell.

    Raises:
        RunNotFound: there is no such run.
        RunStateConflict: it is in another state.
    """
    moved = update_recorded(
        _expected(run_id, expected),
        {"state": to, "updated_at": Now(), **changes},
        actor=actor,
        type=type,
        subject=("run", run_id),
        data=data,
    )
    if not moved:
        raise _unmoved(run_id, to)
    return moved[0]


def _expected(run_id: str, states: Iterable[RunState]) -> QuerySet[Run]:
    return Run.objects.filter(pk=run_id, state__in=list(states))


def _unmoved(run_id: str, to: RunState) -> RunNotFound | RunStateConflict:
    current = Run.objects.filter(pk=run_id).values_list("state", flat=True).first()
    if current is None:
        return RunNotFound("there is no such run", run_id=run_id)
    message = f"the run is '{current}' and can't become '{to}' from there"
    return RunStateConflict(message, run_id=run_id, state=current, wanted=str(to))

"""Carrying out one step of one job: claim, heartbeat, step, advance.

A worker may die at any point. Whatever it did not record is done again by another one under a newer fencing
token; whatever it recorded is found done, because every recording service is idempotent or conditional.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from countersign.accounts.selectors import person_names
from countersign.jobs.errors import LeaseLost
from countersign.jobs.services import (
    job_advance,
    job_claim,
    job_complete,
    job_fail,
    job_heartbeat,
    job_retry,
)
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import DomainError, Unavailable
from countersign.workflow.outcomes import Done, Next, StepContext
from countersign.workflow.steps import WorkflowUnknown, workflow_for

if TYPE_CHECKING:
    from countersign.jobs.contracts import ClaimedJob, Lease
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON
    from countersign.workflow.outcomes import Workflow

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
MAX_ATTEMPTS = 6
MAX_BACKOFF_SECONDS = 30.0
_MAX_DOUBLINGS = 10
_WORKERS_DIED: dict[str, JSON] = {
    "code": "workers_died",
    "error": f"{MAX_ATTEMPTS} workers died in this step; look into the worker's log for what killed them",
}


class Heartbeat:
    """Keeps a lease alive while a step takes its time, on a connection of its own."""

    def __init__(self, lease: Lease) -> None:
        """Prepare; nothing runs until the block is entered."""
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-heartbeat", daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """End, and give the connection back."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stop.wait(HEARTBEAT_SECONDS):
                try:
                    job_heartbeat(lease=self._lease)
                except LeaseLost:
                    logger.warning("the lease was lost", extra={"job_id": self._lease.job_id})
                    return
                except (OperationalError, InterfaceError):
                    logger.warning("the heartbeat could not reach the database", exc_info=True)
                    close_old_connections()
        finally:
            connection.close()


def job_step(job_id: str, *, owner: str) -> bool:
    """Carry out the next step of a job, if it is due and free; say whether anything was done.

    Whatever goes wrong in the step ends in the job's state, never in an exception of this function, except
    when the database itself is away.
    """
    claimed = job_claim(job_id=job_id, owner=owner)
    if claimed is None:
        return False
    with correlation_scope(claimed.job.correlation_id):
        try:
            with Heartbeat(claimed.lease):
                _carry_out(claimed)
        except LeaseLost:
            logger.warning("another worker took the job over", extra={"job_id": job_id})
    return True


def _carry_out(claimed: ClaimedJob) -> None:
    job, lease = claimed.job, claimed.lease
    context = StepContext(job, lease, _named(job.actor))
    try:
        workflow = workflow_for(job.kind)
    except WorkflowUnknown as error:
        job_fail(actor=job.actor, lease=lease, error=_error(error))
        return
    step = job.step or workflow.first
    if job.attempts > MAX_ATTEMPTS and step not in workflow.carried_through:
        # Every earlier attempt died without a word, so this one is not made.
        _fail(context, _WORKERS_DIED, workflow)
        return
    try:
        outcome = workflow.steps[step](context)
    except LeaseLost:
        raise
    except (Unavailable, OperationalError, InterfaceError, OSError) as error:
        _again_or_fail(context, workflow, step, _transient(error), attempts=MAX_ATTEMPTS)
        return
    except DomainError as error:
        logger.warning("step refused", extra={"job_id": job.id, "step": step, "code": error.code})
        _again_or_fail(context, workflow, step, _error(error))
        return
    except Exception:
        logger.exception("step broke", extra={"job_id": job.id, "kind": job.kind, "step": step})
        _again_or_fail(context, workflow, step, _internal(job.correlation_id))
        return
    if isinstance(outcome, Done):
        job_complete(actor=job.actor, lease=lease, result=outcome.result)
    else:
        _advance(claimed, step, outcome)


def _named(actor: Actor) -> Actor:
    """Give the actor of a job its name back: jobs keep no personal data."""
    names = person_names([actor.person_id]) if actor.person_id else {}
    return replace(actor, label=names.get(actor.person_id or "", actor.label))


def _advance(claimed: ClaimedJob, step: str, outcome: Next) -> None:
    names = list(workflow_for(claimed.job.kind).steps)
    summary = outcome.summary or str(claimed.job.progress.get("summary", ""))
    job_advance(
        lease=claimed.lease,
        step=outcome.step,
        memory={**claimed.job.memory, **outcome.memory},  # type: ignore[dict-item]  # JSON from the database
        progress={
            "done": names.index(outcome.step),
            "total": len(names),
            "step": outcome.step,
            "summary": summary,
            "last": step,
        },
        wait_seconds=outcome.wait_seconds,
    )


def _transient(error: Exception) -> dict[str, JSON]:
    if isinstance(error, DomainError):
        return _error(error)
    return {"code": "unavailable", "error": f"a part that is needed does not answer: {type(error).__name__}"}


def _error(error: DomainError) -> dict[str, JSON]:
    return {"code": error.code, "error": error.message}


def _internal(correlation_id: str) -> dict[str, JSON]:
    return {
        "code": "internal_error",
        "error": "Internal server error",
        "correlation_id": correlation_id,
    }


def _again_or_fail(
    context: StepContext, workflow: Workflow, step: str, failure: dict[str, JSON], *, attempts: int = 1
) -> None:
    """Put the same step in line again, later each time, while attempts are left; else end the job."""
    job = context.job
    if job.attempts >= attempts and step not in workflow.carried_through:
        _fail(context, failure, workflow)
        return
    logger.warning("step failed for now", extra={"job_id": job.id, "failure": failure})
    wait = min(MAX_BACKOFF_SECONDS, 2.0 ** min(job.attempts - 1, _MAX_DOUBLINGS))
    job_retry(lease=context.lease, error=failure, wait_seconds=wait)


def _fail(context: StepContext, failure: dict[str, JSON], workflow: Workflow) -> None:
    if workflow.on_failure is not None:
        try:
            workflow.on_failure(context, failure)
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception:
            # The job ends all the same: claimed again and again it would only fail again.
            logger.exception("what a job was about could not be ended", extra={"job_id": context.job.id})
    job_fail(actor=context.actor, lease=context.lease, error=failure)

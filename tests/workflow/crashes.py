"""Workers that die between any two things that a step records."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from unittest.mock import patch

from tests.workflow.world import hurry, sequence

When = Literal["before", "after"]


class Killed(BaseException):
    """The worker is gone: nothing in the platform catches this."""


@contextmanager
def killed_at(position: int, when: When) -> Iterator[None]:
    """Die just before, or just after, the durable transaction at ``position`` (the claim is at 0)."""
    from django.db.transaction import Atomic

    enter, leave = Atomic.__enter__, Atomic.__exit__
    me = threading.get_ident()
    count = -1

    def entering(block: Any) -> Any:  # noqa: ANN401 - Django's own signature
        nonlocal count
        if block.durable and threading.get_ident() == me:
            count += 1
            if when == "before" and count == position:
                raise Killed
        return enter(block)

    def leaving(block: Any, kind: Any, value: Any, trace: Any) -> Any:  # noqa: ANN401 - the same
        answer = leave(block, kind, value, trace)
        ours = block.durable and threading.get_ident() == me
        if ours and kind is None and when == "after" and count == position:
            raise Killed
        return answer

    with patch.object(Atomic, "__enter__", entering), patch.object(Atomic, "__exit__", leaving):
        yield


def lease_expire(job_id: str) -> None:
    """Let the dead worker's lease run out, without counting its death against the step."""
    from django.db.models.functions import Now

    from countersign.jobs.models import Job

    Job.objects.filter(pk=job_id, state="running").update(lease_expires_at=None, attempts=0, run_after=Now())


def step_survived(job_id: str, when: When) -> int:
    """Carry out one step whose worker dies at each of its transactions in turn; return how often it died."""
    from countersign.workflow.engine import job_step

    position = 1
    while True:
        try:
            with killed_at(position, when):
                job_step(job_id, owner=f"worker-{position}")
        except Killed:
            lease_expire(job_id)
            position += 1
            continue
        return position - 1


def drive_with_crashes(when: When, rounds: int = 200) -> int:
    """Carry out jobs until none is open, each step under a dying worker; return how many workers died."""
    from countersign.jobs.selectors import jobs_due, jobs_open_count

    deaths = 0
    for _ in range(rounds):
        sequence()
        hurry()
        for job_id in jobs_due():
            deaths += step_survived(job_id, when)
        if not jobs_open_count():
            return deaths
    message = "the jobs never ended"
    raise AssertionError(message)

"""From a signed decision to the merge commit on the project's branch."""

from __future__ import annotations

import itertools
import subprocess
import time
from typing import TYPE_CHECKING

from benchmarks.harness import Benchmark, Measurement
from benchmarks.project import flow_prepared, repository_make
from countersign.cli.demo.command import PLAN
from countersign.cli.demo.flow import API, UNATTENDED_REASON

if TYPE_CHECKING:
    from pathlib import Path

    from countersign.cli.state import PlatformState

POLL_SECONDS = 0.02


def decision_to_merge(state: PlatformState, directory: Path) -> Benchmark:
    """Time one approval until its merge is delivered, against ``git merge --no-ff`` of the same change."""
    numbers = itertools.count(1)

    def measure() -> Measurement:
        source = repository_make(directory / f"bench-merge-{next(numbers)}")
        flow, director = flow_prepared(state, source, PLAN.read_text())
        flow.runs_begin()
        request = flow.pending()[0]
        run_id = str(request["run_id"])
        started = time.perf_counter()
        director.post(
            f"{API}/approval-requests/{request['id']}/decisions/",
            {"verdict": "approve", "reason": UNATTENDED_REASON, "digest": request["digest"]},
        )
        while flow.client.get(f"{API}/runs/{run_id}/")["merge_commit"] is None:
            time.sleep(POLL_SECONDS)
        taken = time.perf_counter() - started
        return Measurement(taken, _plain_merge(source, directory))

    return Benchmark("run.decision_to_merge", "s", measure)


def _plain_merge(source: Path, directory: Path) -> float:
    """Merge the change once more in a clone, with nothing but Git."""
    clone = directory / f"{source.name}-plain"
    git = ("git", "-C", str(clone), "-c", "user.name=Bench", "-c", "user.email=bench@localhost")
    subprocess.run(["git", "clone", "-q", str(source), str(clone)], check=True)
    merge = subprocess.run(
        [*git, "rev-list", "--merges", "--first-parent", "-1", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    subprocess.run([*git, "reset", "-q", "--hard", f"{merge}^1"], check=True)
    started = time.perf_counter()
    subprocess.run([*git, "merge", "-q", "--no-ff", "-m", "merge", f"{merge}^2"], check=True)
    return time.perf_counter() - started

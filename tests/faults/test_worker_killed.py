"""`kill -9` of the worker and an emptied broker lose nothing and repeat nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from countersign.cli.demo.flow import DemoFlow, DemoProgress
from countersign.cli.down import platform_down
from countersign.cli.embedded.guard import process_alive
from countersign.cli.embedded.network import port_choose
from countersign.cli.home import Home
from countersign.cli.platform import UpOptions
from countersign.cli.state import PlatformState, state_read
from countersign.cli.up import platform_up
from countersign.shared.resilience.http import JsonClient
from tests.workflow.sample import Source, source_make

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.needs("bwrap")]

PLAN = Path(__file__).resolve().parents[2] / "backend" / "countersign" / "cli" / "demo" / "plan.yaml"
SECONDS = 120.0
ONCE = ("run.snapshotted", "run.proposed", "run.checked", "run.decided", "merge.intended", "run.merged")
# Runs as a process of the platform, which alone knows its database.
PEOPLE = """
import json
import sys
from countersign.cli.demo.people import people_prepare
people = people_prepare(unattended=True)
json.dump([people.operator_token, people.director_token], sys.stdout)
"""


def wait(what: str, until: Callable[[], bool]) -> None:
    """Wait for something to become true, and say what never did."""
    deadline = time.monotonic() + SECONDS
    # Nothing tells a stranger what happens inside; the pause only spares the processor.
    pause, other = socket.socketpair()
    pause.settimeout(0.05)
    with pause, other:
        while not until():
            assert time.monotonic() < deadline, what
            try:
                pause.recv(1)
            except TimeoutError:
                continue


def descendants(pid: int) -> list[int]:
    """Return a process and everything below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


@dataclass
class Stage:
    """A platform with a project in it, its operator and its director."""

    home: Home
    state: PlatformState
    source: Source
    flow: DemoFlow
    director: JsonClient

    def run_states(self) -> Counter[str]:
        return Counter(str(run["state"]) for run in self.flow.runs())

    def worker_kill(self) -> None:
        """Kill the worker with everything that it started, and wait until another one is there."""
        before = state_read(self.home).services["worker"]
        tree = descendants(before.pid)
        for pid in tree:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        wait("the worker died", lambda: not any(process_alive(pid) for pid in tree))

        def restarted() -> bool:
            now = state_read(self.home).services["worker"]
            return now.state == "running" and now.pid != before.pid

        wait("the worker came back", restarted)

    def broker_empty(self) -> None:
        with redis.Redis.from_url(self.state.environment["COUNTERSIGN_REDIS_URL"]) as client:
            client.flushall()

    def approve(self, request: dict[str, object], digest: str) -> None:
        self.director.post(
            f"/api/v1/approval-requests/{request['id']}/decisions/",
            {"verdict": "approve", "reason": "looked at", "digest": digest},
        )

    def happened(self, run_id: str) -> Counter[str]:
        page = self.flow.client.get(f"/api/v1/runs/{run_id}/events/", limit=200)
        return Counter(str(event["type"]) for event in page["results"])


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    home = Home(tmp_path / "home")
    home.prepare()
    # Decisions without a person exist only in an installation that the demo created.
    (home.root / "demo-installation").touch()
    shared = Path(os.environ["COUNTERSIGN_TEST_SERVERS"]) / "environments"
    shared.mkdir(exist_ok=True)
    (home.root / "cache").mkdir(exist_ok=True)
    (home.root / "cache" / "environments").symlink_to(shared)
    source = source_make(tmp_path / "sample")
    state = platform_up(home, UpOptions(port=port_choose(), workers=2), lambda _: None)
    try:
        done = subprocess.run(
            [sys.executable, "-c", PEOPLE],
            env={**os.environ, **state.environment},
            check=True,
            capture_output=True,
            timeout=SECONDS,
        )
        operator, director = (
            JsonClient(state.url, {"Authorization": f"Bearer {token}"}) for token in json.loads(done.stdout)
        )
        flow = DemoFlow(operator, DemoProgress(tmp_path / "progress"), lambda _: None)
        flow.register(str(source.path), "sample")
        flow.plan_import(PLAN.read_text())
        flow.analyse()
        yield Stage(home, state, source, flow, director)
    finally:
        platform_down(home)


def test_killed_worker_and_emptied_broker_still_merge_exactly_once(stage: Stage) -> None:
    flow = stage.flow
    for item in flow.client.get("/api/v1/work-items/", project="sample", state="proposed")["results"]:
        begun = flow.client.post(f"/api/v1/work-items/{item['id']}/runs/", {})
        flow.progress.run_ids.append(str(begun["run_id"]))
    runs = len(flow.progress.run_ids)
    assert runs == 2
    wait("a run is under way", lambda: bool({"proposing", "checking"} & stage.run_states().keys()))
    stage.worker_kill()
    assert stage.run_states()["waiting_approval"] < runs
    stage.broker_empty()
    began = time.monotonic()
    wait("every change waits for a decision", lambda: stage.run_states()["waiting_approval"] == runs)
    recovered = time.monotonic() - began

    for request in flow.pending():
        stage.approve(request, str(request["subject"]["digest"]))
    wait("a merge is under way", lambda: bool({"merging"} & stage.run_states().keys()))
    stage.worker_kill()
    assert stage.run_states()["merged"] < runs
    stage.broker_empty()
    wait("every change is merged", lambda: stage.run_states()["merged"] == runs)

    commits = {str(run["merge_commit"]) for run in flow.runs()}
    assert set(stage.source.merges) == commits
    assert len(stage.source.merges) == runs
    assert len(stage.source.tags) == runs
    for run_id in flow.progress.run_ids:
        happened = stage.happened(run_id)
        once = (
            "run.snapshotted",
            "run.proposed",
            "run.checked",
            "run.decided",
            "merge.intended",
            "run.merged",
        )
        assert {name: happened[name] for name in once} == dict.fromkeys(once, 1)
    # A lease of 15 seconds, a beat of 2, and the work itself.
    assert recovered < 60

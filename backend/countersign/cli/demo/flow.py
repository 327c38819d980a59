"""The demo's steps over the REST API, each remembered so that an interrupted demo goes on where it was."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from countersign.cli.errors import CommandFailed
from countersign.runs.contracts import ENDED_RUN_STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from countersign.shared.resilience.http import Json, JsonClient

    Say = Callable[[str], None]

API: Final = "/api/v1"
POLL_SECONDS: Final = 0.25
MAX_RUNS: Final = 5
ENDED_TASKS: Final = frozenset({"succeeded", "failed", "cancelled", "waiting_approval"})
MOVING_RUNS: Final = frozenset({"queued", "proposing", "checking", "sealing"})
UNATTENDED_REASON: Final = "Demo run: every gate passed and the score is within the Director's limit."


@dataclass(slots=True)
class DemoProgress:
    """What an interrupted demo must know to go on; kept in the platform's home."""

    file: Path
    source: str = ""
    project_path: str = ""
    base_commit: str = ""
    slug: str = ""
    plan_id: str = ""
    session_id: str = ""
    run_ids: list[str] = field(default_factory=list)

    @classmethod
    def load(cls, file: Path, source: str) -> DemoProgress:
        """Return what is remembered of an interrupted demo on the same source, else a fresh start."""
        try:
            data = json.loads(file.read_text())
        except (OSError, ValueError):
            data = {}
        if data.get("source") != source:
            return cls(file=file, source=source)
        return cls(file=file, **data)

    def save(self) -> None:
        """Remember."""
        data = {key: value for key, value in asdict(self).items() if key != "file"}
        partial = self.file.with_suffix(".partial")
        partial.write_text(json.dumps(data, indent=1))
        partial.replace(self.file)

    def forget(self) -> None:
        """The demo has ended: the next one starts afresh."""
        self.file.unlink(missing_ok=True)


@dataclass(slots=True)
class DemoFlow:
    """Drives the platform as the operator does."""

    client: JsonClient
    progress: DemoProgress
    say: Say

    def register(self, source_path: str, name: str) -> None:
        """Register the repository; its import, environment and baseline are one task."""
        if self.progress.slug:
            return
        self.say("registering the project: its objects, its environment, its own tests as the baseline")
        accepted = self.client.post(f"{API}/projects/", {"source": source_path, "name": name})
        result = self._task_wait(accepted)
        self.progress.slug = str(result["project"])
        self.progress.base_commit = str(self.project()["head_commit"])
        self.progress.save()

    def project(self) -> Json:
        """Return the project as it is now."""
        return self.client.get(f"{API}/projects/{self.progress.slug}/")

    def plan_import(self, text: str) -> None:
        """Import the demo's plan."""
        if self.progress.plan_id:
            return
        self.say("importing a plan of two phases")
        plan = self.client.post(
            f"{API}/plans/", {"project": self.progress.slug, "format": "yaml", "text": text}
        )
        self.progress.plan_id = str(plan["id"])
        self.progress.save()

    def analyse(self) -> None:
        """Run the analysis; its findings become work items with prompts."""
        if self.progress.session_id:
            return
        self.say("analysing: ruff and bandit")
        accepted = self.client.post(f"{API}/sessions/", {"project": self.progress.slug})
        self.progress.session_id = str(self._task_wait(accepted)["session_id"])
        self.progress.save()

    def session(self) -> Json:
        """Return the analysis session."""
        return self.client.get(f"{API}/sessions/{self.progress.session_id}/")

    def runs_begin(self) -> None:
        """Start a run of every proposed work item, and wait until each has come as far as it can alone."""
        for item in self._proposed():
            begun = self.client.post(f"{API}/work-items/{item['id']}/runs/", {})
            self.say(f"started: {item['title']} ({item['finding_count']} findings, {item['persona']})")
            self.progress.run_ids.append(str(begun["run_id"]))
            self.progress.save()
        told: set[str] = set()
        while True:
            runs = self.runs()
            for run in runs:
                if run["state"] not in MOVING_RUNS and run["id"] not in told:
                    told.add(run["id"])
                    self.say(_run_line(run))
            if len(told) == len(runs):
                return
            time.sleep(POLL_SECONDS)

    def _proposed(self) -> list[Json]:
        page = self.client.get(
            f"{API}/work-items/", project=self.progress.slug, state="proposed", limit=MAX_RUNS
        )
        return list(page["results"])

    def runs(self) -> list[Json]:
        """Return the demo's runs as they are now."""
        return [self.client.get(f"{API}/runs/{run_id}/") for run_id in self.progress.run_ids]

    def pending(self) -> list[Json]:
        """Return what waits for a decision in this project, in full."""
        page = self.client.get(f"{API}/approval-requests/", state="pending", project=self.progress.slug)
        return [self.client.get(f"{API}/approval-requests/{request['id']}/") for request in page["results"]]

    def plan(self) -> Json:
        """Return the plan with its phases."""
        return self.client.get(f"{API}/plans/{self.progress.plan_id}/")

    def settled(self) -> bool:
        """Say whether nothing moves any more: runs have ended or wait, decisions are carried out."""
        waiting = {request["run_id"] for request in self.pending()}
        if not all(run["id"] in waiting or run["state"] in ENDED_RUN_STATES for run in self.runs()):
            return False
        page = self.client.get(f"{API}/approval-requests/", state="decided", project=self.progress.slug)
        return all(self._carried_out(str(request["id"])) for request in page["results"])

    def _carried_out(self, request_id: str) -> bool:
        execution = self.client.get(f"{API}/approval-requests/{request_id}/")["execution"] or {}
        return execution.get("state") not in {"waiting", "merging"}

    def export(self) -> Json:
        """Export log, packs and decisions; return where they are."""
        self.say("exporting the log, the packs and the decisions")
        return self._task_wait(self.client.post(f"{API}/exports/", {}))

    def _task_wait(self, accepted: Json) -> Json:
        task: Json = {}
        for task in self._task_states(accepted):
            if task["state"] in ENDED_TASKS:
                break
        if task["state"] in {"failed", "cancelled"}:
            error = task.get("error") or {}
            message = f"{task['kind']} failed: {error.get('error', 'see the logs of the worker')}"
            raise CommandFailed(message)
        return dict(task.get("result") or {})

    def _task_states(self, accepted: Json) -> Iterator[Json]:
        task_id = accepted.get("task_id") or accepted["id"]
        told = ""
        while True:
            task = self.client.get(f"{API}/tasks/{task_id}/status/")
            summary = str((task.get("progress") or {}).get("summary", ""))
            if summary and summary != told:
                self.say(f"  {summary}")
                told = summary
            yield task
            time.sleep(POLL_SECONDS)


def _run_line(run: Json) -> str:
    gates = run["gates"]
    line = f"{run['title']}: {run['state']}, {gates['passed']} of {gates['total']} gates"
    if run["risk_score"] is not None:
        line += f", risk {run['risk_score']}"
    return line + (f" - {run['incident_reason']}" if run["incident_reason"] else "")


def approvable(requests: list[Json]) -> list[Json]:
    """Return the requests that this viewer may approve now."""
    return [request for request in requests if "approve" in request["allowed_actions"]]


def decide_unattended(director: JsonClient, flow: DemoFlow) -> None:
    """Approve over the REST API whatever may be approved, until nothing moves any more."""
    while True:
        requests = approvable(_pending(director, flow))
        for request in requests:
            flow.say(f"deciding (unattended): {request['title']}")
            director.post(
                f"{API}/approval-requests/{request['id']}/decisions/",
                {"verdict": "approve", "reason": UNATTENDED_REASON, "digest": request["subject"]["digest"]},
            )
        if not requests and flow.settled() and not approvable(_pending(director, flow)):
            return
        time.sleep(POLL_SECONDS)


def _pending(director: JsonClient, flow: DemoFlow) -> list[Json]:
    page = director.get(f"{API}/approval-requests/", state="pending", project=flow.progress.slug)
    return list(page["results"])

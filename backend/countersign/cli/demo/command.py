"""`countersign demo`: starts the platform and takes a real project from finding to merge."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from countersign.cli import output
from countersign.cli.demo.flow import DemoFlow, DemoProgress, decide_unattended
from countersign.cli.demo.people import DemoPeople, login_address, people_prepare
from countersign.cli.demo.report import report_build
from countersign.cli.demo.sources import DemoSource, repository_place, source_prepared
from countersign.cli.down import platform_down
from countersign.cli.errors import CommandFailed
from countersign.cli.platform import UpOptions
from countersign.cli.up import HomeOption, home_chosen, platform_up
from countersign.sandbox.errors import SourceRejected
from countersign.sandbox.isolation import IsolationKind, isolation_probe
from countersign.shared.env import environment_adopt
from countersign.shared.resilience.http import JsonClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.cli.home import Home
    from countersign.cli.state import PlatformState

PLAN = Path(__file__).with_name("plan.yaml")
MARKER = "demo-installation"
POLL_SECONDS = 1.0


class Stopwatch:
    """Wall times of the demo's parts."""

    def __init__(self) -> None:
        """Start."""
        self._start = time.monotonic()
        self.marks: dict[str, float] = {}

    def mark(self, name: str) -> None:
        """Note the seconds since the start."""
        self.marks[name] = time.monotonic() - self._start


def demo(
    home: HomeOption = None,
    source: Annotated[
        Path | None,
        typer.Option(help="Another Python project: a directory, a Git repository or a source archive."),
    ] = None,
    unattended: Annotated[
        bool,
        typer.Option("--unattended", help="A demo user decides over the REST API; every decision says so."),
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write what happened to this file.", show_default=False)
    ] = None,
    isolation: Annotated[
        str, typer.Option(help="How untrusted code is confined: bubblewrap or process.")
    ] = "bubblewrap",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port on 127.0.0.1.")] = 8000,
) -> None:
    """Take a real third-party project from finding to merge, with you as the one who decides."""
    watch = Stopwatch()
    chosen = home_chosen(home)
    kind = _isolation_require(isolation, pinned=source is None)
    try:
        code = _run(chosen, source, kind, watch, unattended=unattended, json_file=json_file, port=port)
    except SourceRejected as rejected:
        output.progress(f"countersign: {rejected.message}")
        raise typer.Exit(output.EXIT_USAGE) from rejected
    raise typer.Exit(code)


def _isolation_require(name: str, *, pinned: bool) -> IsolationKind:
    try:
        kind = IsolationKind(name)
    except ValueError as error:
        output.progress(f"countersign: --isolation is bubblewrap or process, not {name!r}")
        raise typer.Exit(output.EXIT_USAGE) from error
    probe = isolation_probe(kind)
    if probe.ok:
        return kind
    if kind is IsolationKind.PROCESS and pinned:
        output.progress(
            f"process isolation does not work here ({probe.reason}): the pack will say 'unconfined'"
        )
        return IsolationKind.UNCONFINED
    message = f"{kind} does not work here: {probe.reason}; {probe.mend}"
    if kind is IsolationKind.BUBBLEWRAP:
        message += ", or run the demo with --isolation process"
    raise CommandFailed(message)


def _run(
    home: Home,
    source: Path | None,
    isolation: IsolationKind,
    watch: Stopwatch,
    *,
    unattended: bool,
    json_file: Path | None,
    port: int,
) -> int:
    if json_file is not None and not json_file.parent.is_dir():
        message = f"{json_file.parent} is no directory; make it first or name another file"
        raise CommandFailed(message)
    cache = home.root / "cache" / "sources"
    with source_prepared(source, cache=cache, isolation=isolation) as prepared:
        output.progress(f"source: {prepared.name} ({'pinned by hash' if prepared.pinned else source})")
        with _platform(home, UpOptions(port=port, isolation=isolation.value)) as state:
            output.progress(f"the platform is up at {state.url}")
            people = people_prepare(unattended=unattended)
            flow = _prepare(home, prepared, str(source or ""), state, people, isolation)
            watch.mark("setup")
            flow.runs_begin()
            watch.mark("to_decision")
            if unattended:
                director = JsonClient(state.url, {"Authorization": f"Bearer {people.director_token}"})
                decide_unattended(director, flow)
            else:
                _decide_in_person(flow, people)
            export = flow.export()
            code = _summary(flow)
            packs = f"{export['directory']}/packs"
            report = report_build(
                flow, export=export, prompts=_prompts(flow), seconds=watch.marks, packs=packs
            )
    verified = _verify(report)
    watch.mark("total")
    report["seconds"]["total"] = round(watch.marks["total"], 1)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2) + "\n")
        output.progress(f"written: {json_file}")
    flow.progress.forget()
    return code if verified else output.EXIT_FAILED


@contextmanager
def _platform(home: Home, options: UpOptions) -> Iterator[PlatformState]:
    """Run the platform for the demo; one that runs already is used and left running."""
    already = home.supervised()
    # The passwords outlive a stop; the state of a running platform does not.
    fresh = not home.passwords.exists()
    home.prepare()
    if fresh:
        (home.root / MARKER).touch()
    elif not (home.root / MARKER).exists():
        message = (
            f"{home.root} holds an installation that the demo did not create; "
            "name another directory with --home DIRECTORY"
        )
        raise CommandFailed(message)
    try:
        state = platform_up(home, options, output.progress)
        environment_adopt(state.environment)
        yield state
    finally:
        if not already:
            output.progress("stopping the platform")
            platform_down(home)


def _prepare(
    home: Home,
    prepared: DemoSource,
    source: str,
    state: PlatformState,
    people: DemoPeople,
    isolation: IsolationKind,
) -> DemoFlow:
    progress = DemoProgress.load(home.root / "demo.json", source)
    if progress.project_path:
        output.progress(f"going on with {progress.project_path}")
    else:
        placed = repository_place(prepared, home.root / "projects", isolation=isolation)
        progress.project_path = str(placed)
        progress.save()
        output.progress(f"put under Git: {placed}")
    client = JsonClient(state.url, {"Authorization": f"Bearer {people.operator_token}"})
    flow = DemoFlow(client, progress, output.progress)
    flow.register(progress.project_path, Path(progress.project_path).name)
    flow.plan_import(PLAN.read_text())
    flow.analyse()
    session = flow.session()
    found = ", ".join(f"{tool} {count}" for tool, count in sorted(session["counts"].items()))
    output.progress(f"findings: {found}")
    return flow


def _decide_in_person(flow: DemoFlow, people: DemoPeople) -> None:
    """Show where the decision waits, and wait until nothing is left to decide."""
    told: set[str] = set()
    while True:
        pending = flow.pending()
        fresh = [request for request in pending if request["id"] not in told]
        if fresh:
            told.update(request["id"] for request in fresh)
            for request in fresh:
                output.progress(f"waits for you: {request['title']}")
            path = f"/decisions/{fresh[0]['id']}"
            output.answer(f"\nDecide here (works once, ten minutes):\n{login_address(people, path)}\n")
        # Asked again: what was carried out meanwhile may have opened the sign-off of a phase.
        if not pending and flow.settled() and not flow.pending():
            return
        time.sleep(POLL_SECONDS)


def _prompts(flow: DemoFlow) -> int:
    return len({run["prompt_id"] for run in flow.runs() if run["prompt_id"]})


def _summary(flow: DemoFlow) -> int:
    """Say how it ended; 0 when something was merged and nothing waits, 4 when a person is needed."""
    runs = flow.runs()
    for run in runs:
        where = f" as {run['merge_commit'][:12]}, tag {run['tag']}" if run["merge_commit"] else ""
        output.progress(f"{run['state']}: {run['title']}{where}")
    for phase in flow.plan()["phases"]:
        state = "100 % complete" if phase["complete"] else f"not complete ({len(phase['missing'])} missing)"
        output.progress(f"phase {phase['code']} {phase['title']}: {state}")
        for missing in phase["missing"][:5]:
            output.progress(f"  - {missing}")
    merged = [run for run in runs if run["state"] == "merged"]
    open_runs = [run for run in runs if run["state"] not in {"merged", "rejected", "changes_requested"}]
    if merged and not open_runs:
        return output.EXIT_OK
    if not runs:
        output.progress("no change that an agent without a model can make was found: the backlog is yours")
    else:
        output.progress("something waits for a person: nothing unknown passes by itself")
    return output.EXIT_WAITING


def _verify(report: dict[str, object]) -> bool:
    """Check the export as a stranger would; the database is stopped by now."""
    output.progress("verifying the export without the platform")
    export, trust = str(report["export"]), str(report["trust"])
    packs = sorted(str(path) for path in Path(export, "packs").glob("*.tar"))
    commands = [["log", export], *(["pack", pack] for pack in packs)]
    held = True
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "countersign_verify", *command, "--trust", trust],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines() or ["no answer"]
        output.progress(f"countersign-verify {command[0]} {Path(command[1]).name[:16]}: {lines[-1]}")
        held = held and done.returncode == 0
    return held

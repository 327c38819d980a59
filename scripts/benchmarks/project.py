"""A small project with something to mend, as a repository of its own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from countersign.cli.demo.flow import DemoFlow, DemoProgress
from countersign.cli.demo.people import people_prepare
from countersign.shared.resilience.http import JsonClient

if TYPE_CHECKING:
    from pathlib import Path

    from countersign.cli.state import PlatformState

_MODULE = "import os\nimport sys\n\n\ndef double(number):\n    return number * 2\n"
_TEST = "from sample.calc import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
_PROJECT = '[project]\nname = "sample"\nversion = "1"\nrequires-python = ">=3.9"\n'


def repository_make(directory: Path, *, modules: int = 1) -> Path:
    """Make a repository with ``modules`` modules that import what they do not use."""
    (directory / "sample").mkdir(parents=True)
    (directory / "tests").mkdir()
    (directory / "sample" / "__init__.py").write_text("")
    (directory / "sample" / "calc.py").write_text(_MODULE)
    for number in range(1, modules):
        (directory / "sample" / f"part_{number}.py").write_text(_MODULE)
    (directory / "tests" / "test_calc.py").write_text(_TEST)
    (directory / "pyproject.toml").write_text(_PROJECT)
    identity = ("-c", "user.name=Bench", "-c", "user.email=bench@localhost")
    for command in (("init", "-q", "-b", "main"), ("add", "."), (*identity, "commit", "-qm", "first")):
        subprocess.run(["git", "-C", str(directory), *command], check=True)
    return directory


def flow_prepared(state: PlatformState, source: Path, plan: str) -> tuple[DemoFlow, JsonClient]:
    """Register the repository, import the plan, analyse; return the flow and the director's client."""
    people = people_prepare(unattended=True)
    progress = DemoProgress(source.with_suffix(".progress"))
    flow = DemoFlow(
        JsonClient(state.url, {"Authorization": f"Bearer {people.operator_token}"}), progress, lambda _: None
    )
    flow.register(str(source), source.name)
    flow.plan_import(plan)
    flow.analyse()
    director = JsonClient(state.url, {"Authorization": f"Bearer {people.director_token}"})
    return flow, director

"""Preparing a project's environment: the one sandboxed step that may reach the package index."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.projects.contracts import EnvironmentData
from countersign.projects.requirements import BUILD_FILES, BuildPlan, build_plan, file_read
from countersign.sandbox.contracts import Bind, IsolationKind, Limits, SandboxCommand, SandboxResult
from countersign.sandbox.isolation import sandbox_run
from countersign.sandbox.untrusted_files import directory_remove
from countersign_verify.canonical import canonical_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.shared.types import JSON

_PROGRAM = Path(__file__).parent / "inside" / "build_environment.py"
# Changes when the program would build something else from the same input.
_RECIPE = 1
_LIMITS = Limits(wall_seconds=600, cpu_seconds=600, output_bytes=1 << 20)
_TAIL = 4000
_RECORD = "environment.json"


def environment_build(tree: Path, cache_directory: Path, *, isolation: IsolationKind) -> EnvironmentData:
    """Build, or find in the cache, the environment in which a project's tests run.

    Everything happens inside the sandbox: pip runs a project's own build code when it reads and installs it.
    What fails is an environment with the status ``failed``, not an exception, and is not kept.

    Args:
        tree: the project's files; they are copied, not changed.
        cache_directory: environments are kept here by the digest of what they were built from.
        isolation: how the build is kept apart.
    """
    plan = build_plan(tree)
    digest = _digest(tree, plan, isolation)
    version = sys.version.split()[0]
    if plan.problem:
        return EnvironmentData("", digest, version, (), "failed", plan.problem)
    cache_directory.mkdir(parents=True, exist_ok=True)
    home = cache_directory.resolve() / digest.removeprefix("sha256:")
    with home.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (home / _RECORD).is_file():
            stored = json.loads((home / _RECORD).read_text())
            return EnvironmentData(**{**stored, "requirements": tuple(stored["requirements"])})
        directory_remove(home)
        built = _build(tree, plan, home, isolation)
        if built.status == "failed":
            directory_remove(home)
            return replace(built, digest=digest)
        built = replace(built, digest=digest)
        staged = home / f"{_RECORD}.new"
        staged.write_text(json.dumps(built.dump()))
        staged.rename(home / _RECORD)
        return built


def _digest(tree: Path, plan: BuildPlan, isolation: IsolationKind) -> str:
    files = {
        name: hashlib.sha256(data).hexdigest()
        for name in BUILD_FILES
        if (data := file_read(tree, name)) is not None
    }
    inputs: dict[str, JSON] = {
        "recipe": _RECIPE,
        "python": sys.version,
        "prefix": sys.base_prefix,
        "isolation": str(isolation),
        "files": files,
        "plan": {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(plan).items()
        },
    }
    return f"sha256:{hashlib.sha256(canonical_bytes(inputs)).hexdigest()}"


def _build(tree: Path, plan: BuildPlan, home: Path, isolation: IsolationKind) -> EnvironmentData:
    home.mkdir(mode=0o755)
    venv = home / "venv"
    scratch = Path(tempfile.mkdtemp(prefix="countersign-environment-"))
    try:
        copy = scratch / "tree"
        shutil.copytree(tree, copy, symlinks=True)
        task = {
            "venv": str(venv),
            "tree": str(copy),
            "requirements": plan.requirements,
            "extras": plan.extras,
            "files": plan.files,
            "installable": plan.installable,
        }
        result = sandbox_run(
            SandboxCommand(
                (sys.executable, "-I", str(_PROGRAM), json.dumps(task)),
                binds=(
                    Bind.at_source(_PROGRAM),
                    Bind.at_source(home, writable=True),
                    Bind.at_source(scratch, writable=True),
                ),
                cwd=str(scratch),
                network="package_index",
                limits=_LIMITS,
            ),
            isolation=isolation,
        )
    finally:
        directory_remove(scratch)
    return _answer(result, venv)


def _answer(result: SandboxResult, venv: Path) -> EnvironmentData:
    said = result.stderr.decode(errors="replace")
    version = sys.version.split()[0]
    try:
        answer = json.loads(result.stdout) if result.ok else {}
        return EnvironmentData(
            str(venv),
            "",
            str(answer["python_version"]),
            tuple(str(item) for item in answer["requirements"]),
            "ready",
            log_tail=said[-_TAIL:],
        )
    except (ValueError, KeyError, TypeError):
        errors = list(_errors(said))
        reason = result.failure or (errors[-1] if errors else "the environment could not be built")
        return EnvironmentData("", "", version, (), "failed", reason[:300], said[-_TAIL:])


def _errors(said: str) -> Iterator[str]:
    """Yield what pip names as causes: its own errors, and the last line that a build backend said."""
    before = ""
    for line in said.splitlines():
        if line.strip() == "[end of output]":
            yield before
        elif line.startswith(("ERROR: ", "error: ")) and "subprocess-exited-with-error" not in line:
            yield line.partition(": ")[2]
        before = line.strip()

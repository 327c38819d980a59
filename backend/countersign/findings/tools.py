"""Runs one static analyser over one tree: the platform's own copy, sandboxed, steered by nothing in the tree.

The tree is bound read-only and is never on an import path; every configuration that a tool would look for in
it is switched off by argument.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.findings.contracts import HookResult, HookStatus
from countersign.findings.errors import ReportUnreadable, ToolMissing
from countersign.findings.fingerprint import findings_fingerprint
from countersign.findings.importers.bandit import BanditReport, bandit_parse
from countersign.findings.importers.detect_secrets import PossibleSecret, detect_secrets_parse
from countersign.findings.importers.ruff import ruff_parse
from countersign.findings.paths import is_test_path
from countersign.sandbox.contracts import Bind, IsolationKind, Limits, SandboxCommand, SandboxResult
from countersign.sandbox.isolation import sandbox_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from countersign.findings.contracts import FindingData, ReportedFinding
    from countersign.findings.tree import TreeFiles

# Where a tool sees the tree.
TREE = "/tree"

RUFF_SELECT = ("F", "E4", "E7", "E9", "W", "I", "UP", "B", "SIM", "C4", "PIE", "RET", "PERF")

TOOL_LIMITS = Limits(wall_seconds=120, cpu_seconds=240, memory_bytes=2 << 30, output_bytes=64 << 20)

# Names on one command line; the kernel bounds its length.
_BATCH = 2000

# By these detect-secrets heeds what a line or a file says of itself: the code under test must not decide.
_EVADABLE_FILTERS = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    "detect_secrets.filters.heuristic.is_lock_file",
    "detect_secrets.filters.heuristic.is_swagger_file",
)


@dataclass(frozen=True, slots=True)
class ToolConfig:
    """Everything that steers the analysers besides the tree.

    Attributes:
        target_version: the oldest Python the code must run on, as ruff names it.
        respect_suppressions: heed ``noqa`` and ``nosec``; gates don't, so that an added one silences nothing.
        select: ruff's rules.
    """

    target_version: str
    respect_suppressions: bool = True
    select: tuple[str, ...] = RUFF_SELECT

    def digest(self, tool: str) -> str:
        """Return a digest for cache keys and records."""
        text = json.dumps([tool, self.target_version, self.respect_suppressions, *self.select])
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SecretScan:
    """What detect-secrets said about one directory."""

    version: str
    secrets: tuple[PossibleSecret, ...] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True)
class _Ran:
    tool: str
    argv: tuple[str, ...]
    result: SandboxResult
    root: str

    def unusable(self, expected_exit: frozenset[int]) -> str:
        """Say why the answer can't be used; empty when it can."""
        name = self.tool
        if self.result.timed_out:
            return f"{name} did not finish within {TOOL_LIMITS.wall_seconds} seconds"
        if self.result.failure is not None:
            return f"{name} did not run: {self.result.failure}"
        if self.result.exit_code not in expected_exit:
            last = self.result.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            said = f": {last[0][:300]}" if last else ""
            return f"{name} ended with {self.result.exit_code}{said}"
        if self.result.truncated:
            return f"{name} printed more than {TOOL_LIMITS.output_bytes} bytes, the report is incomplete"
        return ""


def tool_version(tool: str) -> str:
    """Return the version of a tool of the platform.

    Raises:
        ToolMissing: it is not installed in the platform's environment.
    """
    try:
        return version(tool)
    except PackageNotFoundError as error:
        raise ToolMissing(
            f"'{tool}' is missing from the platform's environment; install its requirements"
        ) from error


def _python(*arguments: str) -> tuple[str, ...]:
    # -I: neither the directory it starts in nor any variable adds to what can be imported.
    return (str(Path(sys.prefix) / "bin" / "python"), "-I", *arguments)


def _run(tool: str, argv: tuple[str, ...], root: Path, isolation: IsolationKind) -> _Ran:
    command = SandboxCommand(
        argv=argv,
        binds=(Bind(root.resolve(), TREE),),
        cwd=TREE,
        limits=TOOL_LIMITS,
    )
    result = sandbox_run(command, isolation=isolation)
    # Without mounts the tool sees the directory itself.
    seen = TREE if result.isolation is IsolationKind.BUBBLEWRAP else str(root.resolve())
    return _Ran(tool, argv, result, seen)


def _said_digest(findings: Sequence[FindingData]) -> str:
    """Return a digest of what a tool said, without the times and places that differ in every report."""
    said = [[one.fingerprint, one.line, one.column, one.message, one.fixable] for one in findings]
    return "sha256:" + hashlib.sha256(json.dumps(said).encode()).hexdigest()


def ruff_run(files: TreeFiles, *, config: ToolConfig, isolation: IsolationKind) -> HookResult:
    """Run ruff over every Python source file of a tree."""
    argv = (
        str(Path(sys.prefix) / "bin" / "ruff"),
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--no-respect-gitignore",
        "--output-format=json",
        f"--target-version={config.target_version}",
        f"--select={','.join(config.select)}",
        # Directories that ruff leaves out by name (dist, site-packages, ...) hold code like any other.
        "--config=exclude=[]",
        "--config=include=['*.py','*.pyi','*.pyw']",
        *(() if config.respect_suppressions else ("--ignore-noqa",)),
        ".",
    )
    ran = _run("ruff", argv, files.root, isolation)
    reason = ran.unusable(frozenset({0}))
    reported: tuple[ReportedFinding, ...] = ()
    if not reason:
        try:
            reported = ruff_parse(ran.result.stdout or b"[]", root=ran.root)
        except ReportUnreadable as error:
            reason = error.message
    return _hook("ruff", files, config, runs=(ran,), reported=reported, reason=reason)


def bandit_run(
    files: TreeFiles, *, config: ToolConfig, isolation: IsolationKind, paths: Sequence[str] | None = None
) -> HookResult:
    """Run bandit over a tree's Python source files, or over ``paths`` only: it reads each file by itself."""
    chosen = (
        files.python_paths
        if paths is None
        else tuple(path for path in files.python_paths if path in set(paths))
    )
    runs: list[_Ran] = []
    reports: list[BanditReport] = []
    reason = ""
    for start in range(0, len(chosen), _BATCH):
        # Only files are named, never a directory: in a directory bandit would look for a ".bandit" to obey.
        names = [f"./{path}" for path in chosen[start : start + _BATCH]]
        ignore = () if config.respect_suppressions else ("--ignore-nosec",)
        ran = _run(
            "bandit",
            _python(
                "-m", "bandit", "--format=json", "--quiet", "--exit-zero", "--exclude=", *ignore, "--", *names
            ),
            files.root,
            isolation,
        )
        runs.append(ran)
        reason = ran.unusable(frozenset({0}))
        if reason:
            break
        try:
            reports.append(bandit_parse(ran.result.stdout, root=ran.root))
        except ReportUnreadable as error:
            reason = error.message
            break
    unreadable = {path: why for report in reports for path, why in report.unreadable.items()}
    if not reason:
        silent = set(chosen) - set(unreadable) - {path for report in reports for path in report.scanned}
        if silent:
            reason = f"bandit said nothing about {len(silent)} files, first {min(silent)}"
    reported = tuple(
        one
        for report in reports
        for one in report.findings
        # In tests an assert is how the code speaks, not a check that python -O removes.
        if not (one.rule == "B101" and is_test_path(one.path))
    )
    return replace(
        _hook("bandit", files, config, runs=runs, reported=reported, reason=reason), unreadable=unreadable
    )


def _hook(
    tool: str,
    files: TreeFiles,
    config: ToolConfig,
    *,
    runs: Sequence[_Ran],
    reported: tuple[ReportedFinding, ...],
    reason: str,
) -> HookResult:
    findings = () if reason else findings_fingerprint(reported, files.lines)
    return HookResult(
        tool=tool,
        version=tool_version(tool),
        argv=runs[0].argv if runs else (),
        exit_code=runs[-1].result.exit_code if runs else 0,
        duration_ms=sum(one.result.duration_ms for one in runs),
        status=HookStatus.FAILED if reason else HookStatus.OK,
        reason=reason,
        findings=findings,
        config_digest=config.digest(tool),
        output_digest=_said_digest(findings),
    )


def detect_secrets_run(directory: Path, *, isolation: IsolationKind) -> SecretScan:
    """Run detect-secrets over all files of a directory, without asking anybody whether a secret is valid.

    It leaves out files whose ending it takes for no text: who must not be fooled gives it copies with others.
    """
    argv = _python(
        "-m",
        "detect_secrets",
        "scan",
        "--no-verify",
        "--all-files",
        *(f"--disable-filter={name}" for name in _EVADABLE_FILTERS),
        ".",
    )
    ran = _run("detect-secrets", argv, directory, isolation)
    failure = ran.unusable(frozenset({0}))
    secrets: tuple[PossibleSecret, ...] = ()
    if not failure:
        try:
            secrets = detect_secrets_parse(ran.result.stdout, root=ran.root)
        except ReportUnreadable as error:
            failure = error.message
    return SecretScan(version=tool_version("detect-secrets"), secrets=secrets, failure=failure)

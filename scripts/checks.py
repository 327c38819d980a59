"""Every check of this repository, one after the other where they need both cores, each with its outcome.

`scripts/test` sets up and calls this. Output of a check goes to .state/logs and, when it fails, to the
screen. A check that could not find out says so (unknown) and is not counted as passed.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.table import Table

from bootstrap import FRONTEND, NODE_VENV, ROOT, STATE, node_usable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Outcome = Literal["passed", "failed", "unknown"]
BIN = ROOT / ".venv" / "bin"
SCHEMA = ROOT / "docs" / "reference" / "openapi.yaml"
TAIL_LINES = 80
WIDTH = 140
# How detect-secrets-hook ends when it found nothing new and a judged line has moved.
BASELINE_MOVED = 3
COLOURS = {"passed": "green", "failed": "red", "unknown": "yellow"}
# What pip-audit says when the machine reaches no vulnerability database, as against one that it found.
NO_ANSWER = re.compile(
    r"ConnectionError|ServiceError|Max retries|Failed to|could not be audited|resolve|skip", re.IGNORECASE
)


@dataclass(frozen=True)
class Check:
    """One thing to find out: commands that must all succeed."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    headline: Callable[[str], str]
    directory: Path = ROOT
    fast: bool = True
    alone: bool = False
    nightly: bool = False
    unknown: Callable[[str], bool] = lambda _: False
    fine: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Result:
    """What a check found out."""

    check: Check
    outcome: Outcome
    seconds: float
    headline: str
    log: Path


def last_line(output: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def matching(pattern: str) -> Callable[[str], str]:
    """Return a headline made of the last line that matches, without decoration."""

    def headline(output: str) -> str:
        found = [line for line in output.splitlines() if re.search(pattern, line)]
        return found[-1].strip(" =") if found else last_line(output)

    return headline


def python(*arguments: str) -> tuple[str, ...]:
    """Return a command that runs a module of the project's environment."""
    return (str(BIN / "python"), *arguments)


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """Return a command that runs a tool of the project's environment."""
    return (str(BIN / name), *arguments)


def tracked_files() -> tuple[str, ...]:
    """Return what Git would keep, new files included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return tuple(name for name in listed if name and (ROOT / name).is_file())


def checks(*, fast: bool) -> tuple[Check, ...]:
    """Return every check, those that need both cores last."""
    schema = STATE / "openapi.yaml"
    coverage = () if fast else ("--cov", "--cov-report=term-missing:skip-covered")
    return (
        Check("ruff check", (tool("ruff", "check", "."),), last_line),
        Check("ruff format", (tool("ruff", "format", "--check", "."),), last_line),
        Check("mypy", (tool("mypy"),), last_line),
        Check("import contracts", (tool("lint-imports"),), matching(r"Contracts: ")),
        Check(
            "migrations",
            (python("-W", "ignore", "-m", "django", "makemigrations", "--check", "--dry-run"),),
            last_line,
        ),
        Check(
            "API description",
            (
                python("-m", "django", "spectacular", "--validate", "--fail-on-warn", "--file", str(schema)),
                ("git", "diff", "--no-index", "--exit-code", "--", str(SCHEMA), str(schema)),
            ),
            lambda output: last_line(output) or "the committed description is the code's",
        ),
        Check(
            "secrets",
            secrets_commands(),
            lambda output: (
                "no secret" if "Potential secrets" not in output else "a secret, or what looks like one"
            ),
            fine=(0, BASELINE_MOVED),
        ),
        Check(
            "dependencies",
            (
                tool(
                    "pip-audit",
                    "--strict",
                    "--disable-pip",
                    "--require-hashes",
                    *audited(),
                    "--timeout",
                    "10",
                ),
            ),
            last_line,
            fast=False,
            unknown=lambda output: NO_ANSWER.search(output) is not None,
        ),
        npm("interface: types", "typecheck", "no type error"),
        npm("interface: lint", "lint", "no finding"),
        npm("interface: client", "generate:check", "the generated client is the description's"),
        Check(
            "interface: unit tests",
            (("npm", "run", "--silent", "test"),),
            matching(r"^\s*Tests? "),
            directory=FRONTEND,
        ),
        Check(
            "interface: size",
            (("npm", "run", "--silent", "build"), ("npm", "run", "--silent", "budget")),
            last_line,
            directory=FRONTEND,
        ),
        Check(
            "tests",
            (
                python(
                    *("-m", "pytest", "-q", "-rfEs", "-n", "2", "--dist", "loadfile"),
                    # Files with few tests would come last, and these are the slow ones.
                    *("--no-loadscope-reorder", "tests"),
                    *("--ignore", "tests/e2e", *coverage, *(("-m", "not slow") if fast else ())),
                ),
            ),
            matching(r"\d+ (passed|failed|error)"),
            alone=True,
        ),
        Check(
            "nightly: decisions",
            (
                python(
                    *("-m", "pytest", "-q", "--hypothesis-profile=nightly"),
                    "tests/unit/approvals/test_decision_machine.py",
                ),
            ),
            matching(r"\d+ (passed|failed|error)"),
            alone=True,
            nightly=True,
        ),
        Check(
            "nightly: twenty waiting",
            (
                python(
                    *("-m", "pytest", "-q", "--hypothesis-profile=nightly"),
                    "tests/workflow/test_many_waiting.py",
                ),
            ),
            matching(r"\d+ (passed|failed|error)"),
            alone=True,
            nightly=True,
        ),
        Check(
            "end to end",
            (python("-m", "pytest", "-q", "-rfEs", "tests/e2e"),),
            matching(r"\d+ (passed|failed|error|skipped)"),
            fast=False,
            alone=True,
        ),
    )


def npm(name: str, script: str, silence_means: str) -> Check:
    """Return a check that is one of the web interface's own scripts."""
    return Check(
        name,
        (("npm", "run", "--silent", script),),
        lambda output: last_line(output) or silence_means,
        directory=FRONTEND,
    )


def secrets_commands() -> tuple[tuple[str, ...], ...]:
    """Return the secret scan over everything that Git would keep, but lock files, which are hashes."""
    left_out = {"frontend/package-lock.json", ".secrets.baseline"}
    scanned = [
        name
        for name in tracked_files()
        if name not in left_out and not name.startswith("infra/requirements/")
    ]
    tests = [name for name in scanned if name.startswith("tests/") or ".test." in name]
    others = [name for name in scanned if name not in tests]
    scan = tool("detect-secrets-hook", "--no-verify")
    # Tests are full of made-up passwords and digests; what looks like a real key or token is found there too.
    guesses = ("KeywordDetector", "HexHighEntropyString", "Base64HighEntropyString", "BasicAuthDetector")
    lenient = [part for plugin in guesses for part in ("--disable-plugin", plugin)]
    # A copy: the scanner writes to it when a line that was judged before has only moved.
    baseline = str(STATE / "secrets.baseline")
    return (
        ("cp", ".secrets.baseline", baseline),
        (*scan, "--baseline", baseline, *others),
        (*scan, *lenient, *tests),
    )


def audited() -> tuple[str, ...]:
    """Return the options that name what is installed on a user's machine."""
    return ("-r", "infra/requirements/base.txt")


def environment() -> dict[str, str]:
    """Return the environment of every check: no colours, a Node that works, nothing of a running platform."""
    chosen = {key: value for key, value in os.environ.items() if not key.startswith("COUNTERSIGN_")}
    # The tests start hundreds of processes: each would compile the whole platform again.
    chosen.pop("PYTHONDONTWRITEBYTECODE", None)
    path = [str(BIN), *(() if node_usable() else (str(NODE_VENV / "bin"),)), os.environ.get("PATH", "")]
    chosen |= {
        "PATH": os.pathsep.join(path),
        "CI": "1",
        "NO_COLOR": "1",
        "DJANGO_SETTINGS_MODULE": "countersign.config.settings",
        "COUNTERSIGN_HOME": str(STATE / "checks"),
        "COUNTERSIGN_SECRET_KEY": "for-commands-that-open-no-session",  # pragma: allowlist secret
    }
    if os.geteuid() == 0:
        # Set-up has installed everything: a tool that is still missing is a failure, not a skip.
        chosen["COUNTERSIGN_TESTS_COMPLETE"] = "1"
    return chosen


def run(check: Check) -> Result:
    """Run a check to its end."""
    log = STATE / "logs" / f"check-{re.sub('[^a-z]+', '-', check.name.lower())}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    code = 0
    with log.open("wb") as output:
        for command in check.commands:
            code = subprocess.run(
                command,
                cwd=check.directory,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
            if code not in check.fine:
                break
    text = log.read_text(errors="replace")
    outcome: Outcome = "passed"
    if code not in check.fine:
        outcome = "unknown" if check.unknown(text) else "failed"
    return Result(check, outcome, time.monotonic() - began, check.headline(text), log)


def show(console: Console, result: Result) -> None:
    """Say how a check ended; a failure shows the end of its output."""
    if result.outcome == "failed":
        console.rule(f"{result.check.name}: output", style="red")
        lines = result.log.read_text(errors="replace").splitlines()
        console.print("\n".join(lines[-TAIL_LINES:]), markup=False, highlight=False)
        console.rule(style="red")
    elif skipped := re.findall(r"^SKIPPED .*$", result.log.read_text(errors="replace"), re.MULTILINE):
        console.print("\n".join(skipped), markup=False, highlight=False)
    colour = COLOURS[result.outcome]
    console.print(
        f"[{colour}]{result.outcome:8}[/] {result.check.name} ({result.seconds:.1f} s)", highlight=False
    )


def summary(console: Console, results: Sequence[Result], seconds: float) -> None:
    """Print everything once more, side by side."""
    table = Table("check", "outcome", "seconds", "what it said", title=f"{seconds:.0f} seconds in all")
    for result in results:
        table.add_row(
            result.check.name,
            f"[{COLOURS[result.outcome]}]{result.outcome}[/]",
            f"{result.seconds:.1f}",
            result.headline.replace("[", "\\[")[:100],
        )
    console.print(table)


def main() -> int:
    """Run the checks that were asked for; 1 when one failed."""
    parser = argparse.ArgumentParser(prog="scripts/test", description="Run every check of this repository.")
    parser.add_argument("--fast", action="store_true", help="leave out what takes minutes")
    parser.add_argument("--nightly", action="store_true", help="only the randomised tests, at full length")
    parser.add_argument("--only", metavar="PATTERN", default="", help="only checks whose name matches")
    options = parser.parse_args()
    chosen = [
        check
        for check in checks(fast=options.fast)
        if re.search(options.only, check.name)
        and (check.fast or not options.fast)
        and check.nightly == options.nightly
    ]
    if not chosen:
        parser.error(f"no check matches {options.only!r}")
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    began = time.monotonic()
    results = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in pool.map(run, [check for check in chosen if not check.alone]):
            show(console, result)
            results.append(result)
    for check in chosen:
        if check.alone:
            console.print(f"running {check.name} ...")
            result = run(check)
            show(console, result)
            results.append(result)
    summary(console, results, time.monotonic() - began)
    return int(any(result.outcome == "failed" for result in results))


if __name__ == "__main__":
    sys.exit(main())

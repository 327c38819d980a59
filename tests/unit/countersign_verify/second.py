"""The browser's verifier beside this one: both judge the same input, and every difference is a failure.

It runs in one process of Node, which reads one case a line and answers each. What is compared is the verdict,
the name and end of every check in order, the codes of every refusal, and what the checks that hold have seen.
"""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from countersign_verify.errors import RefusedError
from countersign_verify.report import Report, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from countersign_verify.trust import Trust

FRONTEND = Path(__file__).parents[3] / "frontend"
Case = dict[str, Any]


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def pack_case(file: Path, trust: bytes, decisions: Sequence[Path] = ()) -> Case:
    return {
        "kind": "pack",
        "path": str(file),
        "trust": text(trust),
        "decisions": [str(path) for path in decisions],
    }


def log_case(directory: Path, trust: bytes, known: Sequence[bytes] = ()) -> Case:
    return {
        "kind": "log",
        "path": str(directory),
        "trust": text(trust),
        "known": [text(note) for note in known],
    }


def event_case(directory: Path, index: int, trust: bytes) -> Case:
    return {**log_case(directory, trust), "kind": "event", "index": index}


def events_case(file: Path, trust: bytes) -> Case:
    return {"kind": "events", "path": str(file), "trust": text(trust)}


def part_case(part: str, data: bytes = b"", **more: Any) -> Case:  # noqa: ANN401 - what the part is given besides
    return {"kind": "part", "part": part, "data": text(data), "more": more}


class Second:
    """The other verifier, as a process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["node", "scripts/twin.mjs"],
            cwd=FRONTEND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.communicate()

    def judge(self, case: Case) -> dict[str, Any]:
        """What the other verifier says."""
        self.ask(case)
        return self.answer()

    def ask(self, case: Case) -> None:
        """Give it a case to judge, while this verifier does the same."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """What it says of the case that it was asked about."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the other verifier went away"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def agree(self, case: Case, report: Report) -> None:
        """Fail where the other verifier says something else of this case."""
        difference = apart(told(report), self.judge(case))
        assert not difference, difference


def told(report: Report) -> dict[str, Any]:
    """What this verifier says, as :meth:`Second.judge` gives it."""
    return dict(report.as_json())


def first_judges(make: Callable[[Report], object], trust: Trust) -> dict[str, Any]:
    """Let this verifier judge; a refusal outside of any check is an answer too."""
    report = Report("", trust.describe())
    try:
        make(report)
    except RefusedError as error:
        return {"refused": [error.code, *error.reasons]}
    return told(report)


def apart(first: dict[str, Any], second: dict[str, Any]) -> str:
    """Say in what two answers differ; nothing where they agree."""
    if "crashed" in second:
        return f"the other verifier fell over: {second['crashed']}"
    for name in ("refused", "made"):
        if first.get(name) != second.get(name):
            return f"{name}: {first.get(name)!r} here, {second.get(name)!r} there"
    ours, theirs = ([comparable(check) for check in item.get("checks", [])] for item in (first, second))
    pairs = zip(ours, theirs, strict=False)
    lines = [f"here:  {one}\nthere: {other}" for one, other in pairs if one != other]
    if len(ours) != len(theirs):
        lines.append(f"{len(ours)} checks here, {len(theirs)} there")
    if first.get("verdict") != second.get("verdict") or first.get("trust") != second.get("trust"):
        lines.append("another verdict, or another trust")
    return "\n".join(lines)


def comparable(check: dict[str, Any]) -> tuple[Any, ...]:
    """What both must say alike of a check: of one that failed the codes, of any other the whole sentence."""
    failed = check["status"] == Status.FAILED.value.lower()
    return (check["name"], check["status"], tuple(check["codes"]), "" if failed else check["detail"])

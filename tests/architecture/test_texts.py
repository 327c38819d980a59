"""What must stand in no tracked file, and how long a file may be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source import BACKEND, ROOT, name_of, text_of, tracked

MAX_LINES = 500
HERE = Path(__file__)
GENERATED = ("frontend/src/api/generated/", "docs/reference/openapi.yaml", "frontend/package-lock.json")
# Put together, so that this file does not hold what it forbids.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
REGISTRIES = re.compile(
    "|".join(
        re.escape(name)
        for name in (
            "pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "registry." + "yarnpkg",
            "npmjs" + ".com", "proxy.golang" + ".org", "static.crates" + ".io", "index.crates" + ".io",
        )
    )
)  # fmt: skip
# A directory that exists on one machine only; /root and /home are named where they are hidden or mounted.
MACHINE = re.compile(r"(?<![\w.\-/])/(?:work/[a-z]|Users/\w|home/[a-z]+/[a-z]|root/[a-z])")


def sources() -> list[Path]:
    return [path for path in tracked() if not name_of(path).startswith(GENERATED) and path != HERE]


def found(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_files_are_tracked() -> None:
    assert ROOT / "pyproject.toml" in tracked()


def test_source_files_are_short() -> None:
    kinds = {".py", ".ts", ".tsx", ".css", ".sh", ".mjs"}
    long = {
        name_of(path): count
        for path in sources()
        if path.suffix in kinds
        and "migrations" not in path.parts
        and (count := len(text_of(path).splitlines())) >= MAX_LINES
    }
    assert long == {}


def test_nothing_is_left_unfinished() -> None:
    assert found(UNFINISHED, sources()) == []


def test_nothing_is_left_unimplemented() -> None:
    pattern = re.compile("raise NotImplemented" + "Error")
    # A base class of Django's admin, whose methods have no abstract form: each class says which service.
    base = BACKEND / "countersign" / "console" / "base.py"
    assert found(pattern, [path for path in sources() if path.is_relative_to(BACKEND) and path != base]) == []


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE], ids=["registries", "machines"])
def test_no_file_names_a_place_of_one_network_or_machine(pattern: re.Pattern[str]) -> None:
    assert found(pattern, [path for path in tracked() if path != HERE]) == []

"""The page on insiders names tests that exist, and every attack that is tried."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.workflow.insider_attacks import ATTACKS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "insider-attacks.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def names_in(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_insider_page_names_tests_that_exist() -> None:
    missing = [f"{file}::{name}" for file, name in NAMED if name not in names_in(ROOT / file)]
    assert missing == []
    assert len(NAMED) > 20


def test_insider_page_has_every_attack_on_decisions_and_no_other() -> None:
    assert re.findall(r"^\| `(\w+)`: ", PAGE, re.MULTILINE) == list(ATTACKS)


def test_insider_page_has_every_test_of_an_insider() -> None:
    listed = {name for _, name in NAMED}
    for file in (ROOT / "tests" / "workflow").glob("test_insider_*.py"):
        assert names_in(file) <= listed

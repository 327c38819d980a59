"""A platform with something to decide on, and a page in front of it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests
from playwright.sync_api import Page

T = TypeVar("T")
JSON = dict[str, Any]
PLAN = Path(__file__).resolve().parents[2] / "backend" / "countersign" / "cli" / "demo" / "plan.yaml"
AUDITOR = "auditor@demo.localhost"
AUDITOR_PASSWORD = "only-for-this-test-9f3c"
# Two things to mend that belong to two deliverables, so that two decisions wait.
PROJECT = {
    "pyproject.toml": """
[project]
name = "ledger"
version = "1.0"
requires-python = ">=3.11"
[tool.pytest.ini_options]
pythonpath = ["src"]
""",
    "src/ledger/__init__.py": '"""A small ledger."""\n',
    "src/ledger/accounts.py": '''"""Accounts and what they hold."""

import json
import os
from decimal import Decimal


def balance(entries: list[Decimal]) -> Decimal:
    """Add the entries up."""
    return sum(entries, Decimal(0))
''',
    "src/ledger/lookup.py": '''"""Finding accounts by name."""


def known(name: str, names: list[str]) -> bool:
    """Say whether the name is among them."""
    if not name in names:
        return False
    return True
''',
    "tests/test_ledger.py": """
from decimal import Decimal

from ledger.accounts import balance
from ledger.lookup import known


def test_balance_adds_up():
    assert balance([Decimal(1), Decimal(2)]) == Decimal(3)


def test_known_name():
    assert known("rent", ["rent"])
    assert not known("rent", [])
""",
}


@dataclass(frozen=True)
class Stage:
    """A platform in which two changes wait for a decision."""

    url: str
    source: Path
    people: Callable[[], JSON]
    tokens: JSON

    def get(self, path: str, *, role: str = "operator") -> Any:  # noqa: ANN401 - whatever the API answers
        """Read from the API."""
        answer = requests.get(self.url + path, headers=self._headers(role), timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def post(self, path: str, body: JSON, *, role: str = "operator") -> JSON:
        """Ask the platform for something."""
        answer = requests.post(self.url + path, json=body, headers=self._headers(role), timeout=30)
        assert answer.ok, answer.text
        return dict(answer.json())

    def job(self, path: str, body: JSON) -> JSON:
        """Ask for something that takes its time, wait until it is done, and return what came of it."""
        status = str(self.post(path, body)["status_url"])

        def ended() -> JSON | None:
            task: JSON = self.get(status)
            assert task["state"] not in {"failed", "cancelled"}, task
            return task if task["state"] == "succeeded" else None

        return dict(wait_for(ended, f"the task of {path}")["result"] or {})

    def request(self, rule: str) -> JSON:
        """Return the request to decide on the change that answers this rule, as the director sees it."""
        page = self.get("/api/v1/approval-requests/?state=all", role="director")
        details = (
            self.get(f"/api/v1/approval-requests/{item['id']}/", role="director") for item in page["results"]
        )
        [found] = [detail for detail in details if rule in detail["work_item"]["rules"]]
        return dict(found)

    def login_address(self, role: str, path: str = "/inbox") -> str:
        """Return an address that logs this person in, once."""
        return f"{self.url}/login?next={path}#token={self.people()[f'{role}_login']}"

    def git(self, *arguments: str) -> str:
        """Ask the project's own repository."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.source, check=True, capture_output=True, text=True, timeout=30
        )
        return done.stdout.strip()

    def _headers(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[f'{role}_token']}"}


def wait_for(probe: Callable[[], T | None], what: str, seconds: float = 150.0) -> T:
    """Ask again until there is an answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (found := probe()) is not None:
            return found
        time.sleep(0.2)
    pytest.fail(f"waited {seconds:.0f} s for {what}")


def project_write(stage: Stage) -> None:
    """Put the project under Git."""
    for name, text in PROJECT.items():
        path = stage.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    stage.git("init", "-q", "-b", "main")
    stage.git("config", "user.name", "Ledger")
    stage.git("config", "user.email", "ledger@localhost")
    stage.git("add", ".")
    stage.git("commit", "-q", "-m", "A small ledger")


def changes_prepare(stage: Stage) -> None:
    """Go the way from the repository to two changes that wait for a person."""
    stage.job("/api/v1/projects/", {"source": str(stage.source), "name": "ledger"})
    stage.post("/api/v1/plans/", {"project": "ledger", "format": "yaml", "text": PLAN.read_text()})
    stage.job("/api/v1/sessions/", {"project": "ledger"})
    items = stage.get("/api/v1/work-items/?project=ledger")["results"]
    ready = [item for item in items if item["adapter"]]
    assert len(ready) == 2, items
    for item in ready:
        stage.post(f"/api/v1/work-items/{item['id']}/runs/", {})

    def waiting() -> bool | None:
        runs = stage.get("/api/v1/runs/")["results"]
        assert not [run for run in runs if run["state"] in {"failed", "incident"}], runs
        return [run["state"] for run in runs] == ["waiting_approval"] * 2 or None

    wait_for(waiting, "two changes that wait for a person")


@dataclass
class Screen:
    """A page in Chromium, and everything that went wrong in it."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the app."""
        self.page.goto(self.url + path)

    def picture(self, name: str) -> None:
        """Keep a picture, light and dark, when a directory for them was named."""
        directory = os.environ.get("COUNTERSIGN_SCREENS_DIR")
        if directory:
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                self.page.screenshot(path=Path(directory) / f"{name}-{scheme}.png")
            self.page.emulate_media(color_scheme="light")

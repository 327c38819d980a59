"""`countersign break-glass` over HTTP: each with a token of their own; and what status says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from typer.testing import CliRunner

from countersign.accounts.services import role_grant, roles_sync, token_issue, user_create
from countersign.cli.errors import CommandFailed
from countersign.cli.home import Home
from countersign.cli.main import app
from countersign.cli.status import break_glass_told
from countersign.projects.services import project_create
from countersign.shared.actor import Actor, service_actor
from countersign.shared.errors import DomainError

HOUR = timedelta(hours=1)
SERVICE = service_actor("test")


@dataclass
class Office:
    """A platform that answers over HTTP, and the token files of its people."""

    url: str
    directory: Path
    tokens: dict[str, Path] = field(default_factory=dict)

    def run(self, who: str, *arguments: str) -> str:
        command = ["break-glass", *arguments, "--token-file", str(self.tokens[who]), "--url", self.url]
        result = CliRunner().invoke(app, command)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout.strip()

    def hire(self, name: str, *roles: str) -> None:
        user = user_create(actor=SERVICE, email=f"{name}@example.org", name=name.title())
        for role in roles:
            role_grant(actor=SERVICE, person_id=user.person_id, role=role)
        own = Actor(kind="person", id=user.id, label=name, person_id=user.person_id, roles=frozenset(roles))
        file = self.directory / name
        file.write_text(f"{token_issue(actor=own, user_id=user.id, label='cli', valid=HOUR).secret}\n")
        self.tokens[name] = file


@pytest.fixture
def server(committed_db: None) -> Iterator[str]:
    made: WSGIServer = make_server("127.0.0.1", 0, get_wsgi_application())

    def serve() -> None:
        made.serve_forever()
        connections.close_all()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def office(server: str, tmp_path: Path) -> Office:
    roles_sync(actor=SERVICE)
    office = Office(server, tmp_path)
    for name, roles in {
        "dana": ("director",),
        "sam": ("security_reviewer",),
        "ada": ("auditor",),
        "olu": ("operator",),
    }.items():
        office.hire(name, *roles)
    project_create(
        actor=SERVICE,
        slug="sample",
        name="Sample",
        source_path="/srv/sample",
        repository_path="/srv/sample.git",
        isolation="bubblewrap",
    )
    return office


def told(home: Home) -> str:
    return "\n".join(break_glass_told(home))


def test_break_glass_takes_two_people_and_a_third(office: Office, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert told(home) == ""
    window = office.run("dana", "open", "sample", "--reason", "logins fail", "--minutes", "30")
    with pytest.raises(DomainError, match="two people"):
        office.run("dana", "confirm", window)
    with pytest.raises(DomainError, match="needs one of the roles"):
        office.run("olu", "confirm", window)
    assert "OPEN until" in office.run("sam", "confirm", window)
    assert f"BREAK-GLASS OPEN: {window}, for logins fail" in told(home)
    assert "by Dana and Sam: logins fail" in office.run("ada", "list")
    assert "REVIEW DUE" in office.run("dana", "close", window)
    with pytest.raises(DomainError, match="neither of the two"):
        office.run("sam", "review", window, "--text", "fine")
    assert "REVIEW DUE" in told(home)
    assert "REVIEWED" in office.run("ada", "review", window, "--text", "it had to be")
    assert told(home) == ""


def test_break_glass_says_what_went_wrong(office: Office, tmp_path: Path) -> None:
    office.tokens["nobody"] = tmp_path / "missing"
    with pytest.raises(CommandFailed, match="token can't be read"):
        office.run("nobody", "list")
    with pytest.raises(DomainError, match="no project"):
        office.run("dana", "open", "nowhere", "--reason", "x")

"""A platform that answers over HTTP, and people who use the command line each with a token of their own."""

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

from countersign.shared.actor import Actor, service_actor

HOUR = timedelta(hours=1)
SERVICE = service_actor("test")


@dataclass
class Office:
    """A platform that answers over HTTP, and the token files of its people."""

    url: str
    directory: Path
    tokens: dict[str, Path] = field(default_factory=dict)

    def run(self, group: str, who: str, *arguments: str) -> str:
        from typer.testing import CliRunner

        from countersign.cli.main import app

        command = [group, *arguments, "--token-file", str(self.tokens[who]), "--url", self.url]
        result = CliRunner().invoke(app, command)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout.strip()

    def hire(self, name: str, *roles: str) -> None:
        from countersign.accounts.services import role_grant, token_issue, user_create

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
    from countersign.accounts.services import roles_sync
    from countersign.projects.services import project_create

    roles_sync(actor=SERVICE)
    office = Office(server, tmp_path)
    for name, roles in {
        "dana": ("director",),
        "sam": ("security_reviewer",),
        "ada": ("auditor",),
        "olu": ("operator",),
        "alex": ("admin",),
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

"""The real platform with a real project in it, and a real Chromium in front of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request, expect, sync_playwright

from countersign.cli.embedded.network import port_choose
from countersign.cli.home import Home
from countersign.cli.state import state_read
from tests.e2e.stage import AUDITOR, AUDITOR_PASSWORD, JSON, Screen, Stage, changes_prepare, project_write

UI = Path(__file__).resolve().parents[2] / "frontend" / "dist"
FLAGS = (
    "--no-sandbox",  # the tests may run as root, where Chromium's own sandbox does not start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Runs as a process of the platform, which alone knows its database.
PEOPLE = """
import json
import sys
from countersign.cli.demo.people import DIRECTOR, OPERATOR, TOKEN_VALID, people_prepare
tokens = people_prepare(unattended=False)
from countersign.accounts.selectors import user_by_email
from countersign.accounts.errors import EmailTaken
from countersign.accounts.services import one_time_login_issue, role_grant, token_issue, user_create
from countersign.shared.actor import service_actor

def login(email):
    user = user_by_email(email)
    return one_time_login_issue(actor=service_actor("demo"), user_id=user.id).secret

try:
    auditor = user_create(
        actor=service_actor("demo"), email=sys.argv[1], name="Ada Auditor", password=sys.argv[2]
    )
    role_grant(actor=service_actor("demo"), person_id=auditor.person_id, role="auditor")
except EmailTaken:
    pass
try:
    reviewer = user_create(actor=service_actor("demo"), email="sam@demo.localhost", name="Sam Reviewer")
    role_grant(actor=service_actor("demo"), person_id=reviewer.person_id, role="security_reviewer")
except EmailTaken:
    pass
auditor_token = token_issue(
    actor=service_actor("demo"),
    user_id=user_by_email(sys.argv[1]).id,
    label="the auditor of the tests",
    valid=TOKEN_VALID,
)
print(json.dumps({
    "auditor_token": auditor_token.secret,
    "reviewer_login": login("sam@demo.localhost"),
    "operator_token": tokens.operator_token, "director_token": tokens.director_token,
    "operator_login": login(OPERATOR[0]), "director_login": login(DIRECTOR[0]),
}))
"""


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start a platform of its own, with people, a project, a plan, and two changes that wait."""
    home = Home(tmp_path_factory.mktemp("platform"))
    # The demo's people belong to an installation that the demo created.
    (home.root / "demo-installation").touch()
    # Nothing of the test run's own servers.
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "DJANGO_"))
    }

    # A copy: the build may be made anew while the tests run.
    assert (UI / "index.html").is_file(), (
        "the web app is not built: run 'npm ci' and 'npm run build' in frontend/"
    )
    bare["COUNTERSIGN_UI_DIR"] = str(shutil.copytree(UI, home.root / "ui"))

    def countersign(*arguments: str) -> None:
        command = [sys.executable, "-m", "countersign.cli.main", *arguments, "--home", str(home.root)]
        done = subprocess.run(command, check=False, env=bare, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stdout + done.stderr

    countersign("up", "--detach", "--port", str(port_choose()))
    try:
        state = state_read(home)

        def people() -> JSON:
            done = subprocess.run(
                [sys.executable, "-c", PEOPLE, AUDITOR, AUDITOR_PASSWORD],
                check=False,
                env={**bare, **state.environment},
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            return dict(json.loads(done.stdout.splitlines()[-1]))

        stage = Stage(state.url, home.root / "projects" / "ledger", people, people())
        project_write(stage)
        changes_prepare(stage)
        yield stage
    finally:
        countersign("down")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    # A busy machine is slow, not wrong.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def screen(stage: Stage, browser: Browser) -> Iterator[Screen]:
    """Open a page in a browser that knows nobody; afterwards, it must not have complained of anything."""
    context = browser.new_context(viewport={"width": 1360, "height": 900}, color_scheme="light")
    screen = Screen(context.new_page(), stage.url)

    def heard(message: ConsoleMessage) -> None:
        # A refused request is an answer that a test may ask for; anything else is a fault of the app.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            screen.faults.append(message.text)

    def asked(request: Request) -> None:
        if not request.url.startswith(f"{screen.url}/"):
            screen.faults.append(f"the page asked {request.url}")

    screen.page.on("console", heard)
    screen.page.on("pageerror", lambda error: screen.faults.append(str(error)))
    screen.page.on("request", asked)
    yield screen
    context.close()
    assert screen.faults == []

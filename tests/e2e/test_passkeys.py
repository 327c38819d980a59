"""Two people enrol a passkey in the browser, and a decision is signed with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import PLAN, Screen, Stage, project_write, wait_for
from tests.e2e.test_login import authenticator_add

pytestmark = [pytest.mark.needs("bwrap", "chromium"), pytest.mark.slow, pytest.mark.timeout(600)]

ADMIN = "adam@demo.localhost"


def admin_address(stage: Stage, base: str) -> str:
    """Make an administrator at the command line; returns an address that logs in once."""
    home = stage.source.parents[1]
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "DJANGO_"))
    }
    person = ("user", "add", ADMIN, "--name", "Adam Admin", "--role", "admin")
    command = [sys.executable, "-m", "countersign.cli.main", *person, "--home", str(home)]
    done = subprocess.run(command, check=False, env=bare, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    token = done.stdout.strip().rsplit("#token=", 1)[1]
    return f"{base}/login?next=/passkeys#token={token}"


def change_waits(stage: Stage) -> str:
    """Let a project that asks for passkeys have a change that waits; returns the request's id."""
    vault = replace(stage, source=stage.source.with_name("vault"))
    project_write(vault)
    vault.job("/api/v1/projects/", {"source": str(vault.source), "name": "vault"})
    vault.post("/api/v1/projects/vault/settings/", {"passkey": "all"})
    vault.post("/api/v1/plans/", {"project": "vault", "format": "yaml", "text": PLAN.read_text()})
    vault.job("/api/v1/sessions/", {"project": "vault"})
    items = vault.get("/api/v1/work-items/?project=vault")["results"]
    item = next(item for item in items if item["adapter"])
    vault.post(f"/api/v1/work-items/{item['id']}/runs/", {})

    def waiting() -> str | None:
        page = vault.get("/api/v1/approval-requests/?project=vault", role="director")
        return page["results"][0]["id"] if page["results"] else None

    return wait_for(waiting, "a change that waits for a passkey")


def enrol(page: Page) -> str:
    """Make a passkey as the director; returns its fingerprint as the page shows it."""
    page.get_by_label("Name").fill("blue key")
    page.get_by_role("button", name="Enrol a passkey").click()
    expect(page.get_by_text("waits for another person")).to_be_visible()
    # Nobody confirms a passkey of their own.
    expect(page.get_by_role("button", name="Confirm")).to_have_count(0)
    return page.locator("code", has_text=re.compile(r"^[0-9a-f]{4} ")).inner_text()


def test_two_people_enrol_a_passkey_and_a_decision_is_signed_with_it(stage: Stage, screen: Screen) -> None:
    page = screen.page
    page.goto(stage.login_address("director", "/passkeys"))
    expect(page.get_by_text("Passkeys belong to another address")).to_be_visible()
    screen.picture("passkeys-elsewhere")

    # The page that is left must not ask anything any more once the other address is the right one.
    page.goto("about:blank")
    base = f"http://localhost:{urlsplit(stage.url).port}"
    screen.url = base
    authenticator_add(page)
    page.goto(stage.login_address("director", "/passkeys").replace(stage.url, base))
    fingerprint = enrol(page)
    screen.picture("passkeys-proposed")

    browser = page.context.browser
    assert browser is not None
    other = browser.new_context(viewport={"width": 1360, "height": 900})
    second = Screen(other.new_page(), base)
    second.page.goto(admin_address(stage, base))
    expect(second.page.get_by_text(fingerprint)).to_be_visible()
    expect(second.page.get_by_role("button", name="Confirm")).to_be_disabled()
    second.page.get_by_label("told me this fingerprint").check()
    second.picture("passkeys-confirm")
    second.page.get_by_role("button", name="Confirm").click()
    expect(second.page.get_by_text("may decide")).to_be_visible()
    other.close()

    # Only now: no run begins on whose result nobody could decide.
    request_id = change_waits(stage)
    screen.open(f"/decisions/{request_id}")
    expect(page.get_by_text("0 of 1 hunks shown")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("1 of 1 hunks shown")).to_be_visible()
    page.keyboard.press("a")
    page.get_by_label("Reason").fill("Both imports are used nowhere.")
    expect(page.get_by_text("This decision needs your own passkey")).to_be_visible()
    screen.picture("decision-passkey")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    vote = stage.get(f"/api/v1/approval-requests/{request_id}/", role="director")["votes"][0]
    assert (vote["verdict"], vote["unattended"]) == ("approve", False)

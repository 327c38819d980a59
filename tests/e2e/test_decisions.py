"""A director decides in the browser, and the project's own repository shows what came of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.stage import Screen, Stage, wait_for

pytestmark = [pytest.mark.needs("bwrap", "chromium"), pytest.mark.slow, pytest.mark.timeout(600)]

# The changes are told apart by the rule that they answer.
APPROVED = "F401"
REJECTED = "E713"


def test_director_approves_one_change_and_rejects_another(stage: Stage, screen: Screen) -> None:
    head = stage.git("rev-parse", "main")
    approved, rejected = stage.request(APPROVED)["title"], stage.request(REJECTED)["title"]
    # The link logs in once; its token is gone from the address before anything else happens.
    screen.page.goto(stage.login_address("director"))
    screen.page.wait_for_url("**/inbox")
    assert "token" not in screen.page.url
    expect(screen.page.get_by_text("2 decisions")).to_be_visible()
    screen.picture("inbox")

    change_approve(stage, screen, approved)
    merged = stage.git("rev-parse", "main")
    assert len(stage.git("log", "--merges", "--format=%H", f"{head}..main").split()) == 1
    assert "import os" not in stage.git("show", "main:src/ledger/accounts.py")
    assert approved in stage.git("show", "main:docs/project_state.md")
    assert stage.git("tag", "--list", "countersign/*") != ""

    screen.page.get_by_role("link", name="Next decision").click()
    change_reject(screen, rejected)
    wait_for(lambda: stage.request(REJECTED)["decided_at"], "the rejection")
    assert stage.request(REJECTED)["state"] == "rejected"
    assert stage.git("rev-parse", "main") == merged
    assert "not name in names" in stage.git("show", "main:src/ledger/lookup.py")

    outcome_shown(screen, approved)


def change_approve(stage: Stage, screen: Screen, title: str) -> None:
    """Approve: the evidence must have been on the screen, and a reason is needed."""
    page = screen.page
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    for fact in ("A Director decides", "of 100", "5 of 5", "You are 1 of 1"):
        expect(page.get_by_label("Verdict")).to_contain_text(fact)
    for fact in ("digest matches the pack", "claimed by the code under test", "0 of 1 hunks shown"):
        expect(page.get_by_text(fact)).to_be_visible()
    expect(page.get_by_text("the agent's words: not evidence").first).to_be_visible()
    screen.picture("decision")

    page.keyboard.press("a")
    page.get_by_label("Reason").fill("Both imports are used nowhere; the tests compare equal.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Approving needs every hunk shown")).to_be_visible()
    assert stage.request(APPROVED)["state"] == "pending"

    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_text("1 of 1 hunks shown")).to_be_visible()
    screen.picture("decision-diff")
    page.keyboard.press("a")
    page.get_by_label("Reason").fill("Both imports are used nowhere; the tests compare equal.")
    page.keyboard.press("Control+Enter")

    # The receipt: what was signed, where the log holds it, how to check it; then the merge.
    receipt = page.get_by_role("region", name="Receipt")
    expect(receipt).to_contain_text("countersign-verify pack")
    expect(receipt).to_contain_text("leaf", timeout=30_000)
    expect(receipt.get_by_text("merged", exact=True)).to_be_visible(timeout=90_000)
    screen.picture("receipt")
    with page.expect_download() as download:
        receipt.get_by_role("link", name="Download the pack").click()
    assert download.value.path().stat().st_size > 0


def change_reject(screen: Screen, title: str) -> None:
    """Reject: a reason is needed, the evidence need not have been read."""
    page = screen.page
    page.get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    # The base has moved since it was sealed; what is shown is still what was sealed.
    expect(page.get_by_text("digest matches the pack")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("A reason is required.")).to_be_visible()
    page.get_by_label("Reason").fill("We change how lookups read in one go, next month.")
    page.get_by_role("button", name="Sign rejection").click()
    expect(page.get_by_label("Verdict")).to_contain_text("rejected")


def outcome_shown(screen: Screen, approved: str) -> None:
    """Find both outcomes where the work is planned, where it ran, and where it was decided."""
    page = screen.page
    page.get_by_role("link", name="Plans").click()
    phase = page.get_by_role("region", name="Phase P1")
    expect(phase.get_by_text("merged", exact=True)).to_be_visible()
    expect(phase.get_by_text("rejected", exact=True)).to_be_visible()
    screen.picture("board")
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("row").filter(has_text=approved)).to_contain_text("merged")
    screen.picture("runs")
    page.get_by_role("link", name="Inbox").click()
    expect(page.get_by_text("Nothing waits for a decision")).to_be_visible()
    page.get_by_role("link", name="Decided").click()
    expect(page.get_by_role("link", name=approved)).to_contain_text("approved")


def test_operator_sees_why_he_cannot_decide(stage: Stage, screen: Screen) -> None:
    request = stage.request(APPROVED)
    screen.page.goto(stage.login_address("operator", f"/decisions/{request['id']}"))
    expect(screen.page.get_by_role("heading", name=request["title"])).to_be_visible()
    expect(screen.page.get_by_role("button", name=re.compile("Approve|Reject"))).to_have_count(0)
    screen.page.keyboard.press("a")
    expect(screen.page.get_by_label("Reason")).to_have_count(0)


def test_login_link_works_once_and_says_so(stage: Stage, screen: Screen) -> None:
    address = stage.login_address("director")
    screen.page.goto(address)
    screen.page.wait_for_url("**/inbox")
    screen.page.get_by_role("button", name="Sign out").click()
    expect(screen.page.get_by_label("Email")).to_be_visible()
    screen.page.goto("about:blank")
    screen.page.goto(address)
    expect(screen.page.get_by_role("alert")).to_contain_text("correlation id")
    expect(screen.page.get_by_role("alert")).to_contain_text("works once")
    assert "token" not in screen.page.url

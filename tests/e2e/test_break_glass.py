"""Two people open break-glass in the browser, and every page says so until it is reviewed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.stage import Screen, Stage

pytestmark = [pytest.mark.needs("bwrap", "chromium"), pytest.mark.slow, pytest.mark.timeout(600)]
OPEN = "Break-glass is open in ledger: changes merge without their quorum"


def test_two_people_open_break_glass_and_every_page_says_so(
    stage: Stage, screen: Screen, browser: Browser
) -> None:
    page = screen.page
    page.goto(stage.login_address("director", "/break-glass"))
    page.get_by_label("Project").fill("ledger")
    page.get_by_label("Why it can't wait").fill("logins fail since 10:40")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.get_by_text("Break-glass is asked for in ledger by Dana Director")).to_be_visible()
    expect(page.get_by_role("button", name="Countersign and open")).to_have_count(0)

    other = browser.new_page()
    other.goto(stage.login_address("reviewer", "/break-glass"))
    other.get_by_role("button", name="Countersign and open").click()
    expect(other.get_by_text(OPEN)).to_be_visible()
    other.close()

    pending = stage.get("/api/v1/approval-requests/?state=all")["results"][0]
    for path in ("/inbox", "/plans", "/runs", "/break-glass", f"/decisions/{pending['id']}"):
        screen.open(path)
        expect(page.get_by_text(OPEN)).to_be_visible()
    if pending["state"] == "pending":
        section = page.get_by_role("region", name="Approve under break-glass")
        expect(section.get_by_text("Your signature alone merges this change.")).to_be_visible()
        expect(section.get_by_role("button")).to_be_disabled()
    screen.picture("break-glass-decision")

    screen.open("/break-glass")
    screen.picture("break-glass")
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("Break-glass in ledger waits for its review")).to_be_visible()
    expect(page.get_by_label("What was done, and whether it had to be")).to_have_count(0)
    window = stage.get("/api/v1/break-glass/")["results"][0]
    # Whoever opened it can't; the auditor had no part in it.
    stage.post(f"/api/v1/break-glass/{window['id']}/review/", {"review": "a drill"}, role="auditor")
    page.reload()
    expect(page.get_by_text("Reviewed", exact=True)).to_be_visible()
    expect(page.get_by_text("waits for its review")).to_have_count(0)

    # The log tells it, draws it, and gives it away with its proofs.
    screen.open("/audit?type=break_glass.opened")
    page.get_by_role("button", name="break_glass.opened").click()
    page.get_by_role("link", name="Only these: Subject").click()
    marks = page.get_by_role("group", name="What happened to it").get_by_role("link")
    expect(marks.filter(has_text="break_glass.reviewed")).to_have_count(1)
    screen.picture("log")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Download with proofs").click()
    assert '"proof":[' in taken.value.path().read_text()

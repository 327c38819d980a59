"""Getting in, getting lost, and getting on."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import AUDITOR, AUDITOR_PASSWORD, Screen, Stage

pytestmark = [pytest.mark.needs("bwrap", "chromium"), pytest.mark.slow, pytest.mark.timeout(600)]


def drop(page: Page, place: Locator, path: Path) -> None:
    """Drop a file or directory of this machine there, as a person does who drags it from a file manager."""
    box = place.bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    where = {"x": box["x"] + 30, "y": box["y"] + 30}
    what = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **where, "data": what})


def test_password_leads_to_where_one_wanted_to_go(stage: Stage, screen: Screen) -> None:
    page = screen.page
    screen.open("/runs")
    page.get_by_label("Email").fill(AUDITOR)
    page.get_by_role("textbox", name="Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("correlation id")
    screen.picture("login")
    page.get_by_role("textbox", name="Password").fill(AUDITOR_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    expect(page.get_by_text("Ada Auditor")).to_be_visible()


def test_unknown_decision_says_so_and_leads_on(stage: Stage, screen: Screen) -> None:
    page = screen.page
    page.goto(stage.login_address("director", "/decisions/00000000-0000-4000-8000-000000000000"))
    expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("correlation id")
    page.get_by_role("link", name="Go to the inbox").click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def test_keys_are_listed_and_move_in_the_list(stage: Stage, screen: Screen) -> None:
    page = screen.page
    page.goto(stage.login_address("director", "/inbox?tab=decided"))
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("open the form to approve")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Use dark colours").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_session_that_ended_leads_back_after_login(stage: Stage, screen: Screen) -> None:
    page = screen.page
    page.goto(stage.login_address("director", "/runs"))
    expect(page.get_by_role("heading", name="Runs")).to_be_visible()
    page.context.clear_cookies(name="sessionid")
    # The page asks again by itself and learns that nobody is logged in any more.
    expect(page.get_by_label("Email")).to_be_visible()
    assert page.url.endswith("/login?next=%2Fruns")


def test_stranger_verifies_an_export_without_an_account(stage: Stage, screen: Screen, tmp_path: Path) -> None:
    exported = stage.job("/api/v1/exports/", {})
    export = Path(exported["directory"])
    page = screen.page
    screen.open("/login")
    page.get_by_role("link", name="Check evidence without signing in").click()
    expect(page.get_by_role("heading", name="Verify", exact=True)).to_be_visible()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))

    page.get_by_label("Choose an export").set_input_files(export)
    page.get_by_label("Choose the trust file").set_input_files(exported["trust"])
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Everything that was checked holds")).to_be_visible()
    expect(page.get_by_role("heading", name="What was proved")).to_be_visible()
    # Every check has a place in the picture.
    expect(page.get_by_text("Other", exact=True)).to_have_count(0)
    expect(page.get_by_text(f"{exported['size']}, each well-formed and only once")).to_be_visible()
    screen.picture("verify")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the report").click()
    assert json.loads(saved.value.path().read_text())["verdict"] == "ok"

    # One bit of one pack, and the page says where.
    bent = copytree(export, tmp_path / "bent")
    pack = next(bent.glob("packs/*.tar"))
    data = bytearray(pack.read_bytes())
    data[700] ^= 1
    pack.write_bytes(data)
    drop(page, page.get_by_role("region", name="What to verify"), bent)
    expect(page.get_by_text("bent", exact=True)).to_be_visible()
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("failed")
    expect(page.get_by_role("region", name="Failed").get_by_text("packs", exact=True)).to_be_visible()
    screen.picture("verify-failed")

    # A pack with its decisions, and then a trust file that is none.
    pack = next(export.glob("packs/*.tar"))
    page.get_by_label("Choose files").set_input_files([pack, *export.glob("decisions/*.dsse.json")])
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("Everything that was checked holds")).to_be_visible()
    page.get_by_label("Choose the trust file").set_input_files(pack)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("alert")).to_contain_text("This trust file cannot be used")
    screen.picture("verify-trust")
    # The worker's own script, and not one byte of what was chosen.
    assert [one for one in asked if not one.startswith(f"GET {stage.url}/static/ui/assets/")] == []

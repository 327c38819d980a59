"""axe finds nothing to object to on any page, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.e2e.stage import Screen, Stage

pytestmark = [pytest.mark.needs("bwrap", "chromium"), pytest.mark.slow, pytest.mark.timeout(600)]

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What is folded must read as well as what is open.
UNFOLD = "() => document.querySelectorAll('details').forEach((one) => { one.open = true })"
RUN = """async (standards) => (await axe.run({ runOnly: standards })).violations.map(
    (one) => `${one.id}: ${one.nodes[0].html} ${one.nodes[0].failureSummary}`)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(stage: Stage, screen: Screen, scheme: Literal["light", "dark"]) -> None:
    page = screen.page
    page.emulate_media(color_scheme=scheme)
    page.goto(stage.login_address("director"))
    page.wait_for_url("**/inbox")
    requests = stage.get("/api/v1/approval-requests/?state=all")["results"]
    [plan] = stage.get("/api/v1/plans/")["results"]
    paths = (
        "/inbox",
        "/inbox?tab=decided",
        *(f"/decisions/{request['id']}" for request in requests),
        f"/plans/{plan['id']}",
        "/runs",
        "/queue",
        "/absences",
        "/exceptions",
        "/passkeys",
        "/break-glass",
        "/audit?subject_type=project",
        "/who-decides",
        f"/runs/{requests[0]['subject']['id']}",
        "/login",
        "/verify",
    )
    for path in paths:
        screen.open(path)
        page.locator("h1").wait_for()
        page.wait_for_load_state("networkidle")
        page.evaluate(UNFOLD)
        page.evaluate(AXE.read_text())
        assert page.evaluate(RUN, STANDARDS) == [], path

"""The web app's page: one for every address, with the nonce of its answer; faces have their own policies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rest_framework.test import APIClient

PAGE = '<script nonce="__CSP_NONCE__"></script><meta name="csp-nonce" content="__CSP_NONCE__">'


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    from countersign.api import ui
    from countersign.shared.env import environment

    here = replace(environment(), ui_directory=tmp_path)
    monkeypatch.setattr(ui, "environment", lambda: here)
    (tmp_path / "index.html").write_text(PAGE)
    yield tmp_path
    ui._page.cache_clear()


@pytest.mark.parametrize(
    "path", ["/", "/login", "/inbox", "/decisions/x", "/plans/1/phases", "/apiary", "/x.html"]
)
def test_every_page_is_the_app_with_a_fresh_nonce(
    db: None, client: APIClient, built: Path, path: str
) -> None:
    nonces = set()
    for _ in range(2):
        response = client.get(path)
        assert response.status_code == 200
        found = re.search(r"script-src 'self' 'nonce-([^']+)'", response["Content-Security-Policy"])
        assert found is not None
        assert response.content.decode() == PAGE.replace("__CSP_NONCE__", found[1])
        assert response["Cache-Control"] == "no-store"
        assert "csrftoken" in response.cookies
        assert not response.cookies["csrftoken"]["httponly"]
        nonces.add(found[1])
    assert len(nonces) == 2


def test_a_new_build_is_shown_at_once(db: None, client: APIClient, built: Path) -> None:
    import os

    client.get("/")
    (built / "index.html").write_text("new")
    os.utime(built / "index.html", (1, 1))
    assert client.get("/").content == b"new"


def test_an_app_that_is_not_built_says_so(db: None, client: APIClient, built: Path) -> None:
    (built / "index.html").unlink()
    response = client.get("/")
    assert response.status_code == 503
    assert b"npm run build" in response.content


def test_the_page_is_only_read(db: None, client: APIClient, built: Path) -> None:
    assert client.post("/inbox").status_code == 405
    assert client.head("/inbox").status_code == 200


@pytest.mark.parametrize("path", ["/api", "/console", "/static", "/static/ui/missing.js"])
def test_addresses_of_other_faces_are_not_the_app(
    db: None, client: APIClient, built: Path, path: str
) -> None:
    assert PAGE.encode() not in client.get(path).content


def test_policies_are_those_of_the_face(db: None, client: APIClient, built: Path) -> None:
    api = client.get("/api/v1/me/")["Content-Security-Policy"]
    console = client.get("/console/")["Content-Security-Policy"]
    page = client.get("/")["Content-Security-Policy"]
    assert api == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    assert "nonce" not in console
    for policy in (console, page):
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy

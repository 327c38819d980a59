"""The web app's one page: every address that is not the API's or the console's."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from countersign.api.middleware import csp_nonce
from countersign.shared.env import environment

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpRequest

PLACEHOLDER = "__CSP_NONCE__"
NOT_BUILT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Countersign: the web app is not built</title></head>
<body>
<h1>The web app is not built</h1>
<p>The platform runs, and its API answers at <a href="/api/v1/health/">/api/v1/health/</a>.
The web app's files are missing. Build them with <code>npm ci</code> and <code>npm run build</code>
in <code>frontend/</code>, then start the platform again.</p>
</body>
</html>
"""


@lru_cache(maxsize=4)
def _page(path: Path, modified: int) -> str:
    del modified  # part of the key: a new build is a new page
    return path.read_text(encoding="utf-8")


@require_safe
@cache_control(no_store=True)
@ensure_csrf_cookie
def shell(request: HttpRequest) -> HttpResponse:
    """Answer the page that loads the web app, with this answer's nonce on its scripts and styles."""
    path = environment().ui_directory / "index.html"
    try:
        page = _page(path, path.stat().st_mtime_ns)
    except OSError:
        return HttpResponse(NOT_BUILT, status=HTTPStatus.SERVICE_UNAVAILABLE)
    # Never stored: the nonce belongs to one answer.
    return HttpResponse(page.replace(PLACEHOLDER, csp_nonce(request)))

"""Correlation ids, access log and the content security policy."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING

from countersign.shared.correlation import correlation_scope
from countersign.shared.logs import log_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    GetResponse = Callable[[HttpRequest], HttpResponse]

logger = logging.getLogger("countersign.access")

_NONCE = "countersign.csp_nonce"
_NEVER = "base-uri 'none'; frame-ancestors 'none'"
_API_POLICY = f"default-src 'none'; {_NEVER}"
# Django's admin needs no inline script or style: it gets no nonce, and nothing from elsewhere.
_CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    f"connect-src 'self'; form-action 'self'; {_NEVER}"
)


class CorrelationMiddleware:
    """Runs each request under its ``X-Correlation-ID``, or under a new one, and sends it back."""

    def __init__(self, get_response: GetResponse) -> None:
        """Wrap the next handler."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer under the correlation id and write one line to the access log."""
        started = time.monotonic()
        with correlation_scope(request.headers.get("X-Correlation-ID", "")) as identifier:
            # The thread may have served somebody else before.
            log_user("")
            response = self._get_response(request)
            response["X-Correlation-ID"] = identifier
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "duration_ms": round((time.monotonic() - started) * 1000),
                },
            )
        return response


def csp_nonce(request: HttpRequest) -> str:
    """Return the nonce that this answer's policy names."""
    return str(request.META[_NONCE])


class ContentSecurityPolicyMiddleware:
    """Lets pages load nothing but the platform's own files; scripts and styles need this answer's nonce."""

    def __init__(self, get_response: GetResponse) -> None:
        """Wrap the next handler."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the policy of the face that is asked."""
        nonce = secrets.token_urlsafe(16)
        request.META[_NONCE] = nonce
        response = self._get_response(request)
        response.setdefault("Content-Security-Policy", _policy(request.path, nonce))
        return response


def _policy(path: str, nonce: str) -> str:
    if path.startswith("/api/"):
        return _API_POLICY
    if path.startswith("/console/"):
        return _CONSOLE_POLICY
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        f"{_NEVER}"
    )

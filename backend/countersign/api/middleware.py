"""Correlation ids and the content security policy."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from countersign.shared.correlation import correlation_scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    GetResponse = Callable[[HttpRequest], HttpResponse]


class CorrelationMiddleware:
    """Runs each request under its ``X-Correlation-ID``, or under a new one, and sends it back."""

    def __init__(self, get_response: GetResponse) -> None:
        """Wrap the next handler."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer under the correlation id."""
        with correlation_scope(request.headers.get("X-Correlation-ID", "")) as identifier:
            response = self._get_response(request)
            response["X-Correlation-ID"] = identifier
        return response


class ContentSecurityPolicyMiddleware:
    """Lets pages load nothing but the platform's own files; scripts and styles need this answer's nonce."""

    def __init__(self, get_response: GetResponse) -> None:
        """Wrap the next handler."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with a policy that names a fresh nonce."""
        nonce = secrets.token_urlsafe(16)
        request.META["countersign.csp_nonce"] = nonce
        response = self._get_response(request)
        response.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; "
            f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
            "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'",
        )
        return response

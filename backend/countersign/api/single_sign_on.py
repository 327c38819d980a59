"""The library's views that strangers come to: limited, and with an answer for a provider that gives none."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from allauth.core import ratelimit
from allauth.mfa.webauthn.views import login_webauthn
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect import views

from countersign.shared.env import single_sign_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")


def strangers_limited(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let each network address come here so often a minute, and no more.

    Each time leaves a session or a refused login behind, and an event in a log that only grows. The library
    limits such views itself, but for reading never.
    """

    @wraps(view)
    def limited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        refused: HttpResponse | None = ratelimit.consume_or_429(request, action="stranger", limit_get=True)
        return view(request, *args, **kwargs) if refused is None else refused

    return limited


passkey_login = strangers_limited(login_webauthn)


@strangers_limited
def single_sign_on_begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the provider."""
    return _answered(views.login, request, provider_id)


@strangers_limited
def single_sign_on_finish(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the browser back from the provider and log its person in."""
    return _answered(views.callback, request, provider_id)


def _answered(
    view: Callable[[HttpRequest, str], HttpResponse], request: HttpRequest, provider_id: str
) -> HttpResponse:
    try:
        return view(request, provider_id)
    except OSError as error:
        # Of which the errors of the library's HTTP client are.
        # Not an error of ours: the person is told, the log too, and the other ways in still work.
        response: HttpResponse = render_authentication_error(
            request, provider_id, exception=error, extra_context={"name": single_sign_on().name}
        )
        return response

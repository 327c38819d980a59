"""Single sign-on with OpenID Connect: the library's views, and an answer for a provider that gives none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect import views

from countersign.shared.env import single_sign_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


def single_sign_on_begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the provider."""
    return _answered(views.login, request, provider_id)


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

"""What needs to know every room and every library at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from countersign.accounts.selectors import actor_of_user
from countersign.audit.attribution import library_changes_attributed
from countersign.shared.actor import service_actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from countersign.shared.actor import Actor

WEB = service_actor("web")


# What a statement that changes a table of a library begins with, as Django writes it. Users are among them,
# for libraries change passwords. A test holds it against the tables that have triggers.
LIBRARY_WRITES = re.compile(
    r'(?:INSERT INTO|UPDATE|DELETE FROM) "(?:account_|accounts_user|auth_|axes_|django_|mfa_|socialaccount_)'
)


class AttributionMiddleware:
    """Lets the events of what libraries write while a request is answered name who asked.

    It stands outside of the session's middleware, which stores the session once the answer is made.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Wrap the next handler."""
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer."""
        with library_changes_attributed(who=lambda: _actor(request), writes=LIBRARY_WRITES):
            return self._get_response(request)


def _actor(request: HttpRequest) -> Actor:
    # A request that was turned away early never got as far as having a user.
    user = getattr(request, "user", None)
    return actor_of_user(user) if user is not None and user.is_authenticated else WEB

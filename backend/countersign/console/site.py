"""The console's site: the platform's own login, and the role ``admin`` instead of a superuser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect

from countersign.accounts.policies import may
from countersign.accounts.selectors import actor_of_user
from countersign.accounts.services import logout_record

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.template.response import TemplateResponse

    from countersign.shared.actor import Actor


def console_actor(request: HttpRequest) -> Actor:
    """Return the actor who uses the console.

    Raises:
        PermissionDenied: nobody is logged in.
    """
    if not request.user.is_authenticated:
        raise PermissionDenied
    return actor_of_user(request.user)


class ConsoleSite(AdminSite):
    """What an administrator sees."""

    site_header = "Countersign console"
    site_title = "Countersign console"
    index_title = "Everything that the platform keeps"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        """Let only those in who keep the platform."""
        return (
            request.user.is_authenticated
            and request.user.is_active
            and may(console_actor(request), "account.write")
        )

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send a stranger to the platform's own login.

        Raises:
            PermissionDenied: the user is logged in and not an administrator.
        """
        del extra_context
        if self.has_permission(request):
            return HttpResponseRedirect("/console/")
        if request.user.is_authenticated:
            raise PermissionDenied("the console needs the role admin")
        target = request.GET.get("next", "/console/")
        return HttpResponseRedirect("/login?" + urlencode({"next": target}))

    # The stubs know of the template answers only.
    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End the session."""
        del extra_context
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actor = console_actor(request)
        logout(request)
        logout_record(actor=actor, user_id=actor.id)
        return HttpResponseRedirect("/login")

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Passwords are not changed here.

        Raises:
            PermissionDenied: always.
        """
        del request, extra_context
        raise PermissionDenied("passwords are not changed in the console")

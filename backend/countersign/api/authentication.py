"""Who asks: a session cookie (with CSRF protection) or a bearer token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.authentication import SessionAuthentication as DjangoSessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied

from countersign.accounts.errors import CredentialRefused
from countersign.accounts.selectors import actor_of_user, token_authenticate
from countersign.shared.actor import Actor
from countersign.shared.logs import log_user

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from drf_spectacular.openapi import AutoSchema
    from rest_framework.request import Request

_SCHEME = b"bearer"
_PARTS = 2


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer cst_...``: pipelines, agents and the CLI."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Actor] | None:
        """Return user and actor of a live token, or nothing when no token was sent.

        Raises:
            AuthenticationFailed: the header is not well-formed, or the token is unknown, expired or revoked.
        """
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != _SCHEME:
            return None
        if len(parts) != _PARTS:
            raise AuthenticationFailed("send 'Authorization: Bearer TOKEN'", code=CredentialRefused.code)
        try:
            user, actor = token_authenticate(parts[1].decode("ascii"))
        except (CredentialRefused, UnicodeDecodeError) as error:
            raise AuthenticationFailed(
                "this token is unknown, expired or revoked", code=CredentialRefused.code
            ) from error
        log_user(actor.id)
        return user, actor

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF passes it
        """Return the challenge that a 401 carries."""
        return 'Bearer realm="countersign"'


class SessionAuthentication(DjangoSessionAuthentication):
    """The session cookie of the web app; anything that changes needs the CSRF token as well."""

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, Actor] | None:
        """Return user and actor of the session, or nothing when nobody is logged in.

        Raises:
            PermissionDenied: the request changes something and its CSRF token is missing or wrong.
        """
        user = getattr(request._request, "user", None)  # noqa: SLF001 - DRF names it so for this very use
        if user is None or not user.is_active:
            return None
        self.enforce_csrf(request)
        actor = actor_of_user(user)
        log_user(actor.id)
        return user, actor

    def enforce_csrf(self, request: Request) -> None:
        """Check the CSRF token.

        Raises:
            PermissionDenied: it is missing or wrong.
        """
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            raise PermissionDenied(str(error.detail), code="csrf_failed") from error


def actor_of(request: Request) -> Actor:
    """Return the actor behind an authenticated request.

    Raises:
        NotAuthenticated: nobody is logged in.
    """
    if not isinstance(request.auth, Actor):
        raise NotAuthenticated
    return request.auth


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its registry is untyped
    """The token in the OpenAPI document."""

    target_class = BearerAuthentication
    name = "token"

    # The parameter's name is the library's.
    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, object]:  # noqa: ARG002
        """Describe it."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "cst_..."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its registry is untyped
    """The session cookie in the OpenAPI document."""

    target_class = SessionAuthentication
    name = "session"

    # The parameter's name is the library's.
    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, object]:  # noqa: ARG002
        """Describe it."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}

"""Logging in and out: address and password, or a one-time login, both through django-allauth."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django.contrib.auth import get_user_model
from django.contrib.auth import logout as session_end
from django.core.cache import cache
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http.request import split_domain_port
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.status import HTTP_204_NO_CONTENT

from countersign.accounts.errors import CredentialRefused
from countersign.accounts.selectors import actor_of_user
from countersign.accounts.services import (
    login_refusal_record,
    logout_record,
    one_time_login_redeem,
    secret_digest,
)
from countersign.api.authentication import SessionAuthentication, actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.me import Me, me_answer
from countersign.shared.actor import Actor, service_actor
from countersign.shared.env import single_sign_on
from countersign.shared.errors import DomainError

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from rest_framework.request import Request

WEB = service_actor("web")
THROTTLE_RECORDED_SECONDS = 60
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class LoginThrottled(DomainError):
    """Too many attempts failed."""

    code = "too_many_attempts"
    status = 429


class AccountLocked(DomainError):
    """Too many logins with this address failed; it is locked for a while."""

    code = "account_locked"
    status = 429


class LoginIncomplete(DomainError):
    """The login needs another step, which the page that ``next`` names asks for."""

    code = "login_incomplete"
    status = 401


class LoginInput(Input):
    """Address and password."""

    email = serializers.EmailField()
    password = serializers.CharField(trim_whitespace=False, max_length=1000)
    next = serializers.RegexField(
        r"^/(?![/\\])",
        default="/",
        max_length=500,
        help_text="where a page that asks for a second factor leads afterwards",
    )


class OneTimeLoginInput(Input):
    """The token from the fragment of a one-time login's address."""

    token = serializers.CharField(max_length=200)


class SingleSignOnOffer(Output):
    """The provider that people can log in with."""

    name = serializers.CharField()
    url = serializers.CharField(help_text="where the browser goes to begin")


class LoginOffer(Output):
    """The ways in. Browsers offer passkeys on host names only, never on an address made of numbers."""

    passkey = serializers.BooleanField()
    single_sign_on = SingleSignOnOffer(allow_null=True)


class LoginOfferView(ApiView):
    """What a page that asks people to log in can offer."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    reading = None

    @extend_schema(
        operation_id="auth_methods", auth=[], responses=LoginOffer, summary="List the ways to log in"
    )
    def get(self, request: Request) -> Response:
        """Answer the ways in, as this installation is configured and for the address it was asked at."""
        provider = single_sign_on()
        offered = {"name": provider.name, "url": reverse("openid_connect_login", args=["sso"])}
        host = split_domain_port(request.get_host())[0]
        return answer(
            LoginOffer,
            {
                "passkey": not is_address(host),
                "single_sign_on": offered if provider.issuer else None,
            },
        )


def is_address(host: str) -> bool:
    """Say whether a host is a numeric address and not a name."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class LoginView(ApiView):
    """What both ways in share: nobody needs to be logged in, and the CSRF token is checked all the same."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    reading = None
    writing = None

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse a login that another site started in this browser.

        Raises:
            PermissionDenied: the CSRF token is missing or wrong.
        """
        super().initial(request, *args, **kwargs)
        SessionAuthentication().enforce_csrf(request)


class PasswordLoginView(LoginView):
    """Log in with address and password."""

    @extend_schema(
        operation_id="auth_login", auth=[], request=LoginInput, responses=Me, summary="Log in with a password"
    )
    def post(self, request: Request) -> Response:
        """Start a session.

        Raises:
            AccountLocked: too many attempts failed, over a longer time.
            CredentialRefused: address or password is wrong, or the user was deactivated.
            LoginIncomplete: a second factor is asked for.
            LoginThrottled: too many attempts failed.
        """
        body = body_of(LoginInput, request)
        http = request._request  # noqa: SLF001 - DRF names it so for this very use
        try:
            user = get_adapter().authenticate(http, email=body["email"], password=body["password"])
        except DjangoValidationError as error:
            raise throttled(body["email"]) from error
        if getattr(http, "axes_locked_out", False):
            raise locked(body["email"])
        if user is None or not user.is_active:
            login_refusal_record(actor=WEB, email=body["email"], reason="wrong_credentials")
            raise CredentialRefused("the address or the password is wrong")
        return session_begin(request, user, method="password", onward=body["next"])


class OneTimeLoginView(LoginView):
    """Log in with a link that works once."""

    @extend_schema(
        operation_id="auth_one_time_login",
        auth=[],
        request=OneTimeLoginInput,
        responses=Me,
        summary="Log in with a one-time token",
    )
    def post(self, request: Request) -> Response:
        """Use the token up and start a session.

        Raises:
            CredentialRefused: unknown, used or expired.
            LoginThrottled: too many attempts.
        """
        if not ratelimit.consume(request._request, action="one_time_login"):  # noqa: SLF001 - as above
            raise throttled("")
        try:
            redeemed = one_time_login_redeem(actor=WEB, secret=body_of(OneTimeLoginInput, request)["token"])
        except CredentialRefused:
            login_refusal_record(actor=WEB, email="", reason="one_time_login_refused")
            raise
        user = get_user_model().objects.get(pk=redeemed.id)
        user.backend = BACKEND
        return session_begin(request, user, method="one_time_login")


def throttled(email: str) -> LoginThrottled:
    """Return the error; once a minute and address it goes into the log, which a flood must not fill."""
    refusal_record_once(email, "too_many_attempts")
    return LoginThrottled("too many attempts failed; wait five minutes and try again")


def locked(email: str) -> AccountLocked:
    """Return the error; recorded as ``throttled`` does."""
    refusal_record_once(email, "account_locked")
    message = (
        "too many logins with this address failed, so it is locked for half an hour; use a passkey, single "
        "sign-on or a one-time link, or ask an administrator for 'countersign user unlock'"
    )
    return AccountLocked(message)


def refusal_record_once(email: str, reason: str) -> None:
    """Record a refused login, once a minute for each address and reason."""
    key = f"countersign:login-refused:{reason}:{secret_digest(email)}"
    if cache.add(key, 1, timeout=THROTTLE_RECORDED_SECONDS):
        login_refusal_record(actor=WEB, email=email, reason=reason)


def session_begin(request: Request, user: AbstractBaseUser, *, method: str, onward: str = "/") -> Response:
    """Start the session through allauth, so that its further steps apply, and answer who it is.

    Raises:
        LoginIncomplete: another step is asked for, by the page that ``next`` names.
    """
    http = request._request  # noqa: SLF001 - DRF names it so for this very use
    record_authentication(http, user, method=method)
    step = perform_login(http, Login(user=user, redirect_url=onward))
    if http.user != user:
        message = "this account has a second factor; go on with it at the address in 'next'"
        raise LoginIncomplete(message, next=str(step.headers.get("Location", "")))
    return me_answer(actor_of_user(http.user))


class LogoutView(ApiView):
    """Log out."""

    reading = None
    writing = None

    @extend_schema(operation_id="auth_logout", request=None, responses={204: None}, summary="Log out")
    def post(self, request: Request) -> Response:
        """End the session; a token stays what it is."""
        actor: Actor = actor_of(request)
        if actor.token_id is None:
            session_end(request._request)  # noqa: SLF001 - DRF names it so for this very use
            logout_record(actor=actor, user_id=actor.id)
        return Response(status=HTTP_204_NO_CONTENT)

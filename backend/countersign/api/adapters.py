"""Where django-allauth and django-axes ask the platform how it wants things done."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.contrib.auth import get_user_model

from countersign.accounts.selectors import actor_of_user
from countersign.accounts.services import address_sealed, login_record, login_refusal_record
from countersign.shared.actor import service_actor
from countersign.shared.env import environment
from countersign.shared.logs import log_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest

    from countersign.accounts.models import User

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Accounts are made by an administrator, never by whoever comes along."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - the library passes it
        """Nobody signs up."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Start the session and record it, however it came about; without its event there is no session.

        The session is stored when the request ends well: when the event fails, nobody is logged in.
        """
        super().login(request, user)
        actor = actor_of_user(user)
        log_user(actor.id)
        login_record(actor=actor, user_id=actor.id, method=methods_used(request, user))


def methods_used(request: HttpRequest, user: User) -> str:
    """Return what the person showed, in the order it was asked for, such as ``password+totp``."""
    names: list[str] = []
    for entry in get_authentication_records(request, user):
        name = str(entry.get("type") or entry["method"])
        name = "single_sign_on" if name == "socialaccount" else name
        if name not in names:
            names.append(name)
    return "+".join(names) or "unknown"


class SingleSignOnAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # the library has no types
    """Single sign-on finds people who are known already, by an address that the provider has verified."""

    def is_open_for_signup(
        self,
        request: HttpRequest,  # noqa: ARG002 - the library passes both
        sociallogin: SocialLogin,  # noqa: ARG002
    ) -> bool:
        """Nobody signs up: who is asked for here is somebody whom this installation does not know."""
        login_refusal_record(actor=service_actor("web"), email="", reason="single_sign_on_unknown")
        return False

    def on_authentication_error(
        self,
        request: HttpRequest,  # noqa: ARG002 - the library passes all of them
        provider: object,  # noqa: ARG002
        error: object = None,
        exception: Exception | None = None,
        extra_context: object = None,  # noqa: ARG002
    ) -> None:
        """Record a login that the provider, or our check of its answer, refused."""
        logger.warning("single sign-on failed", extra={"error": str(error)}, exc_info=exception)
        login_refusal_record(actor=service_actor("web"), email="", reason="single_sign_on_failed")

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Connect the identity to the person's user when this is its first login.

        An unverified address proves nothing: with it the provider's users could take anybody's account.
        Users of pipelines and agents are never logged in as people.
        """
        if sociallogin.is_existing:
            return
        for address in sociallogin.email_addresses:
            if not address.verified:
                continue
            user = (
                get_user_model()
                .objects.filter(email__iexact=address.email, is_active=True, unattended=False)
                .first()
            )
            if user is not None:
                sociallogin.connect(request, user)
                return


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # the library has no types
    """Keeps the secrets of second factors encrypted, so that the database alone does not give them away."""

    def encrypt(self, text: str) -> str:
        """Encrypt under a key derived from the installation's secret key."""
        return _second_factor_cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Undo ``encrypt``.

        Raises:
            InvalidToken: the text was changed, or encrypted under another installation's key.
        """
        return _second_factor_cipher().decrypt(encrypted_text.encode()).decode()


def _second_factor_cipher() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"countersign/second-factor/v1").derive(
        environment().secret_key.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def lockout_name(request: HttpRequest, credentials: Mapping[str, object] | None = None) -> str:
    """Return what failures are counted under: the address, sealed, for it may name a person or be a slip."""
    given = credentials or {}
    name = given.get("email") or given.get("username") or request.POST.get("login") or ""
    return address_sealed(str(name))

"""Passkeys that decide: enrolling one's own, confirming another person's, revoking."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.accounts.deciding import credential_list
from countersign.accounts.enrolment import (
    credential_confirm,
    credential_propose,
    credential_revoke,
    enrolment_options,
)
from countersign.accounts.policies import may
from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.shared.passkey_party import passkey_party

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

    from countersign.accounts.contracts import DecidingCredentialData
    from countersign.shared.actor import Actor

CREDENTIAL_STATES = ("proposed", "active", "revoked")


class DecidingCredential(Output):
    """A passkey that signs decisions and never logs in."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    person_id = serializers.CharField()
    person_name = serializers.CharField()
    mine = serializers.BooleanField()
    rp_id = serializers.CharField()
    credential = serializers.CharField(help_text="digest of its id, by which the log names it")
    fingerprint = serializers.CharField(help_text="digest of its public key, which both people compare")
    state = serializers.ChoiceField(choices=CREDENTIAL_STATES)
    usable = serializers.BooleanField(help_text="confirmed, and a signed checkpoint covers that")
    may_confirm = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class DecidingCredentials(Output):
    """One's own passkeys, and those of others for who confirms them; where the browser has to be for one."""

    origin = serializers.CharField(allow_null=True, help_text="null: no host name that passkeys belong to")
    results = DecidingCredential(many=True)


class EnrolmentOptions(Output):
    """What ``navigator.credentials.create`` takes, and the token that comes back with its answer."""

    token = serializers.CharField()
    options = serializers.DictField()


class EnrolmentInput(Input):
    """The answer of the authenticator, as ``PublicKeyCredential.toJSON`` gives it."""

    token = serializers.CharField(max_length=2000)
    label = serializers.CharField(max_length=100, allow_blank=True, default="")  # type: ignore[assignment]  # as above
    credential = serializers.DictField()


class ConfirmationInput(Input):
    """The fingerprint that was compared."""

    fingerprint = serializers.CharField(max_length=100)


def _view(actor: Actor, found: DecidingCredentialData) -> dict[str, object]:
    mine = found.person_id == actor.person_id
    waits = found.state == "proposed" and not mine
    shown = {field.name: getattr(found, field.name) for field in fields(found)}
    return {**shown, "mine": mine, "may_confirm": waits and may(actor, "credential.confirm")}


class DecidingCredentialListView(ApiView):
    """The passkeys that decide."""

    writing = "decision.write"

    @extend_schema(
        operation_id="deciding_credentials_list",
        responses=DecidingCredentials,
        summary="List passkeys that decide: one's own, or everybody's for who confirms them",
    )
    def get(self, request: Request) -> Response:
        """Answer them, newest first."""
        actor, party = actor_of(request), passkey_party()
        return answer(
            DecidingCredentials,
            {
                "origin": min(party.origins) if party else None,
                "results": [_view(actor, found) for found in credential_list(actor=actor)],
            },
        )

    @extend_schema(
        operation_id="deciding_credentials_propose",
        request=EnrolmentInput,
        responses={201: DecidingCredential},
        summary="Propose a passkey of one's own, for another person to confirm",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep the passkey and answer it."""
        actor = actor_of(request)
        proposed = credential_propose(actor=actor, **body_of(EnrolmentInput, request))
        return answer(DecidingCredential, _view(actor, proposed), status=HTTP_201_CREATED)


class EnrolmentOptionsView(ApiView):
    """The begin of an enrolment."""

    writing = "decision.write"

    @extend_schema(
        operation_id="deciding_credentials_begin",
        request=None,
        responses=EnrolmentOptions,
        summary="Begin to enrol a passkey that decides",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Answer what the browser needs."""
        options, token = enrolment_options(actor=actor_of(request))
        return answer(EnrolmentOptions, {"token": token, "options": options})


class ConfirmationView(ApiView):
    """Another person's word on a passkey."""

    writing = "credential.confirm"

    @extend_schema(
        operation_id="deciding_credentials_confirm",
        request=ConfirmationInput,
        responses=DecidingCredential,
        summary="Confirm another person's passkey",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Let it decide."""
        actor = actor_of(request)
        body = body_of(ConfirmationInput, request)
        confirmed = credential_confirm(actor=actor, credential_id=str(id), **body)
        return answer(DecidingCredential, _view(actor, confirmed))


class RevocationView(ApiView):
    """The end of a passkey."""

    writing = "credential.revoke"

    @extend_schema(
        operation_id="deciding_credentials_revoke",
        request=None,
        responses=DecidingCredential,
        summary="Revoke a passkey that decides",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """End it."""
        actor = actor_of(request)
        return answer(DecidingCredential, _view(actor, credential_revoke(actor=actor, credential_id=str(id))))

"""Persons: what the platform holds of somebody, and erasing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.workflow.erasure import erasure_carry_out, erasure_preview

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response


class PersonHeld(Output):
    """What is taken away when the person is erased; the ids stay."""

    person_id = serializers.CharField()
    name = serializers.CharField()
    addresses = serializers.ListField(child=serializers.CharField())
    user_ids = serializers.ListField(child=serializers.CharField())
    roles = serializers.ListField(child=serializers.CharField())
    tokens = serializers.IntegerField()
    tokens_minted = serializers.IntegerField(
        help_text="live tokens of others that the person minted; they stay"
    )
    sessions = serializers.IntegerField()
    one_time_logins = serializers.IntegerField()
    deciding_credentials = serializers.IntegerField()
    second_factors = serializers.IntegerField()
    identities = serializers.IntegerField()
    failed_logins = serializers.IntegerField()
    erased = serializers.BooleanField()


class Mention(Output):
    """A table in which somebody wrote the name or an address."""

    table = serializers.CharField()
    rows = serializers.IntegerField()


class Erasure(Output):
    """What erasing takes away, and the texts that still say the name and stay."""

    held = PersonHeld()
    mentions = Mention(many=True)


class Erased(Output):
    """Where the name still stands; it says no name, for answers are kept for a repeat."""

    person_id = serializers.CharField()
    mentions = Mention(many=True)


class ErasureInput(Input):
    """The person, named once more."""

    confirmation = serializers.CharField(max_length=254, help_text="an address of the person")


class PersonErasureView(ApiView):
    """Erasing one person."""

    reading = "person.erase"
    writing = "person.erase"

    @extend_schema(
        operation_id="persons_erasure_preview",
        responses=Erasure,
        summary="See what erasing a person would do",
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer what would be taken away, and what would stay."""
        return answer(Erasure, erasure_preview(actor=actor_of(request), person_id=str(id)))

    @extend_schema(
        operation_id="persons_erase",
        request=ErasureInput,
        responses=Erased,
        summary="Erase a person, for good",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """End all access, forget who it was, and destroy the key of the person's name in the log.

        The answer says where the name still stands.
        """
        body = body_of(ErasureInput, request)
        done = erasure_carry_out(actor=actor_of(request), person_id=str(id), **body)
        return answer(Erased, {"person_id": done.held.person_id, "mentions": done.mentions})

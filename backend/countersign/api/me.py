"""Who is logged in and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from countersign.accounts.policies import Action, may
from countersign.accounts.selectors import user_get
from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, answer
from countersign.api.parts import TRUST_MODES
from countersign.workflow import queries

if TYPE_CHECKING:
    from rest_framework.request import Request

    from countersign.shared.actor import Actor

ACTIONS: tuple[Action, ...] = get_args(Action)


class Installation(Output):
    """What this installation is, and how far its log can be trusted."""

    origin = serializers.CharField()
    mode = serializers.ChoiceField(choices=TRUST_MODES)
    demo = serializers.BooleanField()


class Me(Output):
    """The user who is logged in."""

    id = serializers.CharField()
    email = serializers.CharField()
    display_name = serializers.CharField()
    person_id = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.ChoiceField(choices=ACTIONS))
    unattended = serializers.BooleanField()
    installation = Installation()


def me_answer(actor: Actor) -> Response:
    """Render the user behind ``actor``."""
    user = user_get(actor=actor, user_id=actor.id)
    return answer(
        Me,
        {
            "id": user.id,
            "email": user.email,
            "display_name": user.name,
            "person_id": user.person_id,
            "roles": sorted(actor.roles),
            "permissions": [action for action in ACTIONS if may(actor, action)],
            "unattended": actor.unattended,
            "installation": queries.installation_get(),
        },
    )


class MeView(ApiView):
    """The user who is logged in."""

    reading = None

    @extend_schema(operation_id="me_get", responses=Me, summary="Who am I, and what may I do?")
    def get(self, request: Request) -> Response:
        """Answer user, roles and permissions."""
        return me_answer(actor_of(request))

"""Who decides: reading it, asking for more or for less, and the second person's word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.accounts.policies import may
from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.api.parts import TIERS
from countersign.governance.quorum_policies import (
    quorum_policy_confirm,
    quorum_policy_propose,
    quorum_policy_withdraw,
)
from countersign.workflow.queries.quorums import policy_view, quorum_scopes
from countersign_verify.quorum_policy import DECIDERS, MOST

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping
    from typing import Any

    from rest_framework.request import Request
    from rest_framework.response import Response

STATES = ("proposed", "set", "withdrawn")
DECIDING_ROLES = tuple(sorted(DECIDERS))


class QuorumPart(Output):
    """How many of a role."""

    role = serializers.CharField()
    count = serializers.IntegerField()


class QuorumTier(Output):
    """Who decides in a tier."""

    tier = serializers.ChoiceField(choices=TIERS)
    quorum = QuorumPart(many=True)


class Seats(Output):
    """How many of a role there are."""

    role = serializers.CharField()
    required = serializers.IntegerField()  # type: ignore[assignment]  # DRF takes declared fields off the class
    eligible = serializers.IntegerField(help_text="people who could decide; who hold the same key count once")
    missing = serializers.IntegerField()


class QuorumTierStanding(QuorumTier):
    """Who decides in a tier, and whether enough people are there."""

    seats = Seats(many=True, help_text="of a project: before anybody who takes part in a change is left out")
    lacks = serializers.CharField(allow_null=True, help_text="what is missing, with the mend")


class QuorumPolicy(Output):
    """One version, or a proposal for the next."""

    id = serializers.CharField()
    project = serializers.CharField(allow_null=True, help_text="slug; null for the platform's policy")
    state = serializers.ChoiceField(choices=STATES)
    version = serializers.IntegerField(allow_null=True)
    tiers = QuorumTier(many=True, allow_null=True, help_text="null: the project follows the platform's")
    reason = serializers.CharField()
    proposed_by = serializers.CharField()
    decided_by = serializers.CharField(allow_null=True, help_text="who confirmed or withdrew it")
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    checkpointed = serializers.BooleanField(help_text="a signed checkpoint covers it")
    may_confirm = serializers.BooleanField()
    may_withdraw = serializers.BooleanField()


class QuorumScope(Output):
    """Who decides in a project, or by the platform's policy."""

    project = serializers.CharField(allow_null=True)
    own = serializers.BooleanField(help_text="the project has a policy of its own")
    version = serializers.IntegerField(help_text="of the policy that counts; 0 for what is built in")
    waiting = serializers.BooleanField(help_text="a policy that asks for less waits for its checkpoint")
    trial = serializers.BooleanField(help_text="one person decides alone")
    tiers = QuorumTierStanding(many=True)
    proposal = QuorumPolicy(allow_null=True)
    versions = QuorumPolicy(many=True)


class QuorumPolicies(Output):
    """All of it, the platform's first."""

    may_propose = serializers.BooleanField()
    results = QuorumScope(many=True)


class QuorumPartInput(Input):
    """How many of a role."""

    role = serializers.ChoiceField(choices=DECIDING_ROLES)
    count = serializers.IntegerField(min_value=1, max_value=MOST)


class QuorumTierInput(Input):
    """Who decides in a tier."""

    tier = serializers.ChoiceField(choices=TIERS)
    quorum = QuorumPartInput(many=True)


class QuorumPolicyInput(Input):
    """A policy; both tiers are written out."""

    project = serializers.CharField(
        max_length=100, allow_blank=True, default="", help_text="slug; left out: the platform's"
    )
    tiers = QuorumTierInput(
        many=True, allow_null=True, help_text="null lets a project follow the platform's policy"
    )
    reason = serializers.CharField(max_length=4_000)


class QuorumPolicyListView(ApiView):
    """Who decides."""

    writing = "quorum.propose"

    @extend_schema(
        operation_id="quorum_policies_list",
        responses=QuorumPolicies,
        summary="Read who decides, and its history",
    )
    def get(self, request: Request) -> Response:
        """Answer the platform's policy and every project's."""
        actor = actor_of(request)
        results = quorum_scopes(actor=actor)
        return answer(QuorumPolicies, {"may_propose": may(actor, "quorum.propose"), "results": results})

    @extend_schema(
        operation_id="quorum_policies_propose",
        request=QuorumPolicyInput,
        responses={201: QuorumPolicy},
        summary="Say who decides; asking for less waits for a second person",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Set or propose it, and answer what became of it."""
        actor = actor_of(request)
        body = body_of(QuorumPolicyInput, request)
        policy = quorum_policy_propose(
            actor=actor, tiers=_tiers(body["tiers"]), reason=body["reason"], project=body["project"]
        )
        return answer(QuorumPolicy, policy_view(actor=actor, policy=policy), status=HTTP_201_CREATED)


def _tiers(given: list[Mapping[str, Any]] | None) -> dict[str, dict[str, int]] | None:
    """Return the numbers by role and tier; what is named twice adds up, as everywhere."""
    if given is None:
        return None
    tiers: dict[str, dict[str, int]] = {}
    for item in given:
        parts = tiers.setdefault(item["tier"], {})
        for part in item["quorum"]:
            parts[part["role"]] = parts.get(part["role"], 0) + part["count"]
    return tiers


class QuorumPolicyConfirmView(ApiView):
    """The second person's word."""

    writing = "quorum.confirm"

    @extend_schema(
        operation_id="quorum_policies_confirm",
        request=None,
        responses=QuorumPolicy,
        summary="Confirm a policy that asks for less, as somebody who decides",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Let it hold."""
        actor = actor_of(request)
        policy = quorum_policy_confirm(actor=actor, policy_id=str(id))
        return answer(QuorumPolicy, policy_view(actor=actor, policy=policy))


class QuorumPolicyWithdrawView(ApiView):
    """An end without effect."""

    writing = "quorum.withdraw"

    @extend_schema(
        operation_id="quorum_policies_withdraw",
        request=None,
        responses=QuorumPolicy,
        summary="Withdraw or refuse a policy that was proposed",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """End it."""
        actor = actor_of(request)
        policy = quorum_policy_withdraw(actor=actor, policy_id=str(id))
        return answer(QuorumPolicy, policy_view(actor=actor, policy=policy))

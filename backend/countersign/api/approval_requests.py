"""The decision inbox: what waits for a person, everything to decide on, and the decision itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.api.approval_parts import (
    VERDICTS,
    Asked,
    AskedItemInput,
    BlockedReason,
    Change,
    Deciders,
    DiffRef,
    Excluded,
    Execution,
    FindingBrief,
    PackRef,
    PhaseProof,
    Policy,
    PromptRef,
    Quorum,
    Receipt,
    Rollback,
    Subject,
    Transcript,
    Violation,
    Vote,
    WorkItemRef,
)
from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.api.parts import TIERS, Flattening, GateCount, GateReport, ProjectRef, Risk
from countersign.api.projects import PROJECT_FILTER
from countersign.approvals.contracts import AssertionInput
from countersign.workflow import commands, queries

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

    from rest_framework.request import Request
    from rest_framework.response import Response

REQUEST_STATES = ("pending", "approved", "rejected", "changes_requested", "expired", "void")
REMINDED = ("none", "half", "four_fifths")
REQUEST_FILTERS = ("pending", "decided", "all")
REQUEST_ACTIONS = ("approve", "reject", "request_changes", "ask_again", "download_pack")


class ApprovalRequest(Output):
    """A request in the inbox; ``allowed_actions`` is what this viewer may do with it now."""

    id = serializers.CharField()
    state = serializers.ChoiceField(choices=REQUEST_STATES)
    subject = Subject()
    title = serializers.CharField()
    project = ProjectRef()
    phase_code = serializers.CharField(allow_null=True)
    risk_score = serializers.IntegerField(allow_null=True)
    tier = serializers.ChoiceField(choices=TIERS)
    quorum = Quorum(many=True)
    gates = GateCount()
    files_changed = serializers.IntegerField()
    added_lines = serializers.IntegerField()
    deleted_lines = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)
    allowed_actions = serializers.ListField(child=serializers.ChoiceField(choices=REQUEST_ACTIONS))
    mine = serializers.BooleanField()
    reminded = serializers.ChoiceField(choices=REMINDED, help_text="how much of its working time is over")
    reminded_me = serializers.BooleanField(help_text="a reminder was for this viewer")
    instead_of = serializers.ListField(
        child=serializers.CharField(), help_text="people who are away, for whom this viewer is asked"
    )
    escalated_to = serializers.ListField(
        child=serializers.CharField(), help_text="owners, or who stands in, who were told that nobody decided"
    )
    escalated_to_me = serializers.BooleanField()


class ApprovalRequestDetail(ApprovalRequest, Flattening):
    """Everything that a decision stands on."""

    inner = "request"

    digest = serializers.CharField(help_text="what the decision is bound to; send it back with the decision")
    pack = PackRef(allow_null=True)
    run_id = serializers.CharField(allow_null=True)
    attempt = serializers.IntegerField(allow_null=True)
    blocked_reason = BlockedReason(allow_null=True)
    policy = Policy()
    votes = Vote(many=True)
    asked = Asked(many=True, help_text="what people had asked for on earlier attempts")
    excluded = Excluded(many=True, help_text="who can't decide, and why")
    deciders = Deciders(many=True, help_text="who still can, while it waits")
    risk = Risk(allow_null=True)
    gate_reports = GateReport(many=True)
    change = Change(allow_null=True)
    diff = DiffRef(allow_null=True)
    rollback = Rollback()
    prompt = PromptRef(allow_null=True)
    transcript = Transcript(allow_null=True)
    work_item = WorkItemRef(allow_null=True)
    findings = FindingBrief(many=True)
    violations = Violation(many=True)
    isolation = serializers.CharField(help_text="how the run was confined; empty when nothing ran")
    phase_proof = PhaseProof(allow_null=True)
    execution = Execution(allow_null=True)
    receipt = Receipt(allow_null=True)
    supersedes = serializers.CharField(
        allow_null=True, help_text="the request that this one took the place of"
    )
    superseded_by = serializers.CharField(allow_null=True)


ApprovalRequestPage = paginated(ApprovalRequest)


class ApprovalRequestQuery(PageInput):
    """What the inbox can be narrowed by."""

    state = serializers.ChoiceField(choices=REQUEST_FILTERS, default="pending")
    project = serializers.CharField(default="", max_length=200)


class DecisionInput(Input):
    """A decision over exactly the digest that was shown; a reason is required."""

    verdict = serializers.ChoiceField(choices=VERDICTS)
    # Whether a reason is there is the workflow's to refuse, with its own code: blank must get that far.
    reason = serializers.CharField(max_length=10_000, allow_blank=True)
    digest = serializers.CharField(max_length=100)
    items = AskedItemInput(
        many=True, default=list, help_text="with request_changes: one by one what is asked for"
    )
    break_glass = serializers.CharField(
        max_length=100,
        required=False,
        help_text="id of an open break-glass window of yours: the approval counts without the quorum",
    )


class PreparationInput(DecisionInput):
    """A decision that the approver's own passkey will sign."""


class AllowedCredential(Output):
    """A passkey that may sign."""

    id = serializers.CharField()
    transports = serializers.ListField(child=serializers.CharField())


class PreparedDecision(Output):
    """What ``navigator.credentials.get`` needs; the challenge is the digest of the statement."""

    id = serializers.CharField()
    statement = serializers.DictField()
    statement_digest = serializers.CharField()
    challenge = serializers.CharField(help_text="base64url")
    rp_id = serializers.CharField()
    origin = serializers.CharField(help_text="where the page has to be open")
    allow_credentials = AllowedCredential(many=True)
    expires_at = serializers.DateTimeField()


class AssertionPart(Input):
    """What the passkey answered, each part in base64url without padding."""

    prepared_id = serializers.CharField(max_length=100)
    credential_id = serializers.CharField(max_length=2_000)
    authenticator_data = serializers.CharField(max_length=2_000)
    client_data = serializers.CharField(max_length=10_000)
    signature = serializers.CharField(max_length=2_000)

    def to_internal_value(self, data: Mapping[str, object]) -> Any:  # noqa: ANN401 - the base says a dictionary
        """Return it as the service takes it."""
        return AssertionInput(**super().to_internal_value(data))


class SignedDecisionInput(DecisionInput):
    """A decision, signed by the approver's own passkey where the policy asks for it."""

    assertion = AssertionPart(required=False, allow_null=True, default=None)


class ApprovalRequestListView(ApiView):
    """The inbox."""

    @extend_schema(
        operation_id="approval_requests_list",
        parameters=[
            OpenApiParameter("state", str, enum=REQUEST_FILTERS, default="pending"),
            PROJECT_FILTER,
            *PAGE_PARAMETERS,
        ],
        responses=ApprovalRequestPage,
        summary="List decision requests, the most urgent first",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of requests, ranked by expiry and risk."""
        query = query_of(ApprovalRequestQuery, request)
        page = queries.request_page(
            actor=actor_of(request),
            state=query["state"],
            project=query["project"],
            after=query["cursor"],
            limit=query["limit"],
        )
        return page_answer(request, ApprovalRequestPage, page)


class ApprovalRequestView(ApiView):
    """One request."""

    @extend_schema(
        operation_id="approval_requests_get",
        responses=ApprovalRequestDetail,
        summary="Read a decision request",
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer everything that the decision stands on."""
        detail = queries.request_detail(actor=actor_of(request), request_id=str(id))
        return answer(ApprovalRequestDetail, detail)


class DecisionsView(ApiView):
    """The decisions on one request."""

    writing = "decision.write"

    @extend_schema(
        operation_id="approval_requests_decide",
        request=SignedDecisionInput,
        responses={201: ApprovalRequestDetail},
        summary="Approve, reject or request changes",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Sign a decision and answer the request as it stands after it."""
        actor = actor_of(request)
        body = body_of(SignedDecisionInput, request)
        commands.decision_submit(actor=actor, request_id=str(id), **body)
        detail = queries.request_detail(actor=actor, request_id=str(id))
        return answer(ApprovalRequestDetail, detail, status=HTTP_201_CREATED)


class PreparationView(ApiView):
    """The first step of a decision that a passkey signs."""

    writing = "decision.write"

    @extend_schema(
        operation_id="approval_requests_prepare",
        request=PreparationInput,
        responses=PreparedDecision,
        summary="Prepare a decision for the signature of one's own passkey",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the statement and its challenge."""
        body = body_of(PreparationInput, request)
        prepared = commands.decision_begin(actor=actor_of(request), request_id=str(id), **body)
        return answer(PreparedDecision, prepared)

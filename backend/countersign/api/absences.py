"""Who is away, and who stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.status import HTTP_201_CREATED

from countersign.accounts.absences import absence_declare, absence_delegate, absence_end
from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of
from countersign.api.idempotency import idempotent
from countersign.workflow.queries.absences import absence_view, absences_view, request_absences

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response

ABSENCE_STATES = ("coming", "now", "over")
WHO = "address or id of the person"


class Gap(Output):
    """A part of an absence in which the delegate is away as well."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class Absence(Output):
    """A time in which somebody is away; it takes no right from them and gives none to the delegate."""

    id = serializers.CharField()
    person_id = serializers.CharField()
    person = serializers.CharField()
    delegate_id = serializers.CharField(allow_null=True)
    delegate = serializers.CharField(allow_null=True, help_text="who was named to stand in")
    roles = serializers.ListField(child=serializers.CharField(), help_text="in which the delegate is asked")
    nobody = serializers.CharField(
        help_text="why nobody stands in at any time of it, with the mend; empty where somebody does"
    )
    gaps = Gap(many=True, help_text="parts of what is left of it in which nobody stands in")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="when it was ended early or called off")
    state = serializers.ChoiceField(choices=ABSENCE_STATES)
    declared_by = serializers.CharField()
    mine = serializers.BooleanField()
    stands_in = serializers.BooleanField(help_text="this viewer was named to stand in")
    may_change = serializers.BooleanField()


class StandIn(Output):
    """Somebody who holds a role that this viewer holds as well."""

    person_id = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField(), help_text="those that both hold")


class Absences(Output):
    """Who is away now, will be, or was in the last 30 days."""

    results = Absence(many=True)
    stand_ins = StandIn(many=True, help_text="who could stand in for this viewer")
    may_declare_for_others = serializers.BooleanField()


class AbsenceInput(Input):
    """An absence; an administrator names the person, everybody else is away themselves."""

    person = serializers.CharField(max_length=254, allow_blank=True, default="", help_text=WHO)
    starts_at = serializers.DateTimeField(
        allow_null=True, default=None, help_text="left out: now; never in the past"
    )
    ends_at = serializers.DateTimeField()
    delegate = serializers.CharField(
        max_length=254, allow_blank=True, default="", help_text=f"{WHO} who stands in; left out: nobody"
    )


class DelegateInput(Input):
    """Another delegate; an empty one takes the delegation back."""

    delegate = serializers.CharField(max_length=254, allow_blank=True, help_text=WHO)


class RequestAbsence(Output):
    """Somebody who would be asked about a request, and is away."""

    person = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField(), help_text="those that the request waits for")
    until = serializers.DateTimeField()
    stand_in = serializers.CharField(allow_null=True, help_text="who is asked instead")
    nobody = serializers.CharField(help_text="why nobody is asked instead; empty where somebody is")
    mine = serializers.BooleanField(help_text="this viewer is asked instead")


class RequestAbsences(Output):
    """Who of those who would be asked is away."""

    results = RequestAbsence(many=True)


class AbsenceListView(ApiView):
    """Who is away: people say so of themselves, and who administers of others."""

    writing = "absence.write"

    @extend_schema(
        operation_id="absences_list", responses=Absences, summary="List who is away, and who stands in"
    )
    def get(self, request: Request) -> Response:
        """Answer all of them, the latest first."""
        return answer(Absences, absences_view(actor=actor_of(request)))

    @extend_schema(
        operation_id="absences_declare",
        request=AbsenceInput,
        responses={201: Absence},
        summary="Say when somebody is away, and who stands in",
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep it, and answer it."""
        actor = actor_of(request)
        declared = absence_declare(actor=actor, **body_of(AbsenceInput, request))
        return answer(Absence, absence_view(actor=actor, absence=declared), status=HTTP_201_CREATED)


class AbsenceEndView(ApiView):
    """The way back."""

    writing = "absence.write"

    @extend_schema(
        operation_id="absences_end",
        request=None,
        responses=Absence,
        summary="End an absence now, or call it off",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """End it."""
        actor = actor_of(request)
        ended = absence_end(actor=actor, absence_id=str(id))
        return answer(Absence, absence_view(actor=actor, absence=ended))


class AbsenceDelegateView(ApiView):
    """Who stands in."""

    writing = "absence.write"

    @extend_schema(
        operation_id="absences_delegate",
        request=DelegateInput,
        responses=Absence,
        summary="Name another delegate, or none; a delegate may lay it down",
    )
    @idempotent
    def post(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Change it."""
        actor = actor_of(request)
        changed = absence_delegate(actor=actor, absence_id=str(id), **body_of(DelegateInput, request))
        return answer(Absence, absence_view(actor=actor, absence=changed))


class RequestAbsencesView(ApiView):
    """Who of those who would be asked about a request is away."""

    @extend_schema(
        operation_id="approval_requests_absences",
        responses=RequestAbsences,
        summary="List who is away of those whom a request asks, and who stands in",
    )
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer them; nobody for a request that does not wait any more."""
        found = request_absences(actor=actor_of(request), request_id=str(id))
        return answer(RequestAbsences, {"results": found})

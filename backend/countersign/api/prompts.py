"""Prompts and the personas that they are written for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Output, answer, query_of
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.prompts.selectors import persona_list, prompt_get
from countersign.shared.paging import sequence_page

if TYPE_CHECKING:
    import uuid

    from rest_framework.request import Request
    from rest_framework.response import Response


class SafetyCheck(Output):
    """Something that the prompt asks to make sure of, and why."""

    code = serializers.CharField()
    text = serializers.CharField()
    because = serializers.CharField()


class Prompt(Output):
    """A prompt, named by its digest."""

    id = serializers.CharField()
    digest = serializers.CharField()
    text = serializers.CharField()
    persona = serializers.CharField()
    template = serializers.CharField()
    template_version = serializers.CharField()
    ruleset_digest = serializers.CharField()
    rules = serializers.ListField(child=serializers.CharField())
    safety_checks = SafetyCheck(many=True)
    validation_criteria = serializers.ListField(child=serializers.CharField())
    routing_reasons = serializers.ListField(child=serializers.CharField())


class Persona(Output):
    """A persona: whom work is routed to."""

    code = serializers.CharField()
    name = serializers.CharField()
    title = serializers.CharField()
    expertise = serializers.ListField(child=serializers.CharField())
    adapters = serializers.ListField(child=serializers.CharField())


PersonaPage = paginated(Persona)


class PromptView(ApiView):
    """One prompt."""

    @extend_schema(operation_id="prompts_get", responses=Prompt, summary="Read a prompt")
    def get(self, request: Request, id: uuid.UUID) -> Response:  # noqa: A002 - the name in the address
        """Answer the prompt."""
        return answer(Prompt, prompt_get(actor_of(request), str(id)))


class PersonaListView(ApiView):
    """Personas."""

    @extend_schema(
        operation_id="personas_list",
        parameters=PAGE_PARAMETERS,
        responses=PersonaPage,
        summary="List personas",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of personas."""
        query = query_of(PageInput, request)
        personas = persona_list(actor_of(request))
        page = sequence_page(personas, after=query["cursor"], limit=query["limit"])
        return page_answer(request, PersonaPage, page)

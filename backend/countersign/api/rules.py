"""The governance rules in force."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from countersign.api.authentication import actor_of
from countersign.api.base import ApiView, Input, Output, answer, body_of, query_of
from countersign.api.idempotency import idempotent
from countersign.api.pagination import PAGE_PARAMETERS, PageInput, page_answer, paginated
from countersign.governance.contracts import RuleMode
from countersign.governance.selectors import rule_list
from countersign.shared.paging import sequence_page
from countersign.workflow.exceptions import rule_mode_change

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

    from countersign.governance.contracts import RuleData

AUTHORITIES = ("request", "requirements", "authoritative", "supreme")


RULE_MODES = ("observe", "advise", "enforce")


class RuleScope(Output):
    """Where a rule applies; an empty list means everywhere."""

    languages = serializers.ListField(child=serializers.CharField())
    paths = serializers.ListField(child=serializers.CharField())
    finding_types = serializers.ListField(child=serializers.CharField())
    personas = serializers.ListField(child=serializers.CharField())
    phases = serializers.ListField(child=serializers.CharField())


class Rule(Output):
    """The version of a rule that is in force."""

    code = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    document = serializers.CharField()
    document_title = serializers.CharField()
    section = serializers.CharField()
    authority = serializers.ChoiceField(choices=AUTHORITIES)
    scope = RuleScope()
    text = serializers.CharField()
    why = serializers.CharField()
    correction = serializers.CharField()
    check = serializers.DictField()
    mode = serializers.ChoiceField(choices=RULE_MODES)
    severity = serializers.CharField()
    core = serializers.BooleanField()
    digest = serializers.CharField()


RulePage = paginated(Rule)


def rule_view(rule: RuleData) -> dict[str, object]:
    """Return what the API shows of a rule: authority as a word."""
    return {**dataclasses.asdict(rule), "authority": rule.authority.name.lower()}


class RuleListView(ApiView):
    """Rules."""

    @extend_schema(
        operation_id="rules_list",
        parameters=PAGE_PARAMETERS,
        responses=RulePage,
        summary="List the rules in force",
    )
    def get(self, request: Request) -> Response:
        """Answer a page of rules, by code."""
        query = query_of(PageInput, request)
        rules = [rule_view(rule) for rule in rule_list(actor_of(request))]
        page = sequence_page(rules, after=query["cursor"], limit=query["limit"])
        return page_answer(request, RulePage, page)


class RuleModeInput(Input):
    """Another mode, and why."""

    mode = serializers.ChoiceField(choices=RULE_MODES)
    reason = serializers.CharField(max_length=4_000, help_text="its digest stands in the log")


class RuleModeView(ApiView):
    """What breaking a rule does."""

    writing = "governance.write"

    @extend_schema(
        operation_id="rules_mode",
        request=RuleModeInput,
        responses=Rule,
        summary="Let a rule stop changes, advise, or only be counted",
    )
    @idempotent
    def post(self, request: Request, code: str) -> Response:
        """Make its next version, and answer it."""
        body = body_of(RuleModeInput, request)
        changed = rule_mode_change(
            actor=actor_of(request), code=code, mode=RuleMode(body["mode"]), reason=body["reason"]
        )
        return answer(Rule, rule_view(changed))

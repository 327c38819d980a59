"""Reading personas, templates and prompts."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast

from countersign.accounts.policies import require
from countersign.prompts.contracts import (
    PersonaData,
    PromptData,
    RollbackProcedure,
    RollbackStep,
    RoutingRules,
    SafetyCheck,
    TemplateVersionData,
)
from countersign.prompts.errors import PersonaNotFound, PromptNotFound
from countersign.prompts.models import Persona, Prompt, TemplateVersion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.shared.actor import Actor

PRODUCTION = "production"


def persona_data(persona: Persona) -> PersonaData:
    """Turn a row into what other rooms see."""
    return PersonaData(
        code=persona.code,
        name=persona.name,
        title=persona.title,
        introduction=persona.introduction,
        expertise=tuple(persona.expertise),
        focus=persona.focus,
        routing=RoutingRules(**persona.routing),
        adapters=tuple(persona.adapters),
        template=persona.template,
        digest=persona.digest,
    )


def personas_newest() -> dict[str, Persona]:
    """Return the newest version of every persona, by code."""
    return {
        persona.code: persona for persona in Persona.objects.order_by("code", "-version").distinct("code")
    }


def persona_list(actor: Actor) -> tuple[PersonaData, ...]:
    """Return the personas in force, by code.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    return tuple(persona_data(persona) for persona in personas_newest().values())


def persona_get(actor: Actor, code: str) -> PersonaData:
    """Return one persona.

    Raises:
        PermissionDenied: the actor may not read.
        PersonaNotFound: there is none of this code.
    """
    require(actor, "read")
    persona = personas_newest().get(code)
    if persona is None:
        message = f"there is no persona '{code}'"
        raise PersonaNotFound(message, code=code)
    return persona_data(persona)


def template_data(version: TemplateVersion) -> TemplateVersionData:
    """Turn a row (with its template) into what other rooms see."""
    return TemplateVersionData(
        id=str(version.id),
        template=version.template.code,
        version=version.version,
        digest=version.digest,
        title=version.title,
        label=version.label,
        body=version.body,
        variables=tuple(version.front_matter["variables"]),
    )


def template_list(actor: Actor) -> tuple[TemplateVersionData, ...]:
    """Return the versions that are in production, by template.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = TemplateVersion.objects.filter(label=PRODUCTION).select_related("template")
    return tuple(template_data(row) for row in rows.order_by("template__code"))


def template_versions(actor: Actor, code: str) -> tuple[TemplateVersionData, ...]:
    """Return every version of one template, the newest first.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = TemplateVersion.objects.filter(template__code=code).select_related("template")
    return tuple(template_data(row) for row in rows.order_by("-version"))


def prompt_data(prompt: Prompt, *, created: bool = False) -> PromptData:
    """Turn a row (with persona and templates) into what other rooms see."""
    context = prompt.context
    return PromptData(
        id=str(prompt.id),
        digest=prompt.digest,
        text=prompt.text,
        project_id=str(prompt.project_id),
        work_item_id=str(prompt.work_item_id),
        persona=prompt.persona.code,
        template=prompt.template_version.template.code,
        template_version=prompt.template_version.version,
        template_digest=prompt.template_version.digest,
        frame_digest=prompt.frame_version.digest,
        ruleset_digest=prompt.ruleset_digest,
        rules=tuple(context["rules"]),
        safety_checks=tuple(SafetyCheck(**check) for check in context["safety_checks"]),
        validation_criteria=tuple(context["gates"]),
        rollback=_rollback(context["rollback"]),
        priority=prompt.priority,
        routing_reasons=tuple(context["routing"]),
        created=created,
    )


def _rollback(stored: Mapping[str, object]) -> RollbackProcedure:
    def steps(name: str) -> tuple[RollbackStep, ...]:
        return tuple(RollbackStep(**step) for step in cast("list[dict[str, str]]", stored[name]))

    return RollbackProcedure(before_merge=steps("before_merge"), after_merge=steps("after_merge"))


_PROMPTS = Prompt.objects.select_related("persona", "template_version__template", "frame_version")


def prompt_get(actor: Actor, prompt_id: str) -> PromptData:
    """Return one prompt by its id or by its digest.

    Raises:
        PermissionDenied: the actor may not read.
        PromptNotFound: there is no such prompt.
    """
    require(actor, "read")
    if prompt_id.startswith("sha256:"):
        prompt = _PROMPTS.filter(digest=prompt_id).first()
    else:
        try:
            prompt = _PROMPTS.filter(pk=uuid.UUID(prompt_id)).first()
        except ValueError:
            prompt = None
    if prompt is None:
        message = "there is no such prompt"
        raise PromptNotFound(message, prompt_id=prompt_id)
    return prompt_data(prompt)


def prompts_for_work_item(actor: Actor, work_item_id: str) -> tuple[PromptData, ...]:
    """Return the prompts of a work item, the newest first.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = _PROMPTS.filter(work_item_id=work_item_id).order_by("-created_at")
    return tuple(prompt_data(row) for row in rows)

"""Syncing personas and templates by digest, and generating prompts."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.jobs.services import lease_check
from countersign.prompts.compose import PromptInputs, inputs_read, prompt_compose
from countersign.prompts.contracts import PromptData, SyncResult
from countersign.prompts.errors import PersonaNotFound, TemplateInvalid, TemplateNotFound
from countersign.prompts.models import Persona, Prompt, PromptTemplate, TemplateVersion
from countersign.prompts.people import personas_parse
from countersign.prompts.selectors import (
    PRODUCTION,
    persona_data,
    personas_newest,
    prompt_data,
    template_data,
)
from countersign.prompts.templates import FRAME, TemplateFile, template_parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from countersign.jobs.contracts import Lease
    from countersign.prompts.people import PersonaEntry
    from countersign.shared.actor import Actor
    from countersign.shared.types import JSON

SHIPPED_PERSONAS = Path(__file__).parent / "personas.yaml"
SHIPPED_TEMPLATES = Path(__file__).parents[3] / "prompts"


@transaction.atomic(durable=True)
def personas_sync(*, actor: Actor, text: str | None = None) -> SyncResult:
    """Bring the personas in line with a file; the same content again changes nothing and records nothing.

    Args:
        actor: a platform admin, or the platform itself.
        text: the personas file; by default the one that is shipped with the platform.

    Raises:
        PermissionDenied: the actor may not change personas.
        PersonasInvalid: the file can't be accepted; nothing is changed.
    """
    require(actor, "governance.write")
    entries = personas_parse(SHIPPED_PERSONAS.read_text(encoding="utf-8") if text is None else text)
    newest = personas_newest()
    created = [entry for entry in entries if _persona_is_new(entry, newest)]
    for entry in created:
        current = newest.get(entry.code)
        persona = Persona.objects.create(
            code=entry.code,
            version=current.version + 1 if current else 1,
            name=entry.name,
            title=entry.title,
            introduction=entry.introduction,
            expertise=entry.expertise,
            focus=entry.focus,
            routing=entry.routing_json(),
            adapters=entry.adapters,
            template=entry.template,
            digest=entry.digest(),
        )
        record(
            actor=actor,
            type="persona.version_created",
            subject=("persona", entry.code),
            data={"version": persona.version, "digest": persona.digest},
        )
    return SyncResult(tuple(entry.code for entry in created), len(entries) - len(created))


def _persona_is_new(entry: PersonaEntry, newest: Mapping[str, Persona]) -> bool:
    current = newest.get(entry.code)
    return current is None or current.digest != entry.digest()


def _templates_read(directory: Path) -> tuple[TemplateFile, ...]:
    files = sorted(directory.glob("*.md"))
    if not files:
        message = f"there are no templates (*.md) in {directory.name}"
        raise TemplateInvalid(message, directory=directory.name)
    templates: dict[str, TemplateFile] = {}
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            message = f"{file.name}: not UTF-8"
            raise TemplateInvalid(message, template=file.name) from error
        template = template_parse(text, file.name)
        if template.front.code != file.stem:
            message = f"{file.name}: the code '{template.front.code}' differs from the name of the file"
            raise TemplateInvalid(message, template=file.name)
        templates[template.front.code] = template
    return tuple(templates.values())


@transaction.atomic(durable=True)
def templates_sync(*, actor: Actor, directory: Path | None = None) -> SyncResult:
    """Make new versions of the templates whose files changed, and put these into production.

    The files are reviewed like code, so a new one is in production at once. The same content again changes
    nothing and records nothing; content that an older version has puts that version back into production.

    Args:
        actor: a platform admin, or the platform itself.
        directory: where the files are; by default those that are shipped with the platform.

    Raises:
        PermissionDenied: the actor may not change templates.
        TemplateInvalid: a file can't be accepted; nothing is changed.
    """
    require(actor, "governance.write")
    files = _templates_read(directory or SHIPPED_TEMPLATES)
    created = [file.front.code for file in files if _template_store(actor, file)]
    return SyncResult(tuple(created), len(files) - len(created))


def _template_store(actor: Actor, file: TemplateFile) -> bool:
    """Store one file as a version in production, unless it is that already; say whether anything changed."""
    template, _ = PromptTemplate.objects.get_or_create(code=file.front.code)
    versions = TemplateVersion.objects.filter(template=template)
    current = versions.filter(digest=file.digest).first()
    if current is not None and current.label == PRODUCTION:
        return False
    if current is None:
        newest = versions.aggregate(newest=Max("version"))["newest"] or 0
        current = TemplateVersion.objects.create(
            template=template,
            version=newest + 1,
            digest=file.digest,
            title=file.front.title,
            body=file.body,
            front_matter=file.front_json(),
        )
        record(
            actor=actor,
            type="template.version_created",
            subject=("template", template.code),
            data={"version": current.version, "digest": current.digest},
        )
    versions.filter(label=PRODUCTION).update(label="")
    versions.filter(pk=current.pk, label="").update(label=PRODUCTION)
    record(
        actor=actor,
        type="template.label_moved",
        subject=("template", template.code),
        data={"label": PRODUCTION, "version": current.version, "digest": current.digest},
    )
    return True


def _in_production(*codes: str) -> tuple[TemplateVersion, ...]:
    rows = TemplateVersion.objects.filter(template__code__in=codes, label=PRODUCTION).select_related(
        "template"
    )
    found = {row.template.code: row for row in rows}
    for code in codes:
        if code not in found:
            message = f"no version of the template '{code}' is in production; sync the templates first"
            raise TemplateNotFound(message, code=code)
    return tuple(found[code] for code in codes)


@transaction.atomic(durable=True)
def prompt_generate(  # noqa: PLR0913 - what a prompt is made of, each said by name
    *,
    actor: Actor,
    lease: Lease | None,
    project_id: str,
    work_item: Mapping[str, object],
    findings: Iterable[Mapping[str, object]],
    rules: Iterable[Mapping[str, object]],
    ruleset_digest: str,
    gates: Sequence[str],
    persona: str,
    rollback: Mapping[str, JSON],
    context: Iterable[Mapping[str, object]] = (),
    asked: Iterable[Mapping[str, JSON]] = (),
    inputs: Iterable[Mapping[str, JSON]] = (),
    routing_reasons: Sequence[str] = (),
    output: str = "cli_agent",
) -> PromptData:
    """Render a prompt and store it under its digest; one that is there already is returned, unrecorded.

    Args:
        actor: on whose behalf.
        lease: the lease of the job that this is a step of; ``None`` outside of jobs.
        project_id: the project.
        work_item: the task (``id``, ``key``, ``title``, ``kind``, ``reason``, ``paths``, ``rules``,
            ``priority``, and where there are any ``deliverable``, ``phase``, ``acceptance``).
        findings: its findings (``id``, ``tool``, ``rule``, ``path``, ``line``, ``message``, ``severity``).
        rules: the rules that match, and only those, as governance dumps them.
        ruleset_digest: the frozen rule set that they are from.
        gates: the gates that the result must pass.
        persona: code of the persona.
        rollback: ``base_commit``, ``branch``, ``default_branch``, ``tag``.
        context: further texts that the agent may read (``title``, ``text``, ``source``); they are fenced.
        asked: what people asked for on earlier attempts (``decision_id``, ``reason``, ``items``); fenced.
        inputs: what the plan asks for and was given (``name``, ``what``, ``value`` or ``pointer``); fenced.
        routing_reasons: why this persona.
        output: ``cli_agent``, ``model`` or ``external_agent``.

    Raises:
        LeaseLost: another worker holds the job now.
        InvalidInput: a part is missing or has the wrong form.
        PersonaNotFound: there is no such persona.
        TemplateNotFound: the persona's template or the frame is not in production.
        PromptRenderFailed: the template can't be rendered with this data.
        PromptTooLarge: the prompt exceeds its limit.
        PromptIncomplete: the templates left out something that every prompt must carry.
    """
    if lease is not None:
        lease_check(lease)
    read = inputs_read(
        work_item=work_item,
        findings=findings,
        rules=rules,
        gates=gates,
        rollback=rollback,
        context=context,
        asked=asked,
        given=inputs,
        output=output,
    )
    who = Persona.objects.filter(code=persona).order_by("-version").first()
    if who is None:
        message = f"there is no persona '{persona}'"
        raise PersonaNotFound(message, code=persona)
    template, frame = _in_production(who.template, FRAME)
    composed = prompt_compose(
        inputs=read,
        persona=persona_data(who),
        template=template_data(template),
        frame=template_data(frame),
        provenance={
            "project": project_id,
            "work_item": read.work_item.id,
            "persona": f"{who.code} v{who.version} {who.digest}",
            "template": f"{template.template.code} v{template.version} {template.digest}",
            "frame": f"{FRAME} v{frame.version} {frame.digest}",
            "ruleset": ruleset_digest,
            "base_commit": str(rollback["base_commit"]),
        },
        routing=routing_reasons,
    )
    prompt, created = Prompt.objects.get_or_create(
        digest=composed.digest,
        defaults={
            "project_id": project_id,
            "work_item_id": read.work_item.id,
            "persona": who,
            "template_version": template,
            "frame_version": frame,
            "ruleset_digest": ruleset_digest,
            "text": composed.text,
            "context": _context(read, routing_reasons),
            "priority": read.work_item.priority,
        },
    )
    if created:
        record(
            actor=actor,
            type="prompt.generated",
            subject=("prompt", str(prompt.id)),
            data={
                "digest": prompt.digest,
                "project": project_id,
                "work_item": read.work_item.id,
                "persona": who.code,
                "template": template.digest,
                "frame": frame.digest,
                "ruleset": ruleset_digest,
                "findings": len(read.findings),
                "rules": len(read.rules),
            },
        )
    return prompt_data(prompt, created=created)


def _context(inputs: PromptInputs, routing: Sequence[str]) -> dict[str, JSON]:
    """Return what the prompt was made from, for those who ask later."""
    return {
        "findings": [finding.id for finding in inputs.findings],
        "rules": [rule.code for rule in inputs.rules],
        "rule_versions": {rule.code: rule.version for rule in inputs.rules},
        "safety_checks": [asdict(check) for check in inputs.checks],
        "gates": list(inputs.gates),
        "rollback": inputs.rollback.as_json(),
        "asked": [each.get("decision_id") for each in inputs.asked],
        "inputs": [each.get("name") for each in inputs.given],
        "output": inputs.output,
        "routing": list(routing),
    }

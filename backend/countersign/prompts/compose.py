"""From a work item, its findings and its rules to the text of a prompt: pure, on plain data only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from countersign.prompts.errors import PromptIncomplete
from countersign.prompts.guardrails import clean_text, fence_untrusted, inline_untrusted
from countersign.prompts.render import template_render
from countersign.prompts.rollback import rollback_procedure
from countersign.prompts.safety import safety_checks
from countersign.shared.errors import InvalidInput
from countersign_verify.canonical import digest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from countersign.prompts.contracts import (
        PersonaData,
        RollbackProcedure,
        SafetyCheck,
        TemplateVersionData,
    )
    from countersign.shared.types import JSON

MAX_FINDINGS: Final = 200
MAX_PATHS: Final = 100
MAX_CONTEXT_PARTS: Final = 20
MAX_CONTEXT_CHARACTERS: Final = 4_000
# A task that was sent back more often than this carries the latest requests.
MAX_ASKED: Final = 5
MAX_ASKED_CHARACTERS: Final = 60_000
# Two hundred inputs of two thousand characters would not fit into any prompt; the limit of a prompt says so.
MAX_GIVEN_CHARACTERS: Final = 500_000

OUTPUT_CONTRACTS: Final[dict[str, tuple[str, ...]]] = {
    "cli_agent": (
        "Edit files in the working copy only. Do not commit, branch, tag, push or touch `.git`.",
        "The platform reads the difference of the working copy against the base commit; nothing else counts.",
        "Write at most ten lines to standard output: what changed, and which findings stay open and why.",
        "End with exit code 0 when the task is done and with another code when it is not.",
    ),
    "model": (
        'Answer with one JSON object alone: {"edits": [...], "summary": "...", "unresolved": [...]}.',
        'Each edit is {"path": "...", "old": "...", "new": "..."}; `old` occurs exactly once in the file.',
        "`unresolved` lists the ids of findings that stay open, each with its reason.",
        "Anything that does not have this form is refused.",
    ),
    "external_agent": (
        "Hand in one unified diff against the base commit, with a summary of at most ten lines.",
        "Name the findings that stay open, each with its reason.",
        "A diff that does not apply to the base commit, or reaches outside the project, is refused.",
    ),
}


class _Lenient(BaseModel):
    """Other rooms hand over whole records; what a prompt does not need is left aside."""

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)


class WorkItemInput(_Lenient):
    """The task."""

    id: str
    key: str
    title: str
    kind: str = "findings"
    reason: str = ""
    paths: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    priority: int = 0
    deliverable: str | None = None
    phase: str | None = None
    acceptance: tuple[str, ...] = ()


class FindingInput(_Lenient):
    """One finding."""

    id: str
    tool: str
    rule: str
    path: str
    line: int = 0
    message: str = ""
    severity: str = "info"
    fixable: bool = False
    snippet: str = ""

    @property
    def type(self) -> str:
        """Return ``tool:rule``, as scopes and routing compare it."""
        return f"{self.tool}:{self.rule}"


class RuleInput(_Lenient):
    """One rule that matches this task."""

    code: str
    version: int
    title: str
    document: str
    document_title: str = ""
    section: str
    text: str
    mode: str
    severity: str


class ContextInput(_Lenient):
    """Something the agent may read: an interface, a note. It comes from a repository, so it is fenced."""

    title: str
    text: Annotated[str, Field(max_length=200_000)]
    source: str = "repository"


@dataclass(frozen=True, slots=True)
class PromptInputs:
    """Checked inputs of one prompt."""

    work_item: WorkItemInput
    findings: tuple[FindingInput, ...]
    rules: tuple[RuleInput, ...]
    context: tuple[ContextInput, ...]
    asked: tuple[Mapping[str, JSON], ...]
    given: tuple[Mapping[str, JSON], ...]
    gates: tuple[str, ...]
    rollback: RollbackProcedure
    checks: tuple[SafetyCheck, ...]
    output: str


@dataclass(frozen=True, slots=True)
class ComposedPrompt:
    """The text, its digest and what it was checked to carry."""

    text: str
    digest: str


def _read(model: type[BaseModel], value: object, what: str) -> Any:  # noqa: ANN401 - the model given by the caller
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{what}: {where}: {first['msg']}"
        raise InvalidInput(message, field=where) from error


def inputs_read(
    *,
    work_item: Mapping[str, object],
    findings: Iterable[Mapping[str, object]],
    rules: Iterable[Mapping[str, object]],
    gates: Sequence[str],
    rollback: Mapping[str, JSON],
    context: Iterable[Mapping[str, object]] = (),
    asked: Iterable[Mapping[str, JSON]] = (),
    given: Iterable[Mapping[str, JSON]] = (),
    output: str = "cli_agent",
) -> PromptInputs:
    """Check what other rooms handed over.

    Raises:
        InvalidInput: a part is missing or has the wrong form.
    """
    item: WorkItemInput = _read(WorkItemInput, work_item, "work item")
    found = tuple(_read(FindingInput, finding, "finding") for finding in findings)
    if output not in OUTPUT_CONTRACTS:
        message = f"there is no output contract '{output}'; known are {', '.join(sorted(OUTPUT_CONTRACTS))}"
        raise InvalidInput(message, output=output)
    if not gates:
        message = "a prompt needs the gates that its result is validated by"
        raise InvalidInput(message, field="gates")
    paths = _paths(item, found)
    return PromptInputs(
        work_item=item,
        findings=tuple(sorted(found, key=lambda each: (each.path, each.line, each.rule, each.id))),
        rules=tuple(_read(RuleInput, rule, "rule") for rule in rules),
        context=tuple(_read(ContextInput, part, "context") for part in context)[:MAX_CONTEXT_PARTS],
        asked=tuple(asked)[-MAX_ASKED:],
        given=tuple(given),
        gates=tuple(gates),
        rollback=rollback_procedure({"paths": list(paths), **rollback}),
        checks=safety_checks(
            kind=item.kind,
            finding_types=sorted({finding.type for finding in found}),
            severities=sorted({finding.severity for finding in found}),
            paths=paths,
        ),
        output=output,
    )


def _paths(item: WorkItemInput, findings: Iterable[FindingInput]) -> tuple[str, ...]:
    return tuple(sorted({*item.paths, *(finding.path for finding in findings)}))


def _finding(finding: FindingInput) -> dict[str, JSON]:
    place = inline_untrusted(f"{finding.path}:{finding.line}" if finding.line else finding.path)
    return {
        "id": inline_untrusted(finding.id, 100),
        "type": inline_untrusted(finding.type),
        "place": place,
        "message": inline_untrusted(finding.message),
        "severity": inline_untrusted(finding.severity, 20),
        "fixable": finding.fixable,
        "snippet": fence_untrusted(finding.snippet, limit=2_000) if finding.snippet else "",
    }


def _rule(rule: RuleInput) -> dict[str, JSON]:
    title = clean_text(rule.document_title)
    written = f"{title} ({rule.document})" if title else rule.document
    return {
        "code": rule.code,
        "version": rule.version,
        "title": clean_text(rule.title),
        "text": clean_text(rule.text),
        "citation": f"{written}, section {rule.section}",
        "binding": "binding" if rule.mode == "enforce" else "advice",
        "severity": rule.severity,
    }


def _task_data(inputs: PromptInputs, persona: PersonaData) -> dict[str, JSON]:
    item = inputs.work_item
    paths = _paths(item, inputs.findings)
    suffixes = sorted({path.rpartition(".")[2].lower() for path in paths if "." in path.rpartition("/")[2]})
    return {
        "persona": {
            "code": persona.code,
            "name": persona.name,
            "role": persona.title,
            "introduction": persona.introduction,
            "expertise": list(persona.expertise),
            "focus": persona.focus,
        },
        "work_item": {
            "id": item.id,
            "key": inline_untrusted(item.key),
            "name": inline_untrusted(item.title),
            "kind": item.kind,
            "reason": inline_untrusted(item.reason) if item.reason else "",
            "deliverable": inline_untrusted(item.deliverable) if item.deliverable else "",
            "acceptance": [inline_untrusted(text) for text in item.acceptance],
        },
        "findings": [_finding(finding) for finding in inputs.findings[:MAX_FINDINGS]],
        "more_findings": max(0, len(inputs.findings) - MAX_FINDINGS),
        "paths": [inline_untrusted(path) for path in paths[:MAX_PATHS]],
        "more_paths": max(0, len(paths) - MAX_PATHS),
        "languages": [inline_untrusted(suffix, 20) for suffix in suffixes],
        "phase": inline_untrusted(item.phase) if item.phase else "",
    }


def prompt_compose(
    *,
    inputs: PromptInputs,
    persona: PersonaData,
    template: TemplateVersionData,
    frame: TemplateVersionData,
    provenance: Mapping[str, str],
    routing: Sequence[str] = (),
) -> ComposedPrompt:
    """Render the persona's template, set it into the frame, and make sure that nothing is missing.

    Raises:
        PromptRenderFailed: a template can't be rendered with this data.
        PromptTooLarge: the prompt exceeds its limit.
        PromptIncomplete: the frame left out something that every prompt must carry.
    """
    data = _task_data(inputs, persona)
    guidance = template_render(
        digest=template.digest, body=template.body, data=_only(data, template.variables)
    )
    full: dict[str, JSON] = {
        **data,
        "guidance": guidance.strip(),
        "rules": [_rule(rule) for rule in inputs.rules],
        "safety_checks": [
            {"code": check.code, "text": check.text, "because": check.because} for check in inputs.checks
        ],
        "rollback": inputs.rollback.as_json(),
        "gates": list(inputs.gates),
        "output_contract": list(OUTPUT_CONTRACTS[inputs.output]),
        "context": [
            {
                "name": inline_untrusted(part.title),
                "text": fence_untrusted(part.text, source=part.source, limit=MAX_CONTEXT_CHARACTERS),
            }
            for part in inputs.context
        ],
        "asked": _fenced(inputs.asked, "review", MAX_ASKED_CHARACTERS),
        "inputs": _fenced(inputs.given, "input", MAX_GIVEN_CHARACTERS),
        "provenance": dict(provenance),
        "routing": [clean_text(reason) for reason in routing],
    }
    text = template_render(digest=frame.digest, body=frame.body, data=_only(full, frame.variables))
    _require_complete(text, full)
    return ComposedPrompt(text=text, digest=digest_bytes(text.encode()))


def _fenced(said: Sequence[Mapping[str, JSON]], source: str, limit: int) -> str:
    """Return what people said as fenced JSON: what an agent is to meet, but no order to the platform."""
    if not said:
        return ""
    text = json.dumps([dict(each) for each in said], indent=2, ensure_ascii=False, sort_keys=True)
    return fence_untrusted(text, source=source, limit=limit)


def _only(data: Mapping[str, JSON], variables: Iterable[str]) -> dict[str, JSON]:
    """Give a template what it declared and no more."""
    return {name: data[name] for name in variables if name in data}


def _texts(data: Mapping[str, JSON], part: str, *names: str) -> list[tuple[str, str]]:
    entries = data[part]
    if not isinstance(entries, list):
        return []
    return [(part, str(entry[name])) for entry in entries if isinstance(entry, dict) for name in names]


def _require_complete(text: str, data: Mapping[str, JSON]) -> None:
    """Make sure that the text carries everything a prompt must, whatever a template says.

    Raises:
        PromptIncomplete: something is missing; the error names it.
    """
    rollback = data["rollback"]
    steps = [step for part in rollback.values() for step in part] if isinstance(rollback, dict) else []
    musts = [
        *_texts(data, "findings", "id", "place", "message"),
        *_texts(data, "rules", "code", "text", "citation"),
        *_texts(data, "safety_checks", "text"),
        *_texts(data, "context", "text"),
        ("asked", str(data["asked"])),
        ("inputs", str(data["inputs"])),
        *(("rollback", str(step["command"])) for step in steps if isinstance(step, dict)),
        *(("gates", str(gate)) for gate in _list(data["gates"])),
        *(("output_contract", str(line)) for line in _list(data["output_contract"])),
        *(("guidance", str(data["guidance"])),),
    ]
    missing = sorted({part for part, must in musts if must not in text})
    if missing:
        message = f"the prompt lacks parts that every prompt must carry: {', '.join(missing)}"
        raise PromptIncomplete(message, missing=missing)


def _list(value: JSON) -> list[JSON]:
    return list(value) if isinstance(value, list) else []

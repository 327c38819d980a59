"""Reading a rule file: YAML in, checked rules out, or every problem with its line and column."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from countersign.governance.contracts import Authority, RuleScope
from countersign.governance.errors import Problem, RulesInvalid
from countersign.governance.paths import glob_compile
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from countersign.shared.types import JSON

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
# The same reader in C, where PyYAML was built with it.
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CODE = r"^[a-z0-9][a-z0-9.-]{1,79}$"

Text = Annotated[str, Field(min_length=1, max_length=2000)]
Code = Annotated[str, Field(pattern=_CODE)]
Limit = Annotated[int, Field(ge=0, le=1_000_000)]
Severity = Literal["info", "low", "medium", "high", "critical"]


def _glob(pattern: str) -> str:
    glob_compile(pattern)
    return pattern


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Paths(_Strict):
    paths: Annotated[list[str], Field(min_length=1)]

    @field_validator("paths")
    @classmethod
    def _globs(cls, value: list[str]) -> list[str]:
        return [_glob(pattern) for pattern in value]


class GateRequired(_Strict):
    """A gate must have passed."""

    kind: Literal["gate_required"]
    gate: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


class ForbiddenPaths(_Paths):
    """A change must leave these paths alone."""

    kind: Literal["forbidden_paths"]
    except_: Annotated[list[str], Field(alias="except", default_factory=list)]

    @field_validator("except_")
    @classmethod
    def _exceptions(cls, value: list[str]) -> list[str]:
        return [_glob(pattern) for pattern in value]


class PermittedPaths(_Paths):
    """Paths that lower documents can't forbid."""

    kind: Literal["permitted_paths"]


class MaxFiles(_Strict):
    """A change has at most so many files."""

    kind: Literal["max_files"]
    limit: Limit


class MaxAddedLines(_Strict):
    """A change adds at most so many lines."""

    kind: Literal["max_added_lines"]
    limit: Limit


class RiskThreshold(_Strict):
    """Above this score the CAB decides, or nobody does."""

    kind: Literal["risk_threshold"]
    limit: Annotated[int, Field(ge=0, le=100)]
    action: Literal["cab", "refuse"]


class TouchRequiresCab(_Strict):
    """Touching these areas needs the CAB at every score."""

    kind: Literal["touch_requires_cab"]
    touches: Annotated[list[Code | str], Field(min_length=1)]


class UnknownRequiresCab(_Strict):
    """A factor that could not be judged needs the CAB at every score."""

    kind: Literal["unknown_requires_cab"]


class Platform(_Strict):
    """The platform itself makes this hold; the rule names the mechanism."""

    kind: Literal["platform"]
    enforced_by: Text


class Advice(_Strict):
    """Nothing checks this by machine yet, so it can't stop work."""

    kind: Literal["advice"]


Check = Annotated[
    GateRequired
    | ForbiddenPaths
    | PermittedPaths
    | MaxFiles
    | MaxAddedLines
    | RiskThreshold
    | TouchRequiresCab
    | UnknownRequiresCab
    | Platform
    | Advice,
    Field(discriminator="kind"),
]


class ScopeEntry(_Strict):
    """Where a rule applies."""

    languages: list[str] = []
    paths: list[str] = []
    finding_types: list[str] = []
    personas: list[str] = []
    phases: list[str] = []

    @field_validator("paths")
    @classmethod
    def _globs(cls, value: list[str]) -> list[str]:
        return [_glob(pattern) for pattern in value]

    def scope(self) -> RuleScope:
        """Return the scope with its parts sorted, so that order changes no digest."""
        return RuleScope(
            languages=tuple(sorted(self.languages)),
            paths=tuple(sorted(self.paths)),
            finding_types=tuple(sorted(self.finding_types)),
            personas=tuple(sorted(self.personas)),
            phases=tuple(sorted(self.phases)),
        )


class DocumentEntry(_Strict):
    """A document that rules cite."""

    code: Code
    title: Text
    authority: Literal["SUPREME", "AUTHORITATIVE", "REQUIREMENTS", "REQUEST"]
    sections: Annotated[dict[str, Text], Field(min_length=1)]

    @property
    def weight(self) -> Authority:
        """Return the authority as a number that compares."""
        return Authority[self.authority]

    def digest(self) -> str:
        """Name the document by what it says."""
        return digest_of(self.model_dump())


class RuleEntry(_Strict):
    """One rule as written."""

    code: Code
    title: Text
    document: Code
    section: Annotated[str, Field(min_length=1, max_length=40)]
    severity: Severity
    mode: Literal["observe", "advise", "enforce"]
    core: bool = False
    scope: ScopeEntry = ScopeEntry()
    text: Text
    why: Text
    correction: Text
    check: Check

    @model_validator(mode="after")
    def _advice_never_stops(self) -> Self:
        if self.check.kind == "advice" and self.mode == "enforce":
            message = "nothing checks an advice by machine, so its mode is 'observe' or 'advise'"
            raise ValueError(message)
        return self

    def check_json(self) -> dict[str, JSON]:
        """Return the check as plain JSON."""
        dumped: dict[str, JSON] = self.check.model_dump(by_alias=True)
        return dumped

    def digest(self) -> str:
        """Name the rule by what it says, apart from its version."""
        dumped = self.model_dump(exclude={"scope", "check"})
        return digest_of({**dumped, "scope": asdict(self.scope.scope()), "check": self.check_json()})


class Rulebook(_Strict):
    """A whole rule file."""

    format: Literal["countersign/rules/v1"]
    documents: Annotated[list[DocumentEntry], Field(min_length=1)]
    rules: Annotated[list[RuleEntry], Field(min_length=1)]


def rulebook_parse(text: str) -> Rulebook:
    """Read a rule file.

    Raises:
        RulesInvalid: it is too large, not YAML, not of this form, or cites what is not there.
    """
    if len(text.encode()) > MAX_BYTES:
        raise RulesInvalid((Problem(1, 1, f"the file is larger than {MAX_BYTES} bytes"),))
    root, plain = _read(text)
    try:
        book = Rulebook.model_validate(plain)
    except ValidationError as error:
        problems = tuple(_problem(root, each["loc"], each["msg"]) for each in error.errors())
        raise RulesInvalid(problems) from error
    problems = _citations(book, root)
    if problems:
        raise RulesInvalid(problems)
    return book


def _read(text: str) -> tuple[yaml.Node, JSON]:
    """Return the composed nodes, which know their places, and the plain data that they stand for."""
    try:
        _refuse_aliases_and_depth(text)
        root = yaml.compose(text, Loader=_LOADER)
        if not isinstance(root, yaml.MappingNode):
            message = "a rule file is a mapping with format, documents and rules"
            raise RulesInvalid((Problem(1, 1, message),))
        _refuse_twins(root)
        loader = yaml.SafeLoader("")
        return root, loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise RulesInvalid((Problem(*place, f"not YAML: {error.problem}"),)) from error
    except (yaml.YAMLError, ValueError) as error:
        message = "not YAML: the file holds characters or values that YAML does not allow"
        raise RulesInvalid((Problem(1, 1, message),)) from error


def _at(event: yaml.Event, message: str) -> Problem:
    mark = event.start_mark
    return Problem(mark.line + 1 if mark else 1, mark.column + 1 if mark else 1, message)


def _refuse_aliases_and_depth(text: str) -> None:
    """Look at the file event by event first: composing a deeply nested one would exhaust the C stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise RulesInvalid((_at(event, "aliases (`*name`) are not used in rule files"),))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise RulesInvalid((_at(event, "the file is nested too deeply"),))


def _refuse_twins(node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if str(key.value) in seen:
                mark = key.start_mark
                raise RulesInvalid(
                    (Problem(mark.line + 1, mark.column + 1, f"'{key.value}' stands here twice"),)
                )
            seen.add(str(key.value))
            _refuse_twins(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item)


def _step(node: yaml.Node, part: int | str) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
        return node.value[part] if part < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == part), None)
    return None


def _problem(root: yaml.Node, location: tuple[int | str, ...], message: str) -> Problem:
    """Place a message at the deepest node of its location that exists (union tags are no nodes)."""
    node = root
    for part in location:
        node = _step(node, part) or node
    mark = node.start_mark
    where = ".".join(str(part) for part in location)
    return Problem(mark.line + 1, mark.column + 1, f"{where}: {message}" if where else message)


def _citations(book: Rulebook, root: yaml.Node) -> tuple[Problem, ...]:
    documents = {document.code: document for document in book.documents}
    problems: list[Problem] = []
    problems += _twins(root, "documents", [document.code for document in book.documents])
    problems += _twins(root, "rules", [rule.code for rule in book.rules])
    for index, rule in enumerate(book.rules):
        cited = documents.get(rule.document)
        if cited is None:
            problems.append(
                _problem(root, ("rules", index, "document"), f"there is no document '{rule.document}'")
            )
        elif rule.section not in cited.sections:
            message = f"the document '{rule.document}' has no section '{rule.section}'"
            problems.append(_problem(root, ("rules", index, "section"), message))
    return tuple(problems)


def _twins(root: yaml.Node, part: str, codes: list[str]) -> list[Problem]:
    return [
        _problem(root, (part, index, "code"), f"'{code}' stands here twice")
        for index, code in enumerate(codes)
        if code in codes[:index]
    ]

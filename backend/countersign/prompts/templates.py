"""Template files: Markdown with YAML front matter, read strictly and checked before they are ever rendered.

A template sees plain data and can do little with it: it prints, branches and loops over what it was given.
Calls, macros, inclusion, assignment and arithmetic are refused when it is synced, by name and line, so that
rendering ends in time proportional to its data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler
from jinja2 import StrictUndefined, TemplateAssertionError, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from countersign.prompts.errors import TemplateInvalid
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from countersign.shared.types import JSON

MAX_TEMPLATE_BYTES: Final = 64 * 1024
MAX_LOOP_DEPTH: Final = 2
FRAME: Final = "frame"

# What every template may name. The frame adds the parts that the platform alone provides.
TASK_VARIABLES: Final = frozenset(
    {"persona", "work_item", "findings", "more_findings", "paths", "more_paths", "languages", "phase"}
)
FRAME_VARIABLES: Final = TASK_VARIABLES | frozenset(
    {
        "guidance", "rules", "safety_checks", "rollback", "gates", "output_contract", "provenance", "routing",
        "context", "asked", "inputs",
    }
)  # fmt: skip

_NODES: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const,
    nodes.For, nodes.If, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.Not, nodes.And,
    nodes.Or, nodes.CondExpr, nodes.Tuple, nodes.List, nodes.Concat,
)  # fmt: skip
_FILTERS: Final = frozenset(
    {
        "join",
        "length",
        "count",
        "upper",
        "lower",
        "title",
        "capitalize",
        "trim",
        "first",
        "last",
        "sort",
        "default",
    }
)
_TESTS: Final = frozenset(
    {"defined", "none", "string", "number", "mapping", "sequence", "in", "eq", "ne", "gt", "lt"}
)
_CODE: Final = r"^[a-z][a-z0-9-]{1,59}$"


class TemplateFront(BaseModel):
    """What stands above a template's text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    code: Annotated[str, Field(pattern=_CODE)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: Annotated[str, Field(min_length=1, max_length=1000)]
    variables: list[str]


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template file that was read and found good."""

    front: TemplateFront
    body: str
    digest: str

    def front_json(self) -> dict[str, JSON]:
        """Return the front matter as plain JSON."""
        dumped: dict[str, JSON] = self.front.model_dump()
        return dumped


class _FrontMatter(YAMLHandler):
    """Reads YAML in Python: the C reader, which the library prefers, overruns its stack on deep nesting."""

    def load(self, fm: str, **_options: object) -> dict[str, object]:
        """Return the front matter as plain data; whether it has the right form is checked afterwards."""
        loaded = yaml.safe_load(fm)
        return loaded if isinstance(loaded, dict) else {}


def template_environment() -> ImmutableSandboxedEnvironment:
    """Return an environment that knows the allowed filters and tests and nothing else."""
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        optimized=False,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    return environment


_ENVIRONMENT: Final = template_environment()


def template_parse(text: str, name: str) -> TemplateFile:
    """Read one template file.

    Raises:
        TemplateInvalid: it is too large, its front matter is wrong, or its text does what a template may not.
    """
    size = len(text.encode("utf-8", errors="surrogatepass"))
    if size > MAX_TEMPLATE_BYTES:
        message = f"{name}: {size} bytes, and a template has at most {MAX_TEMPLATE_BYTES}"
        raise TemplateInvalid(message, template=name)
    try:
        metadata, body = frontmatter.parse(text, handler=_FrontMatter())
        front = TemplateFront.model_validate(metadata)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "front matter"
        message = f"{name}: {where}: {first['msg']}"
        raise TemplateInvalid(message, template=name) from error
    except RecursionError as error:
        message = f"{name}: the front matter is nested too deeply"
        raise TemplateInvalid(message, template=name) from error
    except (yaml.YAMLError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        message = f"{name}, line {line}: the front matter is not YAML"
        raise TemplateInvalid(message, template=name) from error
    body = body.strip() + "\n"
    _check(front, body, name)
    return TemplateFile(front, body, digest_of({"front": front.model_dump(), "body": body}))


def _check(front: TemplateFront, body: str, name: str) -> None:
    try:
        tree = _ENVIRONMENT.parse(body)
    except TemplateSyntaxError as error:
        message = f"{name}, line {error.lineno} of the text: {error.message}"
        raise TemplateInvalid(message, template=name) from error
    _refuse_nodes(tree, name, depth=0)
    try:
        used = meta.find_undeclared_variables(tree)
    except TemplateAssertionError as error:  # a filter or test that is not on the list
        message = f"{name}, line {error.lineno} of the text: {error.message}"
        raise TemplateInvalid(message, template=name) from error
    _check_variables(front, used, name)


def _check_variables(front: TemplateFront, used: set[str], name: str) -> None:
    allowed = FRAME_VARIABLES if front.code == FRAME else TASK_VARIABLES
    declared = set(front.variables)
    if strangers := declared - allowed:
        message = f"{name}: no such variable: {', '.join(sorted(strangers))}"
        raise TemplateInvalid(message, template=name)
    if undeclared := used - declared:
        message = f"{name}: used but not declared under 'variables': {', '.join(sorted(undeclared))}"
        raise TemplateInvalid(message, template=name)


def _refuse_nodes(node: nodes.Node, name: str, *, depth: int) -> None:
    """Walk the tree and refuse what is not on the list: calls, macros, imports, assignment, arithmetic."""
    if not isinstance(node, _NODES):
        message = f"{name}, line {node.lineno} of the text: {_what(node)} is not allowed in a template"
        raise TemplateInvalid(message, template=name)
    if isinstance(node, nodes.For):
        depth += 1
        if depth > MAX_LOOP_DEPTH or node.recursive:
            message = f"{name}, line {node.lineno} of the text: loops nest at most {MAX_LOOP_DEPTH} deep"
            raise TemplateInvalid(message, template=name)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        message = f"{name}, line {node.lineno} of the text: '{node.attr}' is not allowed in a template"
        raise TemplateInvalid(message, template=name)
    for child in node.iter_child_nodes():
        _refuse_nodes(child, name, depth=depth)


def _what(node: nodes.Node) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(node).__name__).lower()

"""Reads YAML into plain data and remembers where each value stood.

The loader of PyYAML hands over values without their place, keeps the last of two equal keys in
silence and expands aliases without a limit. A plan needs the opposite of all three.
"""

from typing import Final

import yaml

from countersign.plans.contracts import PlanProblem
from countersign.plans.marks import Location, Marked, Plain

MAX_DEPTH: Final = 32

# The C parser is ten times faster; a platform without libyaml gets the same answers more slowly.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SCALAR_TAGS: Final = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null")}


def yaml_read(text: str) -> Marked:
    """Read one YAML document; never raises for bad text, the problems are in the answer."""
    result = Marked()
    try:
        _events_check(text, result)
        node = None if result.problems else yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        result.problems.append(_problem_from(error, text))
        return result
    if result.problems:
        return result
    if node is None:
        result.problems.append(PlanProblem(1, 1, "the text is empty"))
        return result
    result.data = _convert(node, (), result)
    return result


def comment_lines(text: str) -> list[int]:
    """Return the numbers of the lines that hold nothing but a comment, in a text that could be read."""
    inside: set[int] = set()
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
            inside.update(range(event.start_mark.line + 2, event.end_mark.line + 2))
    return [
        number
        for number, line in enumerate(text.split("\n"), start=1)
        if line.lstrip().startswith("#") and number not in inside
    ]


def _events_check(text: str, result: Marked) -> None:
    """Refuse aliases (they can multiply without a limit) and absurd depth before composing."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            result.problems.append(_at(event, "aliases are not allowed in a plan"))
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                result.problems.append(_at(event, f"nested deeper than {MAX_DEPTH} levels"))
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _convert(node: yaml.Node, location: Location, result: Marked) -> Plain:
    result.marks[location] = _mark(node)
    if isinstance(node, yaml.MappingNode):
        return _convert_mapping(node, location, result)
    if isinstance(node, yaml.SequenceNode):
        return [_convert(child, (*location, index), result) for index, child in enumerate(node.value)]
    return _convert_scalar(node, result)


def _convert_mapping(node: yaml.MappingNode, location: Location, result: Marked) -> Plain:
    data: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        key = key_node.value
        if not isinstance(key_node, yaml.ScalarNode) or not isinstance(key, str):
            result.problems.append(_at(key_node, "a key must be plain text"))
            continue
        if key in data:
            result.problems.append(_at(key_node, f"the key {key!r} is given twice"))
            continue
        data[key] = _convert(value_node, (*location, key), result)
        # A problem with an entry is shown at its key, where a reader looks for it.
        result.marks[(*location, key)] = _mark(key_node)
    return data


def _convert_scalar(node: yaml.Node, result: Marked) -> Plain:
    kind = _SCALAR_TAGS.get(node.tag)
    if kind == "str":
        return str(node.value)
    if kind is None:
        # Dates and the like: pydantic would judge an object whose text the author never wrote.
        if not node.tag.startswith("tag:yaml.org,2002:timestamp"):
            result.problems.append(_at(node, f"values of the kind {node.tag!r} are not allowed"))
        return str(node.value)
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, yaml.YAMLError):
        result.problems.append(_at(node, f"the value {node.value!r} could not be read"))
        return None
    return value if isinstance(value, bool | int | float) else None


def _problem_from(error: yaml.YAMLError, text: str) -> PlanProblem:
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        message = " ".join(part for part in (error.context, error.problem) if part)
        return PlanProblem(*_inside(mark, text), message) if mark else PlanProblem(1, 1, message)
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        return PlanProblem(line, column, "a character that is not allowed in YAML")
    return PlanProblem(1, 1, str(error))


def _inside(mark: yaml.Mark, text: str) -> tuple[int, int]:
    """Give a mark's place; libyaml puts what is missing at the end on a line after the last."""
    lines = text.split("\n")
    if mark.line < len(lines):
        return (mark.line + 1, mark.column + 1)
    return (len(lines), len(lines[-1]) + 1)


def _mark(item: yaml.Node | yaml.Event) -> tuple[int, int]:
    mark = item.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _at(item: yaml.Node | yaml.Event, message: str) -> PlanProblem:
    line, column = _mark(item)
    return PlanProblem(line, column, message)

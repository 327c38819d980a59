"""What a test file holds: its tests, and how much each of them checks (pure)."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ASSERTING_PREFIXES = ("assert", "_assert", "check", "_check", "expect", "verify")
_SKIPPING = frozenset(
    {
        "skip",
        "skipif",
        "skipIf",
        "skipUnless",
        "xfail",
        "expectedFailure",
        "skipTest",
        "importorskip",
        "SkipTest",
    }
)
_SWALLOWING = frozenset({"AssertionError", "Exception", "BaseException"})
_RAISING = frozenset({"raises", "warns", "deprecated_call", "fail"})


class UnreadableTests(Exception):
    """A file does not parse: nothing is known about its tests."""


@dataclass(frozen=True, slots=True)
class TestShape:
    """One test.

    Attributes:
        assertions: what can fail when the code is wrong.
        hollow: assertions that can't fail: on constants, out of reach, or with their failure swallowed.
        skips: markers and calls that keep it from running or from failing.
        cases: how many parameter sets it names; 0 when it has none.
        body: its code without its name, to find it again under another.
    """

    __test__ = False

    assertions: int
    hollow: int
    skips: int
    cases: int
    body: str


@dataclass(frozen=True, slots=True)
class FileShape:
    """One test file: its tests by qualified name, and what silences all of it."""

    tests: Mapping[str, TestShape]
    skips: int


def file_shape(source: str) -> FileShape:
    """Read a test file.

    Raises:
        UnreadableTests: it does not parse.
    """
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableTests(str(error)) from error
    tests: dict[str, TestShape] = {}
    outside = 0
    for name, node, inherited in _tests(module.body, "", 0):
        shape = _test_shape(node, inherited)
        # A second test of the same name hides the first one: the name is what pytest runs.
        tests[name] = shape
    for statement in module.body:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            outside += _skips(statement) + _turned_off(statement)
    return FileShape(tests, outside)


def _tests(
    body: Sequence[ast.stmt], prefix: str, inherited: int
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield f"{prefix}{node.name}", node, inherited
        elif isinstance(node, ast.ClassDef):
            marks = sum(_skips(decorator) for decorator in node.decorator_list)
            marks += sum(_skips(one) + _turned_off(one) for one in node.body if isinstance(one, ast.Assign))
            yield from _tests(node.body, f"{prefix}{node.name}.", inherited + marks)
        elif isinstance(node, ast.If | ast.Try):
            yield from _tests([*node.body, *node.orelse], prefix, inherited)


def _test_shape(node: ast.FunctionDef | ast.AsyncFunctionDef, inherited: int) -> TestShape:
    counted = _Assertions()
    counted.read(node.body)
    body = ast.Module(body=list(node.body), type_ignores=[])
    return TestShape(
        assertions=counted.real,
        hollow=counted.hollow,
        skips=inherited + _skips(node),
        cases=sum(_cases(decorator) for decorator in node.decorator_list),
        body=ast.dump(body),
    )


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _skips(node: ast.AST) -> int:
    names = (
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute | ast.Name)
    )
    return sum(name in _SKIPPING for name in names)


def _turned_off(statement: ast.stmt) -> int:
    """Count ``__test__ = False`` and lists of what pytest shall not collect."""
    if not isinstance(statement, ast.Assign):
        return 0
    names = {_name(target) for target in statement.targets}
    if "__test__" in names:
        return int(isinstance(statement.value, ast.Constant) and not statement.value.value)
    return int(not names.isdisjoint({"collect_ignore", "collect_ignore_glob"}))


def _cases(decorator: ast.expr) -> int:
    if not isinstance(decorator, ast.Call) or _name(decorator) != "parametrize" or len(decorator.args) < 2:  # noqa: PLR2004 - names and values
        return 0
    values = decorator.args[1]
    # Values that are computed elsewhere count as one: only what stands here can be counted.
    return len(values.elts) if isinstance(values, ast.List | ast.Tuple | ast.Set) else 1


class _Assertions:
    """Counts what can fail in a block of statements."""

    def __init__(self) -> None:
        self.real = 0
        self.hollow = 0

    def read(self, body: Sequence[ast.stmt], *, reachable: bool = True) -> None:
        for statement in body:
            self._statement(statement, reachable=reachable)
            if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
                reachable = False

    def _statement(self, node: ast.stmt, *, reachable: bool) -> None:
        if isinstance(node, ast.Assert):
            self._count(real=reachable and not _always_true(node.test))
            return
        blocks = _blocks(node)
        for body, entered in blocks:
            self.read(body, reachable=reachable and entered)
        # Of a compound statement only its head: what it encloses has just been read.
        heads = [one for one in ast.iter_child_nodes(node) if isinstance(one, ast.expr | ast.withitem)]
        for head in heads if blocks else [node]:
            for one in ast.walk(head):
                if isinstance(one, ast.Call):
                    self._call(one, reachable=reachable)

    def _call(self, node: ast.Call, *, reachable: bool) -> None:
        name = _name(node)
        if name in _RAISING:
            broad = (
                name == "raises" and bool(node.args) and _name(node.args[0]) in {"Exception", "BaseException"}
            )
            self._count(real=reachable and not broad)
        elif name.startswith(_ASSERTING_PREFIXES):
            hollow = (
                name in {"assertTrue", "assertIsNotNone"} and bool(node.args) and _always_true(node.args[0])
            )
            self._count(real=reachable and not hollow)

    def _count(self, *, real: bool) -> None:
        self.real += real
        self.hollow += not real


def _blocks(node: ast.stmt) -> list[tuple[Sequence[ast.stmt], bool]]:
    """Return the blocks that a statement encloses, each with whether a failure in it can be seen."""
    blocks: list[tuple[Sequence[ast.stmt], bool]] = []
    match node:
        case ast.If() | ast.While():
            blocks.append((node.body, not _is_constant(node.test, truth=False)))
            blocks.append((node.orelse, not _is_constant(node.test, truth=True)))
        case ast.Try() | ast.TryStar():
            blocks.append((node.body, not any(_swallows(handler) for handler in node.handlers)))
            blocks.extend((handler.body, True) for handler in node.handlers)
            blocks.extend([(node.orelse, True), (node.finalbody, True)])
        case ast.With() | ast.AsyncWith():
            blocks.append((node.body, not any(_suppresses(item.context_expr) for item in node.items)))
        case ast.For() | ast.AsyncFor():
            blocks.extend([(node.body, not _is_empty(node.iter)), (node.orelse, True)])
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            blocks.append((node.body, True))
        case ast.Match():
            blocks.extend((case.body, True) for case in node.cases)
    return blocks


def _is_constant(node: ast.expr, *, truth: bool) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value) is truth


def _is_empty(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.Set) and not node.elts


def _always_true(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts)
    if isinstance(node, ast.BoolOp):
        return (any if isinstance(node.op, ast.Or) else all)(_always_true(value) for value in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _is_constant(node.operand, truth=False)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.Is):
        left, right = node.left, node.comparators[0]
        # Two calls that read the same may answer differently; two names or constants may not.
        return ast.dump(left) == ast.dump(right) and not any(
            isinstance(one, ast.Call) for one in ast.walk(left)
        )
    return _is_constant(node, truth=True)


def _swallows(handler: ast.ExceptHandler) -> bool:
    if any(isinstance(one, ast.Raise) for one in ast.walk(handler)):
        return False
    counted = _Assertions()
    counted.read(handler.body)
    if counted.real:
        return False
    if handler.type is None:
        return True
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(_name(one) in _SWALLOWING for one in types)


def _suppresses(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and _name(node) == "suppress"
        and any(_name(one) in _SWALLOWING for one in node.args)
    )

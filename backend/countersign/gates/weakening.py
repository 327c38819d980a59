"""What a change took away from the tests (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from countersign.gates.shapes import FileShape, TestShape, UnreadableTests, file_shape

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, order=True)
class Weakening:
    """One way in which the tests check less than before.

    Attributes:
        kind: ``test removed``, ``assertions removed``, ``hollow assertion``, ``skip added`` or
            ``parameters removed``.
        what: the test or file, with the figures.
    """

    path: str
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class TestsCompared:
    """What became of the tests in the files that a change touches."""

    __test__ = False

    weakenings: tuple[Weakening, ...]
    unreadable: tuple[str, ...]
    tests_before: int
    tests_after: int
    assertions_before: int
    assertions_after: int


_NOTHING = FileShape({}, 0)


def tests_compare(before: Mapping[str, str], after: Mapping[str, str]) -> TestsCompared:
    """Compare test files before and after a change.

    A test that moved to another of the files, or got another name, is not removed.

    Args:
        before: source by path; a file that was added is missing.
        after: source by path; a file that was deleted is missing.
    """
    old, _ = _shapes(before)
    # A file that did not parse before had no test that ran: only those after the change must be readable.
    new, unreadable = _shapes(after)
    arrived = {
        (path, name): shape
        for path, file in new.items()
        for name, shape in file.tests.items()
        if name not in old.get(path, _NOTHING).tests
    }
    weakenings: list[Weakening] = []
    for path, file in sorted(old.items()):
        if path in unreadable:
            continue
        now = new.get(path, _NOTHING)
        if now.skips > file.skips:
            weakenings.append(Weakening(path, "skip added", "the file as a whole can be skipped now"))
        for name, shape in file.tests.items():
            current = now.tests.get(name) or _moved(name, shape, arrived)
            if current is None:
                weakenings.append(Weakening(path, "test removed", name))
            else:
                weakenings.extend(_weaker(path, name, shape, current))
    for (path, name), shape in sorted(arrived.items()):
        if not shape.assertions and shape.hollow:
            weakenings.append(Weakening(path, "hollow assertion", f"{name} can't fail"))
    return TestsCompared(
        weakenings=tuple(sorted(weakenings)),
        unreadable=tuple(sorted(unreadable)),
        tests_before=sum(len(file.tests) for file in old.values()),
        tests_after=sum(len(file.tests) for file in new.values()),
        assertions_before=_assertions(old),
        assertions_after=_assertions(new),
    )


def _shapes(sources: Mapping[str, str]) -> tuple[dict[str, FileShape], set[str]]:
    shapes: dict[str, FileShape] = {}
    unreadable: set[str] = set()
    for path, source in sources.items():
        try:
            shapes[path] = file_shape(source)
        except UnreadableTests:
            unreadable.add(path)
    return shapes, unreadable


def _assertions(files: Mapping[str, FileShape]) -> int:
    return sum(shape.assertions for file in files.values() for shape in file.tests.values())


def _moved(name: str, shape: TestShape, arrived: dict[tuple[str, str], TestShape]) -> TestShape | None:
    """Find a test that left its place: by its name in another file, or by its body under another name."""
    for key, candidate in arrived.items():
        if key[1].rpartition(".")[2] == name.rpartition(".")[2] or candidate.body == shape.body:
            return arrived.pop(key)
    return None


def _weaker(path: str, name: str, before: TestShape, after: TestShape) -> list[Weakening]:
    found = []
    if after.hollow > before.hollow:
        found.append(
            Weakening(path, "hollow assertion", f"{name}: {after.hollow} of its assertions can't fail")
        )
    if after.assertions < before.assertions:
        figures = f"{name}: {before.assertions} assertions before, {after.assertions} now"
        found.append(Weakening(path, "assertions removed", figures))
    if after.skips > before.skips:
        found.append(Weakening(path, "skip added", name))
    if after.cases < before.cases:
        figures = f"{name}: {before.cases} sets of parameters before, {after.cases} now"
        found.append(Weakening(path, "parameters removed", figures))
    return found

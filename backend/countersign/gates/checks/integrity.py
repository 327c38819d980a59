"""Gate ``test_integrity``: the change does not make the tests say less.

It can only lower a verdict: that it passes shows that nothing known was weakened, not that tests are good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.findings.paths import is_test_path
from countersign.gates.configuration import gate_configuration_paths
from countersign.gates.contracts import GateStatus, Verdict
from countersign.gates.steering import Loosening, configuration_loosened, shadowing
from countersign.gates.weakening import TestsCompared, tests_compare
from countersign.gates.wording import DETAIL_ITEMS, count, first_lines, some

if TYPE_CHECKING:
    from collections.abc import Sequence

    from countersign.findings.tree import TreeFiles
    from countersign.gates.change import Change
    from countersign.shared.types import JSON


def integrity_check(change: Change) -> Verdict:
    """Compare the changed tests and what steers them, before and after."""
    tests = [path for path in change.python_paths if is_test_path(path)]
    compared = tests_compare(_sources(change.base, tests), _sources(change.result, tests))
    configuration = sorted(gate_configuration_paths(change.paths))
    loosened = [
        one
        for path in configuration
        for one in configuration_loosened(path, _source(change.base, path), _source(change.result, path))
    ]
    added = [one.path for one in change.context.changed if one.change == "added"]
    return integrity_verdict(
        compared, loosened=[*loosened, *shadowing(added)], configuration=configuration, files=len(tests)
    )


def _source(files: TreeFiles, path: str) -> str | None:
    return "\n".join(files.lines(path)) + "\n" if path in files.paths else None


def _sources(files: TreeFiles, paths: Sequence[str]) -> dict[str, str]:
    return {path: source for path in paths if (source := _source(files, path)) is not None}


def verdict_lines(compared: TestsCompared, loosened: Sequence[Loosening]) -> list[str]:
    """Return every way in which the tests say less, one a line (pure)."""
    lines = [f"{one.path}: {one.kind}: {one.what}" for one in compared.weakenings]
    return lines + [f"{one.path}: {one.what}" for one in loosened]


def integrity_verdict(
    compared: TestsCompared, *, loosened: Sequence[Loosening], configuration: Sequence[str], files: int
) -> Verdict:
    """Judge what a change did to the tests (pure).

    Args:
        compared: the changed test files before and after.
        loosened: changes of configuration that can make tests say less.
        configuration: every changed file that steers a gate.
        files: how many test files changed.
    """
    details: dict[str, JSON] = {
        "test_files_changed": files,
        "tests_before": compared.tests_before,
        "tests_after": compared.tests_after,
        "assertions_before": compared.assertions_before,
        "assertions_after": compared.assertions_after,
        "weakened": [
            {"path": one.path, "kind": one.kind, "what": one.what}
            for one in compared.weakenings[:DETAIL_ITEMS]
        ],
        "loosened": [{"path": one.path, "what": one.what} for one in loosened[:DETAIL_ITEMS]],
        "gate_configuration_touched": list(configuration[:DETAIL_ITEMS]),
        "unreadable": list(compared.unreadable[:DETAIL_ITEMS]),
    }
    lines = verdict_lines(compared, loosened)
    if lines:
        kinds = sorted({one.kind for one in compared.weakenings})
        if loosened:
            kinds.append("what steers the tests is loosened")
        return Verdict(
            GateStatus.FAIL,
            f"the tests would say less than before ({some(kinds, 5)}); restore them, mend the code",
            first_lines(lines),
            details,
        )
    if compared.unreadable:
        return Verdict(
            GateStatus.UNKNOWN,
            f"{count(len(compared.unreadable), 'test file')} can't be read: {some(compared.unreadable)}",
            (),
            details,
        )
    if configuration:
        return Verdict(
            GateStatus.PASS,
            f"no test says less; but files that steer gates change, the CAB decides: {some(configuration)}",
            first_lines(f"{path}: steers gates" for path in configuration),
            details,
        )
    reason = (
        "no test file is touched"
        if not files
        else f"no test says less in {count(files, 'changed test file')}"
    )
    return Verdict(GateStatus.PASS, reason, (), details)

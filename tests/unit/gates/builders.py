"""Two trees and what a gate may know of them."""

from collections.abc import Mapping
from pathlib import Path

from countersign.gates.change import Change
from countersign.gates.contracts import ChangedPath, GateContext, GateReport, GateStatus
from countersign.projects.contracts import BaselineData, EnvironmentData, TestOutcome
from countersign.sandbox.contracts import IsolationKind

Files = Mapping[str, str | bytes]

TREE = "b" * 40


def write_tree(root: Path, files: Files) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def context_of(
    root: Path,
    before: Files,
    after: Files,
    *,
    target_rules: tuple[str, ...] = (),
    environment: EnvironmentData | None = None,
    baseline: BaselineData | None = None,
) -> GateContext:
    """Lay out ``before``, and ``after`` over it: what is missing in ``after`` is deleted."""
    changed = [
        ChangedPath(path, "added" if path not in before else "modified" if path in after else "deleted")
        for path in sorted(set(before) | set(after))
        if before.get(path) != after.get(path)
    ]
    return GateContext(
        base_directory=write_tree(root / "base", before),
        result_directory=write_tree(root / "result", after),
        changed=tuple(changed),
        base_commit="a" * 40,
        result_tree=TREE,
        environment=environment,
        baseline=baseline,
        isolation=IsolationKind.BUBBLEWRAP,
        target_rules=target_rules,
    )


def change_of(root: Path, before: Files, after: Files, *, target_rules: tuple[str, ...] = ()) -> Change:
    return Change(context_of(root, before, after, target_rules=target_rules), cache_directory=root / "cache")


def baseline_of(tests: Mapping[str, TestOutcome], status: str = "passed", reason: str = "") -> BaselineData:
    return BaselineData(status, reason, tests, 1, "a" * 40)  # type: ignore[arg-type]  # one of its values


def report_of(name: str = "lint", status: GateStatus = GateStatus.PASS, tree: str = TREE) -> GateReport:
    return GateReport(
        name=name,
        status=status,
        reason="a reason",
        summary=("a line",),
        tool="ruff",
        tool_version="1.0",
        details={"findings_before": 3},
        claimed_by_code_under_test=False,
        duration_ms=5,
        result_tree=tree,
    )

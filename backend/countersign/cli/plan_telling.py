"""How a plan's import is told before it happens: what would be added, changed, removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from countersign.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from countersign.plans.contracts import PlanChange, PlanDifference, PlanPreview

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}
_SHOWN = 70


def preview_tell(file: Path, preview: PlanPreview) -> None:
    """Tell what an import would change, or why the text can't be imported."""
    for problem in preview.problems:
        output.answer(f"{file}:{problem.line}:{problem.column}: problem: {problem.message}")
    if preview.difference is None:
        output.progress(f"{len(preview.problems)} problem(s): nothing was imported; mend them and try again")
        return
    for line in difference_lines(preview.difference):
        output.answer(line)
    if not preview.difference.replaces and preview.counts is not None:
        counts = preview.counts
        more = f"{counts['risks']} risk(s), {counts['notes']} note(s)"
        output.answer(
            f"beside its phases: {counts['every_phase']} demand(s) on every phase; inputs: "
            f"{counts['inputs_known']} known, {counts['inputs_missing']} missing, "
            f"{counts['inputs_optional']} missing and optional; {more}"
        )
    if preview.remarks:
        output.progress(f"{len(preview.remarks)} remark(s); read them with: countersign plan check {file}")
    if preview.difference.same_text:
        return
    if preview.completed:
        output.progress(
            f"complete now, and to be shown again under the new version: {', '.join(preview.completed)}"
        )
    if preview.running:
        output.progress(
            f"{preview.running} work item(s) in work go on under the version they were begun with"
        )


def difference_lines(difference: PlanDifference) -> Iterator[str]:
    """Yield the difference as people read it."""
    now = f"{difference.replaces} version {difference.replaces_version}"
    if difference.same_text:
        yield f"{now} has this very text: nothing to import"
        return
    new = f"{difference.code} version {difference.version}"
    yield f"{new}, in place of {now}" if difference.replaces else f"{new}, the project's first plan"
    if difference.replaces not in {"", difference.code}:
        yield "its code is another one: this is another plan, not the next version of that one"
    for change in difference.changes:
        yield from _change_lines(change)
    if not difference.changes:
        yield "nothing of the plan differs; only its text does"
    if difference.replaces:
        unchanged = difference.unchanged
        yield f"unchanged: {unchanged['phases']} phase(s), {unchanged['deliverables']} deliverable(s)"


def _change_lines(change: PlanChange) -> Iterator[str]:
    code = change.deliverable or change.phase
    indent = "  " if change.deliverable or change.part == "gate" else ""
    if change.part in {"criterion", "gate"}:
        subject = f'{change.part} of {code}: "{_short(change.name)}"'
    elif change.part in {"phase", "deliverable"}:
        subject = f"{change.part} {code} {_short(change.name)}"
    elif change.part == "plan":
        subject = "the plan"
    else:
        subject = f"{change.part}: {_short(change.name)}"
    yield f"{indent}{_SIGNS[change.kind]} {subject}{_counts(change)}"
    if change.kind == "changed":
        for field in change.fields:
            before, after = (_short(text) or "nothing" for text in (field.before, field.after))
            yield f"{indent}    {field.name}: {before} -> {after}"


def _counts(change: PlanChange) -> str:
    """Say of a whole phase what it brings or takes."""
    if change.kind == "changed" or not change.fields:
        return ""
    counts = [_counted(int(field.before or field.after), field.name) for field in change.fields]
    return f" ({', '.join(counts)})"


def _counted(number: int, names: str) -> str:
    """Say how many, in the singular for one."""
    one = names.replace("criteria", "criterion") if names.endswith("criteria") else names.removesuffix("s")
    return f"{number} {one if number == 1 else names}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"

"""What is different between two versions of a plan, part by part, in words that people read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

from countersign.plans.contracts import ChangeKind, FieldChange, PlanChange
from countersign.plans.document import (
    CriterionPart,
    DeliverablePart,
    EveryPhasePart,
    GatePart,
    InputPart,
    NotePart,
    PhasePart,
    PlanDocument,
    RiskPart,
)
from countersign.shared.types import JSON

# Two demands that are alike to this share are one that was reworded.
_ALIKE: Final = 0.6
_PLAN_FIELDS: Final = (
    "title",
    "description",
    "stated_status",
    "created_on",
    "authority",
    "escalation",
    "reports",
)
_PHASE_FIELDS: Final = (
    "title",
    "objective",
    "owner",
    "duration",
    "planned_start",
    "planned_end",
    "stated_status",
    "prerequisites",
    "depends_on",
    "needs",
    "specification",
    "files",
    "decisions",
)
_DELIVERABLE_FIELDS: Final = ("title", "owner", "condition", "needs", "selector", "files", "technical_notes")
_Demand = CriterionPart | GatePart | EveryPhasePart


def changes_between(before: PlanDocument | None, after: PlanDocument) -> tuple[PlanChange, ...]:
    """List what differs, in the order of the plan; without a version before, everything is added."""
    if before is None:
        return tuple(_phase_whole(phase, ChangeKind.ADDED) for phase in after.phases)
    return (
        *_plan_changes(before, after),
        *_inputs(before.inputs, after.inputs),
        *_phases(before, after),
        *_demands(before.every_phase, after.every_phase, "demand on every phase", "", ""),
        *_risks(before.risks, after.risks),
    )


def unchanged_count(changes: Iterable[PlanChange], after: PlanDocument) -> dict[str, int]:
    """Count the phases and deliverables in which nothing differs."""
    touched = list(changes)
    phases = {change.phase for change in touched if change.phase}
    deliverables = {change.deliverable for change in touched if change.deliverable}
    return {
        "phases": sum(phase.code not in phases for phase in after.phases),
        "deliverables": sum(
            item.code not in deliverables and not _is_added(touched, phase.code)
            for phase in after.phases
            for item in phase.deliverables
        ),
    }


def _is_added(changes: Iterable[PlanChange], code: str) -> bool:
    return any(
        change.part == "phase" and change.phase == code and change.kind is ChangeKind.ADDED
        for change in changes
    )


def _plan_changes(before: PlanDocument, after: PlanDocument) -> Iterator[PlanChange]:
    fields = [*_fields(before, after, _PLAN_FIELDS), *_notes(before.notes, after.notes)]
    if before.code != after.code:
        fields.insert(0, FieldChange("code", before.code, after.code))
    if fields:
        yield PlanChange(ChangeKind.CHANGED, "plan", "", "", after.title, tuple(fields))


def _phases(before: PlanDocument, after: PlanDocument) -> Iterator[PlanChange]:
    old = {phase.code.casefold(): phase for phase in before.phases}
    new = {phase.code.casefold() for phase in after.phases}
    homes = {item.code.casefold(): (phase, item) for phase in before.phases for item in phase.deliverables}
    stay = {item.code.casefold() for phase in after.phases for item in phase.deliverables}
    for phase in after.phases:
        known = old.get(phase.code.casefold())
        if known is None:
            yield _phase_whole(phase, ChangeKind.ADDED)
            moved = [item for item in phase.deliverables if item.code.casefold() in homes]
            for item in moved:
                yield from _deliverable(*homes[item.code.casefold()], phase, item)
            continue
        yield from _phase(known, phase, homes, stay)
    for phase in before.phases:
        if phase.code.casefold() not in new:
            yield _phase_whole(phase, ChangeKind.REMOVED)


def _phase_whole(phase: PhasePart, kind: ChangeKind) -> PlanChange:
    """Tell of a whole phase what it brings or takes, rather than list every part of it."""
    criteria = sum(len(item.acceptance_criteria) for item in phase.deliverables)
    counts = {
        "deliverables": len(phase.deliverables),
        "acceptance criteria": criteria,
        "gates": len(phase.gates),
    }
    fields = tuple(
        FieldChange(name, str(count), "") if kind is ChangeKind.REMOVED else FieldChange(name, "", str(count))
        for name, count in counts.items()
    )
    return PlanChange(kind, "phase", phase.code, "", phase.title, fields)


def _phase(
    before: PhasePart,
    after: PhasePart,
    homes: Mapping[str, tuple[PhasePart, DeliverablePart]],
    stay: set[str],
) -> Iterator[PlanChange]:
    fields = [*_fields(before, after, _PHASE_FIELDS), *_notes(before.notes, after.notes)]
    if fields:
        yield PlanChange(ChangeKind.CHANGED, "phase", after.code, "", after.title, tuple(fields))
    for item in after.deliverables:
        home = homes.get(item.code.casefold())
        if home is None:
            yield PlanChange(ChangeKind.ADDED, "deliverable", after.code, item.code, item.title)
        else:
            yield from _deliverable(*home, after, item)
    for item in before.deliverables:
        if item.code.casefold() not in stay:
            yield PlanChange(ChangeKind.REMOVED, "deliverable", after.code, item.code, item.title)
    yield from _demands(before.gates, after.gates, "gate", after.code, "")


def _deliverable(
    home: PhasePart, before: DeliverablePart, phase: PhasePart, after: DeliverablePart
) -> Iterator[PlanChange]:
    fields = list(_fields(before, after, _DELIVERABLE_FIELDS))
    if home.code.casefold() != phase.code.casefold():
        fields.insert(0, FieldChange("phase", home.code, phase.code))
    if fields:
        yield PlanChange(
            ChangeKind.CHANGED, "deliverable", phase.code, after.code, after.title, tuple(fields)
        )
    yield from _demands(
        before.acceptance_criteria, after.acceptance_criteria, "criterion", phase.code, after.code
    )


def _demands(
    before: Sequence[_Demand], after: Sequence[_Demand], part: str, phase: str, deliverable: str
) -> Iterator[PlanChange]:
    """Compare demands: first those of one code or one text, then those that were reworded."""
    left = list(before)
    pairs: dict[int, _Demand] = {}
    for same in (_same_code, _same_text):
        for index, demand in enumerate(after):
            found = next((old for old in left if index not in pairs and same(old, demand)), None)
            if found is not None:
                pairs[index] = found
                left.remove(found)
    for index, demand in enumerate(after):
        if index not in pairs and (close := _most_alike(demand, left)) is not None:
            pairs[index] = close
            left.remove(close)
    for index, demand in enumerate(after):
        if index not in pairs:
            yield PlanChange(ChangeKind.ADDED, part, phase, deliverable, demand.text)
        elif fields := tuple(_fields(pairs[index], demand, ("text", "kind", "check"))):
            yield PlanChange(ChangeKind.CHANGED, part, phase, deliverable, demand.text, fields)
    for demand in left:
        yield PlanChange(ChangeKind.REMOVED, part, phase, deliverable, demand.text)


def _same_code(one: _Demand, other: _Demand) -> bool:
    return one.code is not None and other.code is not None and one.code.casefold() == other.code.casefold()


def _same_text(one: _Demand, other: _Demand) -> bool:
    return one.text == other.text and (one.code is None or other.code is None)


def _most_alike(demand: _Demand, others: Sequence[_Demand]) -> _Demand | None:
    scored = [
        (SequenceMatcher(None, other.text, demand.text).ratio(), -index)
        for index, other in enumerate(others)
        if other.code is None and demand.code is None
    ]
    best = max(scored, default=(0.0, 0))
    return others[-best[1]] if best[0] >= _ALIKE else None


def _inputs(before: Sequence[InputPart], after: Sequence[InputPart]) -> Iterator[PlanChange]:
    old = {item.name.casefold(): item for item in before}
    for item in after:
        known = old.pop(item.name.casefold(), None)
        if known is None:
            yield PlanChange(ChangeKind.ADDED, "input", "", "", item.name)
        elif fields := tuple(
            _fields(known, item, ("text", "value", "pointer", "secret", "optional", "kind_meant"))
        ):
            yield PlanChange(ChangeKind.CHANGED, "input", "", "", item.name, fields)
    for item in old.values():
        yield PlanChange(ChangeKind.REMOVED, "input", "", "", item.name)


def _risks(before: Sequence[RiskPart], after: Sequence[RiskPart]) -> Iterator[PlanChange]:
    old = {item.risk: item for item in before}
    for item in after:
        known = old.pop(item.risk, None)
        if known is None:
            yield PlanChange(ChangeKind.ADDED, "risk", "", "", item.risk)
        elif fields := tuple(_fields(known, item, ("probability", "impact", "mitigation"))):
            yield PlanChange(ChangeKind.CHANGED, "risk", "", "", item.risk, fields)
    for item in old.values():
        yield PlanChange(ChangeKind.REMOVED, "risk", "", "", item.risk)


def _notes(before: Sequence[NotePart], after: Sequence[NotePart]) -> Iterator[FieldChange]:
    """Count notes that came and went; where they stand is no change."""
    old = {(note.title, note.text) for note in before}
    new = {(note.title, note.text) for note in after}
    if old != new:
        gone, come = len(old - new), len(new - old)
        yield FieldChange("notes", f"{gone} that are gone or reworded", f"{come} that are new or reworded")


def _fields(before: object, after: object, names: Iterable[str]) -> Iterator[FieldChange]:
    for name in names:
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old != new:
            yield FieldChange(name.removesuffix("_meant").replace("_", " "), _shown(old), _shown(new))


def _shown(value: object) -> str:
    """Give a value as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(_shown(part) for part in value)
    dump = getattr(value, "model_dump", None)
    return _told(dump(mode="json", exclude_none=True)) if dump is not None else str(value)


def _told(data: dict[str, JSON]) -> str:
    said = [(name, item) for name, item in data.items() if item not in ("", [], False)]
    first, *rest = said or [("", "")]
    more = ", ".join(
        f"{name} {', '.join(map(str, item)) if isinstance(item, list) else item}" for name, item in rest
    )
    value = first[1]
    head = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{head} ({more})" if more else head

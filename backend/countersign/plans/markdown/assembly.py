"""Puts the draft of a plan together: what the phases wait for, and what shows that they are complete."""

import re
from collections.abc import Iterator
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.draft import DeliverableDraft, DemandDraft, PhaseDraft, PlanDraft
from countersign.plans.markdown.pieces import Piece
from countersign.plans.markdown.recognise import ATTESTED, check_for, existence_checks, is_attested
from countersign.plans.marks import Marked, Plain, settled

_MAX_CODE: Final = 32
_CODE: Final = re.compile(r"[A-Za-z]*[0-9]+(?:[._-][A-Za-z0-9]+)*")
_RANGE: Final = re.compile(
    rf"(?P<first>{_CODE.pattern})\s*(?:[\u2013—-]|\bto\b|\bthrough\b)\s*(?P<last>{_CODE.pattern})"
)


def draft_settled(draft: PlanDraft, ledger: Ledger) -> Marked:
    """Give the plan in the form of the document, with the place of each part."""
    _title_and_code(draft, ledger)
    for phase in draft.phases:
        _prerequisites(phase, draft, ledger)
        _dates(phase, ledger)
        _gates_checked(phase)
        _files_demanded(phase)
        _never_empty(phase, ledger)
        _told_once(phase, ledger)
    return settled(draft.settle())


def _title_and_code(draft: PlanDraft, ledger: Ledger) -> None:
    if draft.title is None:
        ledger.problem(1, 1, "the plan has no title; begin the text with one, as in `# Name of the plan`")
        return
    if draft.code is not None:
        return
    draft.code = Piece(code_from(draft.title.text), draft.title.line, draft.title.column)
    ledger.remark(
        draft.title.line,
        draft.title.column,
        f"the plan's code is {draft.code.text}, made from its title: a changed title would be another plan; "
        "choose one with a line `**Code**: NAME` below the title",
    )


def code_from(title: str) -> str:
    """Make a code of a title: its words, as many as fit."""
    code = ""
    for word in re.findall(r"[A-Za-z0-9]+", title):
        longer = f"{code}-{word}" if code else word[:_MAX_CODE]
        if len(longer) > _MAX_CODE:
            break
        code = longer
    return code or "plan"


def _prerequisites(phase: PhaseDraft, draft: PlanDraft, ledger: Ledger) -> None:
    """Let a phase wait for the phases that its prerequisites name."""
    order = [other.code.text for other in draft.phases]
    by_code = {code.casefold(): code for code in order}
    # The spelling of the phase itself counts, whatever the table wrote.
    phase.depends = [
        Piece(by_code.get(piece.text.casefold(), piece.text), piece.line, piece.column)
        for piece in phase.depends
    ]
    known = {piece.text for piece in phase.depends}
    for piece in phase.prerequisites:
        for code, column in _codes_named(piece, order, by_code):
            if code in by_code.values():
                if code not in known:
                    phase.depends.append(Piece(code, piece.line, column))
                    known.add(code)
            elif _alike(code, order):
                message = (
                    f"phase {phase.code.text} has the prerequisite {code}, which is no phase of this plan; "
                    "correct the code, or add the phase"
                )
                ledger.problem(piece.line, column, message)


def _dates(phase: PhaseDraft, ledger: Ledger) -> None:
    start, end = phase.facts.get("planned_start"), phase.facts.get("planned_end")
    # Days are written so that they sort as texts.
    if start is not None and end is not None and end.text < start.text:
        message = f"phase {phase.code.text} ends before it starts on {start.text}; mend one of the dates"
        ledger.problem(end.line, end.column, message)


def _codes_named(piece: Piece, order: list[str], by_code: dict[str, str]) -> Iterator[tuple[str, int]]:
    for found in _RANGE.finditer(piece.text):
        first, last = (by_code.get(found[name].casefold()) for name in ("first", "last"))
        if first is not None and last is not None:
            for code in order[order.index(first) : order.index(last) + 1]:
                yield code, piece.column + found.start()
    for found in _CODE.finditer(piece.text):
        yield by_code.get(found[0].casefold(), found[0]), piece.column + found.start()


def _alike(code: str, order: list[str]) -> bool:
    """Say whether a word looks like the codes of this plan: the same letters before the figures."""
    letters = re.match(r"[A-Za-z]*", code)
    return bool(letters and letters[0]) and any(
        re.fullmatch(rf"{re.escape(letters[0])}[0-9]+", other, re.IGNORECASE) for other in order if letters
    )


def _gates_checked(phase: PhaseDraft) -> None:
    """Look at the gates again, now that the files of the phase are known."""
    files = [item.path.text for item in phase.files if item.action == "create"]
    for gate in phase.gates:
        if gate.kind == "quality" and is_attested(gate.check):
            gate.check = check_for(gate.text.text, files)


def _files_demanded(phase: PhaseDraft) -> None:
    """Demand that what is to be created is there in the end."""
    for item in phase.deliverables:
        created = [file for file in item.files if file.action == "create"]
        for check in existence_checks(file.path.text for file in created):
            place = created[0].path
            item.criteria.append(DemandDraft(Piece(_are_there(check), place.line, place.column), check))
    created = [file for file in phase.files if file.action == "create"]
    for check in existence_checks(file.path.text for file in created):
        if any(gate.check == check for gate in phase.gates):
            continue
        place = created[0].path
        phase.gates.append(DemandDraft(Piece(_are_there(check), place.line, place.column), check, "quality"))


def _are_there(check: dict[str, Plain]) -> str:
    paths = check["paths"]
    count = len(paths) if isinstance(paths, list) else 0
    what = "document" if check["kind"] == "documents_exist" else "file"
    return f"The {what} to create is there." if count == 1 else f"All {count} {what}s to create are there."


def _never_empty(phase: PhaseDraft, ledger: Ledger) -> None:
    """Give a phase without deliverables one that stands for it: otherwise nothing could ever complete it."""
    if phase.deliverables:
        return
    code, place = phase.code, phase.code
    text = f"Phase {code.text} is finished; the plan lists no deliverables for it."
    phase.deliverables.append(
        DeliverableDraft(
            Piece(f"{code.text}.0", place.line, place.column),
            phase.title,
            [DemandDraft(Piece(text, place.line, place.column), dict(ATTESTED))],
        )
    )
    why = "has no section of its own" if phase.in_section is None else "lists no deliverables"
    ledger.remark(
        place.line,
        place.column,
        f"phase {code.text} {why}: it has one deliverable, {code.text}.0, that a person attests",
    )


def _told_once(phase: PhaseDraft, ledger: Ledger) -> None:
    if phase.in_section is not None and phase.in_overview is None:
        ledger.remark(
            phase.code.line,
            phase.code.column,
            f"phase {phase.code.text} has a section and no row in an overview",
        )

"""Technical specifications: under each deliverable's code what is to be built, and in which files."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from countersign.plans.ledger import Ledger
from countersign.plans.markdown.draft import DeliverableDraft, FileDraft, PhaseDraft, notes_of
from countersign.plans.markdown.outline import Block, Section
from countersign.plans.markdown.pieces import Piece, file_line, paragraph_lines
from countersign.plans.marks import Placed

_BOLD_LINE: Final = re.compile(r"^\s*\*\*(?P<title>[^*]+?)\*\*\s*:?\s*$")
_CODED: Final = re.compile(
    r"^(?P<code>[A-Za-z]*[0-9]+(?:[._-][A-Za-z0-9]+)+)\s*(?:[:—\u2013-]\s*(?P<title>.*))?$"
)
_NAMED_FILES: Final = re.compile(
    r"^\s*(?:[-*+]\s+)?(?P<word>create|modify|location|files?)\s*:\s*(?P<rest>.+)$", re.IGNORECASE
)
_QUOTED: Final = re.compile(r"`([^`\s]+)`")
_TO_CREATE: Final = re.compile(r"\b(?:required|create|new|add)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Topic:
    """A run of lines below one bold line or inner heading."""

    title: str
    first: int
    last: int
    column: int


def specifications_read(
    phase: PhaseDraft, section: Section, lines: Sequence[str], ledger: Ledger
) -> Iterator[Placed]:
    """Give each topic to its deliverable; yield as notes what is about the phase as a whole."""
    for topic in _topics(section, lines):
        coded = _CODED.match(topic.title)
        deliverable = _of_code(phase, coded["code"]) if coded else None
        if coded and deliverable is None and coded["code"].startswith(f"{phase.code.text}."):
            ledger.problem(
                topic.first,
                topic.column,
                f"{coded['code']} is specified here and is no deliverable of phase {phase.code.text}; "
                "correct the code, or add a row to the table of deliverables",
            )
        if deliverable is None:
            title = f"{section.title}: {topic.title}" if topic.title else section.title
            yield from notes_of(title, lines, topic.first, topic.last)
            ledger.note(topic.first, topic.last, f"a note of phase {phase.code.text}: {title}")
            continue
        ledger.understood(topic.first, topic.last, f"the specification of {deliverable.code.text}")
        deliverable.technical.extend(["\n".join(lines[topic.first - 1 : topic.last]).strip(), ""])
        for item in _files(lines, topic):
            file_add(deliverable.files, item)


def file_add(files: list[FileDraft], item: FileDraft) -> None:
    """Add a file, unless it is there; then what is said of it now is added to what was said before."""
    known = next((other for other in files if other.path.text == item.path.text), None)
    if known is None:
        files.append(item)
    else:
        known.action = known.action or item.action
        known.note = known.note or item.note


def _of_code(phase: PhaseDraft, code: str) -> DeliverableDraft | None:
    return next((item for item in phase.deliverables if item.code.text.casefold() == code.casefold()), None)


def _topics(section: Section, lines: Sequence[str]) -> Iterator[_Topic]:
    """Cut a section into topics, at bold lines and at inner headings."""
    current: _Topic | None = None
    for block in section.all_blocks():
        if block.kind == "rule":
            continue
        start = _topic_start(block, lines)
        if start is not None or current is None:
            if current is not None:
                yield current
            current = start or _Topic("", block.first, block.last, 1)
        current.last = block.last
    if current is not None:
        yield current


def _topic_start(block: Block, lines: Sequence[str]) -> _Topic | None:
    line = lines[block.first - 1]
    if block.kind == "heading":
        title = line.strip().strip("#").strip()
        return _Topic(title, block.first, block.last, line.index("#") + 1 if "#" in line else 1)
    found = _BOLD_LINE.match(line) if block.kind == "paragraph" else None
    if found is None:
        return None
    return _Topic(found["title"].strip().rstrip(":"), block.first, block.last, found.start("title") + 1)


def _files(lines: Sequence[str], topic: _Topic) -> Iterator[FileDraft]:
    """Yield the files that a topic names: after "Create:" and the like, and in blocks of only files."""
    for number, line in paragraph_lines(lines, topic.first, topic.last):
        named = _NAMED_FILES.match(line)
        for found in _QUOTED.finditer(line) if named else ():
            word = named["word"].lower() if named else ""
            path = found[1]
            if file_line(path) is not None and not path.startswith("/"):
                action = word if word in {"create", "modify"} else None
                yield FileDraft(Piece(path, number, found.start(1) + 1), action)
    yield from _blocks_of_files(lines, topic)


def _blocks_of_files(lines: Sequence[str], topic: _Topic) -> Iterator[FileDraft]:
    edges = [
        number for number in range(topic.first, topic.last + 1) if lines[number - 1].strip().startswith("```")
    ]
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        inside = list(paragraph_lines(lines, start + 1, end - 1))
        found = [(number, line, file_line(line)) for number, line in inside]
        if not inside or any(item is None or "/" not in item.path for _, _, item in found):
            continue
        before = next(
            (
                lines[number - 1]
                for number in range(start - 1, topic.first - 1, -1)
                if lines[number - 1].strip()
            ),
            "",
        )
        usual = "create" if _TO_CREATE.search(before) else None
        for number, line, item in found:
            if item is not None:
                piece = Piece(item.path, number, line.index(item.path) + 1)
                yield FileDraft(piece, item.action or usual, item.note)

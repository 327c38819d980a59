"""The outline of a Markdown text: sections by heading, blocks by line."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from countersign.plans.markdown.pieces import plain

_KINDS: Final = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "table",
    "fence": "fence",
    "code_block": "code",
    "hr": "rule",
    "blockquote_open": "quote",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the text: its kind, its lines (counted from 1, both ends included), its parts."""

    kind: str
    first: int
    last: int
    level: int = 0
    items: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class Section:
    """A heading with what stands below it; the first section of a text has none."""

    title: str = ""
    heading: Block | None = None
    level: int = 0
    blocks: list[Block] = field(default_factory=list)
    children: list["Section"] = field(default_factory=list)

    def all_blocks(self) -> Iterator[Block]:
        """Yield every block below the heading, headings of inner sections included, in order."""
        yield from self.blocks
        for child in self.children:
            if child.heading is not None:
                yield child.heading
            yield from child.all_blocks()

    def walk(self) -> Iterator["Section"]:
        """Yield this section and all inner ones, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def outline_of(lines: Sequence[str]) -> Section:
    """Read the outline of a text; every line that is not blank lies in exactly one block."""
    root = Section()
    open_sections = [root]
    for block in _gaps_filled(list(_blocks(lines)), lines):
        if block.kind != "heading":
            open_sections[-1].blocks.append(block)
            continue
        while open_sections[-1].level >= block.level:
            open_sections.pop()
        section = Section(title=_title(block, lines), heading=block, level=block.level)
        open_sections[-1].children.append(section)
        open_sections.append(section)
    return root


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    # Only the blocks are wanted: text is taken from the lines themselves, so that nothing of it is lost.
    parser = MarkdownIt("commonmark").enable("table").disable(["inline", "reference", "html_block"])
    tokens = parser.parse("\n".join(lines))
    for index, token in enumerate(tokens):
        kind = _KINDS.get(token.type)
        if token.level != 0 or kind is None or token.map is None:
            continue
        first, last = _trimmed(token.map[0] + 1, token.map[1], lines)
        level = int(token.tag[1]) if kind == "heading" else 0
        items = tuple(_items(tokens[index + 1 :], lines)) if kind == "list" else ()
        yield Block(kind, first, last, level, items)


def _items(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the lines of each item of the list whose tokens follow."""
    for token in tokens:
        if token.level == 0:
            return
        if token.level == 1 and token.type == "list_item_open" and token.map is not None:
            yield _trimmed(token.map[0] + 1, token.map[1], lines)


def _trimmed(first: int, last: int, lines: Sequence[str]) -> tuple[int, int]:
    """Leave out the blank lines at the end."""
    while last > first and not lines[last - 1].strip():
        last -= 1
    return first, last


def _gaps_filled(blocks: list[Block], lines: Sequence[str]) -> Iterator[Block]:
    """Add a block for lines that the parser has no block for."""
    ends = [0, *(block.last for block in blocks)]
    starts = [*(block.first for block in blocks), len(lines) + 1]
    for index, (end, start) in enumerate(zip(ends, starts, strict=True)):
        between = [number for number in range(end + 1, start) if lines[number - 1].strip()]
        if between:
            yield Block("other", between[0], between[-1])
        if index < len(blocks):
            yield blocks[index]


def _title(block: Block, lines: Sequence[str]) -> str:
    text = " ".join(line.strip() for line in lines[block.first - 1 : block.last])
    if text.startswith("#"):
        return plain(text.lstrip("#").rstrip("#"))
    # Underlined: the last line is the underline.
    return plain(" ".join(line.strip() for line in lines[block.first - 1 : block.last - 1]))

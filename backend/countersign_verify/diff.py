"""Reading which blobs a unified diff leads from and to (``git diff --full-index``, no renames)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from countersign_verify.errors import RefusedError

_INDEX = re.compile(r"index ([0-9a-f]{40}|[0-9a-f]{64})\.\.([0-9a-f]{40}|[0-9a-f]{64})(?: ([0-7]{6}))?")
_MODE = re.compile(r"(new file mode|deleted file mode|old mode|new mode) ([0-7]{6})")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13, '"': 34, "\\": 92}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_OCTAL_DIGITS = 3
_SECTION = b"diff --git "
_CONTENT = (b"@@ ", b"Binary files ", b"GIT binary patch")
# More than any path and any header of Git's needs; what is bounded can't keep a reader busy.
MAX_FILES = 100_000
MAX_LINE_BYTES = 64 * 1024
MAX_HEADER_LINES = 16


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One file of a diff.

    Attributes:
        path: Its path from the root.
        old_blob: Id of the blob before, None when it was added.
        new_blob: Id of the blob after, None when it was removed.
        mode: Its mode after the change (before it, when removed), None when the diff does not say.
    """

    path: str
    old_blob: str | None
    new_blob: str | None
    mode: str | None


def diff_read(data: bytes) -> tuple[FileDiff, ...]:
    """List the files of a diff.

    Raises:
        RefusedError: A section is malformed, has shortened blob ids or too long a header, or names two paths;
            or there are too many.
    """
    return tuple(_section(lines) for lines in _sections(data))


def _sections(data: bytes) -> Iterator[list[str]]:
    """The header lines of each section: what stands between ``diff --git`` and the first hunk."""
    if not data.startswith(_SECTION):
        if data.strip(b"\n"):
            raise RefusedError("diff.shape", "the diff does not start with a section of a file")
        return
    # Lines of a hunk start with a blank, plus, minus or backslash, so they can't pass for a section.
    begin, count = 0, 0
    while begin >= 0:
        count += 1
        if count > MAX_FILES:
            raise RefusedError("diff.files", f"the diff shows more than {MAX_FILES} files")
        following = data.find(b"\n" + _SECTION, begin)
        yield _header(data, begin, following if following >= 0 else len(data))
        begin = following + 1 if following >= 0 else -1


def _header(data: bytes, begin: int, end: int) -> list[str]:
    lines: list[str] = []
    while begin <= end:
        newline = data.find(b"\n", begin, min(end, begin + MAX_LINE_BYTES + 1))
        stop = newline if newline >= 0 else end
        if data.startswith(_CONTENT, begin, stop):
            break
        if stop - begin > MAX_LINE_BYTES or len(lines) == MAX_HEADER_LINES:
            raise RefusedError("diff.header", "the header of a section of the diff is too long")
        lines.append(data[begin:stop].decode("utf-8", "surrogateescape"))
        begin = stop + 1
    return lines


def _section(lines: list[str]) -> FileDiff:
    modes: dict[str, str] = {}
    old = new = mode = None
    path, before, after = _names(lines[0].removeprefix("diff --git "))
    for line in lines[1:]:
        if match := _INDEX.fullmatch(line):
            old, new, mode = match[1], match[2], match[3]
        elif match := _MODE.fullmatch(line):
            modes[match[1]] = match[2]
        elif line.startswith(("rename ", "copy ", "similarity ")):
            raise RefusedError("diff.rename", "the diff shows a rename; every file must be shown by itself")
        elif line.startswith(("--- ", "+++ ")):
            if line[4:].rstrip("\t") not in {"/dev/null", before if line[0] == "-" else after}:
                raise RefusedError("diff.path", "a section of the diff names two paths")
        elif line and not line.startswith("dissimilarity "):
            raise RefusedError("diff.shape", f"a line of the diff's header is not known: {line[:80]!a}")
    if old is None and modes.keys() != {"old mode", "new mode"}:
        raise RefusedError("diff.index", f"the diff of {path[:200]!a} does not name its blobs in full")
    return FileDiff(
        path=path,
        old_blob=None if "new file mode" in modes else old,
        new_blob=None if "deleted file mode" in modes else new,
        mode=modes.get("new mode") or modes.get("new file mode") or modes.get("deleted file mode") or mode,
    )


def _names(text: str) -> tuple[str, str, str]:
    """The one path of ``a/<path> b/<path>``, and how the lines ``---`` and ``+++`` must spell it."""
    if text.startswith('"'):
        match = _QUOTED.match(text)
        rest = _QUOTED.fullmatch(text[match.end() + 1 :]) if match else None
        if match is None or rest is None:
            raise RefusedError("diff.path", "a path of the diff is malformed")
        before, after = match[0], rest[0]
        first, second = _unquote(match[1]), _unquote(rest[1])
    else:
        middle = len(text) // 2
        first, second = before, after = text[:middle], text[middle + 1 :]
    if first[:2] != "a/" or second[:2] != "b/" or first[2:] != second[2:]:
        raise RefusedError("diff.path", "a section of the diff names two paths")
    try:
        path = first[2:].encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("diff.path", "a path of the diff is not UTF-8") from error
    return path, before, after


def _unquote(text: str) -> str:
    """Undo Git's quoting of unusual paths."""
    raw = bytearray()
    position = 0
    while position < len(text):
        if text[position] != "\\":
            raw += text[position].encode("utf-8", "surrogateescape")
            position += 1
        elif text[position + 1] in _ESCAPES:
            raw.append(_ESCAPES[text[position + 1]])
            position += 2
        else:
            digits = text[position + 1 : position + 1 + _OCTAL_DIGITS]
            if re.fullmatch(r"[0-3][0-7]{2}", digits) is None:
                raise RefusedError("diff.path", "a path of the diff is malformed")
            raw.append(int(digits, 8))
            position += 1 + _OCTAL_DIGITS
    return raw.decode("utf-8", "surrogateescape")

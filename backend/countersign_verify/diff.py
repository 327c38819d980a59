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
        RefusedError: A section is malformed, has shortened blob ids, or names two paths.
    """
    return tuple(_section(lines) for lines in _sections(data.decode("utf-8", "surrogateescape")))


def _sections(text: str) -> Iterator[list[str]]:
    """The header lines of each section: what stands between ``diff --git`` and the first hunk."""
    current: list[str] = []
    in_header = False
    # Lines of a hunk start with a blank, plus, minus or backslash, so they can't pass for a header.
    for line in text.split("\n"):
        if line.startswith("diff --git "):
            if current:
                yield current
            current, in_header = [line], True
        elif line.startswith(("@@ ", "Binary files ", "GIT binary patch")):
            in_header = False
        elif in_header:
            current.append(line)
        elif not current and line:
            raise RefusedError("diff.shape", "the diff does not start with a section of a file")
    if current:
        yield current


def _section(lines: list[str]) -> FileDiff:
    modes: dict[str, str] = {}
    old = new = mode = None
    for line in lines[1:]:
        if match := _INDEX.fullmatch(line):
            old, new, mode = match[1], match[2], match[3]
        elif match := _MODE.fullmatch(line):
            modes[match[1]] = match[2]
        elif line.startswith(("rename ", "copy ", "similarity ")):
            raise RefusedError("diff.rename", "the diff shows a rename; every file must be shown by itself")
        elif line.startswith(("--- ", "+++ ")):
            if line[4:].rstrip("\t") not in {"/dev/null", *_spellings(lines[0], line[0])}:
                raise RefusedError("diff.path", "a section of the diff names two paths")
        elif line and not line.startswith("dissimilarity "):
            raise RefusedError("diff.shape", f"a line of the diff's header is not known: {line[:80]!a}")
    path = _path(lines[0].removeprefix("diff --git "))
    if old is None and modes.keys() != {"old mode", "new mode"}:
        raise RefusedError("diff.index", f"the diff of {path[:200]!a} does not name its blobs in full")
    return FileDiff(
        path=path,
        old_blob=None if "new file mode" in modes else old,
        new_blob=None if "deleted file mode" in modes else new,
        mode=modes.get("new mode") or modes.get("new file mode") or modes.get("deleted file mode") or mode,
    )


def _spellings(first_line: str, side: str) -> tuple[str, ...]:
    """How the line ``--- a/...`` or ``+++ b/...`` of this section must spell its path."""
    text = first_line.removeprefix("diff --git ")
    if text.startswith('"'):
        quoted = [f'"{match[1]}"' for match in _QUOTED.finditer(text)]
        return tuple(quoted[:1] if side == "-" else quoted[1:])
    middle = len(text) // 2
    return (text[:middle] if side == "-" else text[middle + 1 :],)


def _path(text: str) -> str:
    """The one path of ``a/<path> b/<path>``."""
    if text.startswith('"'):
        match = _QUOTED.match(text)
        rest = _QUOTED.fullmatch(text[match.end() + 1 :]) if match else None
        if match is None or rest is None:
            raise RefusedError("diff.path", "a path of the diff is malformed")
        first, second = _unquote(match[1]), _unquote(rest[1])
    else:
        middle = len(text) // 2
        first, second = text[:middle], text[middle + 1 :]
    if first[:2] != "a/" or second[:2] != "b/" or first[2:] != second[2:]:
        raise RefusedError("diff.path", "a section of the diff names two paths")
    try:
        return first[2:].encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("diff.path", "a path of the diff is not UTF-8") from error


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

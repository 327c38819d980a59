"""Secrets that a change removes, or that stand beside its lines, are masked in what is sealed.

A change that takes a leaked secret out of a repository is one that people want, and its diff shows the
secret. What the change adds is never masked: it is refused. Which files are replaced by which, the blob ids
in the diff say; they are those of the whole contents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from countersign.evidence.secrets import data_suspected, line_secrets, scanning

_KEY_KIND, _KEY_END = "Private Key", "-----END "
_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_MIN_VALUE = 8
_WORD = r"[^\s'\"`<>(){}\[\],;]"


@dataclass(frozen=True, slots=True)
class MaskedDiff:
    """A diff without the secrets of its removed and unchanged lines.

    Attributes:
        masked: ``diff:line (kind)`` for each of them.
        values: what was masked, to be masked in other texts too; never shown, never stored.
    """

    diff: bytes = field(repr=False)
    masked: tuple[str, ...]
    values: tuple[str, ...] = field(repr=False)


def diff_mask(diff: bytes) -> MaskedDiff:
    """Return the diff with the secrets of lines that it does not add replaced by ``[masked: KIND]``.

    The same diff always gives the same bytes, and one without such secrets is returned as it is.
    """
    if not data_suspected(diff):
        return MaskedDiff(diff, (), ())
    masker = _Masker()
    # Lines end at line feeds only: other characters that end a line for Python stand within lines of a diff.
    lines = diff.decode("utf-8", "surrogateescape").split("\n")
    with scanning():
        text = "\n".join(masker.line(number, line) for number, line in enumerate(lines, start=1))
    return MaskedDiff(text.encode("utf-8", "surrogateescape"), tuple(masker.masked), tuple(masker.values))


def text_mask(data: bytes, values: tuple[str, ...]) -> bytes:
    """Return a text in which every one of these values is replaced."""
    for value in sorted(values, key=len, reverse=True):
        data = data.replace(value.encode("utf-8", "surrogateescape"), b"[masked: removed by this change]")
    return data


class _Masker:
    """Goes through the lines of a diff and knows which side each one belongs to."""

    def __init__(self) -> None:
        self.masked: list[str] = []
        self.values: list[str] = []
        self._old = self._new = 0
        self._in_key = False

    def line(self, number: int, line: str) -> str:
        """Return the line as it is sealed."""
        if hunk := _HUNK.match(line):
            self._old, self._new = (int(hunk[group] or "1") for group in (2, 4))
            self._in_key = False
            return line[: hunk.end()] + self._kept(number, line[hunk.end() :])
        if self._old <= 0 and self._new <= 0:
            return line  # a header of the diff
        side = line[:1]
        self._old -= side in {"-", " "}
        self._new -= side in {"+", " "}
        return side + self._kept(number, line[1:]) if side in {"-", " "} else line

    def _kept(self, number: int, text: str) -> str:
        if self._in_key:
            self._in_key = _KEY_END not in text
            self._note(text.strip() if self._in_key else "")
            return f"[masked: {_KEY_KIND}]"
        for kind, value in line_secrets(text):
            self.masked.append(f"diff:{number} ({kind})")
            if kind == _KEY_KIND:
                # Of a key in several lines the scanner knows the first one only.
                self._in_key = _KEY_END not in text
                return f"[masked: {kind}]"
            # Of some tokens the scanner returns a part: what it stands in goes as a whole.
            whole = re.compile(f"{_WORD}*{re.escape(value)}{_WORD}*")
            for word in whole.findall(text):
                self._note(word)
            text = whole.sub(f"[masked: {kind}]", text)
        return "[masked]" if line_secrets(text) else text

    def _note(self, value: str) -> None:
        # A few characters would be found, and masked, where they mean nothing.
        if len(value) >= _MIN_VALUE:
            self.values.append(value)

"""Comments that tell an analyser to be silent, and which of them a change added (pure)."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_CODES = r"(?P<codes>[A-Za-z]+[0-9]+(?:[,\s]+[A-Za-z]+[0-9]+)*)"
_FLAGS = re.IGNORECASE

_PYTHON = (
    ("noqa", re.compile(rf"#\s*noqa(?:\s*:\s*{_CODES})?", _FLAGS)),
    ("noqa for the file", re.compile(rf"#\s*(?:ruff|flake8)\s*:\s*noqa(?:\s*:\s*{_CODES})?", _FLAGS)),
    (
        "ruff directive",
        re.compile(r"#\s*ruff\s*:\s*(?:file-)?(?:ignore|disable)\s*\[(?P<codes>[^\]]*)\]?", _FLAGS),
    ),
    ("isort directive", re.compile(r"#\s*(?:ruff\s*:\s*)?isort\s*:\s*(?P<codes>skip_file|skip|off)", _FLAGS)),
    ("nosec", re.compile(rf"#\s*nosec\b(?:\s*:?\s*{_CODES})?", _FLAGS)),
    ("type: ignore", re.compile(r"#\s*type\s*:\s*ignore(?:\[(?P<codes>[^\]]*)\])?")),
    ("mypy directive", re.compile(r"#\s*mypy\s*:\s*(?P<codes>[a-z-]+)")),
    ("pyright directive", re.compile(r"#\s*pyright\s*:\s*(?P<codes>ignore(?:\[[^\]]*\])?|basic|strict)")),
    (
        "pylint: disable",
        re.compile(r"#\s*pylint\s*:\s*(?:disable(?:-next)?|skip-file)\s*=?\s*(?P<codes>[\w,\s-]*)"),
    ),
    ("pragma: no cover", re.compile(r"#\s*pragma\s*:\s*no\s*(?:cover|branch)", _FLAGS)),
)
_ANY_TEXT = (
    ("allowlist secret", re.compile(r"pragma:\s*(?:allow|white)list[ -](?:nextline[ -])?secret", _FLAGS)),
    ("gitleaks:allow", re.compile(r"gitleaks:allow", _FLAGS)),
    ("nosemgrep", re.compile(r"\bnosemgrep\b", _FLAGS)),
    ("NOSONAR", re.compile(r"\bNOSONAR\b")),
    ("eslint-disable", re.compile(r"eslint-disable(?:-next-line|-line)?")),
    ("ts-ignore", re.compile(r"@ts-(?:ignore|nocheck|expect-error)")),
)
_PYTHON_SUFFIXES = frozenset({".py", ".pyi", ".pyw"})
# Texts that speak of such comments are not silenced by them.
_PROSE_SUFFIXES = frozenset({".md", ".rst", ".txt"})


@dataclass(frozen=True, slots=True, order=True)
class Suppression:
    """One comment that silences one rule, or everything when ``code`` is empty."""

    path: str
    line: int
    kind: str
    code: str
    text: str


def suppressions_find(path: str, lines: Sequence[str]) -> tuple[Suppression, ...]:
    """Return every suppression in a file, one for each rule it names."""
    suffix = PurePosixPath(path).suffix
    if suffix in _PROSE_SUFFIXES:
        return ()
    found = [
        one for number, line in enumerate(lines, start=1) for one in _matches(path, number, line, _ANY_TEXT)
    ]
    if suffix in _PYTHON_SUFFIXES:
        found += [one for number, text in _comments(lines) for one in _matches(path, number, text, _PYTHON)]
    return tuple(sorted(set(found)))


def suppressions_added(
    paths: Iterable[str], *, before: Callable[[str], Sequence[str]], after: Callable[[str], Sequence[str]]
) -> tuple[Suppression, ...]:
    """Return the suppressions that the change of ``paths`` added.

    One that only moved, also to another of the files, is not an addition; one that silences more is.
    """
    old: Counter[tuple[str, str]] = Counter()
    old_texts: Counter[tuple[str, str, str]] = Counter()
    new: list[Suppression] = []
    for path in sorted(set(paths)):
        for one in suppressions_find(path, before(path)):
            old[one.kind, one.code] += 1
            old_texts[one.kind, one.code, one.text] += 1
        new.extend(suppressions_find(path, after(path)))
    # Those that stand as they stood are matched first, so that what is named is what is really new.
    fresh = []
    for one in new:
        if old_texts[one.kind, one.code, one.text] > 0:
            old_texts[one.kind, one.code, one.text] -= 1
            old[one.kind, one.code] -= 1
        else:
            fresh.append(one)
    added = []
    for one in fresh:
        if old[one.kind, one.code] > 0:
            old[one.kind, one.code] -= 1
        else:
            added.append(one)
    return tuple(added)


def _comments(lines: Sequence[str]) -> list[tuple[int, str]]:
    source = "\n".join(lines) + "\n"
    try:
        return [
            (token.start[0], token.string)
            for token in tokenize.generate_tokens(io.StringIO(source).readline)
            if token.type == tokenize.COMMENT
        ]
    except (tokenize.TokenError, SyntaxError, ValueError):
        # What does not parse is looked at line by line: too much found is better than too little.
        return [
            (number, line[line.index("#") :]) for number, line in enumerate(lines, start=1) if "#" in line
        ]


def _matches(
    path: str, number: int, text: str, patterns: Sequence[tuple[str, re.Pattern[str]]]
) -> list[Suppression]:
    found = []
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            named = match.groupdict().get("codes") or ""
            codes = sorted({code.upper() for code in re.split(r"[,\s]+", named) if code}) or [""]
            found += [Suppression(path, number, kind, code, " ".join(text.split())) for code in codes]
    return found

"""Which texts and lines the secret scanner has to look at: all in which one of its patterns can match.

The scanner tries every pattern on every line, a few thousand lines a second. Here its own patterns, and none
of ours, are one automaton (RE2) that goes over a text once, at hundreds of megabytes a second and in linear
time whatever the text is. The automaton may suspect a line that holds nothing; it must never pass over one
that the scanner would name. So each pattern is taken over with the same meaning or a wider one, and a pattern
that can't be is refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import re2  # type: ignore[import-untyped]
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import BasePlugin, RegexBasedDetector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# Bytes for the automaton; without them it gets slow, not wrong.
_MEMORY = 64 << 20
# Lines that are looked at together: most texts hold nothing, so few are looked at one by one.
_BLOCK = 256
# What RE2 counts up to.
_REPEATS = 1_000
# What Python means by these, of all of Unicode; RE2 means ASCII.
_CLASSES = {
    "d": r"\p{Nd}",
    "s": r"\t-\r\x1c-\x1f\x85\p{Z}",
    "w": r"\p{L}\p{N}_",
}
_TOKEN = re.compile(
    r"""
    (?P<look>\(\?<?[=!][^()]*\))        # only ever narrows
    | (?P<escape>\\.)
    | (?P<repeat>\{(?:\d+(?:,\d*)?|,\d+)\})
    | (?P<edge>[\^$])                   # narrows as well
    | (?P<open>\[\^?\]?)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_IN_CLASS = re.compile(r"(?P<escape>\\.)|(?P<close>\])|(?P<other>.)", re.DOTALL)
_LONE = re.compile("[\ud800-\udfff]")
# Without regard to case, Python takes these for an i, and RE2 does not.
_ODD_I = ("\u0130", "\u0131")


class PatternUnknown(ValueError):
    """A pattern of the scanner says something that the automaton can't be sure to say."""


def pattern_widen(pattern: str, flags: int) -> str:
    """Return a pattern for RE2 that matches wherever Python's ``re`` finds this one, and maybe elsewhere.

    Raises:
        PatternUnknown: it uses what is not known to mean the same.
    """
    if flags & ~(re.UNICODE | re.IGNORECASE | re.VERBOSE) or (
        flags & re.VERBOSE and re.search(r"\s|#", pattern)
    ):
        message = f"a pattern with the flags {flags} can't be taken over: {pattern}"
        raise PatternUnknown(message)
    wide, place = [], 0
    while place < len(pattern):
        token = _token(_TOKEN, pattern, place)
        place = token.end()
        if token.lastgroup == "open":
            text, place = _class_widen(pattern, token)
            wide.append(text)
        elif token.lastgroup == "escape":
            wide.append(_escape_widen(token[0], "[{}]"))
        elif token.lastgroup == "repeat":
            wide.append(_repeat_widen(token[0]))
        elif token.lastgroup == "other":
            wide.append(token[0])
    return f"(?{'i' if flags & re.IGNORECASE else ''}:{''.join(wide)})"


def _class_widen(pattern: str, begin: re.Match[str]) -> tuple[str, int]:
    wide, place = [begin[0]], begin.end()
    while True:
        token = _token(_IN_CLASS, pattern, place)
        place = token.end()
        wide.append(_escape_widen(token[0], "{}") if token.lastgroup == "escape" else token[0])
        if token.lastgroup == "close":
            return "".join(wide), place


def _token(tokens: re.Pattern[str], pattern: str, place: int) -> re.Match[str]:
    token = tokens.match(pattern, place)
    if token is None:
        message = f"a pattern that ends within itself can't be taken over: {pattern}"
        raise PatternUnknown(message)
    return token


def _escape_widen(text: str, within: str) -> str:
    letter = text[1]
    if letter in _CLASSES:
        return within.format(_CLASSES[letter])
    if letter.isalnum():
        message = f"the escape {text} can't be taken over"
        raise PatternUnknown(message)
    return text


def _repeat_widen(text: str) -> str:
    least, comma, most = text[1:-1].partition(",")
    return f"{{{least or 0}{comma}{'' if most and int(most) > _REPEATS else most}}}"


@lru_cache(maxsize=8)
def suspicion(detectors: tuple[str, ...]) -> Callable[[str | bytes], bool]:
    """Return what says whether any of the named detectors may find something in a text, or its UTF-8 bytes.

    Raises:
        PatternUnknown: a detector is none that goes by patterns, or one of them can't be taken over.
    """
    of_the_scanner: Iterable[type[BasePlugin]] = get_mapping_from_secret_type_to_class().values()
    known = {found.__name__: found for found in of_the_scanner}
    patterns = []
    for name in detectors:
        detector = known.get(name)
        if detector is None or not issubclass(detector, RegexBasedDetector):
            message = f"'{name}' is no detector that goes by patterns"
            raise PatternUnknown(message)
        patterns += [pattern_widen(item.pattern, item.flags) for item in detector().denylist]
    options = re2.Options()
    options.max_mem = _MEMORY
    try:
        search = re2.compile("|".join(patterns).encode(), options).search
    except re2.error as error:
        message = f"the patterns of the secret scanner can't be taken over: {error}"
        raise PatternUnknown(message) from error
    return lambda text: search(text if isinstance(text, bytes) else _bytes(text)) is not None


def lines_suspected(lines: Sequence[str], suspected: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    """Yield number (from one) and text of every line that is suspected."""
    for begin in range(0, len(lines), _BLOCK):
        block = lines[begin : begin + _BLOCK]
        if suspected("\n".join(block)):
            yield from _singly(enumerate(block, start=begin + 1), suspected)


def _singly(lines: Iterable[tuple[int, str]], suspected: Callable[[str], bool]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in lines if suspected(line))


def _bytes(text: str) -> bytes:
    """Encode a text one character for one, so that every pattern finds in it what it finds in the text."""
    if not text.isascii():
        for odd in _ODD_I:
            text = text.replace(odd, "i")
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", text).encode()

"""Text from repositories and scanners is data: cleaned, masked, fenced, and never an instruction.

Pure functions. Cleaning takes out what a reader can't see but a model can (zero-width and bidirectional
characters, tags, variation selectors, control characters); masking takes out what must not travel; fencing
says where the untrusted text begins and ends, with a fence that the text itself can't close.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_INLINE: Final = 300
_ELLIPSIS: Final = "..."

# Letters by category, and yet they show as nothing; besides all of Cc, Cf, Cs, Co and Cn.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_KEPT_CONTROLS: Final = frozenset("\n\t")
_DROPPED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
_FENCE_RUN: Final = re.compile(r"`{3,}|~{3,}")
_BACKTICKS: Final = re.compile(r"`+")
_SPACE: Final = re.compile(r"\s+")

_SECRETS: Final = (
    (
        "private key",
        re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
    ),
    ("AWS access key", re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b")),
    ("GitHub token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})\b")),
    ("GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}")),
    ("Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}")),
    ("Google API key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}")),
    ("Stripe key", re.compile(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    ("API key", re.compile(r"\bsk-(?:[a-z]+-)?[A-Za-z0-9_-]{20,}")),
    ("platform token", re.compile(r"\bcst_[A-Za-z0-9_-]{16,}")),
    ("JSON web token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")),
    ("credentials in an address", re.compile(r"(?<=://)[^\s/:@]{1,100}:[^\s/@]{1,200}(?=@)")),
    (
        "assigned secret",
        re.compile(
            r"(?i)(?:(?<=password)|(?<=passwd)|(?<=secret)|(?<=api_key)|(?<=apikey)|(?<=access_key)|(?<=token))"
            r"[\"']?\s{0,5}[:=]\s{0,5}[\"'][^\"'\s]{6,200}[\"']"
        ),
    ),
)  # fmt: skip


def _visible(character: str) -> bool:
    if character in _KEPT_CONTROLS:
        return True
    if character in _BLANK or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return False
    return unicodedata.category(character) not in _DROPPED


def clean_text(text: str) -> str:
    """Take out what shows as nothing or changes the direction of what shows; line ends become plain."""
    if text.isascii() and text.isprintable():
        return text
    plain = _LINE_ENDS.sub("\n", text)
    return "".join(filter(_visible, plain))


def mask_secrets(text: str) -> str:
    """Replace what looks like a secret by a mark that names its kind."""
    for kind, pattern in _SECRETS:
        text = pattern.sub(f"[masked: {kind}]", text)
    return text


def shorten(text: str, limit: int) -> str:
    """Cut a text to ``limit`` characters, and let it show that it was cut."""
    return text if len(text) <= limit else text[: max(0, limit - len(_ELLIPSIS))] + _ELLIPSIS


def inline_untrusted(text: str, limit: int = MAX_INLINE) -> str:
    """Return untrusted text as inline code on one line, which it can't leave."""
    flat = shorten(_SPACE.sub(" ", mask_secrets(clean_text(text))).strip(), limit)
    if not flat:
        return "(empty)"
    longest = max((len(run) for run in _BACKTICKS.findall(flat)), default=0)
    ticks = "`" * (longest + 1)
    return f"{ticks} {flat} {ticks}" if longest else f"`{flat}`"


def fence_untrusted(text: str, *, source: str = "repository", limit: int = 20_000) -> str:
    """Return untrusted text between fences that are longer than any in it, labelled with where it is from."""
    cleaned = shorten(mask_secrets(clean_text(text)), limit)
    longest = max((len(run) for run in _FENCE_RUN.findall(cleaned)), default=2)
    fence = "`" * (max(longest, 2) + 1)
    label = _SPACE.sub("-", re.sub(r"[^A-Za-z0-9 _-]", "", source)).strip("-") or "unknown"
    return f"{fence}untrusted-{label}\n{cleaned}\n{fence}"

"""What the headings and keys of a plan in Markdown mean, and which are nearly one of them."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

# Sections of a phase, by what they may be called; what stands in brackets behind a title does not count.
PHASE_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "objective": ("objective", "objectives", "goal"),
    "deliverables": ("deliverables",),
    "specifications": ("technical specifications", "technical specification", "specifications"),
    "gates": ("quality gates", "quality gate", "gates"),
    "files": (
        "files to create/modify",
        "files to create or modify",
        "files to create and modify",
        "files to create",
        "files to modify",
    ),
    "go": ("go criteria",),
    "no_go": ("no-go triggers", "no-go criteria", "no go triggers"),
    "decision": (
        "strategic decision required",
        "strategic decision",
        "strategic decisions",
        "decision required",
    ),
}
# Sections of the plan as a whole.
PLAN_SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "standards": (
        "cross-phase quality standards",
        "cross-phase standards",
        "quality standards",
        "every phase must have",
    ),
    "checklist": ("phase completion checklist", "definition of done"),
    "risks": ("risk management", "risks", "risk register"),
    "escalation": ("escalation path", "escalation"),
    "reports": ("governance & reporting", "governance and reporting", "reporting"),
    "known": ("known inputs",),
    "missing": ("missing inputs",),
}
PHASE_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "duration": ("duration",),
    "owner": ("owner", "owners", "responsible"),
    "prerequisites": ("prerequisites", "prerequisite", "depends on", "dependencies"),
    "stated_status": ("status",),
    "planned_start": ("start", "start date", "planned start"),
    "planned_end": ("end", "end date", "planned end", "due"),
    "specification": ("specification", "specification document"),
}
PLAN_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("code", "plan code"),
    "stated_status": ("document status", "status"),
    "created_on": ("created", "created on"),
    "authority": ("authority",),
}
_PHASE: Final = re.compile(
    r"^(?P<word>(?:phase|batch)\s+)?(?P<code>[A-Za-z]{0,12}[0-9]+(?:[._-][A-Za-z0-9]+)*)"
    r"(?:\s*[:—\u2013]\s*|\s+-\s+)(?P<title>\S.*)$",
    re.IGNORECASE,
)
_BRACKETS: Final = re.compile(r"\s*\(([^()]*)\)\s*$")


def phase_heading(title: str) -> tuple[str, str] | None:
    """Read the heading of a phase into code and title: `Phase P2: Resilience`."""
    found = _PHASE.match(title)
    return (found["code"], found["title"].strip()) if found and found["word"] else None


def bracketed(title: str) -> tuple[str, str]:
    """Part a title from what stands in brackets behind it."""
    found = _BRACKETS.search(title)
    return (title[: found.start()].strip(), found[1].strip()) if found else (title, "")


def meaning_of(title: str, known: Mapping[str, Iterable[str]]) -> str | None:
    """Find what a heading or key means."""
    word = _normal(title)
    return next((name for name, words in known.items() if word in words), None)


def nearly(title: str, known: Mapping[str, Iterable[str]]) -> str | None:
    """Find the heading or key that a misspelt one was meant to be."""
    words = [word for words in known.values() for word in words]
    close = get_close_matches(_normal(title), words, n=1, cutoff=0.8)
    return close[0] if close else None


def misspelt(title: str, close: str) -> str:
    """Say what to do with a heading that is nearly one that a plan knows."""
    return (
        f"{title!r} is no section that is known here; if {close!r} is meant, correct it, and otherwise "
        "give it a name that is less alike"
    )


def _normal(title: str) -> str:
    return re.sub(r"\s+", " ", bracketed(title.strip().rstrip(":").strip())[0]).lower().rstrip(":")

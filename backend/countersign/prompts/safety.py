"""Safety checks for a task: which ones apply follows from its type, severity, scope and files (pure)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from countersign.prompts.contracts import SafetyCheck
from countersign.prompts.guardrails import inline_untrusted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MANY_FILES: Final = 10
_SEVERE: Final = frozenset({"high", "critical"})

# code: what to make sure of, and the finding types that call for it.
_BY_TYPE: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "imports-may-act": (
        "Before an import goes, make sure that it does nothing itself and nobody uses the name from here.",
        ("ruff:F401", "ruff:F403", "ruff:F811", "ruff:I001"),
    ),
    "rewrites-keep-results": (
        "Compare every rewritten expression with the original: empty input, None, order of evaluation.",
        ("ruff:SIM*", "ruff:C4*", "ruff:RET*", "ruff:PIE*", "ruff:UP*", "ruff:PERF*"),
    ),
    "defects-need-proof": (
        "Show with a test that the old behaviour was wrong and the new one is right.",
        ("ruff:B*", "ruff:F8*", "mypy:*"),
    ),
    "no-weaker-protection": (
        "No check of input, permission, certificate or signature becomes weaker or unreachable.",
        ("bandit:*", "ruff:S*"),
    ),
    "whitespace-only": (
        "Changes of form change no string, docstring or other value.",
        ("ruff:W*", "ruff:E*"),
    ),
}
_BY_PATH: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "public-surface": (
        "Names that a package exports stay importable from where they are.",
        ("__init__.py", "*/__init__.py", "api.py", "*/api.py"),
    ),
    "tests-still-test": (
        "Every test keeps its assertions; none is removed, skipped or made easier.",
        ("tests/*", "test_*.py", "*/test_*.py", "*_test.py", "*/tests/*"),
    ),
    "schema-is-reversible": (
        "A change of the schema can be reversed and loses no data.",
        ("*/migrations/*", "migrations/*", "*.sql", "models.py", "*/models.py"),
    ),
    "build-is-the-cabs": (
        "Build, dependency and gate files change only when the task names them; the CAB will look at it.",
        (
            "pyproject.toml",
            "setup.py",
            "setup.cfg",
            "requirements*.txt",
            ".github/*",
            "tox.ini",
            "conftest.py",
        ),
    ),
}


def _because(what: str, values: Iterable[str]) -> str:
    shown = sorted(set(values))
    more = f" and {len(shown) - 1} more" if len(shown) > 1 else ""
    # A file name can hold anything that a file system allows, line ends and Markdown included.
    return f"{what} {inline_untrusted(shown[0])}{more}"


def safety_checks(
    *, kind: str, finding_types: Sequence[str], severities: Sequence[str], paths: Sequence[str]
) -> tuple[SafetyCheck, ...]:
    """Return the checks that this task needs, each with what calls for it.

    Args:
        kind: what sort of work item it is.
        finding_types: ``tool:rule`` of every finding.
        severities: the findings' severities.
        paths: the files that the task is about.
    """
    checks = [
        SafetyCheck(
            "stay-in-scope",
            "Change only the files and lines that this task needs; leave everything else as it is.",
            "every task",
        ),
        SafetyCheck(
            "tests-as-before",
            "Every test that passed on the base still passes; run none that reaches a network or leaves the "
            "working copy.",
            "every task",
        ),
    ]
    for code, (text, patterns) in _BY_TYPE.items():
        hits = [each for each in finding_types if any(fnmatchcase(each, pattern) for pattern in patterns)]
        if hits:
            checks.append(SafetyCheck(code, text, _because("findings of type", hits)))
    for code, (text, patterns) in _BY_PATH.items():
        hits = [path for path in paths if any(fnmatchcase(path, pattern) for pattern in patterns)]
        if hits:
            checks.append(SafetyCheck(code, text, _because("the file", hits)))
    severe = _SEVERE & set(severities)
    if severe:
        text = "Handle the severe findings first, one at a time, and say for each how it was resolved."
        checks.append(SafetyCheck("severe-first", text, _because("severity", severe)))
    if len(set(paths)) > _MANY_FILES:
        text = "The change is wide: make the same kind of change everywhere, and nothing else anywhere."
        checks.append(SafetyCheck("wide-and-uniform", text, f"{len(set(paths))} files"))
    if kind == "deliverable":
        text = "Deliver the whole of it: no stub, no placeholder, and tests for each acceptance criterion."
        checks.append(SafetyCheck("whole-deliverable", text, "a deliverable"))
    return tuple(checks)

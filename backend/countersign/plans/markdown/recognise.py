"""Which demands of a text can be checked by a program.

A demand is given to a program only when it says nothing more than the program checks. Everything else is
attested by a person: a demand is never made smaller by reading it.
"""

import re
from collections.abc import Iterable
from typing import Final

from countersign.plans.checks import STUB_WORDS
from countersign.plans.marks import Plain
from countersign.plans.words import is_document

_MAX_TEXT: Final = 500
_STUB: Final = "|".join(STUB_WORDS)
_KIND_OF: Final = r"(?:(?:overall|total|full|unit|test|line|branch|code)\s+)*"
_AT_LEAST: Final = r"(?:≥|>=|at least|a minimum of|minimum|min\.?)"
# Where the figure counts; a tail that says anything more makes it another demand.
_TAIL: Final = (
    r"(?:\s*[—\u2013-]?\s*(?P<kept>(?:is\s+)?(?:enforced(?:\s+(?:by|in)\s+(?:the\s+)?CI)?|verified|reached))"
    r"|\s+(?:on|of|for|across|in)\s+(?P<scope>[^,;:]+?))?"
)
_COVERAGE: Final = (
    re.compile(
        rf"^{_AT_LEAST}?\s*(?P<percent>\d{{1,3}})\s*%\s+{_KIND_OF}coverage{_TAIL}[.!]?$", re.IGNORECASE
    ),
    re.compile(
        rf"^{_KIND_OF}coverage\s*(?:is|of|:)?\s*{_AT_LEAST}\s*(?P<percent>\d{{1,3}})\s*%{_TAIL}[.!]?$",
        re.IGNORECASE,
    ),
)
_COVERAGE_BELOW: Final = re.compile(
    rf"^{_KIND_OF}coverage\s*(?:is\s+)?(?:<|below|under|less than)\s*(?P<percent>\d{{1,3}})\s*%[.!]?$",
    re.IGNORECASE,
)
_WHOLE: Final = re.compile(
    r"^(?:all|the)?\s*(?:whole|entire|overall|all)?\s*(?:the\s+)?(?:code|code ?base|project)?$", re.IGNORECASE
)
_MORE_THAN_ONE: Final = re.compile(r"\b(?:and|with|while|but|unless|except)\b", re.IGNORECASE)
_NO_STUBS: Final = (
    re.compile(
        rf"^(?:zero|no|0)\s+(?:open\s+)?(?P<word>{_STUB}|stub)s?(?:\s+(?:comments?|markers?))?"
        r"(?:\s+(?:remain|remains|left|are left|in (?:the )?code))?[.!]?$",
        re.IGNORECASE,
    ),
    re.compile(rf"^(?:fix|resolve|remove|close)\s+all\s+(?P<word>{_STUB}|stub)s?[.!]?$", re.IGNORECASE),
)
_TESTS_PASS: Final = re.compile(
    r"^all\s+(?:(?:api|unit|integration|existing)\s+)*tests\s+(?:pass|passed|passing|are green)[.!]?$",
    re.IGNORECASE,
)
_NO_LINT: Final = re.compile(
    r"^no\s+new\s+lint(?:ing|er)?\s+(?:warnings?|errors?|findings?)[.!]?$", re.IGNORECASE
)
_NO_SECRETS: Final = re.compile(r"^no\s+(?:new\s+)?(?:hard-?coded\s+)?secrets[.!]?$", re.IGNORECASE)
_NAME: Final = r"`?(?:[\w.-]+/)*(?:[\w-]+\.(?:md|rst|adoc)|[\w.-]+/)`?"
_EXIST: Final = re.compile(
    rf"^(?P<names>{_NAME}(?:\s*(?:,|and|,\s*and)\s+{_NAME})*)\s+"
    r"(?:exists?|(?:are|is) (?:there|present))[.!]?$"
)
_PRODUCE: Final = re.compile(
    r"^(?:create|produce|write|add)\s+(?:an?\s+|the\s+)?(?:[\w.-]+\s+in\s+)?`?"
    r"(?P<name>(?:[\w.<>-]+/)*[\w<>-]+\.(?:md|rst|adoc)|(?:[\w.-]+/)+)`?(?=[\s,.;:]|$)",
    re.IGNORECASE,
)
_RUNBOOK: Final = re.compile(
    r"^runbooks?(?:\s+(?:for|on|about|created|updated|exists?)\b.*)?$", re.IGNORECASE
)

_RUN: Final = re.compile(
    r"^run\s+(?:the\s+)?`?(?P<name>(?:[\w.-]+/)+[\w-]+\.\w{1,5})`?(?=[\s,.;:]|$)", re.IGNORECASE
)

ATTESTED: Final[dict[str, Plain]] = {"kind": "attested"}


def check_for(text: str, files: Iterable[str] = ()) -> dict[str, Plain]:
    """Find the check of a demand; `files` are those that the phase is to create."""
    text = text.strip()
    if len(text) > _MAX_TEXT:
        return dict(ATTESTED)
    return (
        _coverage(text)
        or _stubs(text)
        or _gates(text)
        or _documents(text)
        or _runbooks(text, files)
        or dict(ATTESTED)
    )


def check_against(text: str) -> dict[str, Plain]:
    """Find the check that shows that something which must not be is not: a NO-GO trigger."""
    below = _COVERAGE_BELOW.match(text.strip()[:_MAX_TEXT])
    if below and 1 <= int(below["percent"]) <= 100:  # noqa: PLR2004 - a share
        return {"kind": "coverage_at_least", "percent": int(below["percent"]), "of": "project"}
    return dict(ATTESTED)


def is_attested(check: dict[str, Plain]) -> bool:
    """Say whether only a person can say that a demand is met."""
    return check["kind"] == ATTESTED["kind"]


def produced_document(text: str) -> str | None:
    """Give the document that a step produces, when it names one."""
    found = _PRODUCE.match(text.strip()[:_MAX_TEXT])
    return found["name"] if found else None


def script_run(text: str) -> str | None:
    """Give the script that a step runs, when it names one: it must be there."""
    found = _RUN.match(text.strip()[:_MAX_TEXT])
    return found["name"] if found else None


def existence_checks(paths: Iterable[str]) -> list[dict[str, Plain]]:
    """Make the checks that files are there: documents apart from the rest."""
    wanted = list(dict.fromkeys(paths))
    documents: list[Plain] = [path for path in wanted if is_document(path)]
    others: list[Plain] = [path for path in wanted if not is_document(path)]
    checks: list[dict[str, Plain]] = []
    if others:
        checks.append({"kind": "files_exist", "paths": others})
    if documents:
        checks.append({"kind": "documents_exist", "paths": documents})
    return checks


def _coverage(text: str) -> dict[str, Plain] | None:
    for pattern in _COVERAGE:
        found = pattern.match(text)
        if found is None or not 1 <= int(found["percent"]) <= 100:  # noqa: PLR2004 - a share
            continue
        scope = (found["scope"] or "").strip()
        if _MORE_THAN_ONE.search(scope):
            return None
        whole = _WHOLE.match(scope) is not None
        return {
            "kind": "coverage_at_least",
            "percent": int(found["percent"]),
            "of": "project" if whole else "changes",
        }
    return None


def _stubs(text: str) -> dict[str, Plain] | None:
    for pattern in _NO_STUBS:
        found = pattern.match(text)
        if found:
            word = found["word"].upper()
            return {"kind": "no_stubs"} if word == "STUB" else {"kind": "no_stubs", "words": [word]}
    return None


def _gates(text: str) -> dict[str, Plain] | None:
    for pattern, gate in ((_TESTS_PASS, "tests"), (_NO_LINT, "lint"), (_NO_SECRETS, "secrets")):
        if pattern.match(text):
            return {"kind": "gate_passed", "gates": [gate]}
    return None


def _documents(text: str) -> dict[str, Plain] | None:
    found = _EXIST.match(text)
    if found is None:
        return None
    names: list[Plain] = [name.strip("`") for name in re.findall(_NAME, found["names"])]
    return {"kind": "documents_exist", "paths": names}


def _runbooks(text: str, files: Iterable[str]) -> dict[str, Plain] | None:
    """Find the runbooks among the files that the phase is to create."""
    if not _RUNBOOK.match(text):
        return None
    paths: list[Plain] = [path for path in files if "runbook" in path.lower() and is_document(path)]
    return {"kind": "documents_exist", "paths": paths} if paths else None

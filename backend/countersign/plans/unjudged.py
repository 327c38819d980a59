"""The checks that nobody judges yet: what will, said in the proof, and until then not met."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_Check = Mapping[str, Any]  # a check document; its keys depend on its kind
_SHOWN: Final = 5


def reason_unjudged(check: _Check) -> str | None:
    """Say what will judge a check that nothing judges yet; `None` for a kind that is not known at all."""
    will = _WILL.get(check["kind"])
    return None if will is None else f"unknown: not evaluated yet: {will(check)}"


def coverage_wanted(checks: list[_Check]) -> int | None:
    """Give the highest share of coverage that any of the checks wants; `None` when none wants any."""
    return max((check["percent"] for check in checks if check["kind"] == "coverage_at_least"), default=None)


def _attested(check: _Check) -> str:
    who = " or ".join(check["roles"]) or "somebody"
    references = check["references"]
    named = ", ".join(references[:-1]) + " or " + references[-1] if references[1:] else references[0]
    return f"{who} who took no part in the work has to attest it and name a {named} as evidence"


def _coverage(check: _Check) -> str:
    where = "the whole project" if check["of"] == "project" else "what the phase changed"
    return f"the coverage of {where}, measured by the tests, has to be at least {check['percent']} %"


def _stubs(check: _Check) -> str:
    return f"the files of the latest commit have to be free of: {_listed(check['words'])}"


def _documents(check: _Check) -> str:
    return f"the latest commit has to hold these documents, not empty: {_listed(check['paths'])}"


def _files(check: _Check) -> str:
    return f"the latest commit has to hold: {_listed(check['paths'])}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


_WILL: Final[Mapping[str, Callable[[_Check], str]]] = {
    "attested": _attested,
    "coverage_at_least": _coverage,
    "documents_exist": _documents,
    "files_exist": _files,
    "no_stubs": _stubs,
}

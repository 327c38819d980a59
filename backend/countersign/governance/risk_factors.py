"""The inputs of the risk score: what moved each factor, by how much, and where it was read.

Pure: the same facts give the same inputs in the same order. Effects are never negative, so every input can
only raise its factor, and what came from outside the platform can't lower anything. The score itself is
computed by the verifier's own ``risk_evaluate``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from countersign.governance.paths import paths_under
from countersign_verify.risk import WEIGHTS

if TYPE_CHECKING:
    from countersign.governance.contracts import ChangeFacts

RiskInput = dict[str, "str | int | bool"]
RiskInputs = dict[str, list[RiskInput]]

_FULL: Final = 1000
_NO_DEPENDENCY_CHANGE: Final = "no dependency change"

_ISOLATION: Final = {"bubblewrap": 0, "process": 300, "unconfined": 700}
_PROPOSER: Final = {"deterministic_tool": 50, "cli_agent": 200, "model": 250, "external_agent": 300}
_EXPLOITABLE: Final = {
    "dynamic_code": 500, "shell": 400, "deserialisation": 400, "native_code": 400, "suppression": 150,
}  # fmt: skip
_DATA: Final = {"database": 300, "network": 300, "file_access": 150, "environment": 250}
_DATA_PATHS: Final = (
    "**/migrations/",
    "**/models.py",
    "**/models/",
    "*.sql",
    "**/schema*.py",
    "**/fixtures/",
)
_EXECUTABLE_PATHS: Final = ("bin/", "scripts/", "*.sh", "*.ps1", "*.bat", "deploy/", "infra/", "*.service")
_PUBLIC_PATHS: Final = ("**/__init__.py", "**/api.py", "**/urls.py", "**/__main__.py")


def _say(name: str, value: str | int | bool, effect: int, source: str) -> RiskInput:  # noqa: FBT001 - a value
    return {"name": name, "value": value, "effect": max(0, min(_FULL, effect)), "source": source}


def _unknown(name: str, value: str, source: str) -> RiskInput:
    return {"name": name, "value": value, "effect": _FULL, "source": source, "known": False}


def _touch(change: ChangeFacts, area: str, effect: int) -> RiskInput:
    touched = area in change.touches
    return _say(f"touches_{area}", touched, effect if touched else 0, "platform:diff")


def _count(name: str, count: int, each: int, most: int, source: str) -> RiskInput:
    return _say(name, max(0, count), min(most, max(0, count) * each), source)


def _gate(change: ChangeFacts, name: str, when_failed: int) -> RiskInput:
    gate = change.gate(name)
    source = f"gate:{name}"
    if gate.status == "unknown":
        return _unknown(f"gate_{name}", "unknown", source)
    return _say(f"gate_{name}", gate.status, 0 if gate.status == "pass" else when_failed, source)


def _privilege_impact(change: ChangeFacts) -> list[RiskInput]:
    return [
        _touch(change, "authentication", 700),
        _touch(change, "ci", 600),
        _touch(change, "gate_configuration", 500),
        _count(
            "executable_paths", len(paths_under(change.paths, _EXECUTABLE_PATHS)), 150, 450, "platform:diff"
        ),
        _say("isolation", change.isolation, _ISOLATION.get(change.isolation, _FULL), "platform:sandbox"),
    ]


def _supply_chain_trust(change: ChangeFacts) -> list[RiskInput]:
    changed = change.dependency_change or "dependencies" in change.touches
    return [
        _say(
            "dependencies",
            "changed" if changed else _NO_DEPENDENCY_CHANGE,
            700 if changed else 0,
            "platform:diff",
        ),
        _touch(change, "build", 500),
        _say("proposer", change.proposer, _PROPOSER.get(change.proposer, _FULL), "platform:adapter"),
    ]


def _exploitability(change: ChangeFacts) -> list[RiskInput]:
    inputs = [
        _touch(change, "cryptography", 700),
        _gate(change, "findings", 700),
        _gate(change, "secrets", _FULL),
    ]
    inputs += [
        _say(
            f"adds_{name}",
            name in change.constructs,
            effect if name in change.constructs else 0,
            "platform:diff",
        )
        for name, effect in _EXPLOITABLE.items()
    ]
    if change.unread_paths:
        inputs.append(_unknown("unreadable_content", f"{len(change.unread_paths)} files", "platform:diff"))
    return inputs


def _data_access(change: ChangeFacts) -> list[RiskInput]:
    inputs = [
        _say(
            f"adds_{name}",
            name in change.constructs,
            effect if name in change.constructs else 0,
            "platform:diff",
        )
        for name, effect in _DATA.items()
    ]
    data_paths = len(paths_under(change.paths, _DATA_PATHS))
    inputs.append(_count("data_definitions", data_paths, 200, 600, "platform:diff"))
    return inputs


def _sbom_vulnerability(change: ChangeFacts) -> list[RiskInput]:
    if not (change.dependency_change or "dependencies" in change.touches):
        return [_say("vulnerabilities", _NO_DEPENDENCY_CHANGE, 0, "platform:diff")]
    report = change.vulnerabilities
    if report is None:
        return [_unknown("vulnerabilities", "no report on the changed dependencies", "platform:sbom")]
    source = "platform:sbom"
    return [
        _count("critical_vulnerabilities", report.critical, _FULL, _FULL, source),
        _count("high_vulnerabilities", report.high, 500, _FULL, source),
        _count("medium_vulnerabilities", report.medium, 150, _FULL, source),
        _count("low_vulnerabilities", report.low, 30, 300, source),
    ]


def _blast_radius(change: ChangeFacts) -> list[RiskInput]:
    files = max(change.files_changed, len(change.paths))
    lines = max(0, change.added_lines) + max(0, change.deleted_lines)
    return [
        _count("files_changed", files, 20, 600, "platform:diff"),
        _count("lines_changed", lines, 1, 500, "platform:diff"),
        _count("public_surface", len(paths_under(change.paths, _PUBLIC_PATHS)), 30, 300, "platform:diff"),
        _count("files_deleted", len(change.deleted_paths), 100, 500, "platform:diff"),
    ]


def _operational_complexity(change: ChangeFacts) -> list[RiskInput]:
    inputs = [
        _gate(change, "tests", _FULL),
        _gate(change, "test_integrity", 700),
        _gate(change, "lint", 300),
        _count("further_languages", max(0, len(set(change.languages)) - 1), 100, 300, "platform:diff"),
    ]
    if change.baseline_status == "unknown":
        inputs.append(_unknown("baseline", "unknown", "platform:baseline"))
    else:
        failed = 0 if change.baseline_status == "passed" else 500
        inputs.append(_say("baseline", change.baseline_status, failed, "platform:baseline"))
    return inputs


def _history(change: ChangeFacts) -> list[RiskInput]:
    history, source = change.history, "platform:history"
    merged = max(0, history.merged)
    return [
        # What was never merged before is unproven; ten merges prove a kind of change.
        _say("merged_before", merged, max(0, 200 - 20 * merged), source),
        _count("rejected_before", history.rejected, 50, 400, source),
        _count("incidents_before", history.incidents, 250, _FULL, source),
        _count("rollbacks_before", history.rollbacks, 250, _FULL, source),
    ]


_FACTORS: Final = {
    "privilege_impact": _privilege_impact,
    "supply_chain_trust": _supply_chain_trust,
    "exploitability": _exploitability,
    "data_access": _data_access,
    "sbom_vulnerability": _sbom_vulnerability,
    "blast_radius": _blast_radius,
    "operational_complexity": _operational_complexity,
    "history": _history,
}


def risk_inputs(facts: ChangeFacts) -> RiskInputs:
    """Return, for each of the eight factors, the inputs that move it, in the shape of ``risk_evaluate``.

    Supplied inputs that name no factor count against all of them: a claim that can't be placed is no relief.
    """
    inputs: RiskInputs = {factor: make(facts) for factor, make in _FACTORS.items()}
    for supplied in sorted(
        facts.supplied, key=lambda item: (item.factor, item.name, item.source, item.effect)
    ):
        stated = _say(
            supplied.name or "unnamed", supplied.effect, supplied.effect, f"supplied:{supplied.source}"
        )
        for factor in (supplied.factor,) if supplied.factor in WEIGHTS else tuple(WEIGHTS):
            inputs[factor].append(dict(stated))
    return inputs

"""A work item with two findings, and everything else that a prompt needs."""

from __future__ import annotations

from countersign.shared.actor import Actor

ADMIN = Actor(kind="person", id="u-admin", label="Ada Admin", roles=frozenset({"admin"}))
OPERATOR = Actor(kind="person", id="u-operator", label="Otto Operator", roles=frozenset({"operator"}))
AGENT = Actor(kind="agent", id="a-1", label="agent", roles=frozenset({"agent"}))

PROJECT = "3b9d3a3e-6f0f-4a49-9f9c-0d5e4d7f1a01"
WORK_ITEM_ID = "7d1b5f0e-13f5-4d3f-8a39-5b2f2f0a9c11"
RULESET = "sha256:" + "a" * 64
GATES = ("tests", "lint", "findings", "secrets", "test_integrity")

WORK_ITEM: dict[str, object] = {
    "id": WORK_ITEM_ID,
    "key": "P1-unused-imports",
    "title": "Remove unused imports in src/attr",
    "kind": "findings",
    "reason": "2 findings of F401 that ruff can fix",
    "paths": ("src/attr/_make.py", "src/attr/__init__.py"),
    "rules": ("F401",),
    "priority": 7,
    "deliverable": "P1.1",
    "phase": "P1",
    "state": "ready",
}
FINDINGS: tuple[dict[str, object], ...] = (
    {
        "id": "f-1",
        "tool": "ruff",
        "rule": "F401",
        "path": "src/attr/_make.py",
        "line": 3,
        "column": 8,
        "message": "`os` imported but unused",
        "severity": "low",
        "fixable": True,
        "fingerprint": "x",
    },
    {
        "id": "f-2",
        "tool": "ruff",
        "rule": "F401",
        "path": "src/attr/__init__.py",
        "line": 1,
        "message": "`sys` imported but unused",
        "severity": "low",
        "fixable": True,
    },
)
RULES: tuple[dict[str, object], ...] = (
    {
        "code": "quality.tests-pass",
        "version": 1,
        "title": "The tests pass",
        "document": "agent-operating-rules",
        "document_title": "Strict operating rules",
        "section": "0",
        "authority": "SUPREME",
        "text": "Every test that passed still passes.",
        "mode": "enforce",
        "severity": "critical",
        "check": {"kind": "gate_required", "gate": "tests"},
    },
    {
        "code": "python.absolute-imports",
        "version": 2,
        "title": "Absolute imports",
        "document": "engineering-principles",
        "section": 5.4,
        "text": "Import from the root.",
        "mode": "advise",
        "severity": "low",
    },
)
ROLLBACK: dict[str, str] = {
    "base_commit": "0123456789abcdef0123456789abcdef01234567",
    "branch": "feat/P1-unused-imports",
    "default_branch": "main",
    "tag": "countersign/P1-unused-imports",
}

from __future__ import annotations

import pytest

from countersign.governance.contracts import (
    Authority,
    MatchFacts,
    RuleData,
    RuleMode,
    RuleScope,
    RuleSetData,
)
from countersign.governance.matching import rules_match, scope_matches
from countersign.governance.paths import glob_compile, path_matches, paths_under
from tests.unit.governance.builders import rule

FACTS = MatchFacts(
    languages=("python",),
    paths=("src/app/models.py", "src/app/views.py"),
    finding_types=("ruff:F401",),
    personas=("code-quality",),
    phases=("P1",),
)


@pytest.mark.parametrize(
    ("scope", "matches"),
    [
        (RuleScope(), True),
        (RuleScope(languages=("python", "go")), True),
        (RuleScope(languages=("go",)), False),
        (RuleScope(paths=("**/models.py",)), True),
        (RuleScope(paths=("migrations/",)), False),
        (RuleScope(finding_types=("ruff:F*",)), True),
        (RuleScope(finding_types=("F401",)), True),
        (RuleScope(finding_types=("bandit:*",)), False),
        (RuleScope(personas=("code-quality",)), True),
        (RuleScope(personas=("testing",)), False),
        (RuleScope(phases=("P1",)), True),
        (RuleScope(phases=("P2",)), False),
        (RuleScope(languages=("python",), phases=("P2",)), False),
    ],
)
def test_scope_matches_when_every_named_dimension_does(scope: RuleScope, *, matches: bool) -> None:
    assert scope_matches(scope, FACTS) is matches


def ruleset(*rules: RuleData) -> RuleSetData:
    return RuleSetData("sha256:" + "1" * 64, rules)


def test_rules_match_returns_only_what_applies_weightiest_first() -> None:
    rules = (
        rule("b.low", authority=Authority.AUTHORITATIVE, check={"kind": "advice"}),
        rule("a.go", scope=RuleScope(languages=("go",))),
        rule("c.high"),
    )
    assert [each.code for each in rules_match(ruleset(*rules), FACTS)] == ["c.high", "b.low"]


def test_rules_match_leaves_out_what_a_higher_document_overrules() -> None:
    strict = rule("supreme.files", check={"kind": "max_files", "limit": 10})
    lax = rule("request.files", authority=Authority.REQUEST, check={"kind": "max_files", "limit": 500})
    assert [each.code for each in rules_match(ruleset(strict, lax), FACTS)] == ["supreme.files"]


@pytest.mark.parametrize(
    ("path", "pattern", "matches"),
    [
        ("a/b/c.py", "*.py", True),
        ("a/b/c.py", "/*.py", False),
        ("c.py", "/*.py", True),
        ("a/b/c.py", "a/**/c.py", True),
        ("docs/x/y.md", "docs/", True),
        ("src/docs.py", "docs/", False),
    ],
)
def test_path_matches_follows_gitignore(path: str, pattern: str, *, matches: bool) -> None:
    assert path_matches(path, pattern) is matches


@pytest.mark.parametrize("pattern", ["", "  ", "!a", "# a", "x" * 301])
def test_glob_compile_refuses_what_is_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a path pattern"):
        glob_compile(pattern)


def test_paths_under_is_sorted_and_without_repeats() -> None:
    assert paths_under(["b.py", "a.py", "b.py", "c.md"], ["*.py", "a*"]) == ("a.py", "b.py")


def test_rule_mode_strength_orders_modes() -> None:
    assert [mode.strength for mode in RuleMode] == [0, 1, 2]

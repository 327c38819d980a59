from __future__ import annotations

import pytest

from countersign.governance.core import CORE_RULES, core_offences
from countersign.governance.errors import RulesInvalid
from countersign.governance.rulebook import MAX_BYTES, rulebook_parse
from countersign.governance.services import SHIPPED_RULES

SMALL = """\
format: countersign/rules/v1
documents:
  - code: house
    title: House rules
    authority: REQUIREMENTS
    sections: {"1": Files}
rules:
  - code: house.small
    title: Small changes
    document: house
    section: "1"
    severity: low
    mode: advise
    text: Keep it small.
    why: Large changes hide things.
    correction: Split it.
    check: {kind: max_files, limit: 10}
"""


def problem(text: str) -> tuple[int, str]:
    with pytest.raises(RulesInvalid) as caught:
        rulebook_parse(text)
    first = caught.value.problems[0]
    assert f"line {first.line}" in caught.value.message
    return first.line, first.message


def test_rulebook_parse_reads_a_rule_file() -> None:
    book = rulebook_parse(SMALL)
    (rule,) = book.rules
    assert rule.check_json() == {"kind": "max_files", "limit": 10}
    assert book.documents[0].weight.name == "REQUIREMENTS"


def test_the_digest_follows_what_a_rule_says_not_how_it_is_written() -> None:
    (one,) = rulebook_parse(SMALL).rules
    scoped = SMALL.replace("    text:", "    scope: {languages: [b, a]}\n    text:")
    (two,) = rulebook_parse(scoped).rules
    (three,) = rulebook_parse(scoped.replace("[b, a]", "[a, b]")).rules
    assert one.digest() != two.digest()
    assert two.digest() == three.digest()


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("limit: 10", "limit: many", 17, "limit"),
        ("kind: max_files", "kind: moon_phase", 17, "check"),
        ("mode: advise", "mode: shout", 13, "mode"),
        ('section: "1"', 'section: "9"', 11, "no section '9'"),
        ("document: house", "document: cellar", 10, "no document 'cellar'"),
        ("severity: low", "severity: low\n    colour: red", 13, "colour"),
        (
            "check: {kind: max_files, limit: 10}",
            "check: {kind: forbidden_paths, paths: ['!x']}",
            17,
            "not a path",
        ),
        (
            "check: {kind: max_files, limit: 10}",
            "check: {kind: forbidden_paths, paths: [x], except: ['']}",
            17,
            "not",
        ),
        ("    text: Keep", "    scope: {paths: ['#']}\n    text: Keep", 14, "not a path"),
        ("authority: REQUIREMENTS", "authority: ROYAL", 5, "authority"),
        ("code: house.small", "code: House Small", 8, "code"),
        ("    title: Small changes\n", "", 8, "title"),
    ],
)
def test_rulebook_parse_says_where_it_is_wrong(old: str, new: str, line: int, said: str) -> None:
    assert old in SMALL
    found, message = problem(SMALL.replace(old, new))
    assert found == line
    assert said in message


def test_an_advice_never_stops_work() -> None:
    text = SMALL.replace("mode: advise", "mode: enforce").replace(
        "{kind: max_files, limit: 10}", "{kind: advice}"
    )
    assert "by machine" in problem(text)[1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format: [", "not YAML"),
        ("format: \x00", "that YAML does not allow"),
        ("- a list", "mapping"),
        ("", "mapping"),
        ("a: &x 1\nb: *x\n", "aliases"),
        ("a: 1\na: 2\n", "'a' stands here twice"),
        ("rules:\n  - {a: 1, a: 2}\n", "'a' stands here twice"),
        ("format: !!python/object:os.system 1\n", "not YAML"),
        ("x" * (MAX_BYTES + 1), "larger"),
    ],
)
def test_rulebook_parse_refuses_what_is_no_rule_file(text: str, said: str) -> None:
    assert said in problem(text)[1]


def test_two_rules_of_one_code_are_refused() -> None:
    second = SMALL[SMALL.index("  - code: house.small") :]
    assert problem(SMALL + second) == (18, "rules.1.code: 'house.small' stands here twice")


def test_the_shipped_rules_are_whole() -> None:
    book = rulebook_parse(SHIPPED_RULES.read_text(encoding="utf-8"))
    assert core_offences(book) == ()
    enforced = {rule.check.kind for rule in book.rules if rule.mode == "enforce"}
    assert "advice" not in enforced
    gates = {rule.check.gate for rule in book.rules if rule.check.kind == "gate_required"}
    assert gates == {"tests", "lint", "findings", "secrets", "test_integrity"}


def test_core_offences_name_what_is_missing_weakened_or_claimed() -> None:
    book = rulebook_parse(SHIPPED_RULES.read_text(encoding="utf-8"))
    assert core_offences(rulebook_parse(SMALL)) == tuple(sorted(CORE_RULES))
    claimed = rulebook_parse(SMALL.replace("    text:", "    core: true\n    text:"))
    assert "house.small" in core_offences(claimed)
    weakened = [
        rule.model_copy(update={"mode": "observe"}) if rule.code == "core.audit-trail" else rule
        for rule in book.rules
    ]
    assert core_offences(book.model_copy(update={"rules": weakened})) == ("core.audit-trail",)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from countersign.governance.checks import CHECK_KINDS, change_evaluate
from countersign.governance.contracts import Authority, GateFact, RuleMode, WaiverData
from tests.unit.governance.builders import ordinary_change, rule

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def waiver(code: str, *, days: int = 1, paths: tuple[str, ...] = ()) -> WaiverData:
    return WaiverData(
        "8f0c",
        code,
        None,
        paths,
        "because",
        ("a second look",),
        NOW + timedelta(days=days),
        "u-reviewer",
        NOW,
    )


def test_a_gate_that_passed_breaks_nothing() -> None:
    assert change_evaluate((rule(),), ordinary_change()) == ()


@pytest.mark.parametrize(
    ("status", "said"), [("fail", "failed: two tests"), ("unknown", "Unknown is not a pass")]
)
def test_a_gate_that_did_not_pass_stops_the_work(status: Literal["fail", "unknown"], said: str) -> None:
    (violation,) = change_evaluate((rule(),), ordinary_change(), (GateFact("tests", status, "two tests"),))
    assert violation.blocking
    assert said in violation.what


def test_a_gate_that_did_not_run_is_unknown() -> None:
    (violation,) = change_evaluate((rule(),), ordinary_change(gates=()))
    assert "gave no answer: the gate did not run" in violation.what


def test_the_answer_has_the_form_of_section_seven() -> None:
    """Production constraints (seed 000), section 7."""
    (violation,) = change_evaluate((rule(),), ordinary_change(gates=()))
    headings = [
        "### Rule broken: The tests pass",
        "**What happened:** The gate `tests` gave no answer",
        "**Rule:** `quality.tests-pass`, version 1",
        "- Written in: Production implementation and compliance rules (production-constraints), section 5",
        "- Authority: SUPREME",
        "**Why it matters:** Broken code helps nobody.",
        "**Required correction:** Repair the change.",
        "**Work on this change stays stopped until the correction is made.**",
    ]
    places = [violation.text.index(heading) for heading in headings]
    assert places == sorted(places)


def test_forbidden_paths_name_the_paths() -> None:
    forbids = rule(check={"kind": "forbidden_paths", "paths": [".env", ".env.*"], "except": [".env.example"]})
    change = ordinary_change(paths=("a/.env", ".env.example", "b.py"))
    (violation,) = change_evaluate((forbids,), change)
    assert violation.paths == ("a/.env",)
    assert "- `a/.env`" in violation.text
    assert change_evaluate((forbids,), ordinary_change(paths=(".env.example",))) == ()


def test_many_paths_are_counted_not_listed() -> None:
    forbids = rule(check={"kind": "forbidden_paths", "paths": ["*.py"]})
    (violation,) = change_evaluate((forbids,), ordinary_change(paths=tuple(f"{n}.py" for n in range(30))))
    assert "and 10 more" in violation.text


@pytest.mark.parametrize(("authority", "stopped"), [(Authority.SUPREME, False), (Authority.REQUEST, True)])
def test_only_a_higher_document_permits_what_is_forbidden(authority: Authority, *, stopped: bool) -> None:
    forbids = rule(
        "a.forbids", authority=Authority.AUTHORITATIVE, check={"kind": "forbidden_paths", "paths": ["docs/"]}
    )
    permits = rule(
        "a.permits", authority=authority, check={"kind": "permitted_paths", "paths": ["docs/ok.md"]}
    )
    found = change_evaluate((forbids, permits), ordinary_change(paths=("docs/ok.md",)))
    assert bool(found) is stopped


@pytest.mark.parametrize(("limit", "stopped"), [(5, False), (4, True)])
def test_max_files_counts_changed_files(limit: int, *, stopped: bool) -> None:
    found = change_evaluate((rule(check={"kind": "max_files", "limit": limit}),), ordinary_change())
    assert bool(found) is stopped


@pytest.mark.parametrize(("limit", "stopped"), [(10, False), (9, True)])
def test_max_added_lines_counts_lines(limit: int, *, stopped: bool) -> None:
    change = ordinary_change(added_lines=10)
    found = change_evaluate((rule(check={"kind": "max_added_lines", "limit": limit}),), change)
    assert bool(found) is stopped


@pytest.mark.parametrize(("score", "stopped"), [(60, False), (61, True), (None, True)])
def test_a_risk_threshold_can_refuse(score: int | None, *, stopped: bool) -> None:
    refuses = rule(check={"kind": "risk_threshold", "limit": 60, "action": "refuse"})
    assert bool(change_evaluate((refuses,), ordinary_change(), score=score)) is stopped


@pytest.mark.parametrize(
    "check",
    [
        {"kind": "risk_threshold", "limit": 0, "action": "cab"},
        {"kind": "touch_requires_cab", "touches": ["ci"]},
        {"kind": "unknown_requires_cab"},
        {"kind": "platform", "enforced_by": "x"},
        {"kind": "advice"},
        {"kind": "permitted_paths", "paths": ["*"]},
    ],
)
def test_what_is_decided_elsewhere_breaks_nothing_here(check: dict[str, object]) -> None:
    assert check["kind"] in CHECK_KINDS
    assert change_evaluate((rule(check=check),), ordinary_change(), score=99) == ()


def test_a_check_that_nobody_knows_is_broken() -> None:
    (violation,) = change_evaluate((rule(check={"kind": "moon_phase"}),), ordinary_change())
    assert "`moon_phase` is not known" in violation.what


def test_a_limit_that_can_not_be_read_allows_nothing() -> None:
    assert change_evaluate((rule(check={"kind": "max_files", "limit": True}),), ordinary_change())


@pytest.mark.parametrize(
    ("mode", "said"),
    [(RuleMode.ADVISE, "This rule advises"), (RuleMode.OBSERVE, "This rule only observes")],
)
def test_weaker_modes_stop_nothing(mode: RuleMode, said: str) -> None:
    (violation,) = change_evaluate((rule(mode=mode),), ordinary_change(gates=()))
    assert not violation.blocking
    assert said in violation.text


def test_violations_come_weightiest_first() -> None:
    rules = (rule("b", authority=Authority.REQUEST), rule("c"), rule("a"))
    found = change_evaluate(rules, ordinary_change(gates=()))
    assert [each.rule for each in found] == ["a", "c", "b"]


class TestWaivers:
    FORBIDS = rule("docs", check={"kind": "forbidden_paths", "paths": ["docs/"]})
    CHANGE = ordinary_change(paths=("docs/a.md",))

    def test_an_exception_in_force_lets_work_go_on(self) -> None:
        (violation,) = change_evaluate((self.FORBIDS,), self.CHANGE, waivers=(waiver("docs"),), at=NOW)
        assert (violation.blocking, violation.waived_by) == (False, "8f0c")
        assert "An exception is in force" in violation.text

    @pytest.mark.parametrize(
        "given",
        [
            waiver("other"),
            waiver("docs", days=0),
            waiver("docs", paths=("src/",)),
        ],
    )
    def test_an_exception_counts_only_for_its_rule_time_and_paths(self, given: WaiverData) -> None:
        (violation,) = change_evaluate((self.FORBIDS,), self.CHANGE, waivers=(given,), at=NOW)
        assert violation.blocking

    def test_an_exception_for_paths_covers_these_paths(self) -> None:
        given = waiver("docs", paths=("docs/*.md",))
        (violation,) = change_evaluate((self.FORBIDS,), self.CHANGE, waivers=(given,), at=NOW)
        assert not violation.blocking

    def test_without_a_moment_no_exception_counts(self) -> None:
        (violation,) = change_evaluate((self.FORBIDS,), self.CHANGE, waivers=(waiver("docs"),))
        assert violation.blocking

    def test_the_core_knows_no_exceptions(self) -> None:
        core = rule("core", core=True)
        change = ordinary_change(gates=())
        (violation,) = change_evaluate((core,), change, waivers=(waiver("core"),), at=NOW)
        assert violation.blocking

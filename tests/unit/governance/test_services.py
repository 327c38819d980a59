"""Rules in a real database."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from countersign.audit.models import AuditEvent
from countersign.governance import selectors, services, waivers
from countersign.governance.checks import change_evaluate
from countersign.governance.contracts import MatchFacts, RuleMode, WaiverData
from countersign.governance.core import CORE_RULES
from countersign.governance.errors import (
    GovernanceCoreProtected,
    NoRules,
    ReasonMissing,
    RuleNotFound,
    RuleSetNotFound,
    RulesInvalid,
    WaiverEnded,
    WaiverInvalid,
    WaiverNotFound,
)
from countersign.governance.forms import rule_dump, rule_load, ruleset_make
from countersign.governance.matching import rules_match
from countersign.governance.models import Rule, Violation
from countersign.jobs.contracts import Lease
from countersign.jobs.errors import LeaseLost
from countersign.shared.actor import service_actor
from countersign.shared.clock import now
from countersign.shared.errors import PermissionDenied
from tests.unit.governance.builders import ADMIN, AGENT, DIRECTOR, REVIEWER, ordinary_change

pytestmark = pytest.mark.django_db

PLATFORM = service_actor("platform")
SHIPPED = services.SHIPPED_RULES.read_text(encoding="utf-8")


def events(kind: str) -> list[dict[str, object]]:
    rows = AuditEvent.objects.filter(type=kind).order_by("id")
    return [json.loads(bytes(row.body))["data"] for row in rows]


@pytest.fixture
def synced(db: None) -> None:
    services.rules_sync(actor=PLATFORM)


class TestRulesSync:
    def test_rules_sync_stores_documents_and_rules_once(self) -> None:
        first = services.rules_sync(actor=PLATFORM)
        assert len(first.rules) > 40
        assert "governance-core" in first.documents
        again = services.rules_sync(actor=PLATFORM)
        assert (again.rules, again.documents) == ((), ())
        assert again.unchanged == len(first.rules) + len(first.documents)
        assert len(events("rules.synced")) == 1

    @pytest.mark.usefixtures("synced")
    def test_a_changed_rule_becomes_a_new_version(self) -> None:
        changed = SHIPPED.replace("limit: 40", "limit: 30")
        assert services.rules_sync(actor=ADMIN, text=changed).rules == ("change.small-enough-to-review",)
        rule = selectors.rule_get(ADMIN, "change.small-enough-to-review")
        assert (rule.version, rule.check["limit"]) == (2, 30)
        old = selectors.rule_get(ADMIN, "change.small-enough-to-review", version=1)
        assert old.check["limit"] == 40

    @pytest.mark.usefixtures("synced")
    def test_a_changed_document_renews_its_rules(self) -> None:
        changed = SHIPPED.replace("title: Engineering principles", "title: Principles of engineering")
        result = services.rules_sync(actor=PLATFORM, text=changed)
        assert result.documents == ("engineering-principles",)
        assert "python.absolute-imports" in result.rules
        rule = selectors.rule_get(ADMIN, "python.absolute-imports")
        assert rule.citation == "Principles of engineering (engineering-principles), section 5.4"

    @pytest.mark.usefixtures("synced")
    def test_a_rule_that_is_no_longer_shipped_is_retired(self) -> None:
        start = SHIPPED.index("  - code: security.least-power")
        result = services.rules_sync(actor=PLATFORM, text=SHIPPED[:start])
        assert result.rules == ("security.least-power",)
        with pytest.raises(RuleNotFound):
            selectors.rule_get(ADMIN, "security.least-power")
        assert services.rules_sync(actor=PLATFORM, text=SHIPPED[:start]).rules == ()
        assert services.rules_sync(actor=PLATFORM).rules == ("security.least-power",)

    @pytest.mark.usefixtures("synced")
    def test_a_mode_that_an_admin_chose_survives_a_sync(self) -> None:
        services.rule_mode_set(
            actor=ADMIN, code="python.absolute-imports", mode=RuleMode.OBSERVE, reason="too noisy"
        )
        assert services.rules_sync(actor=PLATFORM).rules == ()
        assert selectors.rule_get(ADMIN, "python.absolute-imports").mode is RuleMode.OBSERVE

    def test_rules_sync_needs_an_admin(self) -> None:
        with pytest.raises(PermissionDenied):
            services.rules_sync(actor=DIRECTOR)

    def test_a_file_that_is_wrong_changes_nothing(self) -> None:
        with pytest.raises(RulesInvalid):
            services.rules_sync(actor=ADMIN, text=SHIPPED.replace("limit: 40", "limit: x"))
        assert not Rule.objects.exists()

    @pytest.mark.usefixtures("synced")
    def test_a_file_without_the_core_is_refused_and_recorded(self) -> None:
        weakened = SHIPPED.replace(
            "    mode: enforce\n    core: true", "    mode: observe\n    core: true", 1
        )
        with pytest.raises(GovernanceCoreProtected, match=r"core\.audit-trail"):
            services.rules_sync(actor=ADMIN, text=weakened)
        assert events("governance.core_refused") == [
            {"rules": ["core.audit-trail"], "attempt": "sync a rule file"}
        ]
        assert selectors.rule_get(ADMIN, "core.audit-trail").mode is RuleMode.ENFORCE


class TestRuleMode:
    @pytest.mark.usefixtures("synced")
    def test_rule_mode_set_makes_a_new_version_on_the_record(self) -> None:
        rule = services.rule_mode_set(
            actor=ADMIN, code="quality.tests-pass", mode=RuleMode.ADVISE, reason="migration week"
        )
        assert (rule.version, rule.mode) == (2, RuleMode.ADVISE)
        (event,) = events("rule.mode_changed")
        assert (event["from"], event["to"]) == ("enforce", "advise")

    @pytest.mark.usefixtures("synced")
    def test_the_same_mode_changes_nothing(self) -> None:
        rule = services.rule_mode_set(
            actor=ADMIN, code="quality.tests-pass", mode=RuleMode.ENFORCE, reason="x"
        )
        assert rule.version == 1
        assert events("rule.mode_changed") == []

    @pytest.mark.parametrize("code", sorted(CORE_RULES))
    @pytest.mark.usefixtures("synced")
    def test_the_core_can_not_be_switched_off(self, code: str) -> None:
        """Agent operating rules (seed 002), section 11."""
        with pytest.raises(GovernanceCoreProtected, match="can't be switched off"):
            services.rule_mode_set(actor=ADMIN, code=code, mode=RuleMode.OBSERVE, reason="please")
        assert events("governance.core_refused")[0]["rules"] == [code]

    @pytest.mark.usefixtures("synced")
    def test_the_core_may_stay_as_it_is(self) -> None:
        rule = services.rule_mode_set(actor=ADMIN, code="core.audit-trail", mode=RuleMode.ENFORCE, reason="x")
        assert rule.version == 1

    @pytest.mark.usefixtures("synced")
    def test_rule_mode_set_knows_only_rules_that_are_there(self) -> None:
        with pytest.raises(RuleNotFound):
            services.rule_mode_set(actor=ADMIN, code="no.such", mode=RuleMode.OBSERVE, reason="x")

    @pytest.mark.usefixtures("synced")
    def test_rule_mode_set_needs_a_reason(self) -> None:
        with pytest.raises(ReasonMissing):
            services.rule_mode_set(actor=ADMIN, code="quality.tests-pass", mode=RuleMode.OBSERVE, reason=" ")

    def test_rule_mode_set_needs_an_admin(self) -> None:
        with pytest.raises(PermissionDenied):
            services.rule_mode_set(actor=AGENT, code="quality.tests-pass", mode=RuleMode.OBSERVE, reason="x")


class TestImmutability:
    @pytest.mark.parametrize(
        "statement", ["UPDATE governance_rule SET mode = 'advise'", "DELETE FROM governance_rule"]
    )
    @pytest.mark.usefixtures("synced")
    def test_the_database_refuses_to_change_a_version(self, statement: str) -> None:
        with pytest.raises(DatabaseError, match=r"only grow|permission denied"), transaction.atomic():
            connection.cursor().execute(statement)

    @pytest.mark.usefixtures("synced")
    def test_the_database_refuses_a_core_rule_that_does_not_bind(self) -> None:
        rule = Rule.objects.filter(core=True).first()
        assert rule is not None
        rule.pk, rule.version, rule.mode = uuid.uuid4(), 9, "observe"
        with pytest.raises(IntegrityError, match="core_stays_on"), transaction.atomic():
            rule.save(force_insert=True)


class TestRuleSet:
    @pytest.mark.usefixtures("synced")
    def test_ruleset_freeze_names_the_rules_by_their_digest_once(self) -> None:
        first = services.ruleset_freeze(actor=PLATFORM)
        assert services.ruleset_freeze(actor=PLATFORM) == first
        assert len(events("ruleset.frozen")) == 1
        assert selectors.ruleset_get(ADMIN, first.digest) == first
        assert selectors.ruleset_latest_digest(ADMIN) == first.digest
        assert ruleset_make(reversed(first.rules)).digest == first.digest

    @pytest.mark.usefixtures("synced")
    def test_another_mode_is_another_set(self) -> None:
        first = services.ruleset_freeze(actor=PLATFORM)
        services.rule_mode_set(actor=ADMIN, code="quality.tests-pass", mode=RuleMode.ADVISE, reason="x")
        assert services.ruleset_freeze(actor=PLATFORM).digest != first.digest

    def test_ruleset_freeze_needs_rules(self) -> None:
        with pytest.raises(NoRules):
            services.ruleset_freeze(actor=PLATFORM)

    def test_a_rule_that_a_higher_document_overrules_is_left_out_on_the_record(self) -> None:
        lax = """
  - code: request.no-tests
    title: Tests are optional this week
    document: change-request
    section: request
    severity: low
    mode: observe
    text: Tests may fail.
    why: We are in a hurry.
    correction: None.
    check: {kind: gate_required, gate: tests}
"""
        services.rules_sync(actor=ADMIN, text=SHIPPED + lax)
        ruleset = services.ruleset_freeze(actor=PLATFORM)
        assert ruleset.rule("request.no-tests") is None
        assert ruleset.rule("quality.tests-pass") is not None
        (event,) = events("rule.conflict_rejected")
        assert event["winner"] == "quality.tests-pass"
        violation = Violation.objects.get()
        assert (violation.run_id, violation.rule_code) == (None, "quality.tests-pass")
        services.rule_mode_set(actor=ADMIN, code="quality.typed", mode=RuleMode.OBSERVE, reason="x")
        services.ruleset_freeze(actor=PLATFORM)
        assert Violation.objects.count() == 1

    def test_ruleset_get_knows_only_what_was_frozen(self) -> None:
        with pytest.raises(RuleSetNotFound):
            selectors.ruleset_get(ADMIN, "sha256:" + "0" * 64)

    @pytest.mark.usefixtures("synced")
    def test_rules_survive_being_written_as_json(self) -> None:
        for rule in selectors.rule_list(ADMIN):
            assert rule_load(json.loads(json.dumps(rule_dump(rule)))) == rule

    @pytest.mark.usefixtures("synced")
    def test_a_clean_up_of_python_gets_the_rules_for_it_and_no_others(self) -> None:
        """Prompt specification (seed 004), section 5."""
        ruleset = services.ruleset_freeze(actor=PLATFORM)
        facts = MatchFacts(
            languages=("python",),
            paths=("src/a.py",),
            finding_types=("ruff:F401",),
            personas=("code-quality",),
        )
        codes = {rule.code for rule in rules_match(ruleset, facts)}
        assert {
            "core.audit-trail",
            "python.absolute-imports",
            "python.reexports-stay",
            "quality.typed",
        } <= codes
        assert codes.isdisjoint(
            {
                "frontend.no-console-output",
                "testing.reliable",
                "performance.measure",
                "database.only-by-migration",
            }
        )


class TestViolations:
    @pytest.mark.usefixtures("synced")
    def test_violations_record_stores_each_once(self) -> None:
        run = str(uuid.uuid4())
        ruleset = services.ruleset_freeze(actor=PLATFORM)
        change = ordinary_change(gates=())
        found = change_evaluate(rules_match(ruleset, change.match_facts()), change)
        assert {violation.rule for violation in found} >= {"quality.tests-pass", "quality.no-secrets"}
        for expected in (len(found), 0):
            assert (
                services.violations_record(actor=PLATFORM, lease=None, run_id=run, violations=found)
                == expected
            )
        assert set(selectors.violations_for_run(DIRECTOR, run)) == set(found)
        assert len(events("violation.recorded")) == len(found)

    def test_violations_record_needs_the_lease_it_was_given(self) -> None:
        lost = Lease(str(uuid.uuid4()), 1)
        with pytest.raises(LeaseLost):
            services.violations_record(actor=PLATFORM, lease=lost, run_id=str(uuid.uuid4()), violations=())


class TestWaivers:
    def grant(self, **changes: object) -> object:
        given: dict[str, object] = {
            "actor": REVIEWER,
            "rule": "change.no-key-material",
            "reason": "test fixtures",
            "compensating_controls": ("reviewed by two people",),
            "expires_at": now() + timedelta(days=7),
        }
        return waivers.waiver_grant(**(given | changes))  # type: ignore[arg-type]  # changed one at a time

    @pytest.mark.usefixtures("synced")
    def test_waiver_grant_is_recorded_and_in_force(self) -> None:
        run = str(uuid.uuid4())
        waiver = self.grant(run_id=run, paths=("tests/",))
        assert selectors.waivers_in_force(ADMIN, run) == (waiver,)
        assert selectors.waivers_in_force(ADMIN) == ()
        assert selectors.waivers_in_force(ADMIN, run, now() + timedelta(days=8)) == ()
        assert events("waiver.granted")[0]["rule"] == "change.no-key-material"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"rule": "core.audit-trail"}, "knows no exceptions"),
            ({"reason": "  "}, "needs a reason"),
            ({"compensating_controls": (" ",)}, "compensating control"),
            ({"expires_at": datetime(2020, 1, 1)}, "in the future"),  # noqa: DTZ001 - that is the case
        ],
    )
    @pytest.mark.usefixtures("synced")
    def test_waiver_grant_needs_what_every_exception_needs(
        self, changes: dict[str, object], said: str
    ) -> None:
        with pytest.raises(WaiverInvalid, match=said):
            self.grant(**changes)

    @pytest.mark.usefixtures("synced")
    def test_waiver_grant_needs_an_end_in_the_future(self) -> None:
        with pytest.raises(WaiverInvalid, match="in the future"):
            self.grant(expires_at=now() - timedelta(seconds=1))

    @pytest.mark.usefixtures("synced")
    def test_waiver_grant_needs_a_security_reviewer(self) -> None:
        with pytest.raises(PermissionDenied):
            self.grant(actor=replace(REVIEWER, roles=frozenset({"admin", "director"})))

    @pytest.mark.usefixtures("synced")
    def test_waiver_grant_knows_only_rules_that_are_there(self) -> None:
        with pytest.raises(RuleNotFound):
            self.grant(rule="no.such")

    @pytest.mark.usefixtures("synced")
    def test_waiver_grant_needs_a_person(self) -> None:
        with pytest.raises(PermissionDenied, match="a person"):
            self.grant(actor=PLATFORM)

    @pytest.mark.usefixtures("synced")
    def test_waiver_revoke_ends_it_once_and_with_a_reason(self) -> None:
        granted = self.grant()
        assert isinstance(granted, WaiverData)
        with pytest.raises(PermissionDenied):
            waivers.waiver_revoke(actor=ADMIN, waiver_id=granted.id, reason="gone")
        with pytest.raises(WaiverInvalid, match="say why"):
            waivers.waiver_revoke(actor=REVIEWER, waiver_id=granted.id, reason=" ")
        ended = waivers.waiver_revoke(actor=REVIEWER, waiver_id=granted.id, reason="gone")
        assert ended.revoked_at is not None
        assert (ended.revoke_reason, selectors.waivers_in_force(ADMIN)) == ("gone", ())
        assert selectors.waiver_list(ADMIN) == (ended,)
        assert len(events("waiver.revoked")) == 1
        with pytest.raises(WaiverEnded, match="revoked already"):
            waivers.waiver_revoke(actor=REVIEWER, waiver_id=granted.id, reason="again")

    @pytest.mark.usefixtures("synced")
    def test_waiver_revoke_knows_only_exceptions_that_are_there_and_in_force(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in (str(uuid.uuid4()), "x"):
            with pytest.raises(WaiverNotFound):
                waivers.waiver_revoke(actor=REVIEWER, waiver_id=name, reason="gone")
        granted = self.grant()
        assert isinstance(granted, WaiverData)
        monkeypatch.setattr(waivers, "now", lambda: granted.expires_at)
        with pytest.raises(WaiverEnded, match="expired"):
            waivers.waiver_revoke(actor=REVIEWER, waiver_id=granted.id, reason="gone")


class TestSelectors:
    @pytest.mark.usefixtures("synced")
    def test_document_list_gives_the_weightiest_first(self) -> None:
        documents = selectors.document_list(DIRECTOR)
        weights = [document.authority for document in documents]
        assert weights == sorted(weights, reverse=True)
        assert documents[-1].code == "change-request"

    @pytest.mark.parametrize(
        "read",
        [
            lambda: selectors.document_list(AGENT),
            lambda: selectors.rule_list(AGENT),
            lambda: selectors.rule_get(AGENT, "x"),
            lambda: selectors.ruleset_get(AGENT, "x"),
            lambda: selectors.ruleset_latest_digest(AGENT),
            lambda: selectors.violations_for_run(AGENT, "x"),
            lambda: selectors.waivers_in_force(AGENT),
            lambda: selectors.waiver_list(AGENT),
        ],
    )
    def test_an_agent_reads_no_governance(self, read: object) -> None:
        assert callable(read)
        with pytest.raises(PermissionDenied):
            read()

    @pytest.mark.usefixtures("synced")
    def test_rule_get_says_which_version_is_missing(self) -> None:
        with pytest.raises(RuleNotFound, match="version 7"):
            selectors.rule_get(ADMIN, "quality.tests-pass", version=7)

"""Reading rules, rule sets, violations and waivers."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Q

from countersign.accounts.policies import require
from countersign.governance.conflicts import conflicts_resolve
from countersign.governance.contracts import (
    Authority,
    DocumentData,
    RuleData,
    RuleMode,
    RuleScope,
    RuleSetData,
    ViolationData,
    WaiverData,
)
from countersign.governance.errors import NoRules, RuleNotFound, RuleSetNotFound
from countersign.governance.forms import rule_load, ruleset_make
from countersign.governance.models import Document, Rule, RuleSet, Violation
from countersign.governance.waiver_models import Waiver
from countersign.shared.clock import now

if TYPE_CHECKING:
    from datetime import datetime

    from countersign.governance.contracts import RuleConflict
    from countersign.shared.actor import Actor


def rule_data(rule: Rule) -> RuleData:
    """Turn a row into what other rooms see."""
    return RuleData(
        code=rule.code,
        version=rule.version,
        title=rule.title,
        document=rule.document.code,
        document_title=rule.document.title,
        section=rule.section,
        authority=Authority(rule.document.authority),
        scope=RuleScope(**{name: tuple(values) for name, values in rule.scope.items()}),
        text=rule.text,
        why=rule.why,
        correction=rule.correction,
        check=rule.check_data,
        mode=RuleMode(rule.mode),
        severity=rule.severity,
        core=rule.core,
        digest=rule.digest,
    )


def rules_newest() -> dict[str, Rule]:
    """Return the newest version of every rule, retired ones included, by code."""
    newest = Rule.objects.order_by("code", "-version").distinct("code").select_related("document")
    return {rule.code: rule for rule in newest}


def documents_newest() -> dict[str, Document]:
    """Return the newest version of every document, by code."""
    return {
        document.code: document for document in Document.objects.order_by("code", "-version").distinct("code")
    }


def document_list(actor: Actor) -> tuple[DocumentData, ...]:
    """Return the documents, the weightiest first.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    documents = sorted(documents_newest().values(), key=lambda each: (-each.authority, each.code))
    return tuple(
        DocumentData(each.code, each.title, Authority(each.authority), each.sections, each.digest)
        for each in documents
    )


def rule_list(actor: Actor) -> tuple[RuleData, ...]:
    """Return the rules in force, by code.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    return tuple(rule_data(rule) for rule in rules_newest().values() if not rule.retired)


def rule_get(actor: Actor, code: str, version: int | None = None) -> RuleData:
    """Return one rule: the version in force, or an older one.

    Raises:
        PermissionDenied: the actor may not read.
        RuleNotFound: there is no such rule or version.
    """
    require(actor, "read")
    rows = Rule.objects.filter(code=code).select_related("document")
    row = rows.order_by("-version").first() if version is None else rows.filter(version=version).first()
    if row is None or (version is None and row.retired):
        message = f"there is no rule '{code}'" + (f" of version {version}" if version is not None else "")
        raise RuleNotFound(message, code=code)
    return rule_data(row)


def ruleset_get(actor: Actor, digest: str) -> RuleSetData:
    """Return a frozen rule set.

    Raises:
        PermissionDenied: the actor may not read.
        RuleSetNotFound: nothing was frozen under this digest.
    """
    require(actor, "read")
    rules = RuleSet.objects.filter(pk=digest).values_list("rules", flat=True).first()
    if rules is None:
        message = f"no rule set was frozen as {digest}"
        raise RuleSetNotFound(message, digest=digest)
    return RuleSetData(digest=digest, rules=tuple(rule_load(rule) for rule in rules["rules"]))


def ruleset_latest_digest(actor: Actor) -> str | None:
    """Return the digest of the rule set that was frozen last, if any.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    return RuleSet.objects.order_by("-created_at").values_list("digest", flat=True).first()


def ruleset_digest_now(actor: Actor) -> str:
    """Return the digest of the rules in force at this moment, frozen or not.

    Raises:
        PermissionDenied: the actor may not read.
        NoRules: there are no rules yet.
    """
    require(actor, "read")
    # Versions are only ever added: what was added last says whether anything was.
    rules = Rule.objects.aggregate(number=Count("id"), last=Max("created_at"))
    documents = Document.objects.aggregate(number=Count("id"), last=Max("created_at"))
    return _digest_of_rules(rules["number"], rules["last"], documents["number"], documents["last"])


@lru_cache(maxsize=8)
def _digest_of_rules(*_added: object) -> str:
    return rules_resolved()[0].digest


def rules_resolved() -> tuple[RuleSetData, tuple[RuleConflict, ...]]:
    """Return the rules in force without those that a higher document overrules, and these conflicts.

    Raises:
        NoRules: there are no rules yet.
    """
    in_force = tuple(rule_data(rule) for rule in rules_newest().values() if not rule.retired)
    if not in_force:
        message = "there are no rules to freeze; sync the shipped ones first"
        raise NoRules(message)
    kept, conflicts = conflicts_resolve(in_force)
    return ruleset_make(kept), tuple(conflicts)


def violation_data(row: Violation) -> ViolationData:
    """Turn a row into what other rooms see."""
    return ViolationData(
        rule=row.rule_code,
        rule_version=row.rule_version,
        document=row.document,
        section=row.section,
        authority=row.authority,
        mode=row.mode,
        severity=row.severity,
        what=row.what,
        why=row.why,
        correction=row.correction,
        blocking=row.blocking,
        text=row.text,
        paths=tuple(row.paths),
        waived_by=str(row.waived_by) if row.waived_by else None,
    )


def violations_for_run(actor: Actor, run_id: str) -> tuple[ViolationData, ...]:
    """Return what a run broke, in the order in which it was recorded.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = Violation.objects.filter(run_id=run_id).order_by("created_at", "rule_code")
    return tuple(violation_data(row) for row in rows)


def waivers_in_force(
    actor: Actor, run_id: str | None = None, at: datetime | None = None
) -> tuple[WaiverData, ...]:
    """Return the exceptions that hold at a moment (by default now) for every change, and for this run.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    concerned = Q(run_id__isnull=True) | Q(run_id=run_id) if run_id else Q(run_id__isnull=True)
    rows = Waiver.objects.filter(concerned, expires_at__gt=at or now(), revocation__isnull=True)
    return tuple(waiver_data(row) for row in rows.select_related("revocation").order_by("expires_at"))


def waiver_list(actor: Actor) -> tuple[WaiverData, ...]:
    """Return all exceptions, also those that have ended, the newest first.

    Raises:
        PermissionDenied: the actor may not read.
    """
    require(actor, "read")
    rows = Waiver.objects.select_related("revocation").order_by("-created_at")
    return tuple(waiver_data(row) for row in rows)


def waiver_data(row: Waiver) -> WaiverData:
    """Turn a row into what other rooms see."""
    ended = getattr(row, "revocation", None)
    return WaiverData(
        id=str(row.id),
        rule=row.rule_code,
        run_id=str(row.run_id) if row.run_id else None,
        paths=tuple(row.paths),
        reason=row.reason,
        compensating_controls=tuple(row.compensating_controls),
        expires_at=row.expires_at,
        reviewer=row.reviewer_id,
        granted_at=row.created_at,
        reviewer_person=str(row.reviewer_person) if row.reviewer_person else "",
        revoked_at=ended.created_at if ended else None,
        revoked_by=str(ended.revoked_by) if ended and ended.revoked_by else "",
        revoke_reason=ended.reason if ended else "",
    )

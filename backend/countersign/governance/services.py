"""Changing rules: syncing them, freezing them, recording what was broken."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.governance.contracts import RuleMode, RuleSetData, SyncResult
from countersign.governance.core import CORE_RULES, core_offences
from countersign.governance.errors import (
    GovernanceCoreProtected,
    ReasonMissing,
    RuleNotFound,
)
from countersign.governance.forms import ruleset_dump
from countersign.governance.models import Document, Rule, RuleSet, Violation
from countersign.governance.rulebook import Rulebook, rulebook_parse
from countersign.governance.selectors import (
    documents_newest,
    rule_data,
    rules_newest,
    rules_resolved,
)
from countersign.jobs.services import lease_check
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.governance.contracts import RuleConflict, RuleData, ViolationData
    from countersign.governance.rulebook import RuleEntry
    from countersign.jobs.contracts import Lease
    from countersign.shared.actor import Actor

SHIPPED_RULES = Path(__file__).parent / "rules.yaml"
_MAX_VIOLATION_WHAT = 500


def rules_sync(*, actor: Actor, text: str | None = None) -> SyncResult:
    """Bring the rules in line with a rule file; the same content again changes nothing and records nothing.

    Args:
        actor: a platform admin, or the platform itself.
        text: the rule file; by default the one that is shipped with the platform.

    Raises:
        PermissionDenied: the actor may not change rules.
        RulesInvalid: the file can't be accepted; nothing is changed.
        GovernanceCoreProtected: the file leaves out or weakens the governance core. Nothing is changed but
            the attempt is recorded.
    """
    require(actor, "governance.write")
    book = rulebook_parse(SHIPPED_RULES.read_text(encoding="utf-8") if text is None else text)
    offences = core_offences(book)
    if offences:
        _core_refuse(actor=actor, codes=offences, attempt="sync a rule file")
    return _rules_store(actor=actor, book=book)


@transaction.atomic(durable=True)
def _rules_store(*, actor: Actor, book: Rulebook) -> SyncResult:
    documents, new_documents = _documents_store(book)
    newest = rules_newest()
    shipped = {
        rule.code: rule.digest
        for rule in Rule.objects.filter(origin="shipped", retired=False)
        .order_by("code", "-version")
        .distinct("code")
    }
    rows: list[Rule] = []
    for entry in book.rules:
        current = newest.get(entry.code)
        # A local version on top of the same shipped text stays: an admin chose it, on the record.
        known = current is not None and not current.retired and shipped.get(entry.code) == entry.digest()
        if known and (entry.document not in new_documents):
            continue
        rows.append(_rule_new(entry, documents[entry.document], current.version + 1 if current else 1))
    written = {entry.code for entry in book.rules}
    for code, rule in newest.items():
        if code not in written and rule.origin == "shipped" and not rule.retired:
            rows.append(_rule_copy(rule, retired=True))
    Rule.objects.bulk_create(rows)
    new_rules = [row.code for row in rows]
    if new_documents or new_rules:
        record(
            actor=actor,
            type="rules.synced",
            subject=("rulebook", digest_of(book.model_dump(by_alias=True))),
            data={
                "documents": sorted(new_documents),
                "rules": sorted(new_rules),
                "versions": {row.code: {"version": row.version, "mode": row.mode} for row in rows},
            },
        )
    unchanged = len(book.rules) + len(book.documents) - len(new_documents) - len(written & set(new_rules))
    return SyncResult(
        documents=tuple(sorted(new_documents)), rules=tuple(sorted(new_rules)), unchanged=unchanged
    )


def _documents_store(book: Rulebook) -> tuple[dict[str, Document], set[str]]:
    documents = documents_newest()
    new: set[str] = set()
    for entry in book.documents:
        current = documents.get(entry.code)
        if current is None or current.digest != entry.digest():
            documents[entry.code] = Document.objects.create(
                code=entry.code,
                version=current.version + 1 if current else 1,
                title=entry.title,
                authority=entry.weight.value,
                sections=entry.sections,
                digest=entry.digest(),
            )
            new.add(entry.code)
    return documents, new


def _rule_new(entry: RuleEntry, document: Document, version: int) -> Rule:
    return Rule(
        code=entry.code,
        version=version,
        document=document,
        section=entry.section,
        title=entry.title,
        scope=asdict(entry.scope.scope()),
        text=entry.text.strip(),
        why=entry.why.strip(),
        correction=entry.correction.strip(),
        check_data=entry.check_json(),
        mode=entry.mode,
        severity=entry.severity,
        core=entry.core,
        origin="shipped",
        digest=entry.digest(),
    )


def _rule_copy(rule: Rule, *, retired: bool = False, mode: str = "", origin: str = "shipped") -> Rule:
    """Return the next version of a rule, which differs from the last in its state alone."""
    return Rule(
        code=rule.code,
        version=rule.version + 1,
        document=rule.document,
        section=rule.section,
        title=rule.title,
        scope=rule.scope,
        text=rule.text,
        why=rule.why,
        correction=rule.correction,
        check_data=rule.check_data,
        mode=mode or rule.mode,
        severity=rule.severity,
        core=rule.core,
        origin=origin,
        retired=retired,
        digest=digest_of({"from": rule.digest, "mode": mode or rule.mode, "retired": retired}),
    )


@transaction.atomic(durable=True)
def _core_refusal_record(*, actor: Actor, codes: tuple[str, ...], attempt: str) -> None:
    record(
        actor=actor,
        type="governance.core_refused",
        subject=("rule", codes[0]),
        data={"rules": list(codes), "attempt": attempt},
    )


def _core_refuse(*, actor: Actor, codes: tuple[str, ...], attempt: str) -> None:
    """Record the attempt in a transaction of its own, which outlives the error, and refuse.

    Raises:
        GovernanceCoreProtected: always.
    """
    _core_refusal_record(actor=actor, codes=codes, attempt=attempt)
    message = (
        f"the attempt to {attempt} would leave out, weaken or falsely claim the governance core "
        f"({', '.join(codes)}); it can't be switched off, and the attempt was recorded"
    )
    raise GovernanceCoreProtected(message, rules=list(codes))


def rule_mode_set(*, actor: Actor, code: str, mode: RuleMode, reason: str) -> RuleData:
    """Give a rule another mode, as a new version.

    Raises:
        PermissionDenied: the actor may not change rules.
        ReasonMissing: no reason was given.
        RuleNotFound: there is no such rule.
        GovernanceCoreProtected: the rule belongs to the governance core and the mode is weaker than enforce;
            the attempt is recorded.
    """
    require(actor, "governance.write")
    if not reason.strip():
        message = "say why the rule gets another mode"
        raise ReasonMissing(message, code=code)
    if code in CORE_RULES and mode is not RuleMode.ENFORCE:
        _core_refuse(actor=actor, codes=(code,), attempt=f"set the mode of a rule to '{mode.value}'")
    return _rule_mode_store(actor=actor, code=code, mode=mode, reason=reason)


@transaction.atomic(durable=True)
def _rule_mode_store(*, actor: Actor, code: str, mode: RuleMode, reason: str) -> RuleData:
    current = rules_newest().get(code)
    if current is None or current.retired:
        message = f"there is no rule '{code}'"
        raise RuleNotFound(message, code=code)
    if current.mode == mode.value:
        return rule_data(current)
    changed = _rule_copy(current, mode=mode.value, origin="local")
    changed.save(force_insert=True)
    record(
        actor=actor,
        type="rule.mode_changed",
        subject=("rule", code),
        data={
            "version": changed.version,
            "from": current.mode,
            "to": mode.value,
            "reason_digest": digest_of(reason),
        },
    )
    return rule_data(changed)


@transaction.atomic(durable=True)
def ruleset_freeze(*, actor: Actor) -> RuleSetData:
    """Freeze the rules in force under their digest; the same rules again give the same set and no event.

    A rule that disagrees with one of a higher document is left out, and that is recorded as a violation.

    Raises:
        NoRules: there are no rules yet.
    """
    ruleset, conflicts = rules_resolved()
    _, created = RuleSet.objects.get_or_create(
        digest=ruleset.digest, defaults={"rules": ruleset_dump(ruleset.rules)}
    )
    if created:
        record(
            actor=actor,
            type="ruleset.frozen",
            subject=("ruleset", ruleset.digest),
            data={"rules": len(ruleset.rules), "rejected": [conflict.rejected for conflict in conflicts]},
        )
        _conflicts_record(actor, conflicts)
    return ruleset


def _conflicts_record(actor: Actor, conflicts: Iterable[RuleConflict]) -> None:
    for conflict in conflicts:
        stored = _violations_store(None, (conflict.violation,))
        if stored:
            record(
                actor=actor,
                type="rule.conflict_rejected",
                subject=("rule", conflict.rejected),
                data={"winner": conflict.winner, "violation": str(stored[0].id)},
            )


def _violations_store(run_id: str | None, violations: Iterable[ViolationData]) -> list[Violation]:
    """Store violations that this run does not have yet, and return those."""
    rows = [
        Violation(
            run_id=run_id,
            rule_code=violation.rule,
            rule_version=violation.rule_version,
            document=violation.document,
            section=violation.section,
            authority=violation.authority,
            mode=violation.mode,
            severity=violation.severity,
            blocking=violation.blocking,
            what=violation.what,
            why=violation.why,
            correction=violation.correction,
            text=violation.text,
            paths=list(violation.paths),
            waived_by=violation.waived_by,
            digest=digest_of(asdict(violation)),
        )
        for violation in violations
    ]
    concerned = Q(run_id__isnull=True) if run_id is None else Q(run_id=run_id)
    stored = Violation.objects.filter(concerned, digest__in=[row.digest for row in rows])
    known = set(stored.values_list("digest", flat=True))
    return Violation.objects.bulk_create([row for row in rows if row.digest not in known])


@transaction.atomic(durable=True)
def violations_record(
    *, actor: Actor, lease: Lease | None, run_id: str, violations: Iterable[ViolationData]
) -> int:
    """Record what a run broke and return how much of it is new; repeating the step records nothing twice.

    Raises:
        LeaseLost: another worker holds the job now.
    """
    if lease is not None:
        lease_check(lease)
    stored = _violations_store(run_id, violations)
    for row in stored:
        record(
            actor=actor,
            type="violation.recorded",
            subject=("run", run_id),
            data={
                "violation": str(row.id),
                "rule": row.rule_code,
                "rule_version": row.rule_version,
                "document": row.document,
                "section": row.section,
                "severity": row.severity,
                "blocking": row.blocking,
                "what": row.what[:_MAX_VIOLATION_WHAT],
                "digest": row.digest,
            },
        )
    return len(stored)

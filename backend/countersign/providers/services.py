"""Writing adapters and the records of calls."""

import hashlib
from collections.abc import Iterable

from django.db import transaction
from django.db.models.functions import Now

from countersign.accounts.policies import require
from countersign.audit.services import record
from countersign.jobs.contracts import Lease
from countersign.jobs.services import lease_check
from countersign.providers.contracts import AdapterData, AgentCallData, ProposalResult
from countersign.providers.errors import AgentCallConflict
from countersign.providers.models import AdapterProfile, AgentCall
from countersign.providers.profiles import adapter_definition, profiles_load
from countersign.providers.selectors import agent_call_data, run_uuid
from countersign.shared.actor import Actor
from countersign.shared.correlation import correlation_id
from countersign_verify.canonical import digest_of


@transaction.atomic(durable=True)
def adapters_sync(*, actor: Actor, adapters: Iterable[AdapterData] | None = None) -> tuple[AdapterData, ...]:
    """Bring the stored adapters in line with the profiles that come with the platform.

    Whether an adapter is switched on is an operator's choice and stays as it is.

    Raises:
        PermissionDenied: The actor may not change adapters.
        AdapterInvalid: The profiles are not well-formed.
    """
    require(actor, "governance.write")
    wanted = profiles_load() if adapters is None else tuple(adapters)
    known = dict(AdapterProfile.objects.values_list("code", "digest"))
    for adapter in wanted:
        if known.get(adapter.code) == adapter.digest:
            continue
        AdapterProfile.objects.update_or_create(
            code=adapter.code,
            defaults={
                "title": adapter.title,
                "kind": adapter.kind.value,
                "definition": adapter_definition(adapter),
                "digest": adapter.digest,
                "updated_at": Now(),
            },
        )
        record(
            actor=actor,
            type="adapter.synced",
            subject=("adapter", adapter.code),
            data={"digest": adapter.digest, "before": known.get(adapter.code), "model": adapter.model},
        )
    return wanted


@transaction.atomic(durable=True)
def agent_call_record(
    *,
    actor: Actor,
    run_id: str,
    attempt: int,
    adapter: AdapterData,
    prompt_digest: str,
    result: ProposalResult,
    lease: Lease | None = None,
) -> AgentCallData:
    """Keep the record of a call to an agent; a repeat with the same transcript changes nothing.

    Raises:
        PermissionDenied: The actor may not carry out runs.
        LeaseLost: Another worker has taken the step over.
        NotFound: The id is not that of a run.
        AgentCallConflict: Another call is recorded for this attempt.
    """
    if lease is not None:
        lease_check(lease)
    require(actor, "run.write")
    transcript_digest = "sha256:" + hashlib.sha256(result.transcript).hexdigest()
    row, created = AgentCall.objects.get_or_create(
        run_id=run_uuid(run_id),
        attempt=attempt,
        defaults={
            "adapter": adapter.code,
            "adapter_digest": adapter.digest,
            "model": result.model or "",
            "says": result.says,
            "prompt_digest": prompt_digest,
            "transcript_digest": transcript_digest,
            "argv": list(result.argv),
            "seed": result.seed,
            "isolation": result.isolation.value,
            "exit_code": result.exit_code,
            "outcome": result.outcome.value,
            "duration_ms": result.duration_ms,
            "tokens_in": result.tokens_in,
            "tokens_out": result.tokens_out,
            "cost_micros": result.cost_micros,
            "correlation_id": correlation_id(),
        },
    )
    given = (adapter.digest, prompt_digest, transcript_digest)
    if (row.adapter_digest, row.prompt_digest, row.transcript_digest) != given:
        raise AgentCallConflict(
            f"Attempt {attempt} of this run has a record of another call already.",
            run=run_id,
            attempt=attempt,
        )
    if created:
        _call_record(actor, row)
    row.refresh_from_db()
    return agent_call_data(row)


def _call_record(actor: Actor, row: AgentCall) -> None:
    record(
        actor=actor,
        type="agent.called",
        subject=("run", str(row.run_id)),
        data={
            "attempt": row.attempt,
            "adapter": row.adapter,
            "adapter_digest": row.adapter_digest,
            "model": row.model or None,
            "prompt_digest": row.prompt_digest,
            "transcript_digest": row.transcript_digest,
            "argv_digest": digest_of(row.argv),
            "seed": row.seed,
            "isolation": row.isolation,
            "exit_code": row.exit_code,
            "outcome": row.outcome,
            "duration_ms": row.duration_ms,
            "tokens_in": row.tokens_in,
            "tokens_out": row.tokens_out,
            "cost_micros": row.cost_micros,
        },
    )

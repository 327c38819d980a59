"""Reading adapters and calls."""

from collections.abc import Iterable
from uuid import UUID

from countersign.accounts.policies import require
from countersign.providers.contracts import AdapterData, AgentCallData, CallOutcome
from countersign.providers.errors import AdapterUnknown
from countersign.providers.models import AdapterProfile, AgentCall
from countersign.providers.profiles import adapter_can, adapter_from
from countersign.shared.actor import Actor
from countersign.shared.errors import NotFound


def adapter_list(*, actor: Actor) -> tuple[AdapterData, ...]:
    """Return the adapters that may be used.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    rows = AdapterProfile.objects.filter(enabled=True)
    return tuple(adapter_from(row.definition) for row in rows)


def adapter_get(*, actor: Actor, code: str) -> AdapterData:
    """Return one adapter that may be used.

    Raises:
        PermissionDenied: The actor may not read.
        AdapterUnknown: There is no such adapter, or it is switched off.
    """
    require(actor, "read")
    row = AdapterProfile.objects.filter(code=code, enabled=True).first()
    if row is None:
        raise AdapterUnknown(f"There is no adapter {code!r} that may be used.", adapter=code)
    return adapter_from(row.definition)


def adapters_for(*, actor: Actor, rules: Iterable[str], tool: str | None = None) -> tuple[AdapterData, ...]:
    """Return the adapters that can do every one of the rules.

    Raises:
        PermissionDenied: The actor may not read.
    """
    rules = tuple(rules)
    return tuple(adapter for adapter in adapter_list(actor=actor) if adapter_can(adapter, rules, tool=tool))


def agent_call_get(*, actor: Actor, run_id: str, attempt: int) -> AgentCallData:
    """Return the call of one attempt of a run.

    Raises:
        PermissionDenied: The actor may not read.
        NotFound: No call is recorded for that attempt.
    """
    require(actor, "read")
    row = AgentCall.objects.filter(run_id=run_uuid(run_id), attempt=attempt).first()
    if row is None:
        raise NotFound("No call is recorded for that attempt.", run=run_id, attempt=attempt)
    return agent_call_data(row)


def agent_call_list(*, actor: Actor, run_id: str) -> tuple[AgentCallData, ...]:
    """Return the calls of a run, first attempt first.

    Raises:
        PermissionDenied: The actor may not read.
    """
    require(actor, "read")
    return tuple(agent_call_data(row) for row in AgentCall.objects.filter(run_id=run_uuid(run_id)))


def run_uuid(value: str) -> UUID:
    """Read the id of a run; one that is not well-formed names nothing.

    Raises:
        NotFound: The id is not a UUID.
    """
    try:
        return UUID(value)
    except ValueError as error:
        raise NotFound("There is no such run, or you may not see it.", run=value) from error


def agent_call_data(row: AgentCall) -> AgentCallData:
    """Give a call as plain data."""
    return AgentCallData(
        id=str(row.id),
        run_id=str(row.run_id),
        attempt=row.attempt,
        adapter=row.adapter,
        adapter_digest=row.adapter_digest,
        model=row.model or None,
        says=row.says,
        prompt_digest=row.prompt_digest,
        transcript_digest=row.transcript_digest,
        argv=tuple(row.argv),
        seed=row.seed,
        isolation=row.isolation,
        exit_code=row.exit_code,
        outcome=CallOutcome(row.outcome),
        duration_ms=row.duration_ms,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        cost_micros=row.cost_micros,
        correlation_id=row.correlation_id,
        created_at=row.created_at,
    )

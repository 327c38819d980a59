"""What can go wrong in the providers room."""

from countersign.shared.errors import DomainError


class AdapterUnknown(DomainError):
    """There is no adapter of that code."""

    code = "adapter_unknown"
    status = 404


class AdapterInvalid(DomainError):
    """An adapter profile can't be used as it is written."""

    code = "adapter_invalid"
    status = 400


class ProposalRequestInvalid(DomainError):
    """An agent was asked for something it can't be asked for."""

    code = "proposal_request_invalid"
    status = 400


class AgentCallConflict(DomainError):
    """Another call is recorded for the same attempt of the same run."""

    code = "agent_call_conflict"
    status = 409

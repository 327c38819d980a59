"""What the providers room hands to others, and what it is handed: frozen plain data."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from countersign.sandbox.contracts import IsolationKind


class AdapterKind(StrEnum):
    """How an agent is driven."""

    CLI_AGENT = "cli_agent"


class CallOutcome(StrEnum):
    """How a call to an agent ended."""

    PROPOSED = "proposed"
    FAILED = "failed"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True)
class AdapterData:
    """An agent adapter: a command, what it can do, and what it is.

    Attributes:
        command: The argument vector; see `command.py` for what may stand in braces.
        rules: Regular expressions; a rule that one of them matches whole can be done.
        model: The model behind it, or None when there is none.
        deterministic: The same tree and prompt give the same proposal, at no cost.
        says: What this agent is, in plain words, for everybody who judges its work.
        ok_exit_codes: The exit codes that mean that the agent did its work.
        digest: The digest of the profile, so that a record names exactly what ran.
    """

    code: str
    title: str
    kind: AdapterKind
    tool: str
    command: tuple[str, ...]
    rules: tuple[str, ...]
    model: str | None
    deterministic: bool
    says: str
    ok_exit_codes: tuple[int, ...]
    wall_seconds: int
    transcript_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """What an agent is asked to do.

    Attributes:
        worktree: A disposable clone; the only thing the agent can write to.
        target_version: The oldest Python that the project supports, in the form `py39`.
    """

    worktree: Path
    prompt_text: str
    adapter: AdapterData
    seed: int
    isolation: IsolationKind
    rules: tuple[str, ...]
    paths: tuple[str, ...]
    target_version: str


@dataclass(frozen=True, slots=True)
class ProposalResult:
    """What came of asking an agent; the change itself is in the worktree.

    Attributes:
        exit_code: None when the agent was stopped or could not be started.
        transcript: Command, output and end of the call, capped.
        summary: One line about it. The agent's own words stand in it: never trust them.
        cost_micros: Millionths of a US dollar; None when nobody knows, which is not nothing.
        failure: Why there is no proposal, in plain words; None when there is one.
    """

    outcome: CallOutcome
    exit_code: int | None
    transcript: bytes
    transcript_truncated: bool
    summary: str
    tokens_in: int | None
    tokens_out: int | None
    cost_micros: int | None
    model: str | None
    timed_out: bool
    duration_ms: int
    says: str
    seed: int
    isolation: IsolationKind
    argv: tuple[str, ...]
    failure: str | None

    @property
    def proposed(self) -> bool:
        """Say whether the agent did its work."""
        return self.outcome is CallOutcome.PROPOSED


@dataclass(frozen=True, slots=True)
class AgentCallData:
    """The record of one call to an agent; `argv` is the exact command that ran."""

    id: str
    run_id: str
    attempt: int
    adapter: str
    adapter_digest: str
    model: str | None
    says: str
    prompt_digest: str
    transcript_digest: str
    argv: tuple[str, ...]
    seed: int
    isolation: str
    exit_code: int | None
    outcome: CallOutcome
    duration_ms: int
    tokens_in: int | None
    tokens_out: int | None
    cost_micros: int | None
    correlation_id: str
    created_at: datetime

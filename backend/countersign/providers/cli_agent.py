"""Drives any command as an agent, inside the sandbox.

The agent sees its worktree, which it may write to, a file with its prompt and the platform's own
tools, both read-only; it has no network. What it leaves behind is the proposal: nothing it prints
is believed, only kept.
"""

import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import Final

from countersign.providers.command import command_render
from countersign.providers.contracts import CallOutcome, ProposalRequest, ProposalResult
from countersign.sandbox.contracts import Bind, Limits, SandboxCommand, SandboxResult
from countersign.sandbox.isolation import sandbox_run

WORKTREE: Final = "/worktree"
PROMPT_DIRECTORY: Final = "/prompt"
_PROMPT_NAME: Final = "prompt.md"
_SUMMARY_CHARACTERS: Final = 300


def propose(request: ProposalRequest) -> ProposalResult:
    """Ask an agent for a proposal; the change is in the worktree afterwards.

    Raises:
        ProposalRequestInvalid: A rule, path or version can't be handed to a command.
    """
    with tempfile.TemporaryDirectory(prefix="countersign-prompt-") as directory:
        prompt = Path(directory) / _PROMPT_NAME
        prompt.write_text(request.prompt_text, encoding="utf-8")
        command = _command(request, Path(directory))
        result = sandbox_run(command, isolation=request.isolation)
    return _result(request, command, result)


def _command(request: ProposalRequest, prompt_directory: Path) -> SandboxCommand:
    adapter = request.adapter
    argv = command_render(
        adapter.command,
        worktree=WORKTREE,
        prompt_file=f"{PROMPT_DIRECTORY}/{_PROMPT_NAME}",
        rules=request.rules,
        target_version=request.target_version,
        paths=request.paths,
    )
    return SandboxCommand(
        argv=argv,
        binds=(
            Bind(source=request.worktree, target=WORKTREE, writable=True),
            Bind(source=prompt_directory, target=PROMPT_DIRECTORY),
            Bind(source=Path(sys.prefix), target=sys.prefix),
        ),
        cwd=WORKTREE,
        environment={
            # A retry differs from the attempt before it by this alone.
            "COUNTERSIGN_SEED": str(request.seed),
            "PATH": f"{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
        },
        network="none",
        limits=Limits(
            wall_seconds=adapter.wall_seconds,
            cpu_seconds=adapter.wall_seconds,
            output_bytes=adapter.transcript_bytes,
        ),
    )


def _result(request: ProposalRequest, command: SandboxCommand, result: SandboxResult) -> ProposalResult:
    adapter = request.adapter
    failure = _failure(request, result)
    free = adapter.deterministic and adapter.model is None
    transcript, cut = _transcript(command, result, adapter.transcript_bytes)
    return ProposalResult(
        outcome=_outcome(result, failure),
        exit_code=result.exit_code,
        transcript=transcript,
        transcript_truncated=cut or result.truncated,
        summary=failure or _summary(result.stdout) or "The agent printed nothing.",
        # Known to be nothing only where no model is behind it; otherwise nobody has told us.
        tokens_in=0 if free else None,
        tokens_out=0 if free else None,
        cost_micros=0 if free else None,
        model=adapter.model,
        timed_out=result.timed_out,
        duration_ms=result.duration_ms,
        says=adapter.says,
        seed=request.seed,
        isolation=result.isolation,
        argv=command.argv,
        failure=failure,
    )


def _failure(request: ProposalRequest, result: SandboxResult) -> str | None:
    if result.timed_out:
        return f"The agent was stopped after {request.adapter.wall_seconds} s."
    if result.failure is not None:
        return f"The agent could not be run: {result.failure}"
    if result.exit_code not in request.adapter.ok_exit_codes:
        return f"The agent ended with exit code {result.exit_code}."
    return None


def _outcome(result: SandboxResult, failure: str | None) -> CallOutcome:
    if result.timed_out:
        return CallOutcome.TIMED_OUT
    return CallOutcome.PROPOSED if failure is None else CallOutcome.FAILED


def _transcript(command: SandboxCommand, result: SandboxResult, limit: int) -> tuple[bytes, bool]:
    """Put command, output and end together, within the limit; the end is never what is cut."""
    head = ("$ " + " ".join(command.argv) + "\n").encode()
    tail = f"\n[exit code {result.exit_code}, {result.duration_ms} ms]\n".encode()
    body = result.stdout
    if result.stderr:
        body += b"\n[stderr]\n" + result.stderr
    room = max(0, limit - len(head) - len(tail))
    if len(body) <= room:
        return head + body + tail, False
    mark = b"\n[cut here: the transcript was longer]"
    return head[:limit] + body[: max(0, room - len(mark))] + mark + tail, True


def _summary(stdout: bytes) -> str:
    """Take the last line that says something, without characters that control or hide."""
    for line in reversed(stdout.decode("utf-8", "replace").splitlines()):
        clean = "".join(
            character
            for character in line
            if character == " " or unicodedata.category(character)[0] not in {"C", "Z"}
        ).strip()
        if clean:
            return clean[:_SUMMARY_CHARACTERS]
    return ""

"""Running untrusted commands: one function, three kinds of isolation, and a probe that really tries them.

`bubblewrap` shows a command a read-only system, its own processes, a private temporary directory and what was
bound,
nothing else, and no network. `process` is another user without privileges on the machine itself. `unconfined`
is neither,
and says so wherever its result is shown.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from countersign.sandbox.bubblewrap import bubblewrap_argv, bwrap_path
from countersign.sandbox.cgroups import group_for
from countersign.sandbox.contracts import (
    Bind,
    IsolationKind,
    Limits,
    Network,
    ProbeResult,
    SandboxCommand,
    SandboxResult,
)
from countersign.sandbox.errors import IsolationUnavailable
from countersign.sandbox.process import namespaces_possible, process_run
from countersign.sandbox.supervise import supervise, tree_check
from countersign.shared.boundary import outside_call

if TYPE_CHECKING:
    from countersign.sandbox.supervise import Outcome

__all__ = [
    "Bind",
    "IsolationKind",
    "Limits",
    "Network",
    "ProbeResult",
    "SandboxCommand",
    "SandboxResult",
    "isolation_probe",
    "sandbox_run",
]

_INSTALL = "install bubblewrap: apt-get install bubblewrap"


def sandbox_run(command: SandboxCommand, *, isolation: IsolationKind) -> SandboxResult:
    """Run ``command`` and return how it ended; a command that fails is a result, not an exception.

    Raises:
        IsolationUnavailable: this kind of isolation can't be had here at all.
    """
    outside_call("the sandbox")
    if isolation is IsolationKind.BUBBLEWRAP:
        outcome = _in_bubblewrap(command)
    else:
        if isolation is IsolationKind.PROCESS and os.geteuid() != 0:
            message = f"only root can run code under another user; {_INSTALL}"
            raise IsolationUnavailable(message)
        outcome = process_run(command, other_user=isolation is IsolationKind.PROCESS)
    return SandboxResult(
        exit_code=None if outcome.failure else outcome.returncode,
        stdout=bytes(outcome.stdout),
        stderr=bytes(outcome.stderr),
        timed_out=outcome.timed_out,
        truncated=outcome.truncated,
        duration_ms=outcome.duration_ms,
        isolation=isolation,
        failure=outcome.failure,
    )


def _in_bubblewrap(command: SandboxCommand) -> Outcome:
    if bwrap_path() is None:
        message = f"bubblewrap is not installed; {_INSTALL}"
        raise IsolationUnavailable(message)
    argv = bubblewrap_argv(command)
    with group_for(command.limits) as group:
        outcome = supervise(
            argv if group is None else group.joined(argv),
            environment={},
            cwd="/",
            stdin=command.stdin,
            limits=command.limits,
            check=tree_check if group is None else group.check,
        )
        if group is not None and outcome.failure is None and outcome.returncode:
            outcome.failure = group.check(0, command.limits)
    if outcome.failure is None and outcome.returncode and outcome.stderr.startswith(b"bwrap: "):
        outcome.failure = outcome.stderr[:500].decode(errors="replace").strip()
    return outcome


@cache
def isolation_probe(kind: IsolationKind) -> ProbeResult:
    """Find out, by running Python under it, whether an isolation works on this machine."""
    if kind is IsolationKind.UNCONFINED:
        return ProbeResult(
            ok=True, reason="nothing is kept apart: what runs can do all that the platform's user can"
        )
    command = SandboxCommand((sys.executable, "-c", "print('inside')"), limits=Limits(wall_seconds=20))
    try:
        result = sandbox_run(command, isolation=kind)
    except IsolationUnavailable as error:
        return ProbeResult(ok=False, reason=error.message.partition(";")[0], mend=_INSTALL)
    if not result.ok or result.stdout != b"inside\n":
        said = (result.failure or result.stderr[-300:].decode(errors="replace")).strip()
        mend = "run on a machine that allows user namespaces, or choose --isolation process"
        if kind is IsolationKind.PROCESS:
            mend = f"put Python where other users can read it, or {_INSTALL}"
        return ProbeResult(ok=False, reason=f"{kind} can't start: {said}", mend=mend)
    if kind is IsolationKind.PROCESS:
        apart = "network kept apart" if "--net" in namespaces_possible() else "the network is NOT kept apart"
        return ProbeResult(
            ok=True, reason=f"another user without privileges; {apart}; the system's files can be read"
        )
    return ProbeResult(ok=True)

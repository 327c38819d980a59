"""What the sandbox is asked for and what it hands back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Network = Literal["none", "package_index"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


class IsolationKind(StrEnum):
    """How far what runs is kept from the machine; every pack says which one it was."""

    BUBBLEWRAP = "bubblewrap"
    PROCESS = "process"
    UNCONFINED = "unconfined"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a command may use up before it is stopped.

    Attributes:
        wall_seconds: then the whole tree of processes is killed.
        cpu_seconds: processor time of one process.
        memory_bytes: address space of one process, and the memory of all of them together.
        processes: how many processes and threads there may be at once.
        file_bytes: size of one file, and of the private temporary directory.
        output_bytes: kept of each of standard output and error; the rest is read and dropped.
    """

    wall_seconds: float = 300
    cpu_seconds: int = 300
    memory_bytes: int = 4 << 30
    processes: int = 512
    file_bytes: int = 1 << 30
    output_bytes: int = 4 << 20


@dataclass(frozen=True, slots=True)
class Bind:
    """A directory or file that the command sees at ``target``.

    Where isolation has no mounts (``process``, ``unconfined``), ``target`` is replaced by the source's path
    in
    arguments, directory and variables; binding at the source's own path (:meth:`at_source`) is the same
    everywhere.
    """

    source: Path
    target: str
    writable: bool = False

    @classmethod
    def at_source(cls, source: Path, *, writable: bool = False) -> Bind:
        """Bind ``source`` at the very path it has outside."""
        return cls(source, str(source), writable)


@dataclass(frozen=True, slots=True)
class SandboxCommand:
    """One command, all that it sees, and all that it may use."""

    argv: tuple[str, ...]
    binds: tuple[Bind, ...] = ()
    cwd: str = "/"
    environment: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    network: Network = "none"
    limits: Limits = field(default_factory=Limits)
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class SandboxResult:
    """How a command ended.

    Attributes:
        exit_code: the command's own; ``None`` when it was stopped or never started.
        stdout: at most ``output_bytes`` of what it wrote.
        stderr: the same.
        timed_out: it was stopped at its wall time.
        truncated: output beyond the limit was dropped.
        duration_ms: wall time.
        isolation: under which it really ran.
        failure: why it did not run to its own end, or ``None``.
    """

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    timed_out: bool
    truncated: bool
    duration_ms: int
    isolation: IsolationKind
    failure: str | None = None

    @property
    def ok(self) -> bool:
        """Say whether the command ran to its own end and reported success."""
        return self.exit_code == 0 and self.failure is None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Whether an isolation works here, and what to do when it does not."""

    ok: bool
    reason: str = ""
    mend: str = ""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a commit's tree: a file, a symbolic link or a submodule."""

    path: str
    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """What shall stand at ``path``: a blob, or nothing (``blob`` is ``None``)."""

    path: str
    mode: str
    blob: str | None


@dataclass(frozen=True, slots=True)
class ChangedEntry:
    """One changed path of a proposal; ``data`` is ``None`` where it was removed."""

    path: str
    mode: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an agent left behind: plain entries, nothing that can run."""

    base_commit: str
    entries: tuple[ChangedEntry, ...]
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportedHead:
    """Which branch a repository came with, and where it stands."""

    branch: str
    commit: str

"""Isolation without bubblewrap: another user, no new privileges, and what namespaces can still be had."""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import subprocess
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.sandbox.bubblewrap import limited, variables_for
from countersign.sandbox.supervise import Outcome, supervise
from countersign.sandbox.untrusted_files import directory_remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from countersign.sandbox.contracts import SandboxCommand

# systemd keeps this range for users that exist only while something runs; nobody owns files under them.
_FIRST_USER, _LAST_USER = 61_184, 65_519
# From the most that can be asked for to the least; the first that starts is used.
_NAMESPACES: tuple[tuple[str, ...], ...] = (
    ("--net", "--ipc", "--uts", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"),
    ("--net", "--ipc", "--pid", "--fork", "--kill-child"),
    ("--net",),
    (),
)


@cache
def namespaces_possible() -> tuple[str, ...]:
    """Return the options of ``unshare`` that work on this machine."""
    for options in _NAMESPACES:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            tried = subprocess.run(
                ["unshare", *options, "true"], capture_output=True, check=False, timeout=10
            )
            if tried.returncode == 0:
                return options
    return ()


@contextlib.contextmanager
def user_reserved() -> Iterator[int]:
    """Reserve a user id that no other run on this machine uses at the same time."""
    candidates = list(range(_FIRST_USER, _LAST_USER + 1))
    random.shuffle(candidates)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lock:
        for candidate in candidates:
            with contextlib.suppress(OSError):
                # A name in the abstract namespace is taken by one socket only and is free when its process
                # ends.
                lock.bind(f"\0countersign-user-{candidate}")
                yield candidate
                return
    message = "every user id of the range is in use"
    raise OSError(message)


def _owner_change(top: Path, old: int, new: int) -> None:
    """Hand what ``old`` owns below ``top`` to ``new``, following no links and leaving others' files alone."""
    for directory, names, files, descriptor in os.fwalk(top, follow_symlinks=False):
        del directory
        for name in (*names, *files):
            with contextlib.suppress(OSError):
                if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_uid == old:
                    os.chown(name, new, new, dir_fd=descriptor, follow_symlinks=False)
    with contextlib.suppress(OSError):
        if top.lstat().st_uid == old:
            os.chown(top, new, new, follow_symlinks=False)


def _without_mounts(command: SandboxCommand) -> SandboxCommand:
    """Name the sources where the command names the targets."""
    sources = {bind.target: str(bind.source) for bind in command.binds if bind.target != str(bind.source)}
    if not sources:
        return command
    targets = "|".join(re.escape(target) for target in sorted(sources, key=len, reverse=True))
    whole_names = re.compile(rf"(?<![\w./-])(?:{targets})(?![\w.-])")

    def outside(text: str) -> str:
        return whole_names.sub(lambda found: sources[found[0]], text)

    return replace(
        command,
        argv=tuple(outside(part) for part in command.argv),
        cwd=outside(command.cwd),
        environment={name: outside(value) for name, value in command.environment.items()},
    )


def process_run(command: SandboxCommand, *, other_user: bool) -> Outcome:
    """Run ``command`` on the machine itself, under another user when ``other_user``."""
    command = _without_mounts(command)
    home = Path(tempfile.mkdtemp(prefix="countersign-run-"))
    variables = {**variables_for(command), "HOME": str(home), "TMPDIR": str(home)}
    argv = limited(command)
    try:
        if not other_user:
            return _supervised(argv, command, variables)
        with user_reserved() as user:
            return _as_user(user, argv, command, variables, home)
    finally:
        directory_remove(home)


def _as_user(
    user: int, argv: tuple[str, ...], command: SandboxCommand, variables: dict[str, str], home: Path
) -> Outcome:
    options = namespaces_possible()
    if command.network != "none":
        options = tuple(option for option in options if option != "--net")
    identity = (f"--reuid={user}", f"--regid={user}", "--clear-groups")
    bounds = ("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all")
    writable = [home, *(bind.source for bind in command.binds if bind.writable)]
    own = os.geteuid()
    try:
        for path in writable:
            _owner_change(path, own, user)
        return _supervised(("unshare", *options, "setpriv", *identity, *bounds, *argv), command, variables)
    finally:
        # Whatever escaped its session still has this user, and nobody else has.
        subprocess.run(
            ["setpriv", *identity, "kill", "-KILL", "-1"], capture_output=True, check=False, timeout=10
        )
        for path in writable:
            _owner_change(path, user, own)


def _supervised(argv: tuple[str, ...], command: SandboxCommand, variables: dict[str, str]) -> Outcome:
    return supervise(argv, environment=variables, cwd=command.cwd, stdin=command.stdin, limits=command.limits)

"""Isolation without bubblewrap: another user, no new privileges, and what namespaces can still be had."""

from __future__ import annotations

import contextlib
import os
import random
import re
import socket
import stat
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.sandbox.bubblewrap import limited, python_prefixes, variables_for
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


# Runs as root in a mount namespace of its own: keeps what the command needs, covers the directories that its
# user may not pass with empty ones, and puts what was kept back at its path.
# Arguments: the covers, `--`, the paths, `--`, the command.
_REACH = """
set -e
umask 022
covers=
while [ "$1" != -- ]; do covers="$covers $1"; shift; done
shift
stage=$(mktemp -d)
mount -t tmpfs -o size=1m,mode=700 tmpfs "$stage"
kept=0
for path in "$@"; do
    [ "$path" != -- ] || break
    kept=$((kept + 1))
    if [ -d "$path" ]; then mkdir "$stage/$kept"; else touch "$stage/$kept"; fi
    mount --rbind "$path" "$stage/$kept"
done
for cover in $covers; do mount -t tmpfs -o size=1m,mode=755 tmpfs "$cover"; done
kept=0
while [ "$1" != -- ]; do
    kept=$((kept + 1))
    mkdir -p "$(dirname "$1")"
    if [ -d "$stage/$kept" ]; then mkdir -p "$1"; else touch "$1"; fi
    mount --move "$stage/$kept" "$1"
    shift
done
shift
umount "$stage" && rmdir "$stage"
exec "$@"
"""


# A network namespace of its own begins with its loopback down; tests that talk to themselves need it.
_LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
"""


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


def _cover_of(path: Path) -> Path | None:
    """Return the topmost directory above ``path`` that other users may not pass, if there is one."""
    for above in reversed(path.parents):
        if above.is_dir() and not above.stat().st_mode & stat.S_IXOTH:
            return above
    return None


def _reach(command: SandboxCommand) -> tuple[str, ...]:
    """Return what makes the command's files reachable for a user who may not pass what is above them."""
    needed = dict.fromkeys([*python_prefixes(), *(bind.source for bind in command.binds)])
    covers = {path: cover for path in needed if path.exists() and (cover := _cover_of(path)) is not None}
    # The shell splits the list of covers at spaces; such a directory stays as it is.
    named = sorted({str(cover) for cover in covers.values() if not re.search(r"\s", str(cover))})
    if not named:
        return ()
    kept = sorted({str(path) for path, cover in covers.items() if str(cover) in named})
    # A path below another one that is kept is there with it.
    kept = [path for path in kept if not any(path.startswith(f"{other}/") for other in kept)]
    return ("/bin/sh", "-c", _REACH, "sh", *named, "--", *kept, "--")


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
    prepare = _reach(command) if "--mount" in options else ()
    if "--net" in options:
        prepare = (*prepare, sys.executable, "-I", "-S", "-c", _LOOPBACK_UP)
    try:
        for path in writable:
            _owner_change(path, own, user)
        return _supervised(
            ("unshare", *options, *prepare, "setpriv", *identity, *bounds, *argv), command, variables
        )
    finally:
        # Whatever escaped its session still has this user, and nobody else has.
        subprocess.run(
            ["setpriv", *identity, "kill", "-KILL", "-1"], capture_output=True, check=False, timeout=10
        )
        for path in writable:
            _owner_change(path, user, own)


def _supervised(argv: tuple[str, ...], command: SandboxCommand, variables: dict[str, str]) -> Outcome:
    return supervise(argv, environment=variables, cwd=command.cwd, stdin=command.stdin, limits=command.limits)

"""The host's Git: plumbing on bare repositories of the platform, with no configuration but its own."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

from countersign.sandbox.errors import RepositoryInvalid
from countersign.shared.boundary import outside_call

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TIMEOUT_SECONDS = 120
_NOWHERE = "/nonexistent"

# Nothing that the machine, a user or a repository has configured reaches Git, and nothing it could start is
# named.
GIT_ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": _NOWHERE,
    "XDG_CONFIG_HOME": _NOWHERE,
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM": "0",
}

# Given on the command line these outrank a repository's own configuration.
GIT_OPTIONS: tuple[str, ...] = tuple(
    part
    for setting in (
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.untrackedCache=false",
        "core.attributesFile=/dev/null",
        "core.excludesFile=/dev/null",
        "core.autocrlf=false",
        "core.protectHFS=true",
        "core.protectNTFS=true",
        "core.quotePath=false",
        "core.pager=cat",
        "core.useReplaceRefs=false",
        "diff.external=",
        "gc.auto=0",
        "maintenance.auto=false",
        "commit.gpgSign=false",
        "tag.gpgSign=false",
        "protocol.allow=never",
        "submodule.recurse=false",
        "safe.directory=*",
    )
    for part in ("-c", setting)
)


@cache
def git_path() -> str:
    """Return where Git is.

    Raises:
        RepositoryInvalid: Git is not installed.
    """
    path = shutil.which("git", path=GIT_ENVIRONMENT["PATH"])
    if path is None:
        message = "git is not installed; install it: apt-get install git"
        raise RepositoryInvalid(message)
    return path


def git(
    repository: Path,
    *arguments: str,
    stdin: bytes = b"",
    extra: Mapping[str, str] | None = None,
    ok: tuple[int, ...] = (0,),
) -> bytes:
    """Run a plumbing command on a platform repository and return what it wrote.

    Args:
        repository: a bare repository that the platform created.
        arguments: the command and its arguments.
        stdin: what it reads.
        extra: further variables (a private index, an identity).
        ok: exit codes that are answers.

    Raises:
        RepositoryInvalid: Git refused; the message is the first line of what it said.
    """
    outside_call("git")
    try:
        done = subprocess.run(
            [git_path(), *GIT_OPTIONS, f"--git-dir={repository}", *arguments],
            input=stdin,
            capture_output=True,
            env={**GIT_ENVIRONMENT, **(extra or {})},
            cwd="/",
            check=False,
            timeout=_TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        message = f"git {arguments[0]} took longer than {_TIMEOUT_SECONDS} seconds"
        raise RepositoryInvalid(message) from error
    if done.returncode not in ok:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        message = f"git {arguments[0]}: {said[0]}"
        raise RepositoryInvalid(message, command=arguments[0])
    return done.stdout

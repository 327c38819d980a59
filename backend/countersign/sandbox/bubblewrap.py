"""The command line of bubblewrap: what a sandboxed command sees of the machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.shared.env import package_index_environment

if TYPE_CHECKING:
    from countersign.sandbox.contracts import SandboxCommand

_INSIDE = Path(__file__).parent / "inside"
_SANDBOX_ID = "1000"
_SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")
_NETWORK_FILES = (
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/pip.conf",
    "/etc/ssl/certs",
    "/etc/pki/tls",
)
_CERTIFICATE_NAMES = ("PIP_CERT", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")

BASE_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp/home",  # noqa: S108 - the sandbox's own
    "TMPDIR": "/tmp",  # noqa: S108 - the sandbox's own
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
}


@cache
def bwrap_path() -> str | None:
    """Return where bubblewrap is, if it is installed."""
    return shutil.which("bwrap")


@cache
def _options() -> str:
    path = bwrap_path()
    if path is None:
        return ""
    return subprocess.run([path, "--help"], capture_output=True, text=True, check=False, timeout=10).stdout


def python_prefixes() -> tuple[Path, ...]:
    """Return the directories of the interpreter and of the platform's own environment, without repetition."""
    found: list[Path] = []
    for prefix in (Path(sys.base_prefix), Path(sys.base_prefix).resolve(), Path(sys.prefix)):
        if prefix not in found and not prefix.is_relative_to("/usr/lib") and prefix != Path("/usr"):
            found.append(prefix)
    return tuple(found)


def _system() -> list[str]:
    arguments = ["--ro-bind", "/usr", "/usr"]
    if (
        not any(prefix.is_relative_to("/usr/local") for prefix in python_prefixes())
        and Path("/usr/local").is_dir()
    ):
        arguments += ["--tmpfs", "/usr/local"]
    for name in _SYSTEM_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += ["--ro-bind", str(path), str(path)]
    for file in _SYSTEM_FILES:
        arguments += ["--ro-bind-try", file, file]
    return arguments


def _private(command: SandboxCommand) -> list[str]:
    sized = ["--size", str(command.limits.file_bytes)] if "--size" in _options() else []
    arguments = ["--proc", "/proc", "--dev", "/dev", *sized, "--tmpfs", "/dev/shm"]  # noqa: S108 - its own
    arguments += [*sized, "--tmpfs", "/tmp", "--dir", "/tmp/home"]  # noqa: S108 - its own
    for name in ("passwd", "group"):
        arguments += ["--ro-bind", str(_INSIDE / "etc" / name), f"/etc/{name}"]
    return arguments


def _network(command: SandboxCommand) -> list[str]:
    if command.network == "none":
        return [
            part
            for name in ("hosts", "nsswitch.conf")
            for part in ("--ro-bind", str(_INSIDE / "etc" / name), f"/etc/{name}")
        ]
    arguments = ["--share-net"]
    files = dict.fromkeys(_NETWORK_FILES)
    variables = package_index_environment()
    for name in _CERTIFICATE_NAMES:
        if Path(variables.get(name, "")).is_absolute():
            files[variables[name]] = None
    for file in files:
        arguments += ["--ro-bind-try", file, file]
    return arguments


def limited(command: SandboxCommand) -> tuple[str, ...]:
    """Return the command behind ``prlimit``: what the kernel bounds for each process."""
    limits = command.limits
    return (
        "/usr/bin/prlimit",
        f"--as={limits.memory_bytes}",
        f"--cpu={limits.cpu_seconds}",
        f"--nproc={limits.processes}",
        f"--fsize={limits.file_bytes}",
        "--core=0",
        "--nofile=4096",
        "--",
        *command.argv,
    )


def variables_for(command: SandboxCommand) -> dict[str, str]:
    """Return every variable that the command gets."""
    index = package_index_environment() if command.network == "package_index" else {}
    return {**BASE_ENVIRONMENT, **index, **command.environment}


def bubblewrap_argv(command: SandboxCommand) -> tuple[str, ...]:
    """Return the whole command line that runs ``command`` in its own small world."""
    arguments = [
        bwrap_path() or "bwrap",
        "--unshare-all",
        "--unshare-user",
        "--uid",
        _SANDBOX_ID,
        "--gid",
        _SANDBOX_ID,
    ]
    arguments += ["--hostname", "sandbox", "--cap-drop", "ALL", "--new-session", "--die-with-parent"]
    if "--disable-userns" in _options():
        # Without it, code inside could make itself root of a further namespace and reach much more of the
        # kernel.
        arguments.append("--disable-userns")
    arguments += [*_system(), *_private(command), *_network(command)]
    for prefix in python_prefixes():
        arguments += ["--ro-bind", str(prefix), str(prefix)]
    for bind in command.binds:
        arguments += ["--bind" if bind.writable else "--ro-bind", str(bind.source), bind.target]
    arguments += ["--remount-ro", "/", "--remount-ro", "/dev", "--chdir", command.cwd, "--clearenv"]
    for name, value in variables_for(command).items():
        arguments += ["--setenv", name, value]
    return (*arguments, "--", *limited(command))

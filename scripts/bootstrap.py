"""Sets a checkout up: the Python environment, the web interface, the system's packages.

Needs nothing but the standard library. Everything it makes carries the digest of what it was made
from, so that a repeat does nothing and an interruption is picked up where it was.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".state"
VENV = ROOT / ".venv"
NODE_VENV = ROOT / ".venv-node"
FRONTEND = ROOT / "frontend"
REQUIREMENTS = ROOT / "infra" / "requirements"
NODE_MINIMUM = (20, 19)
NPM_MINIMUM = (10,)
REMIND_SECONDS = 10.0

# What only the operating system's packages carry, by what it is needed for.
SYSTEM_PACKAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "demo": {"bwrap": ("bubblewrap",)},
    "test": {
        "bwrap": ("bubblewrap",),
        "chromium": ("chromium",),
        "radosgw": ("ceph-mon", "ceph-osd", "radosgw"),
    },
}
SYSTEM_PACKAGES["bench"] = SYSTEM_PACKAGES["demo"]


class SetupError(Exception):
    """The set-up can't go on; the message names the cause and the mend."""


@dataclass
class Reporter:
    """Says what happens, what is waited for, and how long it took."""

    waiting: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    began: float = field(default_factory=time.monotonic)

    def say(self, message: str) -> None:
        """Print one line with the time since the start."""
        with self.lock:
            print(f"[{time.monotonic() - self.began:5.1f} s] {message}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Say that something begins, keep it among what is waited for, and say when it is done."""
        started = time.monotonic()
        self.say(f"{what} ...")
        self.waiting[what] = started
        try:
            yield
        finally:
            self.waiting.pop(what, None)
        self.say(f"{what}: done in {time.monotonic() - started:.1f} s")

    def remind(self, stop: threading.Event) -> None:
        """Say every few seconds what is still waited for."""
        while not stop.wait(REMIND_SECONDS):
            if names := [
                f"{what} ({time.monotonic() - since:.0f} s)" for what, since in list(self.waiting.items())
            ]:
                self.say("still waiting for " + ", ".join(names))


class Commands:
    """Runs programs, each with a log, and stops them all when the set-up is interrupted."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(
        self, name: str, argv: Sequence[str | Path], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
    ) -> None:
        """Run one program to its end.

        Raises:
            SetupError: it failed, or the set-up was interrupted; the message ends with its last lines.
        """
        log = STATE / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            with self._lock:
                if self._stopped:
                    raise SetupError("interrupted")
                process = subprocess.Popen(
                    [str(part) for part in argv],
                    cwd=cwd,
                    env=dict(env) if env is not None else None,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                self._running.add(process)
            code = process.wait()
            with self._lock:
                self._running.discard(process)
        if code != 0:
            tail = "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-12:])
            raise SetupError(f"{name} failed (exit {code}, log {log.relative_to(ROOT)}):\n{tail}")

    def stop(self) -> None:
        """Stop what runs and let nothing new begin."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)


def digest(parts: Iterable[str], files: Iterable[Path]) -> str:
    """Return the digest of texts and files, names included."""
    total = hashlib.sha256()
    for part in parts:
        total.update(f"{len(part)}:{part}".encode())
    for path in files:
        data = path.read_bytes()
        total.update(f"{path.relative_to(ROOT)}:{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()


class Stamp:
    """What a thing was made from, kept beside the things of this checkout."""

    def __init__(self, name: str, value: str) -> None:
        self._path = STATE / "stamps" / name
        self._value = value

    def fresh(self) -> bool:
        """Say whether the thing was made from the same."""
        try:
            return self._path.read_text() == self._value
        except OSError:
            return False

    def clear(self) -> None:
        """Forget it, before it is made anew."""
        self._path.unlink(missing_ok=True)

    def write(self) -> None:
        """Remember what it was made from, once it is whole."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        temporary.write_text(self._value)
        temporary.replace(self._path)


@dataclass
class Setup:
    """Everything that one call of this program makes."""

    purpose: str
    arguments: list[str]
    report: Reporter = field(default_factory=Reporter)
    commands: Commands = field(default_factory=Commands)
    uv_ready: threading.Event = field(default_factory=threading.Event)

    # --- Python ---

    def python(self) -> None:
        """Make the environment and put everything into it, by hash."""
        files = [REQUIREMENTS / f"{name}.txt" for name in ("build", "base", "dev")]
        made_from = digest((sys.version, sys.base_prefix, str(ROOT)), [*files, ROOT / "pyproject.toml"])
        stamp = Stamp("python", made_from)
        try:
            if stamp.fresh() and self._works(VENV / "bin" / "python", "-c", "import countersign"):
                return
            stamp.clear()
            with self.report.step("Python environment"):
                self._venv_make(files[0])
                self.uv_ready.set()
                self._uv("python-packages", "sync", "--require-hashes", *files)
                self._uv("countersign", "install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
            stamp.write()
        finally:
            self.uv_ready.set()

    def _venv_make(self, build_requirements: Path) -> None:
        python = VENV / "bin" / "python"
        current = self._works(python, "-c", f"import sys; sys.exit(sys.version != {sys.version!r})")
        if not (current and self._works(python, "-m", "pip", "--version")):
            # The old one, if any, is of another Python or was left half made.
            self.commands.run("venv", [sys.executable, "-m", "venv", "--clear", VENV])
        pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        self.commands.run("uv", [*pip, "--require-hashes", "--no-deps", "-r", build_requirements])

    def _uv(self, name: str, *arguments: str | Path, python: Path = VENV / "bin" / "python") -> None:
        command, *rest = arguments
        argv = [VENV / "bin" / "uv", "pip", command, "--python", python, *rest]
        self.commands.run(name, argv, env=self._uv_environment())

    def _uv_environment(self) -> dict[str, str]:
        """Tell uv what pip was told on this machine: which index, with which certificates."""
        # Compiled once here, and not by each of the many processes of the platform where none may write.
        environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_COMPILE_BYTECODE": "1"}
        known = subprocess.run(
            [VENV / "bin" / "python", "-m", "pip", "config", "list"],
            capture_output=True,
            text=True,
            check=False,
        )
        for line in known.stdout.splitlines():
            key, _, quoted = line.partition("=")
            value = quoted.strip().strip("'\"")
            if key.endswith("index-url") and "extra" not in key:
                environment.setdefault("UV_DEFAULT_INDEX", value)
            elif key.endswith(".cert"):
                environment.setdefault("SSL_CERT_FILE", value)
            elif key.endswith(".default-timeout"):
                environment.setdefault("UV_HTTP_TIMEOUT", value)
        return environment

    @staticmethod
    def _works(program: Path, *arguments: str) -> bool:
        try:
            return subprocess.run([program, *arguments], capture_output=True, check=False).returncode == 0
        except OSError:
            return False

    # --- web interface ---

    def interface(self) -> None:
        """Install what the web interface is built with, and build it."""
        if not (FRONTEND / "package-lock.json").is_file():
            return
        modules = Stamp(
            "node-modules", digest((), [FRONTEND / "package.json", FRONTEND / "package-lock.json"])
        )
        built = Stamp("interface", digest((), interface_sources()))
        modules_fresh = modules.fresh() and (FRONTEND / "node_modules").is_dir()
        build_fresh = built.fresh() and (FRONTEND / "dist" / "index.html").is_file()
        if build_fresh and (modules_fresh or self.purpose != "test"):
            return
        environment = self._node_environment()
        if not modules_fresh:
            modules.clear()
            with self.report.step("packages of the web interface"):
                self.commands.run(
                    "npm-ci", ["npm", "ci", "--no-audit", "--no-fund"], cwd=FRONTEND, env=environment
                )
            modules.write()
        if not build_fresh:
            built.clear()
            with self.report.step("build of the web interface"):
                self.commands.run("npm-build", ["npm", "run", "build"], cwd=FRONTEND, env=environment)
            built.write()

    def _node_environment(self) -> dict[str, str]:
        environment = {**os.environ, "CI": "1"}
        home = os.environ.get("HOME", "")
        if not (home and os.access(home, os.W_OK)):
            environment["npm_config_cache"] = str(STATE / "npm-cache")
        if node_usable():
            return environment
        self._node_install()
        environment["PATH"] = f"{NODE_VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        return environment

    def _node_install(self) -> None:
        requirements = REQUIREMENTS / "node.txt"
        stamp = Stamp("node", digest((sys.version, str(ROOT)), [requirements]))
        if stamp.fresh() and self._works(NODE_VENV / "bin" / "node", "--version"):
            return
        stamp.clear()
        with self.report.step("Node (this machine has none that is new enough)"):
            self.uv_ready.wait()
            self.commands.run(
                "node-venv", [sys.executable, "-m", "venv", "--clear", "--without-pip", NODE_VENV]
            )
            python = NODE_VENV / "bin" / "python"
            self._uv("node", "sync", "--require-hashes", requirements, python=python)
        stamp.write()

    # --- the operating system's packages ---

    def system_missing(self) -> dict[str, tuple[str, ...]]:
        """Return the tools that are not here, each with the packages that carry it.

        Raises:
            SetupError: one is needed, and this user can't install it.
        """
        missing = {
            tool: packages
            for tool, packages in SYSTEM_PACKAGES[self.purpose].items()
            if shutil.which(tool) is None
        }
        weaker = any(argument.split("=")[0] == "--isolation" for argument in self.arguments)
        if missing and self.purpose != "test" and not weaker and not can_install():
            raise SetupError(
                "bubblewrap, which confines untrusted code, is not here; install it: sudo "
                f"{apt_install('bubblewrap')}, or choose the weaker --isolation process"
            )
        return missing

    def system(self) -> None:
        """Install what only the operating system carries, or say who could."""
        missing = self.system_missing()
        packages = [package for names in missing.values() for package in names]
        if not packages:
            return
        if can_install():
            with self.report.step("system packages: " + " ".join(packages)):
                self._apt(packages)
        elif self.purpose == "test":
            for tool, names in missing.items():
                self.report.say(
                    f"{tool} is not here: tests that need it are skipped by name; sudo {apt_install(*names)}"
                )

    def _apt(self, packages: Sequence[str]) -> None:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        with suppress(SetupError):
            self.commands.run("apt-install", install, env=environment)
            return
        # The usual cause: the lists are missing or old.
        self.commands.run("apt-update", ["apt-get", "update"], env=environment)
        self.commands.run("apt-install", install, env=environment)

    # --- all of it ---

    def run(self) -> None:
        """Do all of it, at once where possible."""
        # What nobody here can mend is said before anything takes time.
        self.system_missing()
        stop = threading.Event()
        threading.Thread(target=self.report.remind, args=(stop,), daemon=True).start()
        try:
            with ThreadPoolExecutor(max_workers=3) as pool:
                parts = [pool.submit(part) for part in (self.python, self.interface, self.system)]
                try:
                    for part in parts:
                        part.result()
                except BaseException:
                    self.commands.stop()
                    raise
        finally:
            stop.set()


def can_install() -> bool:
    """Say whether this user may install the operating system's packages."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> str:
    """Return the command that installs packages."""
    return f"apt-get install -y --no-install-recommends {' '.join(packages)}"


def interface_sources() -> list[Path]:
    """Return the files that the built web interface follows from."""
    left_out = {"node_modules", "dist", "coverage"}
    found = []
    for directory, names, files in os.walk(FRONTEND):
        names[:] = sorted(name for name in names if name not in left_out and not name.startswith("."))
        found += [Path(directory) / name for name in sorted(files) if not name.endswith(".tsbuildinfo")]
    return found


def node_usable() -> bool:
    """Say whether the machine's own Node and npm are new enough."""
    return _version("node") >= NODE_MINIMUM and _version("npm") >= NPM_MINIMUM


def _version(program: str) -> tuple[int, ...]:
    try:
        text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in text.strip().lstrip("v").split("-")[0].split("."))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return ()


@contextmanager
def only_one(report: Reporter) -> Iterator[None]:
    """Let one set-up at a time work on this checkout."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "bootstrap.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report.say("waiting for another set-up of this checkout to end ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Set up for the purpose that the first argument names."""
    purpose, *arguments = sys.argv[1:] or ["demo"]
    if purpose not in SYSTEM_PACKAGES:
        print(f"bootstrap: the purpose is one of {json.dumps(sorted(SYSTEM_PACKAGES))}", file=sys.stderr)
        return 2
    setup = Setup(purpose, arguments)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    try:
        with only_one(setup.report):
            setup.run()
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"set-up: {error}; mend that and run it again", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: interrupted; run it again to go on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`countersign doctor`: what this machine lacks, each with its mend."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from django.db import DatabaseError

from countersign.audit.errors import MirrorDisagrees
from countersign.audit.witness_policy import WitnessPolicyInvalid, witness_policy
from countersign.cli import output
from countersign.cli.embedded.binaries import postgres_binary, valkey_binary
from countersign.cli.embedded.network import port_free
from countersign.cli.embedded.postgres import user_prefix
from countersign.cli.errors import CommandFailed, PlatformNotRunning
from countersign.cli.home import Home
from countersign.cli.status import break_glass_told
from countersign.cli.up import HomeOption, home_chosen
from countersign.cli.user import django_begin
from countersign.sandbox.isolation import IsolationKind, isolation_probe
from countersign.shared.env import environment, repository_root
from countersign.shared.errors import DomainError
from countersign.shared.passkey_party import passkey_party
from countersign.shared.resilience.text import text_post

MINIMUM_PYTHON = (3, 11)
FREE_BYTES = 2 << 30
WITNESS_SECONDS = 5.0
LOG_LATE_SECONDS = 10.0
MIRROR_LATE_SECONDS = 120.0
LOG_RUNBOOK = "docs/runbooks/sequencer-lag.md"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Literal["ok", "warning", "failed"]
    found: str
    mend: str = ""


def checks_run(home: Home, port: int) -> tuple[Check, ...]:
    """Look at everything that `up` and the demo need."""
    return (
        _python(),
        _git(),
        _servers(),
        _isolation(),
        _home(home),
        _port(home, port),
        _interface(),
        _passkeys(),
        _witnesses(),
        _break_glass(home),
        _separation(home),
        *_log(home),
    )


def _python() -> Check:
    found = ".".join(str(part) for part in sys.version_info[:3])
    fine = sys.version_info[:2] >= MINIMUM_PYTHON
    return Check("python", "ok" if fine else "failed", found, "" if fine else "install Python 3.11 or newer")


def _git() -> Check:
    found = shutil.which("git")
    if found is None:
        return Check("git", "failed", "not found", "install it: apt-get install -y git")
    return Check("git", "ok", found)


def _servers() -> Check:
    try:
        found = f"{postgres_binary('postgres')}, {valkey_binary()}"
        user_prefix()
    except CommandFailed as error:
        cause, _, mend = error.message.partition("; ")
        return Check("servers", "failed", cause, mend)
    return Check("servers", "ok", found)


def _isolation() -> Check:
    chosen = environment().isolation
    try:
        probe = isolation_probe(IsolationKind(chosen))
    except ValueError:
        known = ", ".join(kind.value for kind in IsolationKind)
        return Check("isolation", "failed", f"{chosen} is unknown", f"choose one of {known}")
    if probe.ok:
        return Check("isolation", "ok", chosen)
    return Check("isolation", "failed", f"{chosen}: {probe.reason}", probe.mend)


def _home(home: Home) -> Check:
    existing = next(path for path in (home.root, *home.root.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Check(
            "home", "failed", f"{home.root} can't be written", "choose another with --home DIRECTORY"
        )
    free = shutil.disk_usage(existing).free
    if free < FREE_BYTES:
        return Check("home", "warning", f"{free >> 20} MiB free in {existing}", "free 2 GiB")
    return Check("home", "ok", str(home.root))


def _port(home: Home, port: int) -> Check:
    if home.supervised():
        return Check("port", "ok", "the platform is up")
    if port_free(port):
        return Check("port", "ok", str(port))
    return Check(
        "port", "failed", f"{port} is taken", "stop the program that has it, or choose one with --port"
    )


def _interface() -> Check:
    directory = environment().ui_directory
    if (directory / "index.html").is_file():
        return Check("web interface", "ok", str(directory))
    script = Path("scripts") / "demo"
    mend = f"run {script} once: it builds it"
    if not (repository_root() / script).is_file():
        mend = "build frontend/ and name its dist directory in COUNTERSIGN_UI_DIR"
    return Check("web interface", "warning", "not built", mend)


def _passkeys() -> Check:
    party = passkey_party()
    if party is not None:
        return Check("passkeys", "ok", f"for decisions, at {min(party.origins)}")
    mend = "serve it under https:// and a host name, and say so in COUNTERSIGN_BASE_URL and COUNTERSIGN_RP_ID"
    return Check("passkeys", "warning", f"none can belong to {environment().base_url}", mend)


def _witnesses() -> Check:
    try:
        policy = witness_policy()
    except WitnessPolicyInvalid as error:
        return Check(
            "witnesses", "failed", error.message, "mend the file that COUNTERSIGN_WITNESS_POLICY names"
        )
    if not policy.quorum:
        mend = "name witnesses in COUNTERSIGN_WITNESS_POLICY: docs/how-to/run-a-witness.md"
        return Check("witnesses", "warning", "none: the log is self-attested", mend)
    silent = [witness.name for witness in policy.witnesses if not _answers(witness.url)]
    found = f"{policy.quorum} of {len(policy.witnesses)} must sign"
    if not silent:
        return Check("witnesses", "ok", found)
    enough = len(policy.witnesses) - len(silent) >= policy.quorum
    mend = "decisions and merges wait until enough of them answer" if not enough else "see to them"
    return Check(
        "witnesses", "warning" if enough else "failed", f"{found}; silent: {', '.join(silent)}", mend
    )


def _break_glass(home: Home) -> Check:
    try:
        told = break_glass_told(home)
    except PlatformNotRunning:
        return Check("break-glass", "ok", "the platform is down: nothing can be open")
    if not told:
        return Check("break-glass", "ok", "nothing is open, and no review is owed")
    return Check("break-glass", "warning", "; ".join(told), "docs/runbooks/break-glass.md")


def _separation(home: Home) -> Check:
    try:
        django_begin(home.root)
        from countersign.accounts.selectors import separation_told

        told = separation_told()
    except PlatformNotRunning:
        return Check("separation of duties", "ok", "the platform is down")
    except DatabaseError as error:
        return Check(
            "separation of duties", "warning", f"unknown: {type(error).__name__}", "see the database"
        )
    if not told:
        return Check("separation of duties", "ok", "nobody holds roles that exclude one another")
    mend = "revoke one of the two in the console, under role assignments: docs/reference/permissions.md"
    return Check("separation of duties", "warning", "; ".join(told), mend)


def _answers(url: str) -> bool:
    try:
        # Refused as malformed, by a witness that is there.
        text_post(f"{url}/add-checkpoint", b"", timeout=WITNESS_SECONDS)
    except OSError:
        return False
    return True


def _log(home: Home) -> tuple[Check, ...]:
    try:
        django_begin(home.root)
    except PlatformNotRunning:
        return (Check("audit log", "ok", "not looked at: the platform is not up"),)
    from countersign.audit.mirror import mirror_status
    from countersign.audit.selectors import sequencing_lag
    from countersign.shared.storage import object_store

    try:
        lag = sequencing_lag()
        log = f"{lag.pending} events wait, the oldest for {lag.oldest_seconds:.0f} s"
        late = lag.oldest_seconds > LOG_LATE_SECONDS
        mirror = mirror_status(object_store())
    except MirrorDisagrees as error:
        mend = f"keep both as they are and see {LOG_RUNBOOK}"
        return (Check("audit log", "failed", error.message, mend),)
    except (DomainError, DatabaseError, OSError) as error:
        return (Check("audit log", "failed", str(error).strip(), f"see {LOG_RUNBOOK}"),)
    behind = mirror.oldest_seconds > MIRROR_LATE_SECONDS
    copied = f"{mirror.size} events, {mirror.waiting} to come"
    return (
        Check("audit log", "warning" if late else "ok", log, f"see {LOG_RUNBOOK}" if late else ""),
        Check("log mirror", "warning" if behind else "ok", copied, f"see {LOG_RUNBOOK}" if behind else ""),
    )


def doctor(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port that `up` would use.")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Check this machine; exits 1 when something must be mended first."""
    checks = checks_run(home_chosen(home), port)
    if as_json:
        output.answer_json({"checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            mend = f"\n         mend: {check.mend}" if check.mend else ""
            output.answer(f"{check.status:8} {check.name}: {check.found}{mend}")
    if any(check.status == "failed" for check in checks):
        raise typer.Exit(output.EXIT_FAILED)

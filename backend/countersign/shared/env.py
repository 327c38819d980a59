"""The only reader of the process environment (a linter contract says so)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

DatabaseRole = Literal["app", "owner", "sequencer", "signer"]

# What pip needs to reach the package index that this machine is configured for, and nothing else.
_PACKAGE_INDEX_NAMES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """How to reach PostgreSQL under one role."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """The OpenID Connect provider that people may log in with."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True)
class Environment:
    """The configuration of this process, read once from variables named ``COUNTERSIGN_*``."""

    home: Path
    keys_directory: Path
    object_store: str
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    base_url: str
    rp_id: str
    allowed_hosts: tuple[str, ...]
    ui_directory: Path
    isolation: str
    database_role: DatabaseRole
    debug: bool
    log_level: str
    witness_policy: Path | None
    signer_apart: bool

    @property
    def secure_cookies(self) -> bool:
        """Cookies are marked secure as soon as the platform is served over TLS."""
        return self.base_url.startswith("https://")


def repository_root() -> Path:
    """Return the root of the checkout that this code runs from."""
    return Path(__file__).resolve().parents[3]


def _secret_key(home: Path) -> str:
    path = Path(os.environ.get("COUNTERSIGN_SECRET_KEY_FILE", str(home / "secret_key")))
    if path.is_file():
        return path.read_text().strip()
    # Only commands that need no session (checks, migrations of a test database) run without the file.
    return os.environ.get("COUNTERSIGN_SECRET_KEY", "")


def _path(name: str) -> Path | None:
    value = os.environ.get(name, "")
    return Path(value) if value else None


@cache
def environment() -> Environment:
    """Return the process's configuration.

    Raises:
        ValueError: ``COUNTERSIGN_DATABASE_ROLE`` names no known role.
    """
    home = Path(os.environ.get("COUNTERSIGN_HOME", "~/.countersign")).expanduser().resolve()
    role = os.environ.get("COUNTERSIGN_DATABASE_ROLE", "app")
    if role not in get_args(DatabaseRole):
        message = f"COUNTERSIGN_DATABASE_ROLE must be app, owner, sequencer or signer, not {role!r}"
        raise ValueError(message)
    return Environment(
        home=home,
        keys_directory=Path(os.environ.get("COUNTERSIGN_KEYS_DIR", str(home / "keys"))),
        object_store=os.environ.get("COUNTERSIGN_OBJECT_STORE", str(home / "objects")),
        redis_url=_secret("COUNTERSIGN_REDIS_URL") or "redis://127.0.0.1:6379/0",
        secret_key=_secret_key(home),
        base_url=os.environ.get("COUNTERSIGN_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        rp_id=os.environ.get("COUNTERSIGN_RP_ID", ""),
        allowed_hosts=tuple(
            host.strip()
            for host in os.environ.get("COUNTERSIGN_ALLOWED_HOSTS", "127.0.0.1,localhost").split(",")
            if host.strip()
        ),
        ui_directory=Path(os.environ.get("COUNTERSIGN_UI_DIR", str(repository_root() / "frontend" / "dist"))),
        isolation=os.environ.get("COUNTERSIGN_ISOLATION", "bubblewrap"),
        database_role=role,  # type: ignore[arg-type]  # narrowed by the membership test above
        debug=os.environ.get("COUNTERSIGN_DEBUG", "") == "1",
        log_level=os.environ.get("COUNTERSIGN_LOG_LEVEL", "INFO"),
        witness_policy=_path("COUNTERSIGN_WITNESS_POLICY"),
        signer_apart=os.environ.get("COUNTERSIGN_SIGNER", "") == "apart",
    )


def database_address(role: DatabaseRole | None = None) -> DatabaseAddress:
    """Return the address of PostgreSQL for ``role`` (by default the role of this process)."""
    chosen = role or environment().database_role
    prefix = {
        "app": "COUNTERSIGN_DATABASE",
        "owner": "COUNTERSIGN_DATABASE_OWNER",
        "sequencer": "COUNTERSIGN_DATABASE_SEQUENCER",
        "signer": "COUNTERSIGN_DATABASE_SIGNER",
    }[chosen]
    return DatabaseAddress(
        host=os.environ.get("COUNTERSIGN_DATABASE_HOST", "127.0.0.1"),
        port=int(os.environ.get("COUNTERSIGN_DATABASE_PORT", "5432")),
        name=os.environ.get("COUNTERSIGN_DATABASE_NAME", "countersign"),
        user=os.environ.get(f"{prefix}_USER", f"countersign_{chosen}"),
        password=_secret(f"{prefix}_PASSWORD") or "",
    )


def database_configured() -> bool:
    """Say whether this process was told where the database is."""
    return "COUNTERSIGN_DATABASE_HOST" in os.environ


def single_sign_on() -> SingleSignOn:
    """Return what is known of the OpenID Connect provider; without an issuer there is none.

    Raises:
        ValueError: an issuer is named, and no client id.
    """
    configured = SingleSignOn(
        issuer=os.environ.get("COUNTERSIGN_OIDC_ISSUER", "").rstrip("/"),
        client_id=os.environ.get("COUNTERSIGN_OIDC_CLIENT_ID", ""),
        client_secret=_secret("COUNTERSIGN_OIDC_CLIENT_SECRET") or "",
        name=os.environ.get("COUNTERSIGN_OIDC_NAME", "single sign-on"),
    )
    if configured.issuer and not configured.client_id:
        message = "COUNTERSIGN_OIDC_ISSUER is set: set COUNTERSIGN_OIDC_CLIENT_ID as well"
        raise ValueError(message)
    return configured


def package_index_environment() -> dict[str, str]:
    """Return the variables that let pip reach the configured package index, and no others."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name in _PACKAGE_INDEX_NAMES
    }


def child_environment(**extra: str) -> dict[str, str]:
    """Return the environment for a process of the platform's own, with ``extra`` on top."""
    return {**os.environ, **extra}


def s3_credentials() -> tuple[str | None, str | None]:
    """Return access key id and secret of the object store, from variables or mounted secret files."""
    return _secret("COUNTERSIGN_S3_ACCESS_KEY"), _secret("COUNTERSIGN_S3_SECRET_KEY")


def _secret(name: str) -> str | None:
    """Return a secret from its variable, or from the file that ``<name>_FILE`` names."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text().strip()
    return os.environ.get(name)


def clock_tolerance() -> float:
    """Return by how many seconds the clocks of a process and of the database may differ."""
    return float(os.environ.get("COUNTERSIGN_CLOCK_TOLERANCE", "5"))


def retention_days() -> int:
    """Return for how many days logs of jobs, transcripts and exports are kept at least.

    Raises:
        ValueError: ``COUNTERSIGN_RETENTION_DAYS`` is no whole number of at least 1.
    """
    given = os.environ.get("COUNTERSIGN_RETENTION_DAYS", "365")
    if not given.isdecimal() or not int(given):
        message = f"COUNTERSIGN_RETENTION_DAYS must be a whole number of days, at least 1, not {given!r}"
        raise ValueError(message)
    return int(given)


def django_settings_ensure() -> None:
    """Name the settings module before Django loads it, for processes that start outside a framework."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countersign.config.settings")


def demo_installation() -> bool:
    """Say whether the demo created this installation: only there may decisions be made unattended."""
    return (environment().home / "demo-installation").is_file()


def environment_adopt(variables: Mapping[str, str]) -> None:
    """Join a running platform: take over the variables that its processes were given."""
    os.environ.update(variables)
    environment.cache_clear()

"""The processes that make up an embedded platform, and the environment that each of them gets."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from countersign.cli.embedded.network import LOOPBACK
from countersign.cli.embedded.postgres import APP, OWNER, SEQUENCER, SIGNER, PostgresServer
from countersign.cli.embedded.processes import ProcessSpec
from countersign.cli.embedded.valkey import ValkeyServer
from countersign.shared.env import child_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.cli.embedded.secrets import ServerPasswords
    from countersign.cli.home import Home

DATABASE = "countersign"


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What the person who starts the platform chose."""

    port: int = 8000
    isolation: str = ""
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Platform:
    """One installation: its home, ports and passwords."""

    home: Home
    options: UpOptions
    postgres_port: int
    valkey_port: int
    passwords: ServerPasswords = field(repr=False)

    @property
    def url(self) -> str:
        """Where the web server listens."""
        return f"http://{LOOPBACK}:{self.options.port}"

    @property
    def postgres(self) -> PostgresServer:
        """The database server."""
        return PostgresServer(self.home.postgres, self.postgres_port, self.passwords)

    @property
    def valkey(self) -> ValkeyServer:
        """The broker."""
        return ValkeyServer(self.home.valkey, self.valkey_port, self.passwords.valkey)

    def environment(self) -> dict[str, str]:
        """Return what every process of the platform gets: no password of a role but the runtime's."""
        chosen = {
            "COUNTERSIGN_HOME": str(self.home.root),
            "COUNTERSIGN_DATABASE_HOST": LOOPBACK,
            "COUNTERSIGN_DATABASE_PORT": str(self.postgres_port),
            "COUNTERSIGN_DATABASE_NAME": DATABASE,
            "COUNTERSIGN_DATABASE_ROLE": "app",
            "COUNTERSIGN_DATABASE_USER": APP,
            "COUNTERSIGN_DATABASE_PASSWORD": self.passwords.app,
            "COUNTERSIGN_REDIS_URL": self.valkey.url(),
            "COUNTERSIGN_KEYS_DIR": str(self.home.keys),
            "COUNTERSIGN_OBJECT_STORE": str(self.home.objects),
            "COUNTERSIGN_SECRET_KEY_FILE": str(self.home.secret_key),
            "COUNTERSIGN_ALLOWED_HOSTS": f"{LOOPBACK},localhost",
            "COUNTERSIGN_BASE_URL": self.url,
            "COUNTERSIGN_SIGNER": "apart",
            "DJANGO_SETTINGS_MODULE": "countersign.config.settings",
        }
        if self.options.isolation:
            chosen["COUNTERSIGN_ISOLATION"] = self.options.isolation
        return chosen

    def migration(self) -> ProcessSpec:
        """Return the migration, which runs to its end as the role that owns the schema."""
        return self._python(
            "migrate",
            ("-m", "django", "migrate", "--noinput", "--verbosity=1"),
            {
                "COUNTERSIGN_DATABASE_ROLE": "owner",
                "COUNTERSIGN_DATABASE_OWNER_USER": OWNER,
                "COUNTERSIGN_DATABASE_OWNER_PASSWORD": self.passwords.owner,
            },
        )

    def installation(self) -> ProcessSpec:
        """Return what brings the shipped rules, personas and templates in, once the schema is there."""
        return self._python("install", ("-m", "countersign.cli.install"))

    def services(self) -> tuple[ProcessSpec, ...]:
        """Return the processes that are started once the schema is there."""
        # Quiet: a banner is no log line.
        celery = ("-m", "celery", "--quiet", "--app", "countersign.config.celery")
        return (
            self._python(
                "web",
                (
                    *("-m", "granian", "--interface", "asgi", "--http", "1", "--no-ws"),
                    *("--host", LOOPBACK, "--port", str(self.options.port), "--workers", "1"),
                    *("--workers-kill-timeout", "3", "--log-level", "warning"),
                    "countersign.config.asgi:application",
                ),
            ),
            self._python(
                "sequencer",
                ("-m", "countersign.audit.sequencer"),
                {
                    "COUNTERSIGN_DATABASE_ROLE": "sequencer",
                    "COUNTERSIGN_DATABASE_SEQUENCER_USER": SEQUENCER,
                    "COUNTERSIGN_DATABASE_SEQUENCER_PASSWORD": self.passwords.sequencer,
                },
                without=("COUNTERSIGN_DATABASE_PASSWORD",),
            ),
            self._python(
                "signer",
                ("-m", "countersign.workflow.signer"),
                {
                    "COUNTERSIGN_DATABASE_ROLE": "signer",
                    "COUNTERSIGN_DATABASE_SIGNER_USER": SIGNER,
                    "COUNTERSIGN_DATABASE_SIGNER_PASSWORD": self.passwords.signer,
                },
                without=("COUNTERSIGN_DATABASE_PASSWORD",),
            ),
            self._python(
                "worker",
                (
                    *(*celery, "worker", "--concurrency", str(self.options.workers)),
                    *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
                ),
            ),
            self._python(
                "beat",
                (
                    *(*celery, "beat", "--loglevel", "WARNING", "--pidfile="),
                    *("--schedule", str(self.home.root / "beat-schedule")),
                ),
            ),
        )

    def _python(
        self,
        name: str,
        arguments: tuple[str, ...],
        extra: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
    ) -> ProcessSpec:
        environment = child_environment(**{**self.environment(), "PYTHONUNBUFFERED": "1", **(extra or {})})
        return ProcessSpec(
            name=name,
            argv=(sys.executable, *arguments),
            log=self.home.log(name),
            environment={key: value for key, value in environment.items() if key not in without},
            directory=self.home.root,
        )

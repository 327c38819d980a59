"""Valkey (the Redis protocol) from a Python package: broker, cache and breaker state."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from countersign.cli.embedded.binaries import valkey_binary
from countersign.cli.embedded.network import LOOPBACK
from countersign.cli.embedded.processes import STAGE_LAST, ProcessSpec
from countersign.cli.embedded.secrets import file_write_private

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """One server in one directory."""

    directory: Path
    port: int
    password: str = field(repr=False)
    durable: bool = True

    def spec(self, log: Path) -> ProcessSpec:
        """Return how the server is started; the password goes in by a file, never by the command line."""
        configuration = self.directory / "valkey.conf"
        file_write_private(
            configuration,
            "\n".join(
                (
                    f"bind {LOOPBACK}",
                    f"port {self.port}",
                    f'dir "{self.directory}"',
                    f"requirepass {self.password}",
                    f"appendonly {'yes' if self.durable else 'no'}",
                    'save ""',
                    "maxmemory-policy noeviction",
                    "daemonize no",
                    "",
                )
            ),
        )
        return ProcessSpec(
            name="valkey", argv=(str(valkey_binary()), str(configuration)), log=log, stage=STAGE_LAST
        )

    def url(self, index: int = 0) -> str:
        """Return the address that clients use, for one of the numbered databases."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/{index}"

    def answers(self) -> bool:
        """Say whether the server takes commands with this password."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2.0) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:  # noqa: PLR2004 - one line for each of the two commands
                    received = connection.recv(256)
                    if not received:
                        break
                    answer += received
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

"""The passwords of the embedded servers, made once and kept where only this user can read them."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from countersign.cli.errors import CommandFailed

if TYPE_CHECKING:
    from pathlib import Path


def _password() -> str:
    return secrets.token_hex(24)


@dataclass(frozen=True, slots=True, repr=False)
class ServerPasswords:
    """One password a role."""

    superuser: str = field(default_factory=_password)
    owner: str = field(default_factory=_password)
    app: str = field(default_factory=_password)
    sequencer: str = field(default_factory=_password)
    signer: str = field(default_factory=_password)
    valkey: str = field(default_factory=_password)


_ALL = frozenset(item.name for item in fields(ServerPasswords))
_FIRST = _ALL - {"signer"}


def file_write_private(path: Path, text: str) -> None:
    """Put ``text`` into a file that only this user can read, all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    temporary.replace(path)


def passwords_ensure(path: Path) -> ServerPasswords:
    """Return the passwords of this installation; the first call makes them.

    Raises:
        CommandFailed: the file is there but is not what was written.
    """
    if not path.exists():
        passwords = ServerPasswords()
        file_write_private(path, json.dumps(asdict(passwords)))
        return passwords
    try:
        data = json.loads(path.read_text())
        if data.keys() >= _FIRST and not data.keys() >= _ALL:
            # An installation that was made before this role existed.
            data = {**asdict(ServerPasswords()), **data}
            file_write_private(path, json.dumps(data))
        return ServerPasswords(**{name: str(data[name]) for name in _ALL})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"the passwords at {path} can't be read; restore the file, the database does not open without it"
        )
        raise CommandFailed(message, path=str(path)) from error

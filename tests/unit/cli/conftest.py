"""A platform that answers over HTTP."""

from tests.unit.cli.office import office, server

__all__ = ["office", "server"]

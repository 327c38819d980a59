"""What every log line carries: correlation id, user and service name."""

from __future__ import annotations

import logging
from contextvars import ContextVar

from countersign.shared.correlation import correlation_id

SERVICE_NAME = "countersign"

_USER: ContextVar[str] = ContextVar("countersign_user_id", default="")


def log_user(user_id: str) -> None:
    """Let the log lines of this request carry ``user_id`` from now on."""
    _USER.set(user_id)


class ContextFilter(logging.Filter):
    """Adds the context of the request or job to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Fill in what the formatter names."""
        record.correlation_id = correlation_id()
        record.user_id = _USER.get()
        record.service_name = SERVICE_NAME
        return True


class TracebackFilter(logging.Filter):
    """Lets only records with a traceback through."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether the record tells of an exception."""
        return record.exc_info is not None

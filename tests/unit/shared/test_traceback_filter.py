"""Django's own word on an answer is kept only where it brings a traceback."""

from __future__ import annotations

import logging
import sys

from countersign.shared.logs import TracebackFilter


def record(*, broken: bool) -> logging.LogRecord:
    information = None
    try:
        int("no number")
    except ValueError:
        information = sys.exc_info() if broken else None
    return logging.LogRecord("django.request", logging.ERROR, "", 0, "answer", (), information)


def test_traceback_filter_keeps_tracebacks_alone() -> None:
    assert TracebackFilter().filter(record(broken=True))
    assert not TracebackFilter().filter(record(broken=False))

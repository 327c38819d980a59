"""How commands speak: progress on standard error, the answer on standard output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_DENIED = 3
EXIT_WAITING = 4


def progress(message: str) -> None:
    """Say what happens, to the person who waits."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(message, markup=False)


def answer(text: str) -> None:
    """Print what the command was asked for."""
    Console(highlight=False, soft_wrap=True).print(text, markup=False)


def answer_json(data: Mapping[str, object]) -> None:
    """Print what the command was asked for, for programs."""
    # Not through rich, which would wrap and style it.
    Console(highlight=False, soft_wrap=True).out(json.dumps(data, indent=2, sort_keys=True))


def answer_json_line(data: Mapping[str, object]) -> None:
    """Print one of many answers, for programs that read line by line."""
    Console(highlight=False, soft_wrap=True).out(json.dumps(data, sort_keys=True))

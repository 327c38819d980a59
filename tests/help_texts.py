"""What the programs say of themselves when they are asked for help, without a process for each question."""

from __future__ import annotations

import contextlib
import functools
import io
import os
from unittest import mock

import pytest
from typer.testing import CliRunner

# As on a wide terminal without colours.
_TERMINAL = {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


def _own_help(words: tuple[str, ...]) -> str:
    from countersign.cli.main import app

    done = CliRunner().invoke(app, [*words, "--help"], env=_TERMINAL, prog_name="countersign")
    assert done.exit_code == 0, f"countersign {' '.join(words)}: {done.output}"
    return done.output


def _verifier_help(words: tuple[str, ...]) -> str:
    from countersign_verify.cli import main

    told = io.StringIO()
    with (
        mock.patch.dict(os.environ, _TERMINAL),
        contextlib.redirect_stdout(told),
        pytest.raises(SystemExit) as ended,
    ):
        main([*words, "--help"])
    assert ended.value.code == 0, f"countersign-verify {' '.join(words)}"
    return told.getvalue()


@functools.cache
def help_of(program: str, *words: str) -> str:
    """Return the help of a program, or of one of its commands."""
    return {"countersign": _own_help, "countersign-verify": _verifier_help}[program](words)

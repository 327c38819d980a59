"""Every command that the documentation shows exists, with the options that it shows."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.help_texts import help_of

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SHELLS = {"bash", "sh", "shell", "console"}
OWN = ("countersign", "countersign-verify")


def documents() -> list[Path]:
    return sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")})


def commands(document: Path) -> list[str]:
    """Return the lines of a document's shell blocks, continuations joined, without prompts and comments."""
    found = []
    for language, block in re.findall(
        r"^ *```(\w*)\n(.*?)^ *```$", document.read_text(), re.MULTILINE | re.DOTALL
    ):
        if language in SHELLS:
            for line in block.replace("\\\n", " ").splitlines():
                text = line.strip().removeprefix("$ ")
                if text and not text.startswith("#"):
                    found.append(text)
    return found


CASES = [
    pytest.param(command, id=f"{path.relative_to(ROOT)}: {command}"[:100])
    for path in documents()
    for command in commands(path)
]


def words(command: str) -> list[str]:
    """Return a command's words, without variables that are set for it and what its output goes to."""
    parts = shlex.split(command, comments=True)
    while parts and re.fullmatch(r"[A-Z_]+=.*", parts[0]):
        parts.pop(0)
    for stop in ("|", ">", "&&", ";", "&"):
        if stop in parts:
            parts = parts[: parts.index(stop)]
    return parts


def check_own(program: str, arguments: list[str]) -> None:
    """The subcommand exists and knows the options."""
    options = [word.partition("=")[0] for word in arguments if word.startswith("--")]
    path_of_commands = [program]
    known = help_of(*path_of_commands)
    for word in arguments:
        # A group lists its commands, and so may its commands in turn.
        if word.startswith("-") or not re.search(r"^(Commands:|  \{[\w,]+\})", known, re.MULTILINE):
            break
        assert re.search(rf"\b{re.escape(word)}\b", known), f"{program} has no {word}"
        path_of_commands.append(word)
        known = help_of(*path_of_commands)
    for option in options:
        assert option == "--help" or option in known, f"{' '.join(path_of_commands[1:])} has no {option}"


def check_npm(arguments: list[str]) -> None:
    """The script is one of the web interface's."""
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    names = [word for word in arguments if not word.startswith("-") and word not in {"run", "frontend"}]
    if names and names[0] not in {"ci", "install"}:
        assert names[0] in package["scripts"] or names[0] == "test"


@pytest.mark.parametrize("command", CASES)
def test_command_of_the_documentation_exists(command: str) -> None:
    parts = words(command)
    if not parts:
        return
    program, arguments = parts[0], parts[1:]
    name = Path(program).name
    if name in OWN:
        check_own(name, arguments)
    elif name == "demo" and "scripts" in program:
        check_own("countersign", ["demo", *arguments])
    elif name == "npm":
        check_npm(arguments)
    elif program.startswith(".venv/bin/"):
        assert (BIN / name).exists(), f"no {program}"
    elif program.startswith(("./", "scripts/", "infra/")):
        path = ROOT / program
        assert path.is_file(), f"no {program}"
        assert os.access(path, os.X_OK), f"{program} can't be run"


def test_commands_are_told_from_the_text_around_them() -> None:
    assert words("A=1 countersign up --port 1 # why") == ["countersign", "up", "--port", "1"]
    assert words("countersign status | head") == ["countersign", "status"]


@pytest.mark.parametrize(
    "command",
    [
        "countersign no-such-thing",
        "countersign up --no-such-option",
        "./scripts/no-such-script",
        "npm run no-such",
    ],
)
def test_command_that_does_not_exist_is_found(command: str) -> None:
    with pytest.raises(AssertionError):
        test_command_of_the_documentation_exists(command)

"""Turns the command template of an adapter into an argument vector. Pure.

Each argument of the template stays one argument, whatever is put into it; only `{paths}`, which
must stand alone, becomes one argument for each path. There is no shell, and what is put in can't
become an option: rules and versions have a form, and paths are refused when they could leave the
worktree or be taken for an option.
"""

import re
from collections.abc import Iterable
from string import Formatter
from typing import Final

from countersign.providers.errors import ProposalRequestInvalid

PATHS: Final = "{paths}"
_FIELDS: Final = frozenset({"worktree", "prompt_file", "rules", "target_version"})
_RULE = re.compile(r"[A-Z]+[0-9]*")
_VERSION = re.compile(r"py3[0-9]{1,2}")
_MAX_PATHS: Final = 5_000


def command_check(command: Iterable[str]) -> None:
    """Check the placeholders of a template.

    Raises:
        ValueError: A placeholder is not known, or `{paths}` does not stand alone.
    """
    for argument in command:
        if argument == PATHS:
            continue
        for _, name, form, conversion in Formatter().parse(argument):
            if name is None:
                continue
            if name not in _FIELDS or form or conversion:
                raise ValueError(f"{{{name}}} in {argument!r} is not something a command can have")


def command_render(
    command: Iterable[str],
    *,
    worktree: str,
    prompt_file: str,
    rules: Iterable[str],
    target_version: str,
    paths: Iterable[str],
) -> tuple[str, ...]:
    """Fill a template.

    Raises:
        ProposalRequestInvalid: No rule or path was given, or one that could be taken for something
            else.
    """
    rules = tuple(rules)
    paths = tuple(paths)
    _check_rules(rules)
    _check_paths(paths)
    if not _VERSION.fullmatch(target_version):
        raise ProposalRequestInvalid(f"Not a Python version an agent can be told: {target_version!r}.")
    values = {
        "worktree": worktree,
        "prompt_file": prompt_file,
        "rules": ",".join(rules),
        "target_version": target_version,
    }
    argv: list[str] = []
    for argument in command:
        if argument == PATHS:
            argv.extend(paths)
        else:
            argv.append(argument.format_map(values))
    return tuple(argv)


def _check_rules(rules: tuple[str, ...]) -> None:
    if not rules:
        raise ProposalRequestInvalid("An agent must be told which rules to work on.")
    for rule in rules:
        if not _RULE.fullmatch(rule):
            raise ProposalRequestInvalid(f"Not a rule an agent can be told: {rule!r}.", rule=rule)


def _check_paths(paths: tuple[str, ...]) -> None:
    if not paths:
        raise ProposalRequestInvalid("An agent must be told which paths to work on.")
    if len(paths) > _MAX_PATHS:
        raise ProposalRequestInvalid(f"More than {_MAX_PATHS} paths in one change.", paths=len(paths))
    for path in paths:
        parts = path.split("/")
        if path.startswith(("/", "-")) or "\0" in path or {"", ".", "..", ".git"} & set(parts):
            raise ProposalRequestInvalid(f"Not a path an agent can be told: {path!r}.", path=path)

"""Reads adapter profiles and says which of them can do what. Pure, apart from one shipped file."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from countersign.providers.command import command_check
from countersign.providers.contracts import AdapterData, AdapterKind
from countersign.providers.errors import AdapterInvalid
from countersign.shared.types import JSON
from countersign_verify.canonical import digest_of

SHIPPED: Final = Path(__file__).with_name("profiles.yaml")

_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class AdapterDocument(BaseModel):
    """The form of one profile."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: _Code
    title: _Text
    kind: AdapterKind
    tool: _Code
    command: list[_Text] = Field(min_length=1, max_length=100)
    rules: list[_Text] = Field(min_length=1, max_length=200)
    model: _Text | None
    deterministic: bool
    says: _Text
    ok_exit_codes: list[int] = Field(min_length=1, max_length=10)
    wall_seconds: int = Field(ge=1, le=3600)
    transcript_bytes: int = Field(ge=1024, le=4 << 20)

    @field_validator("command")
    @classmethod
    def _command_is_known(cls, command: list[str]) -> list[str]:
        command_check(command)
        return command

    @field_validator("rules")
    @classmethod
    def _rules_compile(cls, rules: list[str]) -> list[str]:
        for rule in rules:
            try:
                re.compile(rule)
            except re.error as error:
                raise ValueError(f"not a regular expression: {rule!r}: {error}") from error
        return rules


class _Profiles(BaseModel):
    model_config = ConfigDict(extra="forbid")

    adapters: list[AdapterDocument] = Field(min_length=1)


def profiles_load(path: Path = SHIPPED) -> tuple[AdapterData, ...]:
    """Read the adapter profiles of a file.

    Raises:
        AdapterInvalid: The file does not hold well-formed profiles, or one code twice.
    """
    try:
        profiles = _Profiles.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, ValidationError, yaml.YAMLError) as error:
        raise AdapterInvalid(f"The adapter profiles in {path.name} can't be used: {error}") from error
    adapters = tuple(adapter_from(item.model_dump(mode="json")) for item in profiles.adapters)
    codes = [adapter.code for adapter in adapters]
    if len(set(codes)) != len(codes):
        raise AdapterInvalid(f"The adapter profiles in {path.name} name one code twice.")
    return adapters


def adapter_from(definition: dict[str, JSON]) -> AdapterData:
    """Make an adapter of its stored definition.

    Raises:
        AdapterInvalid: The definition is not well-formed.
    """
    try:
        document = AdapterDocument.model_validate(definition)
    except ValidationError as error:
        raise AdapterInvalid(f"This adapter profile can't be used: {error}") from error
    return AdapterData(
        code=document.code,
        title=document.title,
        kind=document.kind,
        tool=document.tool,
        command=tuple(document.command),
        rules=tuple(document.rules),
        model=document.model,
        deterministic=document.deterministic,
        says=document.says,
        ok_exit_codes=tuple(document.ok_exit_codes),
        wall_seconds=document.wall_seconds,
        transcript_bytes=document.transcript_bytes,
        digest=digest_of(document.model_dump(mode="json")),
    )


def adapter_definition(adapter: AdapterData) -> dict[str, JSON]:
    """Give the definition of an adapter as it is stored: everything but its digest."""
    return {
        "code": adapter.code,
        "title": adapter.title,
        "kind": adapter.kind.value,
        "tool": adapter.tool,
        "command": list(adapter.command),
        "rules": list(adapter.rules),
        "model": adapter.model,
        "deterministic": adapter.deterministic,
        "says": adapter.says,
        "ok_exit_codes": list(adapter.ok_exit_codes),
        "wall_seconds": adapter.wall_seconds,
        "transcript_bytes": adapter.transcript_bytes,
    }


def adapter_can(adapter: AdapterData, rules: Iterable[str], *, tool: str | None = None) -> bool:
    """Say whether an adapter can do every one of the rules; no rules is nothing to do."""
    rules = tuple(rules)
    return (
        bool(rules)
        and tool in {None, adapter.tool}
        and all(any(_pattern(known).fullmatch(rule) for known in adapter.rules) for rule in rules)
    )


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)

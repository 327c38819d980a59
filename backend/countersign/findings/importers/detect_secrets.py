"""Reads the JSON report of detect-secrets (``scan``)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, TypeAdapter, ValidationError

from countersign.findings.errors import ReportUnreadable
from countersign.findings.importers.paths import path_in_tree

_NOT_WORD = re.compile(r"[^a-z0-9]+")


class _Secret(BaseModel):
    model_config = ConfigDict(strict=True)

    type: Annotated[str, Field(min_length=1)]
    filename: str
    hashed_secret: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    line_number: NonNegativeInt = 0


class _Report(BaseModel):
    model_config = ConfigDict(strict=True)

    version: str
    plugins_used: Annotated[list[dict[str, object]], Field(min_length=1)]
    results: dict[str, list[_Secret]]


_REPORT = TypeAdapter(_Report)


@dataclass(frozen=True, slots=True, order=True)
class PossibleSecret:
    """Something that looks like a secret; the secret itself is not here, only a hash to compare by.

    Attributes:
        kind: ``aws-access-key``, ``private-key``, ...
        hashed: the tool's SHA-1 of the secret.
    """

    path: str
    line: int
    kind: str
    hashed: str


def detect_secrets_parse(report: bytes, *, root: str) -> tuple[PossibleSecret, ...]:
    """Read a report, sorted by path and line.

    Args:
        report: what detect-secrets printed.
        root: where it saw the tree.

    Raises:
        ReportUnreadable: it is no such report, or speaks of files outside the tree.
    """
    try:
        parsed = _REPORT.validate_json(report)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise ReportUnreadable(f"this is not a report of detect-secrets: {where}: {first['msg']}") from error
    return tuple(
        sorted(
            PossibleSecret(
                path=path_in_tree(one.filename, root),
                line=one.line_number,
                kind=_NOT_WORD.sub("-", one.type.lower()).strip("-"),
                hashed=one.hashed_secret,
            )
            for secrets in parsed.results.values()
            for one in secrets
        )
    )

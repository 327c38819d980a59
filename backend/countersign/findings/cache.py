"""Remembers what an analyser said about a tree, under everything that decides the answer.

Entries are only ever added; one that can't be read back is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.findings.contracts import FindingData, HookResult, HookStatus, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

_FORMAT = "1"


class AnalysisCache:
    """A directory of answers; without a directory nothing is remembered."""

    def __init__(self, directory: Path | None) -> None:
        """Keep answers in ``directory``, which is made when the first comes."""
        self._directory = directory

    def get_or_run(self, key: tuple[str, ...], run: Callable[[], HookResult]) -> HookResult:
        """Return the remembered answer, or run and remember; only usable answers are remembered.

        Args:
            key: tool, its version, digest of its configuration, digest of what it reads, isolation.
            run: runs the tool.
        """
        if self._directory is None:
            return run()
        name = hashlib.sha256(json.dumps([_FORMAT, *key]).encode()).hexdigest()
        path = self._directory / f"{name}.json"
        known = _load(path, name)
        if known is not None:
            return known
        result = run()
        if result.status is HookStatus.OK:
            _store(path, name, result)
        return result


def _digest(name: str, body: str) -> str:
    return hashlib.sha256(f"{name}\n{body}".encode()).hexdigest()


def _store(path: Path, name: str, result: HookResult) -> None:
    body = json.dumps(asdict(result))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(f"{_digest(name, body)}\n{body}")
    Path(temporary).replace(path)


def _load(path: Path, name: str) -> HookResult | None:
    try:
        digest, _, body = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    # A torn or foreign file is not an answer.
    if digest != _digest(name, body):
        return None
    fields = json.loads(body)
    findings = tuple(
        FindingData(**{**one, "severity": Severity(one["severity"])}) for one in fields.pop("findings")
    )
    return HookResult(
        **{**fields, "argv": tuple(fields["argv"]), "status": HookStatus(fields["status"])}, findings=findings
    )

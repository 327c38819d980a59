"""Gate ``secrets``: nothing that looks like a password, key or token was added."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from countersign.findings.tools import detect_secrets_run
from countersign.gates.contracts import GateStatus, Verdict
from countersign.gates.wording import DETAIL_ITEMS, count, first_lines, some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from countersign.findings.importers.detect_secrets import PossibleSecret
    from countersign.findings.tree import TreeFiles
    from countersign.gates.change import Change
    from countersign.shared.types import JSON

MAX_FILE_BYTES = 20 * 1024 * 1024

# The scanner decides by a file's ending how values are written in it. It only ever sees these endings: a name
# such as "keys.png" hides nothing.
_KNOWN_SUFFIXES = frozenset(
    {
        ".py", ".pyi", ".js", ".jsx", ".ts", ".tsx", ".java", ".go", ".c", ".cc", ".cpp", ".cs", ".h", ".rb",
        ".yaml", ".yml", ".json", ".toml", ".ini", ".cfg", ".conf", ".env", ".properties", ".xml", ".sh",
        ".php", ".tf", ".md", ".rst", ".txt",
    }
)  # fmt: skip
# Files full of digests that are no secrets; what is no mere entropy is looked for in them as well.
_LOCK_NAMES = frozenset(
    {
        "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "Cargo.lock", "package-lock.json", "yarn.lock",
        "pnpm-lock.yaml", "go.sum", "pylock.toml", "composer.lock", "Gemfile.lock",
    }
)  # fmt: skip
_LOCK_PATTERN = re.compile(r"(requirements|constraints)[^/]*\.txt")
_ENTROPY_KINDS = frozenset({"hex-high-entropy-string", "base64-high-entropy-string"})
_PRINTABLE = re.compile(rb"[\x20-\x7e]{8,}")
_BYTE_ORDER_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


def secrets_check(change: Change) -> Verdict:
    """Scan the changed files on both sides; what is only in the result is new."""
    too_large = [path for path in change.paths if change.result.size(path) > MAX_FILE_BYTES]
    if too_large:
        return Verdict(
            GateStatus.UNKNOWN,
            f"larger than the {MAX_FILE_BYTES >> 20} MB that are scanned for secrets: {some(too_large)}",
            tool="detect-secrets",
        )
    with tempfile.TemporaryDirectory(prefix="countersign-secrets-") as scratch:
        root = Path(scratch)
        # The platform's own copies: every user of the sandbox may read them.
        root.chmod(0o755)
        names = {
            **_lay_out(root / "base", change.base, change.paths),
            **_lay_out(root / "result", change.result, change.paths),
        }
        scan = detect_secrets_run(root, isolation=change.context.isolation)
    if scan.failure:
        reason = f"the scan for secrets gave no usable answer: {scan.failure}"
        return Verdict(GateStatus.UNKNOWN, reason, tool="detect-secrets", tool_version=scan.version)
    return secrets_verdict(scan.secrets, names, version=scan.version)


def secrets_verdict(secrets: Sequence[PossibleSecret], names: Mapping[str, str], *, version: str) -> Verdict:
    """Judge what was found on both sides (pure).

    Args:
        secrets: found in ``base/...`` and ``result/...``.
        names: the path in the project by the path that the scanner saw.
        version: the scanner's.
    """
    known = {(one.kind, one.hashed) for one in secrets if one.path.startswith("base/")}
    unnamed = [one.path for one in secrets if one.path not in names]
    if unnamed:
        reason = f"the scan for secrets speaks of a file that it was not given: {unnamed[0]}"
        return Verdict(GateStatus.UNKNOWN, reason, tool="detect-secrets", tool_version=version)
    new = [
        (names[one.path], one)
        for one in secrets
        if one.path.startswith("result/")
        and (one.kind, one.hashed) not in known
        and not (one.kind in _ENTROPY_KINDS and _is_lock(names[one.path]))
    ]
    details: dict[str, JSON] = {
        "new": [{"path": path, "line": one.line, "kind": one.kind} for path, one in new[:DETAIL_ITEMS]],
        "there_before": len(known),
    }
    if not new:
        return Verdict(
            GateStatus.PASS,
            "nothing that looks like a secret was added",
            details=details,
            tool="detect-secrets",
            tool_version=version,
        )
    return Verdict(
        GateStatus.FAIL,
        f"{count(len(new), 'line looks', 'lines look')} like a secret was written into the code;"
        " take it out, and if it is real, revoke it",
        first_lines(f"{path}:{one.line}: {one.kind.replace('-', ' ')}" for path, one in new),
        details,
        tool="detect-secrets",
        tool_version=version,
    )


def _is_lock(path: str) -> bool:
    name = PurePosixPath(path).name
    return name in _LOCK_NAMES or _LOCK_PATTERN.fullmatch(name) is not None


def _lay_out(directory: Path, files: TreeFiles, paths: Sequence[str]) -> dict[str, str]:
    """Write text copies of ``paths`` under plain names; return the project's path by the scanner's."""
    directory.mkdir()
    names = {}
    for number, path in enumerate(paths):
        data = files.data(path)
        if data is None:
            continue
        suffix = PurePosixPath(path).suffix.lower()
        copy = directory / f"{number}{suffix if suffix in _KNOWN_SUFFIXES else '.txt'}"
        copy.write_text(_as_text(data), encoding="utf-8")
        names[f"{directory.name}/{copy.name}"] = path
    return names


def _as_text(data: bytes) -> str:
    """Return what a person could read in a file: of a binary one, its printable stretches."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if b"\0" not in data:
        return data.decode("utf-8", "replace")
    # Without the zeros as well: in UTF-16 they stand between the characters of plain text.
    stretches = [*_PRINTABLE.findall(data), *_PRINTABLE.findall(data.replace(b"\0", b""))]
    return b"\n".join(stretches).decode("ascii")

"""Texts pass the secret scanner before they are sealed: what lies under a lock can't be taken back."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

from countersign.evidence.suspicion import lines_suspected, suspicion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# High-entropy detectors flag every digest in evidence; known token forms and private keys are what leaks.
_DETECTORS = (
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)
_PLUGINS = [{"name": name} for name in _DETECTORS]

# Of the scanner's filters only those that look at the found value itself. The others look at the line, which
# an agent writes: a comment that allows it, or a call around it, would hide a token from the scanner.
_FILTERS = [
    {"path": f"detect_secrets.filters.heuristic.{name}"}
    for name in ("is_prefixed_with_dollar_sign", "is_sequential_string", "is_templated_secret")
]

# Texts are gone through side by side, a few megabytes of whole lines at a time.
_THREADS = 2
_BLOCK = 4 << 20


@contextmanager
def scanning() -> Iterator[None]:
    """Set the scanner up once, for many lines."""
    with transient_settings({"plugins_used": _PLUGINS, "filters_used": _FILTERS}):
        yield


def secrets_find(texts: Mapping[str, bytes | Path]) -> tuple[str, ...]:
    """Return ``name:line (kind)`` for every secret in the named texts; none of them is repeated.

    A text may be a file that holds it; it is streamed.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        suspected = list(pool.map(_suspects, texts.values()))
    with scanning():
        return tuple(
            f"{name}:{number} ({secret.type})"
            for name, lines in zip(texts, suspected, strict=True)
            for number, line in lines
            for secret in scan_line(line)
        )


def text_suspected(text: str | bytes) -> bool:
    """Say whether a text, or its UTF-8 bytes, may hold a secret; if not, none would be found in it."""
    return suspicion(_DETECTORS)(text)


def data_suspected(data: bytes) -> bool:
    """Say the same of bytes, as they are read where every one of them has to come out again."""
    with io.BytesIO(data) as stream:
        return any(
            text_suspected(block if block.isascii() else block.decode("utf-8", "surrogateescape"))
            for block in _blocks(stream)
        )


def line_secrets(line: str) -> tuple[tuple[str, str], ...]:
    """Return kind and value of every secret in a line; only inside of ``scanning()``."""
    if not text_suspected(line):
        return ()
    found = {(secret.type, str(secret.secret_value)) for secret in scan_line(line)}
    return tuple(sorted(found, key=lambda item: (-len(item[1]), item)))


def _suspects(data: bytes | Path) -> list[tuple[int, str]]:
    with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as stream:
        return list(_lines_suspected(stream))


def _lines_suspected(stream: BinaryIO) -> Iterator[tuple[int, str]]:
    before = 0
    for block in _blocks(stream):
        # Most texts are plain ASCII, and are not decoded to be passed over.
        if text_suspected(block if block.isascii() else block.decode("utf-8", "replace")):
            lines = block.decode("utf-8", "replace").splitlines()
            yield from ((before + number, line) for number, line in lines_suspected(lines, text_suspected))
            before += len(lines)
        elif len(block) >= _BLOCK:  # more may follow, and is numbered from here on
            before += len(block.decode("utf-8", "replace").splitlines())


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    while block := stream.read(_BLOCK) + stream.readline():
        yield block

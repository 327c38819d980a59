"""Texts pass the secret scanner before they are sealed: what lies under a lock can't be taken back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from detect_secrets.core.scan import scan_line
from detect_secrets.settings import transient_settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# High-entropy detectors flag every digest in evidence; known token forms and private keys are what leaks.
_PLUGINS = [
    {"name": name}
    for name in (
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
]

# Of the scanner's filters only those that look at the found value itself. The others look at the line, which
# an agent writes: a comment that allows it, or a call around it, would hide a token from the scanner.
_FILTERS = [
    {"path": f"detect_secrets.filters.heuristic.{name}"}
    for name in ("is_prefixed_with_dollar_sign", "is_sequential_string", "is_templated_secret")
]


@contextmanager
def scanning() -> Iterator[None]:
    """Set the scanner up once, for many lines."""
    with transient_settings({"plugins_used": _PLUGINS, "filters_used": _FILTERS}):
        yield


def secrets_find(texts: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return ``name:line (kind)`` for every secret in the named texts; none of them is repeated."""
    found: list[str] = []
    with scanning():
        for name, data in texts.items():
            for number, line in enumerate(_lines(data), start=1):
                found += [f"{name}:{number} ({secret.type})" for secret in scan_line(line)]
    return tuple(found)


def line_secrets(line: str) -> tuple[tuple[str, str], ...]:
    """Return kind and value of every secret in a line; only inside of ``scanning()``."""
    found = {(secret.type, str(secret.secret_value)) for secret in scan_line(line)}
    return tuple(sorted(found, key=lambda item: (-len(item[1]), item)))


def _lines(data: bytes) -> Iterable[str]:
    return data.decode("utf-8", errors="replace").splitlines()

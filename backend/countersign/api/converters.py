"""Parts of addresses that Django has no converter for."""

from __future__ import annotations


class DigestConverter:
    """A SHA-256 digest: ``sha256:`` and hex, or hex alone."""

    regex = "(?:sha256:)?[0-9a-f]{64}"

    def to_python(self, value: str) -> str:
        """Return the digest with its prefix."""
        return f"sha256:{value.removeprefix('sha256:')}"

    def to_url(self, value: str) -> str:
        """Return the digest as it stands in an address."""
        return value

"""What an answer looks like: each address has one form, whatever the caller prefers (RFC 9110, 12.5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.negotiation import DefaultContentNegotiation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request


class OneForm(DefaultContentNegotiation):
    """Answers JSON where an address answers data, and files as they are: nobody is turned away with a 406."""

    def select_renderer(
        self,
        request: Request,  # noqa: ARG002 - the caller's preference is what this does not ask for
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002 - the framework's signature
    ) -> tuple[BaseRenderer, str]:
        """Return the only form there is."""
        form = next(iter(renderers))
        return form, str(form.media_type)

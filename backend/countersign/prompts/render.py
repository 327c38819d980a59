"""Rendering: compiled once per digest, strict about what is undefined, bounded in size and time."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from jinja2 import TemplateError
from jinja2.exceptions import SecurityError

from countersign.prompts.errors import PromptRenderFailed, PromptTooLarge
from countersign.prompts.templates import template_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Template

    from countersign.shared.types import JSON

MAX_PROMPT_CHARACTERS: Final = 200_000
MAX_SECONDS: Final = 2.0

_ENVIRONMENT: Final = template_environment()


@lru_cache(maxsize=256)
def _compiled(digest: str, body: str) -> Template:  # noqa: ARG001 - the digest makes the key short to compare
    return _ENVIRONMENT.from_string(body)


def template_render(
    *, digest: str, body: str, data: Mapping[str, JSON], limit: int = MAX_PROMPT_CHARACTERS
) -> str:
    """Render a template that was checked when it was synced.

    Args:
        digest: names the template; the compiled form is kept under it.
        body: its text.
        data: plain data; a name that is missing is an error, not an empty string.
        limit: how many characters the result may have.

    Raises:
        PromptRenderFailed: the template names what is not there, or reaches for what it may not.
        PromptTooLarge: the result exceeds the limit in size, or takes too long.
    """
    deadline = time.monotonic() + MAX_SECONDS
    parts: list[str] = []
    size = 0
    try:
        for part in _compiled(digest, body).generate(data):
            size += len(part)
            if size > limit:
                message = f"the prompt would have more than {limit} characters"
                raise PromptTooLarge(message, limit=limit)
            if time.monotonic() > deadline:
                message = f"the prompt took more than {MAX_SECONDS:g} s to render"
                raise PromptTooLarge(message, seconds=int(MAX_SECONDS))
            parts.append(part)
    except SecurityError as error:
        message = f"the template reaches for what it may not: {error}"
        raise PromptRenderFailed(message, template=digest) from error
    except (TemplateError, TypeError, ValueError) as error:
        message = f"the template could not be rendered: {error}"
        raise PromptRenderFailed(message, template=digest) from error
    return "".join(parts)

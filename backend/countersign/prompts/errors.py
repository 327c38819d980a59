"""What can go wrong with personas, templates and prompts."""

from __future__ import annotations

from countersign.shared.errors import Conflict, DomainError, InvalidInput, NotFound


class TemplateInvalid(InvalidInput):
    """A template file can't be accepted; the message says where."""

    code = "template_invalid"


class TemplateNotFound(NotFound):
    """There is no template of this code, or none of its versions is in production."""

    code = "template_not_found"


class PersonasInvalid(InvalidInput):
    """The personas can't be accepted."""

    code = "personas_invalid"


class PersonaNotFound(NotFound):
    """There is no persona of this code."""

    code = "persona_not_found"


class PromptNotFound(NotFound):
    """There is no such prompt."""

    code = "prompt_not_found"


class PromptRenderFailed(DomainError):
    """A template could not be rendered with the data at hand."""

    code = "prompt_render_failed"
    status = 422


class PromptTooLarge(PromptRenderFailed):
    """A prompt would exceed the limit in size or time."""

    code = "prompt_too_large"


class PromptIncomplete(PromptRenderFailed):
    """A rendered prompt lacks something that every prompt must carry."""

    code = "prompt_incomplete"


class NoPersona(Conflict):
    """Work can't be routed while there are no personas."""

    code = "no_persona"

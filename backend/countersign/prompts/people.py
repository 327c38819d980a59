"""Reading the personas file: YAML in, checked personas out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from countersign.prompts.contracts import PersonaData, RoutingRules
from countersign.prompts.errors import PersonasInvalid
from countersign_verify.canonical import digest_of

if TYPE_CHECKING:
    from countersign.shared.types import JSON

MAX_BYTES = 200_000

Weight = Annotated[int, Field(ge=1, le=100)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
_CODE = r"^[a-z][a-z0-9-]{1,59}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RoutingEntry(_Strict):
    """What draws work to a persona."""

    finding_types: dict[str, Weight] = {}
    paths: dict[str, Weight] = {}
    kinds: dict[str, Weight] = {}
    severities: dict[str, Weight] = {}
    fallback: bool = False


class PersonaEntry(_Strict):
    """One persona as written."""

    code: Annotated[str, Field(pattern=_CODE)]
    name: Text
    title: Text
    introduction: Text
    expertise: Annotated[list[Text], Field(min_length=1)]
    focus: Text
    routing: RoutingEntry = RoutingEntry()
    adapters: list[str] = []
    template: Annotated[str, Field(pattern=_CODE)]

    def routing_json(self) -> dict[str, JSON]:
        """Return the routing rules as plain JSON."""
        dumped: dict[str, JSON] = self.routing.model_dump()
        return dumped

    def digest(self) -> str:
        """Name the persona by what it says."""
        return digest_of(self.model_dump())

    def data(self) -> PersonaData:
        """Return the persona as other code sees it."""
        return PersonaData(
            code=self.code,
            name=self.name,
            title=self.title,
            introduction=self.introduction,
            expertise=tuple(self.expertise),
            focus=self.focus,
            routing=RoutingRules(**self.routing.model_dump()),
            adapters=tuple(self.adapters),
            template=self.template,
            digest=self.digest(),
        )


class PersonasFile(_Strict):
    """A whole personas file."""

    format: Annotated[str, Field(pattern=r"^countersign/personas/v1$")]
    personas: Annotated[list[PersonaEntry], Field(min_length=1)]


def personas_parse(text: str) -> tuple[PersonaEntry, ...]:
    """Read a personas file.

    Raises:
        PersonasInvalid: it is too large, not YAML, not of this form, or a code stands in it twice.
    """
    if len(text.encode()) > MAX_BYTES:
        message = f"the personas file is larger than {MAX_BYTES} bytes"
        raise PersonasInvalid(message)
    try:
        personas = PersonasFile.model_validate(yaml.safe_load(text)).personas
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"personas: {where}: {first['msg']}"
        raise PersonasInvalid(message, field=where) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        message = "the personas file is not YAML"
        raise PersonasInvalid(message) from error
    codes = [persona.code for persona in personas]
    if twins := sorted({code for code in codes if codes.count(code) > 1}):
        message = f"these personas stand in the file twice: {', '.join(twins)}"
        raise PersonasInvalid(message)
    return tuple(personas)

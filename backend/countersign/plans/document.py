"""The form of a plan document, as pydantic models.

Strict on purpose: a plan decides what may be changed, so a misspelt key is a problem to show, never
a key to ignore.
"""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

# Codes become parts of branch names and of file names, so they stay within what Git refs allow.
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$", max_length=32),
]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
Rule = Annotated[str, StringConstraints(pattern=r"^[A-Z]+[0-9]*$", max_length=16)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]

_PARENT = re.compile(r"(?:^|/)\.\.(?:/|$)")


class _Part(BaseModel):
    """Base of every part: nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SelectorPart(_Part):
    """Which findings belong to a deliverable."""

    tool: Name | None = None
    rules: list[Rule] = Field(min_length=1, max_length=200)
    paths: list[Text] = Field(default_factory=lambda: ["**"], min_length=1, max_length=200)

    @field_validator("paths")
    @classmethod
    def _paths_stay_inside(cls, paths: list[str]) -> list[str]:
        for path in paths:
            if path.startswith("/") or _PARENT.search(path):
                message = f"a path pattern must stay inside the project: {path!r}"
                raise ValueError(message)
        return paths


class FindingsZeroCheck(_Part):
    """No finding of the selector is left in the latest analysed head."""

    kind: Literal["findings_zero"]
    fixable_only: bool = False


class GatePassedCheck(_Part):
    """Every merged change passed these gates."""

    kind: Literal["gate_passed"]
    fixable_only: bool = False
    gates: list[Name] = Field(min_length=1, max_length=50)


class MergedCheck(_Part):
    """Every change that was started is merged; without any, no finding of the selector is left."""

    kind: Literal["merged"]
    fixable_only: bool = False


Check = Annotated[FindingsZeroCheck | GatePassedCheck | MergedCheck, Field(discriminator="kind")]


class CriterionPart(_Part):
    """One acceptance criterion: what it says, and how it is checked."""

    code: Code | None = None
    text: Text
    check: Check


class DeliverablePart(_Part):
    """One deliverable of a phase."""

    code: Code
    title: Text
    selector: SelectorPart
    acceptance_criteria: list[CriterionPart] = Field(min_length=1, max_length=50)


class GatePart(_Part):
    """One quality gate of a phase, over all of its changes."""

    code: Code
    text: Text
    check: GatePassedCheck | MergedCheck = Field(discriminator="kind")


class PhasePart(_Part):
    """One phase."""

    code: Code
    title: Text
    objective: LongText = ""
    depends_on: list[Code] = Field(default_factory=list, max_length=100)
    deliverables: list[DeliverablePart] = Field(min_length=1, max_length=500)
    gates: list[GatePart] = Field(default_factory=list, max_length=50)


class PlanDocument(_Part):
    """A whole plan."""

    code: Code
    title: Text
    description: LongText = ""
    phases: list[PhasePart] = Field(min_length=1, max_length=100)

"""The form of a plan document, as pydantic models.

Strict on purpose: a plan decides what may be changed, so a misspelt key is a problem to show, never
a key to ignore.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator

from countersign.plans.checks import Check, FindingsZeroCheck, GateCheck, Name, Part, Text
from countersign.plans.words import POINTER, calendar_date, inside_project, names_a_secret

# Codes become parts of branch names and of file names, so they stay within what Git refs allow.
Code = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$", max_length=32),
]
MaybeText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
NoteText = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Rule = Annotated[str, StringConstraints(pattern=r"^[A-Z]+[0-9]*$", max_length=16)]
InputName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Needs = list[InputName]
NEEDS: Final = "names of inputs; work does not begin before each has a value or an answer"
Pointer = Annotated[str, StringConstraints(pattern=POINTER, max_length=500)]
Day = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(calendar_date),
    Field(json_schema_extra={"format": "date"}),
]


class SelectorPart(Part):
    """Which findings belong to a deliverable."""

    tool: Name | None = None
    rules: list[Rule] = Field(min_length=1, max_length=200)
    paths: list[Text] = Field(default_factory=lambda: ["**"], min_length=1, max_length=200)

    @field_validator("paths")
    @classmethod
    def _paths_stay_inside(cls, paths: list[str]) -> list[str]:
        return [inside_project(path) for path in paths]


class NotePart(Part):
    """A piece of prose that the plan carries along: kept as it was written, demanded of nobody."""

    title: MaybeText = ""
    text: NoteText
    line: int | None = Field(default=None, ge=1)


class FilePart(Part):
    """A file that is to be created or modified, and why."""

    path: Text
    action: Literal["create", "modify"] | None = None
    note: MaybeText = ""

    @field_validator("path")
    @classmethod
    def _path_stays_inside(cls, path: str) -> str:
        return inside_project(path)


class CriterionPart(Part):
    """One acceptance criterion: what it says, and how it is checked."""

    code: Code | None = None
    text: Text
    check: Check


class DeliverablePart(Part):
    """One deliverable of a phase."""

    code: Code
    title: Text
    owner: MaybeText = ""
    condition: MaybeText = Field(default="", description="when it applies; empty is always")
    selector: SelectorPart | None = None
    needs: Needs = Field(default_factory=list, max_length=200, description=NEEDS)
    files: list[FilePart] = Field(default_factory=list, max_length=500)
    technical_notes: LongText = ""
    acceptance_criteria: list[CriterionPart] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _findings_have_a_selector(self) -> Self:
        for criterion in self.acceptance_criteria:
            if self.selector is None and isinstance(criterion.check, FindingsZeroCheck):
                raise ValueError(
                    "a check of the kind findings_zero needs to know which findings: give the "
                    "deliverable a selector, or choose another check"
                )
        return self


class GatePart(Part):
    """One gate of a phase: a quality gate, a GO criterion, a NO-GO trigger, or a decision to be made."""

    code: Code | None = None
    kind: Literal["quality", "go", "no_go", "decision"] = "quality"
    text: Text
    check: GateCheck


class EveryPhasePart(Part):
    """A demand on every phase: it becomes a gate of each."""

    code: Code | None = None
    kind: Literal["standard", "checklist"] = "standard"
    text: Text
    check: GateCheck


class OptionPart(Part):
    """One way to decide a strategic question."""

    name: Text
    text: MaybeText = ""


class DecisionPart(Part):
    """A strategic decision that a phase needs."""

    question: Text
    options: list[OptionPart] = Field(default_factory=list, max_length=20)
    documented: MaybeText = Field(default="", description="what the plan assumes will be decided")


class PhasePart(Part):
    """One phase."""

    code: Code
    title: Text
    objective: LongText = ""
    owner: MaybeText = ""
    duration: MaybeText = ""
    planned_start: Day | None = None
    planned_end: Day | None = None
    stated_status: MaybeText = Field(
        default="", description="what the author says of it; the platform computes its own from evidence"
    )
    prerequisites: list[Text] = Field(default_factory=list, max_length=50)
    depends_on: list[Code] = Field(default_factory=list, max_length=100)
    needs: Needs = Field(default_factory=list, max_length=200, description=NEEDS)
    specification: MaybeText = Field(default="", description="the document that says more")
    deliverables: list[DeliverablePart] = Field(min_length=1, max_length=500)
    gates: list[GatePart] = Field(default_factory=list, max_length=100)
    files: list[FilePart] = Field(default_factory=list, max_length=500)
    decisions: list[DecisionPart] = Field(default_factory=list, max_length=20)
    notes: list[NotePart] = Field(default_factory=list, max_length=5_000)

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.planned_start and self.planned_end and self.planned_end < self.planned_start:
            raise ValueError(f"the phase ends on {self.planned_end}, before it starts: mend one of the dates")
        return self


class InputPart(Part):
    """Something that work needs to know: a value, a pointer to a secret, or still missing."""

    name: InputName
    text: MaybeText = ""
    value: Annotated[str, StringConstraints(min_length=1, max_length=2_000)] | None = None
    pointer: Pointer | None = Field(default=None, description="where the secret lies; never the secret")
    secret: bool = False
    optional: bool = False
    kind: Literal["configuration", "requirement"] | None = Field(
        default=None,
        description="an address, a path or a pointer, or a choice that shapes the work; of a secret or a "
        "pointer it is configuration, else requirement",
    )

    @property
    def hidden(self) -> bool:
        """Say whether it is a secret, by its mark or by its name."""
        return self.secret or names_a_secret(self.name)

    @property
    def kind_meant(self) -> Literal["configuration", "requirement"]:
        """Return its kind: as the plan says, or what follows from the rest."""
        if self.kind is not None:
            return self.kind
        return "configuration" if self.hidden or self.pointer is not None else "requirement"

    @model_validator(mode="after")
    def _holds_no_secret(self) -> Self:
        if self.value is not None and self.hidden:
            raise ValueError(
                "a secret never stands in a plan: take the value away, and give a pointer to where it lies, "
                "such as env:NAME, file:PATH or vault:PATH"
            )
        if self.value is not None and self.pointer is not None:
            raise ValueError("an input has a value or a pointer, not both")
        return self


class RiskPart(Part):
    """A risk of the plan."""

    risk: Text
    probability: MaybeText = ""
    impact: MaybeText = ""
    mitigation: MaybeText = ""


class ReportPart(Part):
    """A report or review that the plan asks for."""

    title: Text
    text: LongText = ""
    items: list[Text] = Field(default_factory=list, max_length=100)


class PlanDocument(Part):
    """A whole plan."""

    code: Code
    title: Text
    description: LongText = ""
    stated_status: MaybeText = ""
    created_on: Day | None = None
    authority: MaybeText = Field(default="", description="who issued the plan")
    inputs: list[InputPart] = Field(default_factory=list, max_length=200)
    phases: list[PhasePart] = Field(min_length=1, max_length=100)
    every_phase: list[EveryPhasePart] = Field(default_factory=list, max_length=100)
    risks: list[RiskPart] = Field(default_factory=list, max_length=200)
    escalation: list[Text] = Field(default_factory=list, max_length=20)
    reports: list[ReportPart] = Field(default_factory=list, max_length=50)
    notes: list[NotePart] = Field(default_factory=list, max_length=5_000)

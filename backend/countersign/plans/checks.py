"""How a demand of a plan is checked: one model a kind, told apart by `kind`.

Every kind says what evidence would meet it. Kinds that nobody judges yet are in `unjudged.py`; they are
unknown, and unknown is not met.
"""

from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from countersign.plans.words import inside_project

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z_-]*$", max_length=32)]
# Put together, so that searching this code for unfinished work finds none.
STUB_WORDS: Final = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")


class Part(BaseModel):
    """Base of every part: nothing unknown, nothing converted, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FindingsZeroCheck(Part):
    """No finding of the selector is left in the latest analysed head."""

    kind: Literal["findings_zero"]
    fixable_only: bool = False


class GatePassedCheck(Part):
    """Every merged change passed these gates."""

    kind: Literal["gate_passed"]
    fixable_only: bool = False
    gates: list[Name] = Field(min_length=1, max_length=50)


class MergedCheck(Part):
    """Every change that was started is merged; without any, no finding of the selector is left."""

    kind: Literal["merged"]
    fixable_only: bool = False


class CoverageCheck(Part):
    """The tests cover at least this share: of the whole project, or of what the phase changed."""

    kind: Literal["coverage_at_least"]
    percent: int = Field(ge=1, le=100)
    of: Literal["project", "changes"] = "project"


class NoStubsCheck(Part):
    """None of these words marks unfinished work in the project's files."""

    kind: Literal["no_stubs"]
    words: list[Word] = Field(default_factory=lambda: list(STUB_WORDS), min_length=1, max_length=20)


class _PathsCheck(Part):
    """Something about paths of the project."""

    paths: list[Text] = Field(min_length=1, max_length=500)

    @field_validator("paths")
    @classmethod
    def _paths_stay_inside(cls, paths: list[str]) -> list[str]:
        return [inside_project(path) for path in paths]


class DocumentsExistCheck(_PathsCheck):
    """These documents are in the project's head and are not empty; a directory counts when it has files."""

    kind: Literal["documents_exist"]


class FilesExistCheck(_PathsCheck):
    """These files are in the project's head; a directory counts when it has files."""

    kind: Literal["files_exist"]


Reference = Literal["pack", "merge", "artifact"]


class AttestedCheck(Part):
    """A person who took no part in the work attests it, and names the evidence: a pack, merge or artifact."""

    kind: Literal["attested"]
    references: list[Reference] = Field(
        default_factory=lambda: list(get_args(Reference)), min_length=1, max_length=3
    )
    roles: list[Name] = Field(default_factory=list, max_length=10)


Check = Annotated[
    FindingsZeroCheck
    | GatePassedCheck
    | MergedCheck
    | CoverageCheck
    | NoStubsCheck
    | DocumentsExistCheck
    | FilesExistCheck
    | AttestedCheck,
    Field(discriminator="kind"),
]
# What a gate may ask: everything but what needs one deliverable's findings.
GateCheck = Annotated[
    GatePassedCheck
    | MergedCheck
    | CoverageCheck
    | NoStubsCheck
    | DocumentsExistCheck
    | FilesExistCheck
    | AttestedCheck,
    Field(discriminator="kind"),
]

"""What is said of a plan text: problems, remarks, the use of each line, and what an import would change."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from countersign.shared.types import JSON


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One thing that is wrong with a plan text, and where."""

    line: int
    column: int
    message: str

    def as_dict(self) -> dict[str, JSON]:
        """Give the problem as plain data."""
        return {"line": self.line, "column": self.column, "message": self.message}


@dataclass(frozen=True, slots=True)
class PlanRemark:
    """Something a reader of the plan should know: what was assumed, mended, or contradicts itself."""

    line: int
    column: int
    message: str

    def as_dict(self) -> dict[str, JSON]:
        """Give the remark as plain data."""
        return {"line": self.line, "column": self.column, "message": self.message}


class LineUse(StrEnum):
    """What became of a line of a plan text; there is no fourth way, and a blank line has none."""

    UNDERSTOOD = "understood"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class LineAccount:
    """What became of a run of lines; blank lines may lie in between."""

    first: int
    last: int
    use: LineUse
    what: str

    def as_dict(self) -> dict[str, JSON]:
        """Give the account as plain data."""
        return {"first": self.first, "last": self.last, "use": self.use.value, "what": self.what}


class ChangeKind(StrEnum):
    """How a part of a plan differs from the version before."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One thing that is said of a part: what it was, and what it is now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A part of a plan that differs from the version before.

    Attributes:
        kind: how.
        part: what it is: ``plan``, ``phase``, ``deliverable``, ``criterion``, ``gate``, ``input`` and so on.
        phase: the code of the phase that it belongs to, or is.
        deliverable: the code of the deliverable that it belongs to, or is.
        name: what it is called: its title or its text.
        fields: what changed of it; of a phase that was added or removed, what it brings or takes.
    """

    kind: ChangeKind
    part: str
    phase: str
    deliverable: str
    name: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """What an import would change.

    Attributes:
        code: the plan's code.
        version: the version that the import would make, or that is there when nothing changes.
        replaces: the code of the plan that is current now; empty when there is none.
        replaces_version: its version, 0 when there is none.
        same_text: the text is that of the current version to the byte, so an import does nothing.
        changes: the parts that differ, in the order of the plan.
        unchanged: how many phases and deliverables do not differ.
    """

    code: str
    version: int
    replaces: str
    replaces_version: int
    same_text: bool
    changes: tuple[PlanChange, ...]
    unchanged: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a plan text would do to a project, before anything is done.

    Attributes:
        understood: whether the text can be imported.
        problems: what was not understood.
        remarks: what should be known.
        lines: how many lines were understood, kept as notes, blank, not understood.
        counts: how many parts the plan has, and its demands by how they are checked; ``None`` as below.
        difference: what would change; ``None`` when the text was not understood.
        based_on: the id of the current version, empty when there is none; an import can insist on it.
        completed: phases of the current version that are complete: the new version starts them again.
        running: how many work items of the current version are in work; they go on under it.
    """

    understood: bool
    problems: tuple[PlanProblem, ...]
    remarks: tuple[PlanRemark, ...]
    lines: Mapping[str, JSON]
    counts: Mapping[str, JSON] | None
    difference: PlanDifference | None
    based_on: str
    completed: tuple[str, ...]
    running: int

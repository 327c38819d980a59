"""Inputs: what work of a plan needs to know, and what was answered."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from countersign.shared.types import JSON


class InputState(StrEnum):
    """Whether an input is known; a pointer to a secret counts as known."""

    KNOWN = "known"
    MISSING = "missing"


class InputKind(StrEnum):
    """What an input is: where things are, or what is to be made. Who answers the latter takes part."""

    CONFIGURATION = "configuration"
    REQUIREMENT = "requirement"


@dataclass(frozen=True, slots=True)
class InputAnswerData:
    """An answer to an input.

    Attributes:
        number: the how-manieth answer to this input it is; the last one counts.
        version: of the plan that it was given to.
        digest: what the log says of it: of nonce, value and pointer.
        minted_by: who minted the token that it was given with, if any.
    """

    id: str
    plan_id: str
    name: str
    number: int
    version: int
    value: str
    pointer: str
    kind: InputKind
    digest: str
    person_id: str
    minted_by: str | None
    created_at: datetime

    @property
    def participants(self) -> frozenset[str]:
        """The persons who take part in what is made with it."""
        return frozenset(person for person in (self.person_id, self.minted_by) if person)


@dataclass(frozen=True, slots=True)
class InputData:
    """Something that work of a plan needs to know.

    Attributes:
        value: what counts now: the last answer, or what the plan says.
        pointer: where the secret lies, in place of a value.
        needed_by: the phases and deliverables that need it; empty where the whole plan does.
        answer: the answer that counts, if one does.
        answers: every answer, oldest first, also to earlier versions of the plan.
    """

    id: str
    name: str
    text: str
    state: InputState
    value: str
    pointer: str
    secret: bool
    optional: bool
    kind: InputKind = InputKind.REQUIREMENT
    needed_by: tuple[str, ...] = ()
    answer: InputAnswerData | None = None
    answers: tuple[InputAnswerData, ...] = ()

    @property
    def lacking(self) -> bool:
        """Say whether work waits for it."""
        return self.state is InputState.MISSING and not self.optional


@dataclass(frozen=True, slots=True)
class InputsForWork:
    """The inputs of one piece of work.

    Attributes:
        plan_id: the plan version of the work; empty where it belongs to none.
        code: the plan's code.
        missing: the names of those that it waits for.
        used: those that go to whoever does it.
    """

    plan_id: str = ""
    code: str = ""
    missing: tuple[str, ...] = ()
    used: tuple[InputData, ...] = ()

    @property
    def participants(self) -> frozenset[str]:
        """Whoever answered a requirement that is used; an answer that was replaced counts as well."""
        return frozenset(
            person
            for item in self.used
            for answer in item.answers
            if InputKind.REQUIREMENT in {item.kind, answer.kind}
            for person in answer.participants
        )

    def as_told(self) -> list[JSON]:
        """Give what the log says of the inputs of a run: no value stands in it."""
        return [
            {
                "name": item.name,
                "answer": None if item.answer is None else item.answer.id,
                "digest": None if item.answer is None else item.answer.digest,
            }
            for item in self.used
        ]

"""Answers to what a plan asks for, as the log tells of them: who gave one takes part in what is made with it.

A requirement shapes the work. Configuration (an address, a path, a pointer to a secret) does not, and
excludes nobody. What an input is was said when the plan was imported, before anybody answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from countersign_verify.canonical import Json
from countersign_verify.encoding import field as json_field
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LoggedEvent

CONFIGURATION = "configuration"
ANSWERED = "answered an input that it uses"
MINTED_ANSWER = "minted the token that answered an input that it uses"

# A plan by its project and code, in all its versions.
Plan = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to an input.

    Attributes:
        index: Where in the log.
        persons: Who gave it, and how; nobody where it is configuration.
    """

    index: int
    id: str
    digest: str
    persons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Used:
    """The inputs that a run was given.

    Attributes:
        plan: The plan that they are of.
        answers: Id and digest of the answer by name; None where the plan itself gave the value.
    """

    plan: Plan = ("", "")
    answers: Mapping[str, tuple[str, str] | None] = field(default_factory=dict)


@dataclass(slots=True)
class Answers:
    """Every answer of a log, and what the plans said of their inputs."""

    given: dict[tuple[Plan, str], list[Answer]] = field(default_factory=dict)
    requirements: dict[Plan, frozenset[str]] = field(default_factory=dict)

    def plan_add(self, event: LoggedEvent) -> None:
        """Take in which inputs of a plan are requirements; plans from before that was said do not say it.

        Raises:
            RefusedError: It is said malformed.
        """
        if "requirements" in event.data:
            names = json_field(event.data, "requirements", list, f"event {event.index}: the plan")
            if not all(isinstance(name, str) for name in names):
                raise RefusedError(
                    "participants.requirements", f"event {event.index}: the requirements are no list of names"
                )
            plan = (event.text("project_id"), event.text("code"))
            self.requirements[plan] = frozenset(str(name) for name in names)

    def add(self, event: LoggedEvent, minter: str | None) -> None:
        """Take in an answer.

        Args:
            event: What the log tells of it.
            minter: Who minted the token in use, if a person did.

        Raises:
            RefusedError: It is malformed.
        """
        plan, name = (event.text("project_id"), event.text("code")), event.text("input")
        persons: dict[str, str] = {}
        if event.text("kind") != CONFIGURATION or name in self.requirements.get(plan, ()):
            if minter is not None:
                persons[minter] = MINTED_ANSWER
            if event.person_id is not None:
                persons[event.person_id] = ANSWERED
        answer = Answer(event.index, event.text("answer_id"), event.text("digest"), persons)
        self.given.setdefault((plan, name), []).append(answer)

    def parts(self, used: Used, before: int) -> Mapping[str, str]:
        """Who answered what a run was given, and how; an answer that was replaced counts as well.

        Args:
            used: The inputs that it was given.
            before: Where in the log it began.

        Raises:
            RefusedError: It was given an answer that the log does not tell of, or another one.
        """
        found: dict[str, str] = {}
        for name, answer in used.answers.items():
            given = [item for item in self.given.get((used.plan, name), ()) if item.index < before]
            if answer is not None and (not given or (given[-1].id, given[-1].digest) != answer):
                raise RefusedError(
                    "participants.answer",
                    f"the log does not tell of the answer to {name[:80]!a} that the run was given: "
                    "nobody knows who gave it",
                )
            for item in given:
                found |= item.persons
        return found


def used_read(event: LoggedEvent) -> Used:
    """Read which inputs a run was given; runs from before inputs were answered were given none.

    Raises:
        RefusedError: It is malformed.
    """
    if "inputs" not in event.data:
        return Used()
    where = f"event {event.index}: the run"
    items = json_field(event.data, "inputs", list, where)
    answers = dict(_used(item, where) for item in items)
    if len(answers) < len(items):
        raise RefusedError("participants.inputs", f"{where} names an input twice")
    plan = (event.text("project_id"), event.text("plan")) if answers else ("", "")
    return Used(plan, answers)


def _used(item: Json, where: str) -> tuple[str, tuple[str, str] | None]:
    match item:
        case {"name": str(name), "answer": None, "digest": None}:
            return name, None
        case {"name": str(name), "answer": str(answer), "digest": str(digest)}:
            return name, (answer, digest)
    raise RefusedError("participants.inputs", f"{where} has an input without name, answer and digest")

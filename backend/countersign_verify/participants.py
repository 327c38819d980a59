"""Who took part in a change, as the log tells of it: none of them counts in its quorum.

Whoever began its run takes part, whoever minted the token that was used for it, and whoever asked for
changes on an earlier attempt or answered what the plan asked for, because these words went into the prompt.
Nothing here comes from a table, nor
from what the pack says of itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from countersign_verify.answers import Answers, Used, used_read
from countersign_verify.decision import KIND_CHANGE
from countersign_verify.encoding import field as json_field
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.vocabulary import (
    EVENT_DECISION,
    EVENT_INPUT_ANSWERED,
    EVENT_PLAN_IMPORTED,
    EVENT_REQUESTED,
    EVENT_RUN_CREATED,
    EVENT_TOKEN_ISSUED,
)

ASKED = "request_changes"
# How somebody took part.
BEGAN = "began its run"
MINTED = "minted the token that began its run"
PROMPTED = "asked for changes on an earlier attempt"
HAD_MADE = "had a change of this phase made"


@dataclass(frozen=True, slots=True)
class Begun:
    """How a run began.

    Attributes:
        index: Where in the log.
        work_item: What it works on; earlier attempts have the same.
        beginner: Who began it, if a person did.
        minter: Who minted the token in use, if a person did.
        prompters: Whose words went into its prompt, as the event itself says.
        used: The inputs of the plan that went into it.
    """

    index: int
    work_item: str
    beginner: str | None
    minter: str | None
    prompters: frozenset[str]
    used: Used = field(default_factory=Used)


@dataclass(slots=True)
class Participants:
    """The persons who took part in each run of a log.

    Attributes:
        runs: How each run began, by its id.
        asked: Who asked for changes and where in the log, by work item.
        minters: Who minted each token; None where no person did.
        answers: Who answered what plans ask for.
    """

    runs: dict[str, Begun] = field(default_factory=dict)
    asked: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    minters: dict[str, str | None] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers)

    def initiators(self, run_id: str) -> frozenset[str]:
        """Who had a run made: its beginner, and the minter of the token in use.

        Raises:
            RefusedError: The log does not tell how it began.
        """
        begun = self._begun(run_id)
        return frozenset(person for person in (begun.beginner, begun.minter) if person is not None)

    def of_run(self, run_id: str) -> Mapping[str, str]:
        """Everybody who took part in a run, and how.

        Raises:
            RefusedError: The log does not tell how it began, or of an answer that it was given.
        """
        begun = self._begun(run_id)
        asked = [person for index, person in self.asked.get(begun.work_item, ()) if index < begun.index]
        parts = dict(self.answers.parts(begun.used, begun.index))
        parts |= dict.fromkeys((*sorted(begun.prompters), *asked), PROMPTED)
        if begun.minter is not None:
            parts[begun.minter] = MINTED
        if begun.beginner is not None:
            parts[begun.beginner] = BEGAN
        return parts

    def _begun(self, run_id: str) -> Begun:
        begun = self.runs.get(run_id)
        if begun is None:
            raise RefusedError(
                "participants.run", f"the log does not tell who began the run {run_id[:80]!a}: nobody knows"
            )
        return begun


def participants_read(content: LogContent) -> Participants:
    """Read from the events of a log who took part in what, in order.

    Raises:
        RefusedError: A run began twice, or with a token that nobody minted.
    """
    found = Participants()
    requests: dict[str, str] = {}
    for event in content.events:
        if event.type == EVENT_TOKEN_ISSUED:
            found.minters.setdefault(event.subject_id, event.person_id)
        elif event.type == EVENT_RUN_CREATED:
            if event.subject_id in found.runs:
                raise RefusedError("participants.twice", f"event {event.index}: the run began a second time")
            found.runs[event.subject_id] = _begun(event, found.minters)
        elif event.type == EVENT_REQUESTED:
            _request(event, requests)
        elif event.type == EVENT_PLAN_IMPORTED:
            found.answers.plan_add(event)
        elif event.type == EVENT_INPUT_ANSWERED:
            found.answers.add(event, _minter(event, found.minters))
        elif event.type == EVENT_DECISION and event.text("verdict") == ASKED:
            _asked(event, requests, found)
    return found


def pack_excludes(run_id: str, excluded: Iterable[str], participants: Participants) -> None:
    """Check that a pack excludes everybody who took part in its run.

    Args:
        run_id: The run.
        excluded: The persons whom its pack excludes.
        participants: Who took part, as the log tells.

    Raises:
        RefusedError: Somebody took part whom it does not exclude, or the log does not tell how the run began.
    """
    listed = frozenset(excluded)
    missing = {person: how for person, how in participants.of_run(run_id).items() if person not in listed}
    if missing:
        raise RefusedError(
            "participants.pack", f"the pack does not exclude everybody who took part: {_named(missing)}"
        )


def decider_apart(person: str, parts: Mapping[str, str]) -> None:
    """Check that whoever decided took no part.

    Args:
        person: Who decided.
        parts: Who took part, and how.

    Raises:
        RefusedError: They did.
    """
    if person in parts:
        raise RefusedError(
            "participants.decider", f"one who took part decided: {_named({person: parts[person]})}"
        )


def token_own(event: LoggedEvent, minters: Mapping[str, str | None]) -> None:
    """Check that a decision was not made with a token that somebody else minted, who would decide with them.

    Raises:
        RefusedError: It was, or nobody minted the token.
    """
    minter = _minter(event, minters)
    if minter not in {None, event.person_id}:
        raise RefusedError(
            "participants.token_of_another",
            f"event {event.index}: it was decided with a token that {str(minter)[:80]} minted",
        )


def _minter(event: LoggedEvent, minters: Mapping[str, str | None]) -> str | None:
    if event.token_id is None:
        return None
    if event.token_id not in minters:
        raise RefusedError("participants.token", f"event {event.index}: nobody minted the token in use")
    return minters[event.token_id]


def _begun(event: LoggedEvent, minters: Mapping[str, str | None]) -> Begun:
    where = f"event {event.index}: the run"
    prompters = json_field(event.data, "prompters", list, where)
    if not all(isinstance(item, str) for item in prompters):
        raise RefusedError("participants.prompters", f"{where} has prompters that are no list of ids")
    return Begun(
        index=event.index,
        work_item=event.text("work_item_id"),
        beginner=event.person_id,
        minter=_minter(event, minters),
        prompters=frozenset(str(item) for item in prompters),
        used=used_read(event),
    )


def _request(event: LoggedEvent, requests: dict[str, str]) -> None:
    about = event.data["about"]
    match about:
        case [str(kind), str(subject_id)] if kind == KIND_CHANGE:
            requests.setdefault(event.subject_id, subject_id)


def _asked(event: LoggedEvent, requests: dict[str, str], found: Participants) -> None:
    """Whoever asks for changes puts words into the prompt of the next attempt at the same work."""
    run = found.runs.get(requests.get(event.text("request_id"), ""))
    if run is not None and event.person_id is not None:
        found.asked.setdefault(run.work_item, []).append((event.index, event.person_id))


def _named(parts: Mapping[str, str]) -> str:
    return ", ".join(f"{person[:80]} {how}" for person, how in sorted(parts.items()))

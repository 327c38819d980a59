"""Break-glass, as the log tells of it: two people, at most an hour, reviewed by a third one within a day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from countersign_verify.decision import Decision, time_moment
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.people import People
from countersign_verify.tree import commit_parse
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import (
    BREAK_GLASS_TRAILER,
    EVENT_GLASS_CLOSED,
    EVENT_GLASS_OPENED,
    EVENT_GLASS_REQUESTED,
    EVENT_GLASS_REVIEWED,
)

# In microseconds.
LONGEST = 60 * 60 * 1_000_000
REVIEW_WITHIN = 24 * LONGEST
CLOCKS = 30 * 1_000_000  # how far the clocks of a platform may be apart
PERMIT = "quorum"
OPENERS = frozenset({"director", "cab_member", "security_reviewer"})
REVIEWERS = OPENERS | {"admin", "auditor"}


@dataclass(slots=True)
class Window:
    """One window.

    Attributes:
        people: Who asked for it, and who countersigned.
        opened: The event that opened it.
        closed: Where in the log it was closed before its time.
        reviewed: The event of its review.
    """

    id: str
    project: str
    reason: str
    people: tuple[str, str]
    opened: LoggedEvent
    expires_at: str
    closed: int | None = None
    reviewed: LoggedEvent | None = None

    def covers(self, event: LoggedEvent) -> bool:
        """Whether it was open at this place of the log."""
        early = event.index > self.opened.index and event.time <= self.expires_at
        return early and (self.closed is None or event.index < self.closed)


def windows_read(content: LogContent, people: People, trust: Trust) -> dict[str, Window]:
    """Read every window from its events, in order.

    Raises:
        RefusedError: One was opened by fewer than two people with the role, for longer than an hour, without
            having been asked for, or while a review was overdue; or was reviewed by one of the two.
    """
    asked: dict[str, LoggedEvent] = {}
    windows: dict[str, Window] = {}
    for event in content.events:
        if event.type == EVENT_GLASS_REQUESTED:
            asked.setdefault(event.subject_id, event)
        elif event.type == EVENT_GLASS_OPENED:
            if event.subject_id in windows:
                raise RefusedError("glass.twice", f"event {event.index}: the window was opened before")
            _overdue_check(event, windows)
            windows[event.subject_id] = _opened(event, asked.get(event.subject_id), people, trust)
        elif event.type == EVENT_GLASS_CLOSED and event.subject_id in windows:
            window = windows[event.subject_id]
            window.closed = event.index if window.closed is None else window.closed
        elif event.type == EVENT_GLASS_REVIEWED:
            _review(event, windows, people, trust)
    return windows


def _opened(event: LoggedEvent, asked: LoggedEvent | None, people: People, trust: Trust) -> Window:
    where = f"event {event.index}: the break-glass window"
    if asked is None or asked.person_id is None or asked.data["project"] != event.data["project"]:
        raise RefusedError("glass.asked", f"{where} was asked for by no person, or for another project")
    second = event.person_id
    if second is None or second == asked.person_id or asked.person_id != event.data["requested_by"]:
        raise RefusedError("glass.people", f"{where} was not opened by two people")
    for act in (asked, event):
        _role_check(act, OPENERS, people, trust)
    ends, began = _moment(event, "expires_at"), _moment(event, "opened_at")
    # The time of the event is the platform's; what the window says of itself can only shorten it.
    if not began <= ends <= began + LONGEST or began > event.moment + CLOCKS:
        raise RefusedError("glass.long", f"{where} is open for longer than an hour")
    if event.data["permits"] != [PERMIT]:
        raise RefusedError("glass.permits", f"{where} permits what no window can")
    return Window(
        id=event.subject_id,
        project=event.text("project"),
        reason=asked.text("reason"),
        people=(asked.person_id, second),
        opened=event,
        expires_at=event.text("expires_at"),
    )


def _review(event: LoggedEvent, windows: Mapping[str, Window], people: People, trust: Trust) -> None:
    where = f"event {event.index}: the break-glass window"
    window = windows.get(event.subject_id)
    if window is None or window.reviewed is not None:
        raise RefusedError("glass.review", f"{where} was reviewed twice, or never opened")
    if event.person_id is None or event.person_id in window.people:
        raise RefusedError("glass.reviewer", f"{where} was reviewed by one of its two people, or by none")
    _role_check(event, REVIEWERS, people, trust)
    if window.closed is None and event.time <= window.expires_at:
        raise RefusedError("glass.early", f"{where} was reviewed while it was open")
    window.reviewed = event


def _role_check(act: LoggedEvent, roles: frozenset[str], people: People, trust: Trust) -> None:
    person = str(act.person_id)
    if trust.accounts is not None and not any(people.held(person, role, act.index) for role in roles):
        message = f"event {act.index}: break-glass by somebody without the role"
        raise RefusedError("glass.role", message)


def _overdue_check(event: LoggedEvent, windows: Mapping[str, Window]) -> None:
    for window in windows.values():
        if window.reviewed is None and event.moment > window.opened.moment + REVIEW_WITHIN:
            raise RefusedError(
                "glass.overdue",
                f"event {event.index}: opened while the review of {window.id[:80]!a} was overdue",
            )


def _moment(event: LoggedEvent, name: str) -> int:
    return time_moment(event.data[name], f"{name} of a break-glass window")


def window_check(decision: Decision, event: LoggedEvent, windows: Mapping[str, Window]) -> None:
    """Check that a decision under break-glass was made by one of the two, while the window was open.

    Raises:
        RefusedError: The log tells of no such window, or it was not open, or not theirs.
    """
    if event.data.get("break_glass", "") != decision.break_glass:
        raise RefusedError("glass.event", "log and decision disagree on break-glass")
    if not decision.break_glass:
        return
    window = windows.get(decision.break_glass)
    if window is None or not window.covers(event) or decision.expires_at > window.expires_at:
        raise RefusedError("glass.closed", "the log does not say that its break-glass window was open then")
    if decision.person_id not in window.people:
        raise RefusedError("glass.person", "it was made by neither of the two people of the window")


def merge_under_glass(
    decisions: Sequence[Decision],
    project: str | None,
    intent: LoggedEvent,
    merge_raw: bytes,
    windows: Mapping[str, Window],
) -> str:
    """Check a merge under break-glass; returns the id of its window, or nothing where it used none.

    Raises:
        RefusedError: The window was closed or over, is another project's, or the commit does not name it.
    """
    named = {decision.break_glass for decision in decisions if decision.break_glass}
    trailers = {
        line.partition(": ")[2]
        for line in commit_parse(merge_raw).message.splitlines()
        if line.startswith(f"{BREAK_GLASS_TRAILER}: ")
    }
    if trailers != named or len(named) > 1:
        raise RefusedError("glass.commit", "its commit and its decisions disagree on break-glass")
    for name in named:
        window = windows.get(name)
        if window is None or not window.covers(intent):
            raise RefusedError("glass.merged", "it was merged when its break-glass window was not open")
        if project is not None:
            window_project_check(window, project)
        return name
    return ""


def window_project_check(window: Window, project: str) -> None:
    """Check that a window was opened in the project of a change.

    Raises:
        RefusedError: It is another project's.
    """
    if window.project != project:
        raise RefusedError("glass.project", "its break-glass window is another project's")


def windows_detail(windows: Mapping[str, Window], used: Mapping[str, str], content: LogContent) -> str:
    """What a reader has to know of each window: who, until when, what was merged, and its review."""
    told = [_told(window, used, content) for window in windows.values()]
    return f"{len(windows)} BREAK-GLASS: " + "; ".join(told)


def _told(window: Window, used: Mapping[str, str], content: LogContent) -> str:
    merged = [f"run {run[:80]}" for run, name in used.items() if name == window.id]
    newest = max(event.moment for event in content.events)
    overdue = newest > window.opened.moment + REVIEW_WITHIN
    review = f"reviewed by {window.reviewed.person_id}" if window.reviewed else "NOT REVIEWED"
    return (
        f"{window.id[:80]} in {window.project[:80]}, by {' and '.join(window.people)}, until "
        f"{window.expires_at}: merged {', '.join(merged) or 'nothing'} without the quorum; {review}"
        f"{', OVERDUE' if overdue and not window.reviewed else ''}"
    )

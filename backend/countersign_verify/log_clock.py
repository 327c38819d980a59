"""Times of events against their order in the log, and against the clocks of the witnesses.

What was signed first was recorded first, but for what was under way at once. An event that says to be much
older than one signed before it was dated back, or the platform's clock was set back: its times can't be
believed either way. A witness's cosignature says by another clock when the log had so many events: none of
those can be from later, and none that came after can be from before.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from countersign_verify.decision import time_moment
from countersign_verify.errors import RefusedError
from countersign_verify.notes import Checkpoint, OpenedNote
from countersign_verify.trust import Trust

# Transactions under way, sequencing, asking the witnesses, and clocks that are a little apart.
TOLERANCE_SECONDS = 600
TIME_BYTES = len("2026-01-01T00:00:00.000000Z")
_MICROSECONDS = 1_000_000
_LAST_SECOND = 253_402_300_799  # of the year 9999
_START = b',"time":"'


@dataclass(frozen=True, slots=True)
class Witnessed:
    """When a quorum of witnesses had seen a log of this size, in seconds since the epoch.

    One of them is honest, so the truth lies between the first and the last of their times.
    """

    size: int
    earliest: int
    latest: int


def witnessed_read(trust: Trust, checkpoint: Checkpoint, note: OpenedNote) -> Witnessed | None:
    """Return when the witnesses saw a checkpoint; nothing where they were no quorum."""
    times = {
        item.verifier.public_key: item.timestamp
        for item in note.signatures
        if item.verifier in trust.witnesses and item.timestamp is not None
    }
    if not times or len(times) < trust.quorum:
        return None
    return Witnessed(checkpoint.size, min(times.values()), max(times.values()))


def event_time(entry: bytes) -> bytes:
    """Return the time of an event in canonical form: the last of its fields with that name."""
    begin = entry.rindex(_START) + len(_START)
    return entry[begin : begin + TIME_BYTES]


class Clock:
    """The times of a log's events, taken one bundle after the other."""

    def __init__(self) -> None:
        """Begin before the first event."""
        self._waiting: deque[Witnessed] = deque()
        self._witnessed = 0
        self._newest, self._newest_index = b"", -1
        self._floor, self._floor_size = b"", 0
        self._problem: RefusedError | None = None
        self._more = 0

    def witness(self, seen: Witnessed | None) -> None:
        """Hold the times against what witnesses saw, before the first are taken; by ascending size."""
        if seen is not None:
            # The newest checkpoint stands in two files, and readers keep what is in the export as well.
            self._witnessed += not self._waiting or self._waiting[-1].size != seen.size
            self._waiting.append(seen)

    def take(self, first: int, times: bytes) -> None:
        """Take the times of the next events.

        Args:
            first: The index of the first of them.
            times: The times, one after the other.
        """
        each = [times[at : at + TIME_BYTES] for at in range(0, len(times), TIME_BYTES)]
        end = first + len(each)
        self._boundaries(first)
        inside = bool(self._waiting) and self._waiting[0].size < end
        if each and not inside and each[0] >= max(self._newest, self._floor) and each == sorted(each):
            if each[-1] > self._newest:
                # Which event is named must not depend on where a bundle ends.
                self._newest, self._newest_index = each[-1], first + each.index(each[-1])
        else:
            for index, time in enumerate(each, first):
                self._boundaries(index)
                self._event(index, time)
        self._boundaries(end)

    def result(self) -> int:
        """Return how many witnessed checkpoints bound the times.

        Raises:
            RefusedError: An event is dated back or ahead; it says which is the first, and how many more.
        """
        if self._problem is not None:
            more = f"; {self._more} more like it" if self._more else ""
            raise RefusedError(self._problem.code, f"{self._problem.message}{more}")
        return self._witnessed

    def _boundaries(self, size: int) -> None:
        while self._waiting and self._waiting[0].size <= size:
            seen = self._waiting.popleft()
            if self._newest > _text(seen.latest + TOLERANCE_SECONDS):
                self._refuse(
                    "clock.ahead",
                    f"event {self._newest_index} says {self._newest.decode()}, more than 10 minutes after "
                    "witnesses had seen it",
                )
            floor = _text(seen.earliest - TOLERANCE_SECONDS)
            if floor > self._floor:
                self._floor, self._floor_size = floor, seen.size

    def _event(self, index: int, time: bytes) -> None:
        if time < self._floor:
            self._refuse(
                "clock.witness",
                f"event {index} says {time.decode()}, more than 10 minutes before witnesses saw the log "
                f"without it, at {self._floor_size} events",
            )
        elif time < self._newest:
            try:
                apart = _moment(self._newest, self._newest_index) - _moment(time, index)
            except RefusedError as error:
                self._refuse(error.code, error.message)
                return
            if apart > TOLERANCE_SECONDS * _MICROSECONDS:
                self._refuse(
                    "clock.back",
                    f"event {index} says {time.decode()}, {apart // (60 * _MICROSECONDS)} minutes before "
                    f"event {self._newest_index}, which was signed before it",
                )
        if time > self._newest:
            self._newest, self._newest_index = time, index

    def _refuse(self, code: str, message: str) -> None:
        if self._problem is None:
            self._problem = RefusedError(code, message)
        else:
            self._more += 1


def _moment(time: bytes, index: int) -> int:
    return time_moment(time.decode(), f"the time of event {index}")


def _text(seconds: int) -> bytes:
    moment = datetime.fromtimestamp(min(max(seconds, 0), _LAST_SECOND), UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z").encode()

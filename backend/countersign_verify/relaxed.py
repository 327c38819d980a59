"""Who let a change pass a rule: by an exception, or by a weaker mode of the rule.

None of them counts in its quorum, nor does whoever minted the token with which it was done. What the pack
says of rules and exceptions is held against the log: what only a table told has relaxed nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from countersign_verify.decision import time_moment
from countersign_verify.encoding import field as json_field
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import LogContent, LoggedEvent
from countersign_verify.people import People
from countersign_verify.quorum_policy import SEALING
from countersign_verify.relaxed_pack import ENFORCE, PackException, PackRelaxed, PackRule
from countersign_verify.trust import Trust
from countersign_verify.vocabulary import (
    EVENT_RULE_MODE,
    EVENT_RULES_SYNCED,
    EVENT_TOKEN_ISSUED,
    EVENT_WAIVER_GRANTED,
    EVENT_WAIVER_REVOKED,
)

REVIEWER = "security_reviewer"
# How somebody let it pass.
GRANTED = "granted an exception for it"
WEAKENED = "weakened a rule for it"
MINTED_GRANT = "minted the token with which an exception was granted for it"
MINTED_WEAKENING = "minted the token with which a rule was weakened for it"
_STRENGTHS = {"observe": 0, "advise": 1, ENFORCE: 2}


@dataclass(frozen=True, slots=True)
class Waiver:
    """An exception, as the log tells of it.

    Attributes:
        index: Where in the log it was granted.
        moment: When, in microseconds since the epoch.
        run_id: The run that it was made for; nothing where it is for every change.
        expires_at: As the event says.
        persons: Who granted it and who minted the token in use, and how each took part.
        reviewed: Whether a person granted it who was a security reviewer there.
        revoked: Where in the log it was ended early, and when.
    """

    id: str
    index: int
    moment: int
    rule: str
    run_id: str
    paths: tuple[str, ...]
    expires_at: str
    persons: Mapping[str, str]
    reviewed: bool
    revoked: tuple[int, int] | None = None

    @property
    def expiry(self) -> int:
        """When it ends, in microseconds since the epoch.

        Raises:
            RefusedError: There is no such time.
        """
        return time_moment(self.expires_at, f"the end of the exception {self.id[:40]!a}")


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a rule, as the log tells of it.

    Attributes:
        index: Where in the log it was made.
        mode: Its mode; None where an old event does not say.
        before: The mode of the version before, where only the mode was changed.
        persons: Who changed the mode and who minted the token in use, and how each took part.
    """

    index: int
    mode: str | None
    before: str = ""
    persons: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Relaxations:
    """What a log tells of exceptions and of the modes of rules.

    Attributes:
        waivers: The exceptions, by id.
        rules: The versions of each rule, by its code.
        by_run: The ids of the exceptions that were made for a run, by the run.
    """

    waivers: dict[str, Waiver] = field(default_factory=dict)
    rules: dict[str, dict[int, RuleVersion]] = field(default_factory=dict)
    by_run: dict[str, list[str]] = field(default_factory=dict)

    def made_for(self, run_id: str, index: int) -> Iterator[Waiver]:
        """The exceptions that were granted for a run before this place of the log."""
        made = (self.waivers[name] for name in self.by_run.get(run_id, ()))
        return (waiver for waiver in made if waiver.index < index)

    def relaxers(self, run_id: str, relaxed: PackRelaxed | None, index: int) -> dict[str, str]:
        """Everybody who let a change pass, and how.

        Args:
            run_id: The run of the change.
            relaxed: What its pack says of rules and exceptions, where it says it.
            index: Only exceptions that were granted before this place of the log are made for it.
        """
        parts: dict[str, str] = {}
        for waiver in self.made_for(run_id, index):
            parts |= waiver.persons
        if relaxed is None:
            return parts
        for broken in relaxed.broken:
            if broken.exception:
                waiver_used = self.waivers.get(broken.exception)
                parts |= waiver_used.persons if waiver_used is not None else {}
            parts |= self.weakeners(broken.rule, broken.version)
        return parts

    def weakeners(self, rule: str, version: int) -> dict[str, str]:
        """Who took a rule from enforcing to what it is in this version; nobody where it enforces."""
        parts: dict[str, str] = {}
        versions = self.rules.get(rule, {})
        while (found := versions.get(version)) is not None and found.before and found.mode != ENFORCE:
            if _weaker(found):
                parts |= found.persons
            if found.before == ENFORCE:
                return parts
            version -= 1
        return {}  # it did not enforce to begin with: nobody's act let the change pass

    def pack_check(self, run_id: str, relaxed: PackRelaxed, sealed: LoggedEvent) -> None:
        """Check that the log bears out what a pack says of rules and exceptions.

        Raises:
            RefusedError: The log tells of another mode or exception, or of none.
        """
        self.rules_check(relaxed.rules, sealed.index)
        for exception in relaxed.exceptions:
            waiver = self._waiver_check(run_id, exception, sealed.index)
            _in_force(waiver, sealed)

    def rules_check(self, rules: Iterable[PackRule], index: int) -> None:
        """Check that the log tells of these versions of rules and their modes, before a place in it.

        Raises:
            RefusedError: It tells of another mode, or of no such version.
        """
        for rule in rules:
            logged = self.rules.get(rule.code, {}).get(rule.version)
            if logged is None or logged.index > index:
                raise RefusedError(
                    "relaxed.rule",
                    f"the log does not tell of version {rule.version} of the rule {rule.code[:80]!a}",
                )
            if logged.mode not in {None, rule.mode}:
                raise RefusedError(
                    "relaxed.mode", f"the log tells of another mode of the rule {rule.code[:80]!a}"
                )

    def merge_check(self, relaxed: PackRelaxed, intended: LoggedEvent) -> None:
        """Check that the exceptions that a change rests on still held when its merge was intended.

        Raises:
            RefusedError: One had ended.
        """
        for broken in relaxed.broken:
            if broken.exception:
                waiver = self.waivers.get(broken.exception)
                if waiver is None:
                    raise RefusedError("relaxed.exception", "the log does not tell of its exception")
                _in_force(waiver, intended, late=False)

    def held_check(self, relaxed: PackRelaxed) -> None:
        """Check that nobody has revoked an exception that a change rests on.

        Raises:
            RefusedError: Somebody has.
        """
        for broken in relaxed.broken:
            waiver = self.waivers.get(broken.exception)
            if waiver is not None and waiver.revoked is not None:
                raise RefusedError("relaxed.ended", f"the exception {waiver.id[:40]!a} has been revoked")

    def waiver_matches(self, exception: PackException) -> bool:
        """Whether the log tells of an exception just as it is told here."""
        waiver = self.waivers.get(exception.id)
        return waiver is not None and waiver.reviewed and _told(waiver) == exception

    def _waiver_check(self, run_id: str, exception: PackException, index: int) -> Waiver:
        name = f"the exception {exception.id[:40]!a}"
        waiver = self.waivers.get(exception.id)
        if waiver is None or waiver.index > index:
            raise RefusedError("relaxed.exception", f"the log does not tell that {name} was granted")
        if not waiver.reviewed:
            raise RefusedError("relaxed.reviewer", f"{name} was granted by no security reviewer")
        if _told(waiver) != exception or waiver.run_id not in {"", run_id}:
            raise RefusedError("relaxed.exception", f"the log tells of {name} otherwise than the pack")
        return waiver


def relaxations_read(content: LogContent, people: People, trust: Trust) -> Relaxations:
    """Read exceptions and the modes of rules from the events of a log, in order.

    Raises:
        RefusedError: One was granted twice, ended without having been granted, or done with a token that
            nobody minted.
    """
    found = Relaxations()
    minters: dict[str, str | None] = {}
    for event in content.events:
        if event.type == EVENT_TOKEN_ISSUED:
            minters.setdefault(event.subject_id, event.person_id)
        elif event.type == EVENT_WAIVER_GRANTED:
            _grant(found, event, minters, people, trust)
        elif event.type == EVENT_WAIVER_REVOKED:
            _revoke(found, event)
        elif event.type == EVENT_RULE_MODE:
            _mode(found, event, minters)
        elif event.type == EVENT_RULES_SYNCED:
            _synced(found, event)
    return found


def relaxers_excluded(excluded: Iterable[str], parts: Mapping[str, str], late: Iterable[str] = ()) -> None:
    """Check that a pack excludes everybody who let its change pass.

    Args:
        excluded: The persons whom it excludes.
        parts: Who let it pass, and how.
        late: Who did so while it was being sealed; they can't decide either, but it need not say so.

    Raises:
        RefusedError: It leaves somebody out.
    """
    missing = parts.keys() - frozenset(excluded) - frozenset(late)
    if missing:
        named = ", ".join(f"{person[:80]} {parts[person]}" for person in sorted(missing))
        raise RefusedError(
            "relaxed.pack", f"the pack does not exclude everybody who let its change pass: {named}"
        )


def late_grants(relaxations: Relaxations, run_id: str, relaxed: PackRelaxed, sealed: LoggedEvent) -> set[str]:
    """Who granted an exception for a run while its pack was being sealed without it."""
    listed = {item.id for item in relaxed.exceptions}
    late: set[str] = set()
    for waiver in relaxations.made_for(run_id, sealed.index):
        if waiver.id not in listed and abs(sealed.moment - waiver.moment) <= SEALING:
            late.update(waiver.persons)
    return late


def _weaker(version: RuleVersion) -> bool:
    return _STRENGTHS.get(version.mode or "", 0) < _STRENGTHS.get(version.before, 0)


def _told(waiver: Waiver) -> PackException:
    return PackException(waiver.id, waiver.rule, waiver.run_id, waiver.paths, waiver.expires_at)


def _in_force(waiver: Waiver, event: LoggedEvent, *, late: bool = True) -> None:
    """Refuse one that had ended; what ended while a pack was being sealed may still be in it."""
    name = f"the exception {waiver.id[:40]!a}"
    if waiver.expiry + SEALING < event.moment:
        raise RefusedError("relaxed.ended", f"{name} had expired")
    if waiver.revoked is not None and waiver.revoked[0] < event.index:
        if late and abs(event.moment - waiver.revoked[1]) <= SEALING:
            return
        raise RefusedError("relaxed.ended", f"{name} had been revoked")


def _persons(
    event: LoggedEvent, minters: Mapping[str, str | None], *, did: str, minted: str
) -> dict[str, str]:
    parts: dict[str, str] = {}
    if event.token_id is not None:
        if event.token_id not in minters:
            raise RefusedError("participants.token", f"event {event.index}: nobody minted the token in use")
        if (minter := minters[event.token_id]) is not None:
            parts[minter] = minted
    if event.person_id is not None:
        parts[event.person_id] = did
    return parts


def _grant(
    found: Relaxations,
    event: LoggedEvent,
    minters: Mapping[str, str | None],
    people: People,
    trust: Trust,
) -> None:
    where = f"event {event.index}: the exception"
    if event.subject_id in found.waivers:
        raise RefusedError("relaxed.twice", f"{where} was granted a second time")
    run_id = event.data["run_id"]
    if run_id is not None and not isinstance(run_id, str):
        raise RefusedError("relaxed.run", f"{where} is for a run without an id")
    paths = json_field(event.data, "paths", list, where)
    if not all(isinstance(path, str) for path in paths):
        raise RefusedError("relaxed.paths", f"{where} is for paths that are no list of texts")
    person = event.person_id
    if run_id:
        found.by_run.setdefault(run_id, []).append(event.subject_id)
    found.waivers[event.subject_id] = Waiver(
        id=event.subject_id,
        index=event.index,
        moment=event.moment,
        rule=event.text("rule"),
        run_id=run_id or "",
        paths=tuple(str(path) for path in paths),
        expires_at=event.text("expires_at"),
        persons=_persons(event, minters, did=GRANTED, minted=MINTED_GRANT),
        reviewed=person is not None
        and not event.unattended
        and (trust.accounts is None or people.held(person, REVIEWER, event.index)),
    )


def _revoke(found: Relaxations, event: LoggedEvent) -> None:
    waiver = found.waivers.get(event.subject_id)
    if waiver is None:
        raise RefusedError(
            "relaxed.revoked", f"event {event.index}: an exception was ended that nobody had granted"
        )
    if waiver.revoked is None:
        found.waivers[waiver.id] = replace(waiver, revoked=(event.index, event.moment))


def _mode(found: Relaxations, event: LoggedEvent, minters: Mapping[str, str | None]) -> None:
    where = f"event {event.index}: the mode"
    versions = found.rules.setdefault(event.subject_id, {})
    version = json_field(event.data, "version", int, where)
    if version in versions:
        raise RefusedError("relaxed.twice", f"event {event.index}: a version of a rule was made twice")
    versions[version] = RuleVersion(
        index=event.index,
        mode=event.text("to"),
        before=event.text("from"),
        persons=_persons(event, minters, did=WEAKENED, minted=MINTED_WEAKENING),
    )


def _synced(found: Relaxations, event: LoggedEvent) -> None:
    """Each rule that a sync names got one version more; newer events say which, and its mode."""
    where = f"event {event.index}: the rules"
    told = event.data.get("versions", {})
    stated = told if isinstance(told, dict) else {}
    for code in json_field(event.data, "rules", list, where):
        if not isinstance(code, str):
            raise RefusedError("relaxed.codes", f"{where} are named by what is no text")
        versions = found.rules.setdefault(code, {})
        item = stated.get(code)
        if isinstance(item, dict):
            version, mode = json_field(item, "version", int, where), json_field(item, "mode", str, where)
        else:
            version, mode = max(versions, default=0) + 1, None
        if version in versions:
            raise RefusedError("relaxed.twice", f"event {event.index}: a version of a rule was made twice")
        versions[version] = RuleVersion(index=event.index, mode=mode)

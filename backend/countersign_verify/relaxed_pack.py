"""What a pack says of the rules that its change broke, and of the exceptions that let it pass."""

from collections.abc import Mapping
from dataclasses import dataclass

from countersign_verify.canonical import Json, canonical_object
from countersign_verify.encoding import field
from countersign_verify.errors import RefusedError
from countersign_verify.pack import Pack
from countersign_verify.pack_facts import MAX_TREE_BYTES, objects_read, objects_require
from countersign_verify.vocabulary import (
    MEMBER_EXCEPTIONS,
    MEMBER_POLICY,
    MEMBER_RULESET,
    MEMBER_VIOLATIONS,
    STOPPED,
)

ENFORCE = "enforce"


@dataclass(frozen=True, slots=True)
class PackRule:
    """One rule of the frozen rule set."""

    code: str
    version: int
    mode: str


@dataclass(frozen=True, slots=True)
class PackBroken:
    """A rule that the change broke; ``exception`` is the id of the one that let it pass, or nothing."""

    rule: str
    version: int
    exception: str


@dataclass(frozen=True, slots=True)
class PackException:
    """An exception that was made for the change, or relaxes something in it."""

    id: str
    rule: str
    run_id: str
    paths: tuple[str, ...]
    expires_at: str


@dataclass(frozen=True, slots=True)
class PackRelaxed:
    """What a pack says of rules, broken rules and exceptions."""

    rules: tuple[PackRule, ...]
    broken: tuple[PackBroken, ...]
    exceptions: tuple[PackException, ...]


def relaxed_read(pack: Pack) -> PackRelaxed | None:
    """Read it, and hold its parts against one another; None for a pack of before these were told.

    Raises:
        RefusedError: It is malformed, or one part says another thing than the others.
    """
    policy = canonical_object(pack.read(MEMBER_POLICY))
    if STOPPED not in policy:
        return None
    rules = _rules(pack)
    exceptions = tuple(_exception(item) for item in _items(pack, MEMBER_EXCEPTIONS))
    modes = {(rule.code, rule.version): rule.mode for rule in rules}
    known = {item.id: item.rule for item in exceptions}
    broken, stopping = [], []
    for item in _items(pack, MEMBER_VIOLATIONS):
        found, blocking = _broken(item)
        mode = modes.get((found.rule, found.version))
        if mode is None or blocking != (mode == ENFORCE and not found.exception):
            raise RefusedError(
                "relaxed.blocking",
                f"whether the rule {found.rule[:80]!a} stops the change does not follow from its mode",
            )
        if found.exception and known.get(found.exception) != found.rule:
            raise RefusedError("relaxed.unlisted", "a broken rule names an exception that is not listed")
        broken.append(found)
        stopping += [found.rule] if blocking else []
    stopped = [_stopped(item) for item in field(policy, STOPPED, list, "the policy")]
    if sorted(stopped) != sorted(stopping) or field(policy, "blocked", bool, "the policy") != bool(stopping):
        raise RefusedError("relaxed.stopped", "the policy stops the change by other rules than those broken")
    return PackRelaxed(rules, tuple(broken), exceptions)


def _rules(pack: Pack) -> tuple[PackRule, ...]:
    ruleset = canonical_object(pack.read(MEMBER_RULESET, limit=MAX_TREE_BYTES), max_bytes=MAX_TREE_BYTES)
    where = "a rule of the rule set"
    return tuple(
        PackRule(
            field(item, "code", str, where),
            field(item, "version", int, where),
            field(item, "mode", str, where),
        )
        for item in objects_require(field(ruleset, "rules", list, "the rule set"), MEMBER_RULESET)
    )


def _broken(item: Mapping[str, Json]) -> tuple[PackBroken, bool]:
    where = "a broken rule"
    found = PackBroken(
        field(item, "rule", str, where),
        field(item, "version", int, where),
        "" if item.get("exception") is None else field(item, "exception", str, where),
    )
    return found, field(item, "blocking", bool, where)


def _exception(item: Mapping[str, Json]) -> PackException:
    where = "an exception"
    paths = field(item, "paths", list, where)
    if not all(isinstance(path, str) for path in paths):
        raise RefusedError("relaxed.paths", "an exception is for paths that are no list of texts")
    return PackException(
        field(item, "id", str, where),
        field(item, "rule", str, where),
        "" if item.get("run_id") is None else field(item, "run_id", str, where),
        tuple(str(path) for path in paths),
        field(item, "expires_at", str, where),
    )


def _stopped(item: Json) -> str:
    if not isinstance(item, dict):
        raise RefusedError("relaxed.stopped", "a rule that stops the change is not an object")
    return field(item, "rule", str, "a rule that stops the change")


def _items(pack: Pack, path: str) -> list[dict[str, Json]]:
    return objects_read(pack, path) if path in pack.members else []

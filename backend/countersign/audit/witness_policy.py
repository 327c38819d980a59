"""Which witnesses are asked, and how many must have signed: a file in the form of C2SP tlog-policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from countersign.shared.env import environment
from countersign.shared.errors import InvalidInput
from countersign_verify.errors import RefusedError
from countersign_verify.notes import ALGORITHM_COSIGNATURE, verifier_parse

if TYPE_CHECKING:
    from pathlib import Path

_WITNESS_WORDS = 4
_GROUP_WORDS = 4
_QUORUM_WORDS = 2


class WitnessPolicyInvalid(InvalidInput):
    """The policy file can't be read or does not make sense."""

    code = "witness_policy_invalid"


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness that is asked.

    Attributes:
        name: what the policy calls it.
        key: its verifier key string.
        url: the address below which ``/add-checkpoint`` is.
    """

    name: str
    key: str
    url: str


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """Who is asked, and how many of them must have signed what is acted upon; nobody by default."""

    witnesses: tuple[WitnessAddress, ...] = ()
    quorum: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The verifier keys of all witnesses."""
        return tuple(witness.key for witness in self.witnesses)


def witness_policy() -> WitnessPolicy:
    """Return the policy of this installation.

    Raises:
        WitnessPolicyInvalid: its file can't be read or does not make sense.
    """
    path = environment().witness_policy
    return _read(path) if path is not None else WitnessPolicy()


@lru_cache(maxsize=8)
def _read(path: Path) -> WitnessPolicy:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the witness policy {path} can't be read: {error}"
        raise WitnessPolicyInvalid(message) from error
    return policy_parse(text)


def policy_parse(text: str) -> WitnessPolicy:
    """Read lines ``witness NAME KEY URL``, ``group NAME any|all|N NAMES...`` and one ``quorum NAME``.

    Raises:
        WitnessPolicyInvalid: a line is malformed, a name is unknown or given twice, or the quorum is missing.
    """
    witnesses: dict[str, WitnessAddress] = {}
    groups: dict[str, tuple[int, tuple[str, ...]]] = {}
    quorum: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split("#")[0].split()
        if not words:
            continue
        kind = words[0]
        if kind == "witness" and len(words) == _WITNESS_WORDS:
            _new(words[1], number, witnesses, groups)
            witnesses[words[1]] = _witness(number, words[1], words[2], words[3])
        elif kind == "group" and len(words) >= _GROUP_WORDS:
            _new(words[1], number, witnesses, groups)
            groups[words[1]] = _group(number, words[2], tuple(words[3:]), witnesses)
        elif kind == "quorum" and len(words) == _QUORUM_WORDS and quorum is None:
            quorum = words[1]
        else:
            raise _invalid(number, "it is none of 'witness', 'group' and one 'quorum', or lacks a word")
    return _policy(witnesses, groups, quorum)


def _policy(
    witnesses: dict[str, WitnessAddress], groups: dict[str, tuple[int, tuple[str, ...]]], quorum: str | None
) -> WitnessPolicy:
    if quorum == "none":
        return WitnessPolicy(tuple(witnesses.values()), 0)
    if quorum in groups:
        count, members = groups[quorum]
        return WitnessPolicy(tuple(witnesses[name] for name in members), count)
    if quorum in witnesses:
        return WitnessPolicy((witnesses[quorum],), 1)
    message = "the witness policy names no quorum that it knows: end it with 'quorum NAME' or 'quorum none'"
    raise WitnessPolicyInvalid(message)


def _witness(number: int, name: str, key: str, url: str) -> WitnessAddress:
    try:
        if verifier_parse(key).algorithm != ALGORITHM_COSIGNATURE:
            raise _invalid(number, "the key is not that of a witness")
    except RefusedError as error:
        raise _invalid(number, str(error)) from error
    if not url.startswith(("https://", "http://")):
        raise _invalid(number, "the address begins with neither https:// nor http://")
    return WitnessAddress(name, key, url.rstrip("/"))


def _group(
    number: int, threshold: str, members: tuple[str, ...], witnesses: dict[str, WitnessAddress]
) -> tuple[int, tuple[str, ...]]:
    unknown = [name for name in members if name not in witnesses]
    if unknown or len(set(members)) != len(members):
        raise _invalid(number, "a group has witnesses that were named before, each once")
    count = {"any": "1", "all": str(len(members))}.get(threshold, threshold)
    if not count.isdigit() or not 1 <= int(count) <= len(members):
        raise _invalid(number, "the threshold is 'any', 'all' or a number up to the group's size")
    return int(count), members


def _new(
    name: str,
    number: int,
    witnesses: dict[str, WitnessAddress],
    groups: dict[str, tuple[int, tuple[str, ...]]],
) -> None:
    if name in witnesses or name in groups or name == "none":
        raise _invalid(number, f"the name {name} is taken")


def _invalid(number: int, why: str) -> WitnessPolicyInvalid:
    return WitnessPolicyInvalid(f"line {number} of the witness policy: {why}")

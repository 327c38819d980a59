"""Ways to damage bytes, JSON and whole exports, chosen by a generator of numbers: one seed, one damage."""

from __future__ import annotations

import base64
import copy
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from countersign_verify.canonical import canonical_bytes, digest_bytes
from countersign_verify.errors import RefusedError
from tests.unit.countersign_verify.samples import KEYS, sign

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.unit.countersign_verify.many_worlds import Many
    from tests.unit.countersign_verify.worlds import World

# What is put where something else was: near misses of every kind that a field may have.
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    51,
    1000,
    1001,
    2**53 - 1,
    "",
    " ",
    "x",
    "1",
    "approve",
    "pass",
    "run-1",
    "person-author",
    "sha256:" + "0" * 64,
    "0" * 40,
    "2026-02-30T00:00:00.000000Z",
    "2026-02-01T00:00:00.000000Z",
    "\u00e4\U0001f600\ufffd",
    [],
    {},
    [[]],
    {"": None},
]


def bytes_bend(rng: Random, data: bytes) -> bytes:
    """One change somewhere."""
    if not data:
        return b"x"
    at, to = sorted(rng.randrange(len(data)) for _ in range(2))
    match rng.randrange(8):
        case 0 | 1 | 2:
            bent = data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
        case 3:
            bent = data[:at] + data[at + 1 :]
        case 4:
            bent = data[:at] + bytes([rng.randrange(256)]) + data[at:]
        case 5:
            bent = data[:at]
        case 6:
            bent = data[:to] + data[at:to] + data[to:]
        case _:
            bent = data + rng.choice([b"\0", b"\n", b" ", data[:100]])
    return bent


def text_bend(rng: Random, text: str) -> str:
    """Another text that looks much the same."""
    at = rng.randrange(len(text)) if text else 0
    match rng.randrange(5):
        case 0:
            return text[:at] + rng.choice("0af9Zz_./ ") + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1 :]
        case 2:
            return text + rng.choice(["0", " ", "/", "=", "\u0130", "\n"])
        case 3:
            return text.upper()
        case _:
            return text[::-1]


def _places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """Every place of a value, as container and key."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found.append((value, key))
        _places(item, found)
    return found


def json_bend(rng: Random, value: Any) -> Any:  # noqa: ANN401 - JSON
    """A copy with one change somewhere in it."""
    value = copy.deepcopy(value)
    places = _places(value, [])
    if not places:
        return rng.choice(ODD)
    holder, key = rng.choice(places)
    match rng.randrange(10):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            added = rng.choice(["more", "", "trial", "passkey", "session", "known", key + "_"])
            holder[added] = rng.choice(ODD)
        case 1:
            holder.append(copy.deepcopy(holder[key]))
        case 2 | 3:
            other, name = rng.choice(places)
            holder[key] = copy.deepcopy(other[name])
        case 4 if isinstance(holder, list):
            holder.reverse()
        case 5 | 6 if isinstance(holder[key], str):
            holder[key] = text_bend(rng, holder[key])
        case 7 if isinstance(holder[key], int) and not isinstance(holder[key], bool):
            holder[key] += rng.choice([-1, 1])
        case 7 if isinstance(holder[key], bool):
            holder[key] = not holder[key]
        case _:
            holder[key] = rng.choice(ODD)
    return value


def json_bytes_bend(rng: Random, data: bytes) -> bytes:
    """Canonical JSON with one change in its meaning; sometimes in its spelling as well."""
    try:
        value = json.loads(data)
    except ValueError:
        return bytes_bend(rng, data)
    bent = json_bend(rng, value)
    if rng.randrange(12) == 0:
        return json.dumps(bent).encode("utf-8", "replace")
    try:
        return canonical_bytes(bent)
    except RefusedError:
        return bytes_bend(rng, data)


def envelope_bend(rng: Random, data: bytes) -> tuple[bytes, str]:
    """An envelope whose payload says something else, signed again by whoever signed it, or by somebody else.

    Returns:
        The envelope, and the digest of what it says now.
    """
    envelope = json.loads(data)
    payload = base64.b64decode(envelope["payload"])
    names = {digest_bytes(key.public_key().public_bytes_raw()): name for name, key in KEYS.items()}
    signers = [names[item["keyid"]] for item in envelope["signatures"]]
    bent = canonical_bytes(json_bend(rng, json.loads(payload)))
    if rng.randrange(10) == 0:
        signers = [rng.choice(sorted(KEYS)) for _ in signers]
    try:
        return sign(json.loads(bent), *dict.fromkeys(signers)), digest_bytes(bent)
    except (RefusedError, AttributeError, TypeError):
        return data, digest_bytes(payload)


def event_edit(world: World, index: int, **data: Any) -> None:  # noqa: ANN401 - JSON
    """Let an event say something else of what it tells."""
    event = json.loads(world.entries[index])
    event["data"].update(data)
    world.entries[index] = canonical_bytes(event)


def world_bend(rng: Random, world: World) -> None:
    """One change of a world before it is written: everything after it is signed and logged as changed."""
    match rng.randrange(9):
        case 0 | 1 | 2:
            at = rng.randrange(len(world.entries))
            world.entries[at] = json_bytes_bend(rng, world.entries[at])
        case 3:
            at, to = (rng.randrange(len(world.entries)) for _ in range(2))
            world.entries[at], world.entries[to] = world.entries[to], world.entries[at]
        case 4:
            del world.entries[rng.randrange(len(world.entries))]
        case 5 | 6:
            _decision_bend(rng, world)
        case 7 if world.merges:
            at = rng.randrange(len(world.merges))
            world.merges[at] = json_bend(rng, world.merges[at])
        case _:
            files = [item for item in (world.phases, world.addenda, world.packs) if item]
            chosen = rng.choice(files) if files else {}
            for name in rng.sample(sorted(chosen), min(1, len(chosen))):
                bend = bytes_bend if chosen is world.packs else json_bytes_bend
                chosen[name] = bend(rng, chosen[name])


def _decision_bend(rng: Random, world: World) -> None:
    """Another decision (or addendum) under the same name, and mostly its event as well."""
    kinds = [(world.decisions, "decision_id"), (world.addenda, "addendum_id")]
    files, field = rng.choice([kind for kind in kinds if kind[0]] or kinds)
    if not files:
        return
    name = rng.choice(sorted(files))
    files[name], digest = envelope_bend(rng, files[name])
    if rng.randrange(4) == 0:
        return
    for index, entry in enumerate(world.entries):
        if entry.startswith(b"{") and f'"{field}":"{name}"'.encode() in entry:
            event_edit(world, index, statement_digest=digest)


def export_bend(rng: Random, directory: Path) -> None:
    """One change of an export that lies there: a byte, a file, two files, the tail."""
    names = sorted(path for path in directory.rglob("*") if path.is_file())
    file, other = rng.choice(names), rng.choice(names)
    match rng.randrange(10):
        case 0 | 1 | 2 | 3:
            file.write_bytes(bytes_bend(rng, file.read_bytes()))
        case 4:
            file.unlink()
        case 5:
            one, two = file.read_bytes(), other.read_bytes()
            file.write_bytes(two)
            other.write_bytes(one)
        case 6:
            added = rng.choice(["more", "tile/more", "packs/more.tar", "tile/0/x001"])
            (directory / added).write_bytes(b"")
        case 7:
            file.rename(file.with_name(text_bend(rng, file.name).replace("/", "-") or "x"))
        case 8:
            file.unlink()
            file.symlink_to(other)
        case _:
            stored = (directory / "checkpoints.jsonl").read_bytes().splitlines(keepends=True)
            del stored[rng.randrange(len(stored))]
            (directory / "checkpoints.jsonl").write_bytes(b"".join(stored))


def time_bend(rng: Random, world: Many) -> None:
    """Date some events back or ahead, or let the witnesses' clock be another."""
    world.seen_at += 60 * rng.choice([0, 0, -90, 90, -(10**7), 10**17])
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(world.entries))
        event = json.loads(world.entries[place])
        moved = datetime.fromisoformat(event["time"]) + timedelta(
            minutes=rng.choice([-50_000, -11, -9, 9, 11, 90])
        )
        event["time"] = rng.choice([f"{moved:%Y-%m-%dT%H:%M:%S.%fZ}"] * 9 + ["2026-13-01T00:00:00.000000Z"])
        world.entries[place] = canonical_bytes(event)

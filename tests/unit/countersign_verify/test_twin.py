"""Two verifiers, one in Python and one in TypeScript for the browser, and one answer.

Both judge the same generated input, good and damaged: the verdict, every check, the codes of every refusal
and what the checks that hold have seen must be alike. Beside these, the browser's verifier judges the exports
that the other tests of this directory make (``worlds.verify``).
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from countersign_verify import vocabulary
from countersign_verify.canonical import canonical_bytes, canonical_loads, canonical_object, strict_loads
from countersign_verify.decision import decision_statement
from countersign_verify.diff import diff_read
from countersign_verify.errors import RefusedError
from countersign_verify.log_verify import log_verify
from countersign_verify.pack_verify import decisions_verify, pack_verify
from countersign_verify.signing import signature_valid
from countersign_verify.trust import trust_read
from countersign_verify.webauthn import assertion_read, assertion_verify, base64url_encode
from tests.passkeys import ORIGIN, RP_ID, keys_of_every_kind
from tests.unit.countersign_verify.damage import (
    bytes_bend,
    envelope_bend,
    export_bend,
    json_bend,
    json_bytes_bend,
    time_bend,
    world_bend,
)
from tests.unit.countersign_verify.many_worlds import Kind, copy_of, kinds, longer_note, seeded
from tests.unit.countersign_verify.samples import (
    KEYS,
    PackPlan,
    decision_predicate,
    pack_plan,
    sign,
    trust_bytes,
)
from tests.unit.countersign_verify.second import Second, apart, first_judges, log_case, pack_case, part_case
from tests.unit.countersign_verify.test_break_glass import CAB
from tests.unit.countersign_verify.test_canonical import REFUSED
from tests.unit.countersign_verify.test_diff import CHANGED
from tests.unit.countersign_verify.test_together import beside_entry, together_plan
from tests.unit.countersign_verify.test_webauthn import PARTY, malformed_keys

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from countersign_verify.report import Report

pytestmark = pytest.mark.needs("node")

LOGS = 650
PACKS = 400
SHOWN = 5
READ = 300
SHORT = 10_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Kind]:
    """One sound world of every kind."""
    return kinds(tmp_path_factory.mktemp("kinds"))


class Agreement:
    """What both said, case by case."""

    def __init__(self, second: Second) -> None:
        self.second = second
        self.differences: list[str] = []
        self.told: Counter[str] = Counter()

    def hold(self, name: str, judge: Callable[[], dict[str, Any]], case: dict[str, Any]) -> None:
        """Let both judge, at the same time, and hold their answers against each other."""
        self.second.ask(case)
        first = judge()
        for check in first.get("checks", []):
            self.told.update(check["codes"])
        self.told.update([first.get("verdict", "refused")])
        if difference := apart(first, self.second.answer()):
            self.differences.append(f"{name}\n{difference}")

    def check(self, *, codes: int) -> None:
        """Fail where they differ, or where the cases were not as different as they should be."""
        shown = "\n".join(self.differences[:SHOWN])
        assert not self.differences, f"{len(self.differences)} differ:\n{shown}"
        assert self.told["ok"] > 0
        assert self.told["failed"] > 0
        assert len(self.told) >= codes, sorted(self.told)


def log_judged(directory: Path, trust: bytes, known: list[bytes]) -> dict[str, Any]:
    try:
        trusted = trust_read(trust)
    except RefusedError as error:
        return {"refused": [error.code, *error.reasons]}
    return first_judges(lambda report: log_verify(directory, trusted, report, known=known), trusted)


def pack_judged(file: Path, trust: bytes, decisions: list[Path]) -> dict[str, Any]:
    trusted = trust_read(trust)

    def make(report: Report) -> None:
        verified = pack_verify(file, trusted, report)
        if verified is None:
            report.not_covered("decision", "not reached: an earlier check failed")
        else:
            decisions_verify(verified, decisions, trusted, report)

    return first_judges(make, trusted)


def log_make(rng: Random, kind: Kind, directory: Path) -> tuple[bytes, list[bytes]]:
    """Write a world, mostly damaged; returns the trust file and the checkpoints that somebody kept."""
    world = copy_of(kind)
    known = []
    if rng.randrange(4) == 0:
        known = [world.note(rng.randrange(len(world.entries) + 1)).encode()]
    if rng.randrange(6) == 0:
        time_bend(rng, world)
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        world_bend(rng, world)
    match rng.randrange(12):
        case 0:  # the tail is gone, and everything is signed again
            known = [world.note(len(world.entries)).encode()]
            del world.entries[rng.randrange(1, len(world.entries) + 1) :]
            world.sizes = []
        case 1:
            known = [longer_note(world)]
    world.sizes = [size for size in world.sizes if size <= len(world.entries)]
    world.write(directory)
    if rng.randrange(3) == 0:
        export_bend(rng, directory)
    trust = kind.trust
    if rng.randrange(10) == 0:
        trust = json_bytes_bend(rng, trust)
        (directory / "trust.json").write_bytes(trust)
    return trust, known


def test_both_verifiers_agree_on_logs(made: list[Kind], second: Second, tmp_path: Path) -> None:
    agreement = Agreement(second)
    for number in range(LOGS):
        kind = made[number % len(made)]
        name = f"log {number} ({kind.name})"
        directory = tmp_path / "export"
        trust, known = log_make(seeded("log", number), kind, directory)
        case = log_case(directory, trust, known)
        agreement.hold(name, partial(log_judged, directory, trust, known), case)
        shutil.rmtree(directory)
    agreement.check(codes=60)


def plan_make(rng: Random) -> PackPlan:
    """A change of some kind."""
    match rng.randrange(5):
        case 0:
            return pack_plan(effect=1000, policy=CAB)
        case 1:
            return together_plan("run-2", [beside_entry(pack_plan("run-1"))])
        case 2:
            trial = {"approval": "self-approved", "branch": "trial/main"}
            return pack_plan(edit_subject=lambda subject: subject.update(trial=trial))
        case 3:
            return pack_plan(gates={"lint": rng.choice(["pass", "fail", "unknown"]), "tests": "fail"})
        case _:
            return pack_plan()


def plan_bend(rng: Random, plan: PackPlan) -> None:
    """One change of a pack before it is sealed."""
    before = {name: getattr(plan, name) for name in ("edit_members", "edit_subject", "edit_fields")}
    before |= {name: getattr(plan, name) for name in ("edit_statements", "edit_attestations")}
    name = rng.choice([*before, "edit_members", "edit_members"])

    def edit(data: dict[str, Any]) -> None:
        before[name](data)
        if name in {"edit_subject", "edit_fields"}:
            bent = json_bend(rng, data)
            data.clear()
            data.update(bent)
            return
        if name == "edit_members" and rng.randrange(8) == 0:
            record = {"expires_at": "2026-03-01", "compensating_controls": ["a review"]}
            data[vocabulary.MEMBER_EXCEPTIONS] = canonical_bytes(rng.choice([[record], [{}], [1], {}]))
            return
        path = rng.choice(sorted(data))
        match name, rng.randrange(10):
            case _, 0:
                del data[path]
            case _, 1:
                other = rng.choice(["gates/more.json", "more/file", "attestations/more.dsse.json"])
                data[other] = data.pop(path)
            case "edit_statements", _:
                data[path] = json_bend(rng, data[path])
            case "edit_attestations", 2 | 3 | 4 | 5:
                data[path], _ = envelope_bend(rng, data[path])
            case "edit_attestations", 6:
                data[path] = data[rng.choice(sorted(data))]
            case _, 7:
                data[path] = bytes_bend(rng, data[path])
            case _:
                data[path] = json_bytes_bend(rng, data[path])

    setattr(plan, name, edit)


def pack_make(rng: Random, directory: Path) -> tuple[Path, bytes, list[Path]]:
    """Write a pack, mostly damaged, with a decision beside it; returns them and the trust file."""
    file = directory / "pack.tar"
    plan = plan_make(rng)
    for _ in range(rng.choice([0, 1, 1, 1, 2])):
        plan_bend(rng, plan)
    try:
        sealed = plan.seal(file)
    except (RefusedError, AttributeError, KeyError, TypeError):  # not even sealed: bend what a sound one has
        plan = pack_plan()
        sealed = plan.seal(file)
        file.write_bytes(bytes_bend(rng, file.read_bytes()))
    if rng.randrange(3) == 0:
        file.write_bytes(bytes_bend(rng, file.read_bytes()))
    decisions = []
    for number in range(rng.randrange(3)):
        data = sign(decision_statement(decision_predicate(plan, sealed.digest)), "decisions")
        if rng.randrange(2) == 0:
            data, _ = envelope_bend(rng, data)
        decisions.append(directory / f"d{number}.dsse.json")
        decisions[-1].write_bytes(data)
    return file, trust_bytes(allow_unattended=rng.randrange(2) == 0), decisions


def test_both_verifiers_agree_on_packs(second: Second, tmp_path: Path) -> None:
    agreement = Agreement(second)
    for number in range(PACKS):
        file, trust, decisions = pack_make(seeded("pack", number), tmp_path)
        case = pack_case(file, trust, decisions)
        agreement.hold(f"pack {number}", partial(pack_judged, file, trust, decisions), case)
    agreement.check(codes=50)


def part_made(make: Callable[[bytes], str], data: bytes) -> dict[str, Any]:
    try:
        return {"made": make(data)}
    except RefusedError as error:
        return {"refused": [error.code, *error.reasons]}


def strict_made(data: bytes) -> str:
    return canonical_bytes(strict_loads(data)).decode()


def canonical_made(data: bytes) -> str:
    return canonical_bytes(canonical_loads(data)).decode()


def diff_made(data: bytes) -> str:
    shown = [[each.path, each.old_blob, each.new_blob, each.mode] for each in diff_read(data)]
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


SPACED = b' {"a" : [1, -2, true, null, "\\ud83d\\ude00\\n"] } '
PARTS: list[tuple[str, Callable[[bytes], str], list[bytes]]] = [
    (
        "strict",
        strict_made,
        [*REFUSED, b' {"a" : [1, -2, true, null, "\\ud83d\\ude00\\n"] } ', trust_bytes()],
    ),
    ("canonical", canonical_made, [*REFUSED, trust_bytes()]),
    ("diff", diff_made, [CHANGED.encode(), CHANGED.encode() * 3 + b"+\xff\n"]),
]


@pytest.mark.parametrize(("part", "make", "sound"), PARTS, ids=["strict", "canonical", "diff"])
def test_both_readers_agree_on_bytes(
    part: str, make: Callable[[bytes], str], sound: list[bytes], second: Second
) -> None:
    rng = seeded("part", part)
    short = [data for data in sound if len(data) < SHORT]
    bent = [bytes_bend(rng, bytes_bend(rng, rng.choice(short))) for _ in range(READ)]
    for data in [*sound, *bent]:
        difference = apart(part_made(make, data), second.judge(part_case(part, data)))
        assert not difference, (data[:200], difference)


@pytest.mark.parametrize("number", range(3), ids=["ES256", "EdDSA", "RS256"])
def test_both_verifiers_agree_on_passkeys(number: int, second: Second) -> None:
    passkey = keys_of_every_kind()[number]
    rng = seeded("passkey", number)
    challenge = bytes(32)
    sound = canonical_bytes(passkey.answer(base64url_encode(challenge)))

    def judge(key: bytes, data: bytes) -> str:
        assertion = assertion_read(canonical_object(data))
        return str(assertion_verify(assertion, public_key=key, challenge=challenge, party=PARTY))

    assert judge(passkey.cose, sound) == "1"
    cases = [(passkey.cose, sound), *((key, sound) for key in malformed_keys().values())]
    cases += [(bytes_bend(rng, passkey.cose), sound) for _ in range(READ // 2)]
    cases += [(passkey.cose, json_bytes_bend(rng, sound)) for _ in range(READ // 2)]
    for key, data in cases:
        case = part_case(
            "assertion", data, key=key.hex(), challenge=challenge.hex(), rp_id=RP_ID, origin=ORIGIN
        )
        difference = apart(part_made(partial(judge, key), data), second.judge(case))
        assert not difference, (key, data, difference)


def test_both_verifiers_agree_on_points_of_small_order(second: Second) -> None:
    message = b"whatever one likes"
    good = KEYS["log"].sign(message)
    raw = KEYS["log"].public_key().public_bytes_raw()
    prime, order_8 = 2**255 - 19, 0x5FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    small = [
        y + sign
        for y in (0, 1, order_8, prime - order_8, prime - 1, prime, prime + 1)
        for sign in (0, 2**255)
    ]
    points = [y.to_bytes(32, "little") for y in small]
    cases = [(raw, good, True), (raw, good[:-1], False), (raw, bytes(64), False)]
    cases += [(point, point + bytes(32), False) for point in points]
    cases += [(raw, point + good[32:], False) for point in points]
    for key, signature, holds in cases:
        case = part_case("signature", message, key=key.hex(), signature=signature.hex())
        assert signature_valid(key, signature, message) is holds
        assert second.judge(case)["made"] == str(holds).lower(), (key, signature)


def test_difference_between_verifiers_is_found(made: list[Kind], second: Second, tmp_path: Path) -> None:
    """What compares the two notices a verdict, a code and a sentence that is another."""
    kind = made[0]
    directory = kind.world.write(tmp_path / "export")
    first = log_judged(directory, kind.trust, [])
    answer = second.judge(log_case(directory, kind.trust))
    assert apart(first, answer) == ""
    for path in (("verdict",), ("checks", 0, "status"), ("checks", 0, "detail"), ("checks", 3, "codes")):
        other = json.loads(json.dumps(answer))
        holder = other
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = ["x.y"] if path[-1] == "codes" else "other"
        assert apart(first, other), path
    assert apart(first, {**answer, "checks": answer["checks"][1:]})
    assert "fell over" in apart(first, {"crashed": "RangeError"})

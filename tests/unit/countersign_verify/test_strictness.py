"""What would make the verifier fall over, or make two verifiers differ: refused with a reason instead."""

import pickle
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from countersign_verify import vocabulary
from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.decision import time_moment
from countersign_verify.errors import RefusedError
from countersign_verify.log_events import event_read
from countersign_verify.pack_verify import pack_verify
from countersign_verify.phases import phase_complete
from countersign_verify.report import Report
from countersign_verify.signing import signature_valid
from countersign_verify.trust import trust_read
from tests.unit.countersign_verify.samples import KEYS, pack_plan, refused, trust, trust_bytes
from tests.unit.countersign_verify.worlds import World, event_bytes, failed, proof_of, signed_off, verify

IDENTITY = bytes([1, *[0] * 31])


def test_signature_of_a_key_of_small_order_does_not_hold() -> None:
    anything = IDENTITY + bytes(32)
    # The library itself lets it pass: such a key has "signed" every message.
    Ed25519PublicKey.from_public_bytes(IDENTITY).verify(anything, b"whatever one likes")
    assert not signature_valid(IDENTITY, anything, b"whatever one likes")
    negative = IDENTITY[:-1] + b"\x80"
    assert not signature_valid(negative, anything, b"whatever one likes")


def test_signature_with_a_point_of_small_order_does_not_hold() -> None:
    good = KEYS["log"].sign(b"text")
    key = KEYS["log"].public_key()
    assert signature_valid(key, good, b"text")
    assert not signature_valid(key, IDENTITY + good[32:], b"text")
    assert not signature_valid(key, b"", b"text")


@pytest.mark.parametrize(
    "time",
    ["2026-02-30T00:00:00.000000Z", "2026-01-01T99:00:00.000000Z", "0000-01-01T00:00:00.000000Z"],
)
def test_time_of_no_calendar_is_refused(time: str) -> None:
    with refused("time.value"):
        time_moment(time, "the time")
    kept = event_bytes(0, "trial.begun", ("project", "p"), {"project": "p"}, time=time)
    with refused("time.value"):
        event_read(kept, 0)


def test_time_in_other_digits_is_refused() -> None:
    with refused("time.format"):
        time_moment("\uff12\uff10\uff12\uff16-01-01T00:00:00.000000Z", "the time")


def test_last_moment_of_the_calendar_is_a_time() -> None:
    assert time_moment("9999-12-31T23:59:59.999999Z", "the time") == 253_402_300_799_999_999


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("pack.sealed", {"pack": 5}),
        ("pack.key_destroyed", {"pack": "p", "reason": None}),
        ("trial.begun", {"project": []}),
    ],
)
def test_log_with_a_field_of_another_type_is_refused(kind: str, data: dict[str, Any], tmp_path: Path) -> None:
    world = World()
    world.log(kind, ("run", "r"), data)
    report = verify(world.write(tmp_path / "export"))
    assert list(failed(report)) == ["events"]
    assert report.failures[0].codes == ("field.type",)


def test_event_version_true_is_not_one() -> None:
    event = canonical_object(event_bytes(0, "run.claimed", ("run", "r"), {}))
    with refused("event.version"):
        event_read(canonical_bytes({**event, "v": True}), 0)


@pytest.mark.parametrize(
    "coverage",
    [
        {"applies": True, "measured": True, "threshold": 1},
        {"applies": True, "measured": 90, "threshold": False},
    ],
)
def test_phase_with_a_coverage_that_is_no_number_lacks_it(coverage: dict[str, Any]) -> None:
    proof = signed_off({**proof_of(), "coverage": coverage}, "request", "decision")
    assert phase_complete(proof) == (False, ["the coverage threshold is not shown to be reached"])


def test_phase_proof_of_version_true_is_not_known() -> None:
    proof = signed_off({**proof_of(), "v": True}, "request", "decision")
    assert "the proof is of no known version" in phase_complete(proof)[1]


def test_risk_statement_with_true_for_one_is_refused(tmp_path: Path) -> None:
    def edit(statements: dict[str, Any]) -> None:
        risk = statements[vocabulary.STATEMENT_RISK]["predicate"]
        risk["factors"]["history"]["value"] = True

    file = tmp_path / "pack.tar"
    # One is what this factor is worth, so that Python itself sees no difference.
    pack_plan(effect=1, edit_statements=edit).seal(file)
    report = Report()
    pack_verify(file, trust(), report)
    assert failed(report).keys() == {"risk"}
    assert report.failures[0].codes == ("risk.statement",)


@pytest.mark.parametrize("change", [{"log_keys": [5]}, {"roles": {role: {"k": 5} for role in ("runner",)}}])
def test_trust_file_with_a_key_that_is_no_text_is_refused(change: dict[str, Any]) -> None:
    data: dict[str, Any] = canonical_object(trust_bytes())
    data.update({**change, "roles": {**data["roles"], **change.get("roles", {})}})
    with refused("trust.keys"):
        trust_read(canonical_bytes(data))


def test_refusal_keeps_the_reasons_beneath_it() -> None:
    error = RefusedError("log.item", "two", ["b.b", "a.a", "b.b"])
    assert error.reasons == ("a.a", "b.b")
    assert pickle.loads(pickle.dumps(error)).reasons == error.reasons  # noqa: S301 - as between processes


def test_report_of_a_log_names_the_reason_within_a_pack(tmp_path: Path) -> None:
    world = World()
    digest = world.pack(pack_plan(), tmp_path)
    world.packs[digest] = world.packs[digest].replace(b"# Fix it", b"# Mix it")
    report = verify(world.write(tmp_path / "export"))
    codes = {check.name: check.codes for check in report.failures}
    assert codes == {"packs": ("log.item", "pack.failed", "pack.hash")}
    assert report.as_json()["failed"] == ["packs"]

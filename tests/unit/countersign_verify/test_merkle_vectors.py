"""RFC 6962 proofs against the vectors of Certificate Transparency's reference tests, the bent ones first."""

import pytest

from countersign_verify.errors import RefusedError
from countersign_verify.merkle import root_of, verify_consistency, verify_inclusion
from tests.unit.countersign_verify.merkle_vectors import (
    HASHES,
    ROOTS,
    Consistency,
    Inclusion,
    consistencies,
    inclusions,
)


def check_inclusion(case: Inclusion) -> None:
    proof = [bytes.fromhex(item) for item in case.proof]
    verify_inclusion(bytes.fromhex(case.leaf), case.index, case.size, proof, bytes.fromhex(case.root))


def check_consistency(case: Consistency) -> None:
    proof = [bytes.fromhex(item) for item in case.proof]
    verify_consistency(case.old, bytes.fromhex(case.old_root), case.new, bytes.fromhex(case.new_root), proof)


def test_bent_inclusion_proofs_are_refused() -> None:
    bad = [case for case in inclusions() if not case.good]
    assert len(bad) > 700
    for case in bad:
        with pytest.raises(RefusedError):
            check_inclusion(case)


def test_bent_consistency_proofs_are_refused() -> None:
    bad = [case for case in consistencies() if not case.good]
    assert len(bad) > 500
    for case in bad:
        with pytest.raises(RefusedError):
            check_consistency(case)


def test_good_proofs_hold_and_roots_are_the_known_ones() -> None:
    assert [root_of(HASHES[:size]).hex() for size in range(9)] == ROOTS
    good = [case for case in inclusions() if case.good]
    assert len(good) == 36
    for case in good:
        check_inclusion(case)
    pairs = [case for case in consistencies() if case.good]
    assert len(pairs) == 45
    for pair in pairs:
        check_consistency(pair)

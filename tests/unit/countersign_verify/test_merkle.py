"""RFC 6962 trees: known roots, every proof of small trees, and everything that must not pass."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.errors import RefusedError
from countersign_verify.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    consistency_ranges,
    inclusion_proof,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    range_root,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.unit.countersign_verify.samples import refused

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
WRONG = leaf_hash(b"wrong")


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def recursive_root(hashes: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(recursive_root(hashes[:split]), recursive_root(hashes[split:]))


@pytest.mark.parametrize("size", range(9))
def test_root_of_known_trees(size: int) -> None:
    assert root_of(HASHES[:size]).hex() == ROOTS[size]


@given(st.integers(0, 300))
def test_root_of_follows_the_definition(size: int) -> None:
    hashes = leaves(size)
    assert root_of(hashes) == recursive_root(hashes)


def test_inclusion_proofs_of_the_rfc_example() -> None:
    # RFC 6962, section 2.1.3: the audit paths in the tree of seven leaves.
    def node(begin: int, end: int) -> bytes:
        return root_of(HASHES[begin:end])

    seven = HASHES[:7]
    assert inclusion_proof(seven, 0) == [node(1, 2), node(2, 4), node(4, 7)]
    assert inclusion_proof(seven, 3) == [node(2, 3), node(0, 2), node(4, 7)]
    assert inclusion_proof(seven, 4) == [node(5, 6), node(6, 7), node(0, 4)]
    assert inclusion_proof(seven, 6) == [node(4, 6), node(0, 4)]
    assert consistency_proof(seven, 3) == [node(2, 3), node(3, 4), node(0, 2), node(4, 7)]
    assert consistency_proof(seven, 4) == [node(4, 7)]
    assert consistency_proof(seven, 6) == [node(4, 6), node(6, 7), node(0, 4)]


@given(st.integers(1, 200), st.data())
def test_inclusion_proof_verifies_and_nothing_near_it_does(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    root, proof = root_of(hashes), inclusion_proof(hashes, index)
    verify_inclusion(hashes[index], index, size, proof, root)
    for leaf, at, count, path, head in inclusion_damaged(hashes, index, proof, root):
        with pytest.raises(RefusedError):
            verify_inclusion(leaf, at, count, path, head)


def inclusion_damaged(
    hashes: list[bytes], index: int, proof: list[bytes], root: bytes
) -> Iterator[tuple[bytes, int, int, list[bytes], bytes]]:
    size, leaf = len(hashes), hashes[index]
    for other in {index - 1, index ^ 1, index ^ 2, index + size} - {index}:
        yield leaf, other, size, proof, root
    for other in {size * 2, size // 2, 0, size + 256} - {size}:
        if other <= index or len(inclusion_ranges(index, other)) != len(proof):
            yield leaf, index, other, proof, root
    yield WRONG, index, size, proof, root
    yield leaf, index, size, proof, WRONG
    yield leaf, index, size, proof, EMPTY_ROOT
    yield leaf, index, size, [*proof, b""], root
    yield leaf, index, size, [*proof, root], root
    yield leaf, index, size, [WRONG, *proof], root
    yield leaf, index, size, [*proof, *proof, WRONG], root
    for number in range(len(proof)):
        yield leaf, index, size, [*proof[:number], WRONG, *proof[number + 1 :]], root
        yield leaf, index, size, proof[:number], root
        yield leaf, index, size, [*proof[:number], proof[number][:31], *proof[number + 1 :]], root


@given(st.integers(0, 200), st.integers(0, 200))
def test_consistency_proof_verifies_and_nothing_near_it_does(one: int, two: int) -> None:
    old, new = sorted((one, two))
    hashes = leaves(new)
    old_root, new_root = root_of(hashes[:old]), root_of(hashes)
    proof = consistency_proof(hashes, old)
    verify_consistency(old, old_root, new, new_root, proof)
    damaged: list[tuple[int, bytes, int, bytes, list[bytes]]] = [
        (old, WRONG, new, new_root, proof),
        (new + 1, old_root, new, new_root, proof),
        (-1, old_root, new, new_root, proof),
        (old, old_root, new, new_root, [*proof, WRONG]),
        (old, old_root, new, new_root, [WRONG, *proof]),
        (old, old_root, new, new_root, [*proof, b"short"]),
    ]
    if old:  # every tree extends the empty one, whatever its root
        damaged.append((old, old_root, new, WRONG, proof))
    if 0 < old < new:
        damaged.append((old, new_root, new, old_root, proof))
    for number in range(len(proof)):
        damaged.append((old, old_root, new, new_root, proof[:number]))
        damaged.append((old, old_root, new, new_root, [*proof[:number], WRONG, *proof[number + 1 :]]))
    for case in damaged:
        with pytest.raises(RefusedError):
            verify_consistency(*case)


def test_empty_trees_are_consistent_only_with_the_empty_root() -> None:
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    with refused("merkle.consistency"):
        verify_consistency(0, EMPTY_ROOT, 0, WRONG, [])


def test_a_node_never_passes_for_a_leaf() -> None:
    hashes = leaves(2)
    joined = hashes[0] + hashes[1]
    assert leaf_hash(joined) != root_of(hashes)


@given(st.integers(0, 300), st.integers(0, 300))
def test_compact_range_can_be_stored_and_taken_up(first: int, second: int) -> None:
    hashes = leaves(first + second)
    tree = CompactRange()
    tree.extend(hashes[:first])
    taken = CompactRange.from_json(tree.as_json())
    copied = taken.copy()
    taken.extend(hashes[first:])
    assert taken.root() == root_of(hashes)
    assert taken.size == first + second
    assert copied.root() == tree.root() == root_of(hashes[:first])
    assert len(taken.hashes) == taken.size.bit_count()


def test_compact_range_refuses_what_does_not_fit() -> None:
    with pytest.raises(RefusedError, match="describe"):
        CompactRange(3, [WRONG])
    with pytest.raises(RefusedError, match="describe"):
        CompactRange(-1, [])
    with pytest.raises(RefusedError, match="32 bytes"):
        CompactRange(1, [b"short"])
    with pytest.raises(RefusedError, match="size and a list"):
        CompactRange.from_json({"size": "1", "hashes": []})
    with pytest.raises(RefusedError, match="does not fit"):
        CompactRange.from_json({"size": 1, "hashes": ["zz"]})


def test_ranges_refuse_what_is_not_in_the_tree() -> None:
    with pytest.raises(RefusedError, match="no leaf"):
        inclusion_ranges(3, 3)
    with pytest.raises(RefusedError, match="no leaf"):
        inclusion_proof([], 0)
    with pytest.raises(RefusedError, match="does not extend"):
        consistency_ranges(4, 3)
    with pytest.raises(RefusedError, match="does not extend"):
        consistency_proof(leaves(2), 3)


def test_range_root_reads_stored_nodes() -> None:
    hashes = leaves(21)

    def node(level: int, index: int) -> bytes:
        return root_of(hashes[index << level : (index + 1) << level])

    for old in range(1, 21):
        proof = [range_root(begin, end, node) for begin, end in consistency_ranges(old, 21)]
        assert proof == consistency_proof(hashes, old)
    with pytest.raises(RefusedError, match="empty"):
        range_root(3, 3, node)
    with pytest.raises(RefusedError, match="not aligned"):
        range_root(1, 3, node)

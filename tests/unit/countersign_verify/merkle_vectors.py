"""Vectors for RFC 6962 proofs: those of transparency-dev/merkle made again, with every way to bend a proof.

The eight leaves and their roots are those of Certificate Transparency's reference tests. Each good proof is
bent: another place, size, leaf or root; hashes flipped, dropped, repeated, added in front or behind.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from countersign_verify.merkle import consistency_proof, inclusion_proof, leaf_hash

LEAVES = [
    bytes.fromhex(item)
    for item in (
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
_OTHER = leaf_hash(b"not among them")


@dataclass(frozen=True)
class Inclusion:
    """Leaf ``leaf`` at ``index`` of ``size``, with hex hashes; ``good`` says whether it holds."""

    name: str
    good: bool
    leaf: str
    index: int
    size: int
    proof: tuple[str, ...]
    root: str


@dataclass(frozen=True)
class Consistency:
    """The tree of ``old`` leaves is a prefix of that of ``new``."""

    name: str
    good: bool
    old: int
    old_root: str
    new: int
    new_root: str
    proof: tuple[str, ...]


def bent(proof: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every way in which a list of hashes is damaged."""
    other = _OTHER.hex()
    for at, item in enumerate(proof):
        flipped = f"{int(item[:2], 16) ^ 1:02x}{item[2:]}"
        yield f"hash {at} flipped", (*proof[:at], flipped, *proof[at + 1 :])
        yield f"hash {at} dropped", (*proof[:at], *proof[at + 1 :])
        yield f"hash {at} repeated", (*proof[:at], item, *proof[at:])
        yield f"hash {at} short", (*proof[:at], item[:-2], *proof[at + 1 :])
    if len(set(proof)) > 1:
        yield "reversed", proof[::-1]
    yield "hash in front", (other, *proof)
    yield "hash behind", (*proof, other)
    yield "empty hash behind", (*proof, "")


def inclusions() -> Iterator[Inclusion]:
    """Every place of every tree up to eight leaves, good and bent."""
    for size in range(1, len(LEAVES) + 1):
        for index in range(size):
            good = Inclusion(
                f"{index} in {size}",
                True,
                HASHES[index].hex(),
                index,
                size,
                tuple(item.hex() for item in inclusion_proof(HASHES[:size], index)),
                ROOTS[size],
            )
            yield good
            yield from _inclusion_bent(good)


def _inclusion_bent(good: Inclusion) -> Iterator[Inclusion]:
    def bad(what: str, **changes: Any) -> Inclusion:  # noqa: ANN401 - any of the fields
        return replace(good, name=f"{good.name}: {what}", good=False, **changes)

    for what, proof in bent(good.proof):
        yield bad(what, proof=proof)
    for index in {good.index - 1, good.index + 1, good.index ^ 2, good.size, -1} - {good.index}:
        yield bad(f"at place {index}", index=index)
    for size in (good.size * 2, good.size // 2, 0):
        # A proof is bound to the size only by its shape: what has the same shape and root is the same claim.
        if not 0 <= good.index < size or len(inclusion_proof([_OTHER] * size, good.index)) != len(good.proof):
            yield bad(f"of size {size}", size=size)
    yield bad("another leaf", leaf=_OTHER.hex())
    yield bad("another root", root=_OTHER.hex())
    yield bad("no root", root="")
    if good.proof:
        yield bad("root as leaf", leaf=good.root, proof=())


def consistencies() -> Iterator[Consistency]:
    """Every pair of trees up to eight leaves, good and bent."""
    for new in range(len(LEAVES) + 1):
        for old in range(new + 1):
            proof = tuple(item.hex() for item in consistency_proof(HASHES[:new], old))
            good = Consistency(f"{old} to {new}", True, old, ROOTS[old], new, ROOTS[new], proof)
            yield good
            yield from _consistency_bent(good)


def _consistency_bent(good: Consistency) -> Iterator[Consistency]:
    def bad(what: str, **changes: Any) -> Consistency:  # noqa: ANN401 - any of the fields
        return replace(good, name=f"{good.name}: {what}", good=False, **changes)

    for what, proof in bent(good.proof):
        yield bad(what, proof=proof)
    yield bad("another old root", old_root=_OTHER.hex())
    yield bad("no old root", old_root="")
    if good.old:
        # The empty tree is a prefix of every tree: there the new root is not part of the claim.
        yield bad("another new root", new_root=_OTHER.hex())
        yield bad("no new root", new_root="")
    if good.old != good.new:
        yield bad("backwards", old=good.new, old_root=good.new_root, new=good.old, new_root=good.old_root)
        yield bad("roots swapped", old_root=good.new_root, new_root=good.old_root)
    if 0 < good.old < good.new:
        yield bad("old size less", old=good.old - 1)
        yield bad("old size more", old=good.old + 1)

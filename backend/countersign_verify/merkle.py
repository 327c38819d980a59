"""RFC 6962 Merkle trees: roots, compact ranges, inclusion and consistency proofs.

Everything here works on *leaf hashes* (see :func:`leaf_hash`), so that a tree can be built from
stored hashes without the data.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from countersign_verify.canonical import Json
from countersign_verify.errors import RefusedError

HASH_SIZE = 32
_ROW = 1 << 16
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash the data of one leaf (prefix 0x00, so that a leaf can never pass for a node)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent (prefix 0x01)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root of the tree over these leaf hashes."""
    tree = CompactRange()
    tree.extend(leaf_hashes)
    return tree.root()


class CompactRange:
    """The right edge of a growing tree: one hash for each perfect subtree, largest first.

    It holds at most 64 hashes however many leaves were appended, which is what lets a log of any
    length be checked in flat memory.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        """Start empty, or take up a range that was stored.

        Raises:
            RefusedError: The number or length of the hashes does not fit the size.
        """
        self._size = size
        self._hashes = list(hashes)
        if size < 0 or len(self._hashes) != size.bit_count():
            raise RefusedError("merkle.range", f"{len(self._hashes)} hashes do not describe {size} leaves")
        if any(len(item) != HASH_SIZE for item in self._hashes):
            raise RefusedError("merkle.range", "a hash of the range is not 32 bytes long")

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Roots of the perfect subtrees, left (largest) to right."""
        return tuple(self._hashes)

    def append(self, hashed: bytes) -> None:
        """Add one leaf hash at the right."""
        self._append_subtree(hashed, 1)

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaf hashes at the right, in order: by whole subtrees, which is faster than one by one."""
        remaining = iter(leaf_hashes)
        while row := list(islice(remaining, _ROW)):
            begin = 0
            while begin < len(row):
                # The largest perfect subtree that starts here and that the row still fills.
                width = 1 << ((len(row) - begin).bit_length() - 1)
                width = min(width, self._size & -self._size) if self._size else width
                self._append_subtree(perfect_root(row[begin : begin + width]), width)
                begin += width

    def _append_subtree(self, hashed: bytes, width: int) -> None:
        """Add a perfect subtree by its root; the size is a multiple of its width."""
        size = self._size // width
        hashes = self._hashes
        while size & 1:
            hashed = node_hash(hashes.pop(), hashed)
            size >>= 1
        hashes.append(hashed)
        self._size += width

    def root(self) -> bytes:
        """Root of the tree so far."""
        if not self._hashes:
            return EMPTY_ROOT
        result = self._hashes[-1]
        for hashed in reversed(self._hashes[:-1]):
            result = node_hash(hashed, result)
        return result

    def copy(self) -> "CompactRange":
        """An independent range with the same leaves."""
        return CompactRange(self._size, self._hashes)

    def as_json(self) -> dict[str, Json]:
        """The range as plain data: ``{"size": n, "hashes": [hex, ...]}``."""
        return {"size": self._size, "hashes": [item.hex() for item in self._hashes]}

    @classmethod
    def from_json(cls, data: dict[str, Json]) -> "CompactRange":
        """Take up a range written by :meth:`as_json`.

        Raises:
            RefusedError: The data is not such a range.
        """
        size, hashes = data.get("size"), data.get("hashes")
        if not isinstance(size, int) or not isinstance(hashes, list):
            raise RefusedError("merkle.range", "a stored range needs a size and a list of hashes")
        try:
            return cls(size, [bytes.fromhex(str(item)) for item in hashes])
        except ValueError as error:
            raise RefusedError("merkle.range", "a stored range holds a hash that does not fit") from error


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Leaf ranges ``[begin, end)`` whose roots form the inclusion proof, leaf upwards.

    Raises:
        RefusedError: There is no such leaf.
    """
    if not 0 <= index < size:
        raise RefusedError("merkle.index", f"there is no leaf {index} in a tree of {size}")
    ranges: list[tuple[int, int]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """Leaf ranges ``[begin, end)`` whose roots form the consistency proof.

    Raises:
        RefusedError: The sizes are not ``0 <= old <= new``.
    """
    if not 0 <= old_size <= new_size:
        raise RefusedError("merkle.size", f"a tree of {new_size} does not extend one of {old_size}")
    if old_size in (0, new_size):
        return []
    ranges: list[tuple[int, int]] = []
    begin, end, whole = 0, new_size, True
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin, whole = middle, False
    if not whole:
        ranges.append((begin, end))
    return ranges[::-1]


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes."""
    row = hashes
    sha256 = hashlib.sha256
    while len(row) > 1:
        # `node_hash`, written out: a call for each node would cost as much as its hash.
        row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


def range_root(begin: int, end: int, node: Callable[[int, int], bytes]) -> bytes:
    """Root over the leaves ``[begin, end)`` of a stored tree.

    Args:
        begin: First leaf; a multiple of the largest power of two not above the length.
        end: One past the last leaf.
        node: Reads a stored hash: ``node(level, index)`` covers the leaves
            ``[index * 2**level, (index + 1) * 2**level)``.

    Raises:
        RefusedError: The range is empty or not aligned.
    """
    if end <= begin:
        raise RefusedError("merkle.range", f"the range {begin}..{end} is empty")
    parts: list[bytes] = []
    position = begin
    while position < end:
        level = (end - position).bit_length() - 1
        if position & ((1 << level) - 1):
            raise RefusedError("merkle.range", f"the range {begin}..{end} is not aligned")
        parts.append(node(level, position >> level))
        position += 1 << level
    result = parts[-1]
    for hashed in reversed(parts[:-1]):
        result = node_hash(hashed, result)
    return result


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Proof that leaf ``index`` is part of the tree over these leaf hashes.

    Raises:
        RefusedError: There is no such leaf.
    """
    return [root_of(leaf_hashes[begin:end]) for begin, end in inclusion_ranges(index, len(leaf_hashes))]


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Proof that the first ``old_size`` leaves were the tree before it grew.

    Raises:
        RefusedError: ``old_size`` is larger than the tree, or negative.
    """
    return [root_of(leaf_hashes[begin:end]) for begin, end in consistency_ranges(old_size, len(leaf_hashes))]


def verify_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash lies at ``index`` in the tree with this size and root.

    Raises:
        RefusedError: It does not, or the proof has the wrong shape.
    """
    ranges = inclusion_ranges(index, size)
    _check_proof_shape(proof, len(ranges))
    result = hashed
    for (begin, _), sibling in zip(ranges, proof, strict=True):
        result = node_hash(sibling, result) if begin < index else node_hash(result, sibling)
    if len(hashed) != HASH_SIZE or result != root:
        raise RefusedError("merkle.inclusion", f"leaf {index} is not part of this tree of {size}")


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that one tree is a prefix of another (RFC 9162, section 2.1.4.2).

    Raises:
        RefusedError: It is not, or the proof has the wrong shape.
    """
    _check_proof_shape(proof, len(consistency_ranges(old_size, new_size)))
    if old_size == 0:
        good = old_root == EMPTY_ROOT and (new_size > 0 or new_root == EMPTY_ROOT)
    elif old_size == new_size:
        good = old_root == new_root
    else:
        good = _consistency_roots(old_size, new_size, old_root, proof) == (old_root, new_root)
    if not good:
        raise RefusedError("merkle.consistency", f"the tree of {new_size} does not extend that of {old_size}")


def _consistency_roots(
    old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Compute both roots from the proof."""
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = path[0]
    for hashed in path[1:]:
        if position & 1 or position == last:
            old, new = node_hash(hashed, old), node_hash(hashed, new)
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, hashed)
        position >>= 1
        last >>= 1
    return old, new


def _check_proof_shape(proof: Sequence[bytes], expected: int) -> None:
    if len(proof) != expected:
        raise RefusedError("merkle.proof", f"the proof has {len(proof)} hashes instead of {expected}")
    if any(len(item) != HASH_SIZE for item in proof):
        raise RefusedError("merkle.proof", "a hash of the proof is not 32 bytes long")


def _split(size: int) -> int:
    """Largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)

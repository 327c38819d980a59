"""The file format of a pack: a plain tar of which every single byte is determined by its manifest.

The header of every member is computed, never interpreted: a reader knows from the manifest which bytes
must come next and refuses everything else. Links, devices, long names, sparse files, extension headers,
padding, other times, modes or owners have no way in, and nothing needs to be unpacked to be checked.
"""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from countersign_verify.errors import RefusedError
from countersign_verify.vocabulary import MANIFEST

BLOCK = 512
CHUNK = 1024 * 1024
MAX_MEMBERS = 10_000
MAX_MANIFEST_BYTES = 4 * 1024 * 1024
MAX_MEMBER_BYTES = 1024 * 1024 * 1024
MAX_PACK_BYTES = 4 * 1024 * 1024 * 1024
MAX_PATH = 100
TRAILER = bytes(2 * BLOCK)

_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.@+-]*)*")
_COMPRESSED = {b"\x1f\x8b": "gzip", b"PK": "zip", b"BZ": "bzip2", b"\xfd7": "xz", b"\x28\xb5": "zstd"}
_TYPES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a device",
    b"4": "a device",
    b"5": "a directory",
    b"6": "a pipe",
    b"x": "an extension header",
    b"g": "an extension header",
    b"L": "an extension header",
    b"K": "an extension header",
    b"S": "a sparse file",
}


@dataclass(frozen=True, slots=True)
class Member:
    """A file to put into a pack.

    Attributes:
        path: Its name in the pack: ASCII letters, digits and ``_.@+-/``, at most 100 characters.
        data: The bytes, or the file that holds them (it is streamed).
        media_type: What it is, for readers.
    """

    path: str
    data: bytes | Path = field(repr=False)
    media_type: str

    @contextmanager
    def open(self) -> Iterator[Iterator[bytes]]:
        """Stream the bytes in chunks."""
        if isinstance(self.data, bytes):
            yield (self.data[begin : begin + CHUNK] for begin in range(0, len(self.data), CHUNK))
            return
        with self.data.open("rb") as stream:
            yield iter(lambda: stream.read(CHUNK), b"")


@dataclass(frozen=True, slots=True)
class Measure:
    """Size and hash of a member's bytes."""

    size: int
    sha256: str


def path_check(path: str) -> None:
    """Require a name that a member may have.

    Raises:
        RefusedError: It is absolute, leaves the pack, is too long, or holds other characters.
    """
    if path.startswith("/"):
        raise RefusedError("pack.path", f"the member {path[:200]!a} has an absolute name")
    if ".." in path.split("/"):
        raise RefusedError("pack.path", f"the member {path[:200]!a} leaves the pack with '..'")
    if len(path) > MAX_PATH or _PATH.fullmatch(path) is None:
        raise RefusedError("pack.path", f"the member {path[:200]!a} has a name that packs don't use")


def paths_check(paths: Sequence[str]) -> None:
    """Require names that are sorted, different, and different on every file system.

    Raises:
        RefusedError: They are not, or there are too many.
    """
    if len(paths) > MAX_MEMBERS:
        raise RefusedError("pack.members", f"{len(paths)} members are more than {MAX_MEMBERS}")
    seen: set[str] = set()
    previous = ""
    for path in paths:
        path_check(path)
        if path.lower() in seen or path.lower() == MANIFEST:
            raise RefusedError("pack.duplicate", f"the member {path!a} occurs twice")
        seen.add(path.lower())
        if path < previous:
            raise RefusedError("pack.order", f"the member {path!a} is not in sorted order")
        previous = path


def header(path: str, size: int) -> bytes:
    """The one ustar header that a member of this name and size has."""
    fields = b"".join(
        (
            path.encode("ascii").ljust(100, b"\0"),
            b"0000644\0",  # mode
            b"0000000\0",  # uid
            b"0000000\0",  # gid
            f"{size:011o}\0".encode("ascii"),
            b"00000000000\0",  # mtime
            b" " * 8,  # the checksum counts itself as blanks
            b"0",  # a regular file
            bytes(100),  # link name
            b"ustar\x0000",
            bytes(247),  # owner names, device numbers, prefix, padding
        )
    )
    checksum = f"{sum(fields):06o}\0 ".encode("ascii")
    return fields[:148] + checksum + fields[156:]


def padding(size: int) -> int:
    """Number of zero bytes after a member of this size."""
    return -size % BLOCK


def file_size(manifest_size: int, sizes: Sequence[int]) -> int:
    """Size of the pack that holds a manifest and members of these sizes."""
    return len(TRAILER) + sum(BLOCK + size + padding(size) for size in (manifest_size, *sizes))


def measure(member: Member) -> Measure:
    """Read a member once for its size and hash.

    Raises:
        RefusedError: It is larger than a member may be.
    """
    digest = hashlib.sha256()
    size = 0
    with member.open() as chunks:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
    if size > MAX_MEMBER_BYTES:
        raise RefusedError("pack.size", f"the member {member.path!a} is larger than {MAX_MEMBER_BYTES}")
    return Measure(size, digest.hexdigest())


def container_write(stream: BinaryIO, manifest: bytes, members: Sequence[tuple[Member, Measure]]) -> str:
    """Write a pack: the manifest, then the members in the order given.

    Returns:
        ``sha256:<hex>`` of all that was written. It is that of the pack which reads as the manifest says: a
        file whose bytes were others than those measured does not.

    Raises:
        RefusedError: A member has no longer the size that was measured.
    """
    digest = hashlib.sha256()

    def put(data: bytes) -> None:
        digest.update(data)
        stream.write(data)

    put(header(MANIFEST, len(manifest)) + manifest + bytes(padding(len(manifest))))
    for member, measured in members:
        put(header(member.path, measured.size))
        left = measured.size
        with member.open() as chunks:
            for chunk in chunks:
                left -= len(chunk)
                put(chunk)
        if left:
            raise RefusedError("pack.moved", f"the member {member.path!a} changed while it was sealed")
        put(bytes(padding(measured.size)))
    put(TRAILER)
    return f"sha256:{digest.hexdigest()}"


def manifest_read(stream: BinaryIO) -> bytes:
    """Read the manifest at the head of a pack.

    Raises:
        RefusedError: The file does not start with a manifest of acceptable size.
    """
    head = stream.read(BLOCK)
    for magic, name in _COMPRESSED.items():
        if head.startswith(magic):
            raise RefusedError("pack.compressed", f"the pack is compressed ({name}); packs never are")
    if len(head) < BLOCK or head[257:263] != b"ustar\0":
        raise RefusedError("pack.format", "the file is not a pack")
    if head[:100].rstrip(b"\0") != MANIFEST.encode():
        raise RefusedError("pack.manifest", f"the first member is not {MANIFEST}: {_diagnose(head)}")
    try:
        size = int(head[124:135], 8)
    except ValueError as error:
        raise RefusedError("pack.header", "the size of the manifest is not a number") from error
    if not 0 <= size <= MAX_MANIFEST_BYTES:
        raise RefusedError("pack.manifest", f"the manifest is larger than {MAX_MANIFEST_BYTES} bytes")
    _expect(head, header(MANIFEST, size), MANIFEST)
    manifest = stream.read(size)
    if len(manifest) != size:
        raise RefusedError("pack.truncated", "the file ends within the manifest")
    _zeros(stream.read(padding(size)), padding(size))
    return manifest


def members_read(stream: BinaryIO, expected: Mapping[str, Measure]) -> dict[str, int]:
    """Check all members after the manifest, and the end of the file.

    Args:
        stream: Positioned behind the manifest.
        expected: Size and hash of each member, in the order of the pack.

    Returns:
        The offset of each member's bytes.

    Raises:
        RefusedError: Any byte is another than the manifest says.
    """
    offsets: dict[str, int] = {}
    for path, measured in expected.items():
        head = stream.read(BLOCK)
        if len(head) < BLOCK or head == bytes(BLOCK):
            raise RefusedError("pack.truncated", f"the pack ends before its member {path!a}")
        wanted = header(path, measured.size)
        if head != wanted:
            name = head[:100].rstrip(b"\0").decode("ascii", "replace")
            if name in offsets or name == MANIFEST:
                raise RefusedError("pack.duplicate", f"the member {name!a} occurs twice")
            _expect(head, wanted, path)
        offsets[path] = stream.tell()
        _body_check(stream, path, measured)
        _zeros(stream.read(padding(measured.size)), padding(measured.size))
    end = stream.read(BLOCK)
    if end != bytes(BLOCK) and len(end) == BLOCK:
        name = end[:100].rstrip(b"\0").decode("ascii", "replace")
        if name in offsets or name == MANIFEST:
            raise RefusedError("pack.duplicate", f"the member {name!a} occurs twice")
        raise RefusedError("pack.extra", f"the manifest does not list this member: {_diagnose(end)}")
    if end + stream.read(BLOCK + 1) != TRAILER:
        raise RefusedError("pack.trailer", "the pack does not end where it must")
    return offsets


def size_check(stream: BinaryIO, expected: int) -> None:
    """Compare the size of the file with the size that the manifest calls for, before anything is read.

    Raises:
        RefusedError: They differ, or packs are never that large.
    """
    actual = os.fstat(stream.fileno()).st_size
    if expected > MAX_PACK_BYTES:
        raise RefusedError("pack.size", f"the manifest calls for {expected} bytes: more than any pack has")
    if actual < expected:
        raise RefusedError("pack.truncated", f"the file has {actual} bytes where {expected} are called for")
    # A longer file is read to the end of the listed members first, to name what does not belong there.


def _body_check(stream: BinaryIO, path: str, measured: Measure) -> None:
    digest = hashlib.sha256()
    left = measured.size
    while left:
        chunk = stream.read(min(CHUNK, left))
        if not chunk:
            raise RefusedError("pack.truncated", f"the file ends within its member {path!a}")
        digest.update(chunk)
        left -= len(chunk)
    if digest.hexdigest() != measured.sha256:
        raise RefusedError("pack.hash", f"the bytes of {path!a} are not those of the manifest")


def _expect(head: bytes, wanted: bytes, path: str) -> None:
    if head != wanted:
        raise RefusedError(
            "pack.header", f"the header of {path!a} is not the one it must have: {_diagnose(head)}"
        )


def _zeros(data: bytes, size: int) -> None:
    if data != bytes(size):
        raise RefusedError("pack.padding", "the padding after a member is not zero")


def _diagnose(head: bytes) -> str:
    """Say what a header that does not belong there is."""
    name = head[:100].rstrip(b"\0").decode("ascii", "replace")
    kind = _TYPES.get(head[156:157], "a file")
    where = ""
    if ".." in name.split("/"):
        where = " that leaves the pack with '..'"
    elif name.startswith("/"):
        where = " with an absolute name"
    return f"{kind}{where}, {name!a}"

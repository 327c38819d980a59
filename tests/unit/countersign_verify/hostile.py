"""Packs that somebody made to harm whoever checks them, each with the reason for which it is refused.

``python -m tests.unit.countersign_verify.hostile DIRECTORY`` writes them all, the same bytes every time, for
any verifier to try: ``<name>.tar``, ``sound.tar`` (which holds), ``trust.json``, and ``cases.json``, a list
of ``{"file", "code", "words"}``: the code of the refusal and words that its message must have.
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from countersign_verify import vocabulary
from countersign_verify.canonical import canonical_bytes, canonical_object
from countersign_verify.container import (
    BLOCK,
    MAX_MANIFEST_BYTES,
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    MAX_PACK_BYTES,
    TRAILER,
    header,
)
from countersign_verify.pack import pack_read
from tests.unit.countersign_verify.samples import pack_plan, trust_bytes

MANIFEST = vocabulary.MANIFEST
HOLE_BYTES = MAX_PACK_BYTES
MILLION = 1_000_000
JSON_LIMIT = 16 * 1024 * 1024
TREE_LIMIT = 64 * 1024 * 1024

Write = Callable[[Path], object]


@dataclass(frozen=True)
class Hostile:
    """One pack to refuse.

    Attributes:
        code: of the refusal.
        words: what its message must say.
        write: makes the file.
    """

    name: str
    code: str
    words: str
    write: Write


def padded(head: bytes, body: bytes) -> bytes:
    return head + body + bytes(-len(body) % BLOCK)


def with_manifest(manifest: bytes) -> bytes:
    """A file that begins with any bytes as its manifest."""
    return padded(header(MANIFEST, len(manifest)), manifest) + TRAILER


class Sound:
    """A sound pack, to be bent."""

    def __init__(self, file: Path) -> None:
        pack_plan().seal(file)
        self.raw = file.read_bytes()
        pack = pack_read(file)
        self.offsets = {path: member.offset for path, member in pack.members.items()}
        self.bodies = {path: pack.read(path) for path in pack.members}
        self.manifest = self.raw[BLOCK : BLOCK + int(self.raw[124:135], 8)]

    def edited(self, edit: Callable[[dict[str, Any]], object]) -> bytes:
        """The pack with another manifest, consistent as a tar."""
        manifest = canonical_object(self.manifest)
        edit(manifest)
        data = canonical_bytes(manifest)
        bodies = b"".join(padded(header(path, len(body)), body) for path, body in self.bodies.items())
        return padded(header(MANIFEST, len(data)), data) + bodies + TRAILER

    def listing(self, path: str) -> bytes:
        """The pack with one more member of this name, listed first and there."""

        def edit(manifest: dict[str, Any]) -> None:
            entry = {"path": path, "sha256": "0" * 64, "size": 0, "media_type": ""}
            manifest["members"].insert(0, entry)

        return self.edited(edit)

    def head(self, change: Callable[[bytes], bytes], path: str = vocabulary.MEMBER_PROMPT) -> bytes:
        """The pack with one header replaced."""
        at = self.offsets[path] - BLOCK
        return self.raw[:at] + change(self.raw[at : at + BLOCK]) + self.raw[at + BLOCK :]

    def before(self, insert: bytes, path: str = vocabulary.MEMBER_PROMPT) -> bytes:
        """The pack with something put before one member."""
        at = self.offsets[path] - BLOCK
        return self.raw[:at] + insert + self.raw[at:]


def summed(head: bytes) -> bytes:
    """A header with the checksum that it ought to have, so that an ordinary reader believes it."""
    blank = head[:148] + b" " * 8 + head[156:]
    return blank[:148] + f"{sum(blank):06o}\0 ".encode() + blank[156:]


def put(at: int, data: bytes) -> Callable[[bytes], bytes]:
    """A change of a header that keeps its checksum right."""
    return lambda head: summed(head[:at] + data + head[at + len(data) :])


def of_type(kind: bytes) -> Callable[[bytes], bytes]:
    return put(156, kind)


def foreign(name: str, kind: bytes, form: int, **settings: Any) -> bytes:  # noqa: ANN401 - of a tar header
    """What an ordinary tar program writes."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as archive:
        info = tarfile.TarInfo(name)
        info.type = kind
        for setting, value in settings.items():
            setattr(info, setting, value)
        archive.addfile(info)
    return stream.getvalue()


# JSON that readers understand differently, or that costs them more than it weighs.
JSON_BOMBS: dict[str, tuple[bytes, str, str]] = {
    "deep-arrays": (b"[" * 10_000 + b"]" * 10_000, "json.depth", "nested"),
    "deep-objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "json.depth", "nested"),
    "unclosed": (b"[" * 10_000, "json.depth", "nested"),
    "nan": (b'{"a":NaN}', "json.constant", "NaN"),
    "infinity": (b'{"a":-Infinity}', "json.constant", "Infinity"),
    "large-integer": (b'{"a":9007199254740993}', "json.integer", "2^53"),
    "huge-integer": (b'{"a":' + b"9" * 400_000 + b"}", "json.integer", "2^53"),
    "float": (b'{"a":1.5}', "json.float", "not an integer"),
    "exponent": (b'{"a":1e400}', "json.float", "not an integer"),
    "lone-surrogate": (b'{"a":"\\ud800"}', "json.surrogate", "surrogate"),
    "surrogate-bytes": (b'{"a":"\xed\xa0\x80"}', "json.utf8", "UTF-8"),
    "overlong-bytes": (b'{"a":"\xc0\xaf"}', "json.utf8", "UTF-8"),
    "byte-order-mark": (b"\xef\xbb\xbf{}", "json.syntax", "not JSON"),
    "duplicate-key": (b'{"a":1,"a":2}', "json.duplicate", "twice"),
    "escaped-duplicate-key": (b'{"a":1,"\\u0061":2}', "json.duplicate", "twice"),
    "unsorted-keys": (b'{"b":1,"a":2}', "json.canonical", "canonical"),
    "blank": (b'{"a": 1}', "json.canonical", "canonical"),
    "minus-zero": (b'{"a":-0}', "json.canonical", "canonical"),
    "escaped-letter": (b'{"a":"\\u0062"}', "json.canonical", "canonical"),
    "two-texts": (b"{}{}", "json.syntax", "not JSON"),
    "empty": (b"", "json.syntax", "not JSON"),
    "nul": (b"{}\x00", "json.syntax", "not JSON"),
}


def filled(unit: bytes, size: int) -> bytes:
    """An array of as many of these values as fit."""
    return b"[" + unit + (b"," + unit) * ((size - 2 - len(unit)) // (len(unit) + 1)) + b"]"


FILLINGS: dict[str, bytes] = {
    "objects": b"{}",
    "arrays": b"[]",
    "zeros": b"0",
    "pairs": b'{"":0}',
    "texts": b'"ab"',
}


def _compressed(sound: Sound) -> Iterator[Hostile]:
    magics = {
        "gzip": b"\x1f\x8b",
        "zip": b"PK\x03\x04",
        "bzip2": b"BZh9",
        "xz": b"\xfd7zXZ",
        "zstd": b"\x28\xb5\x2f\xfd",
    }
    for name, magic in magics.items():
        yield _bytes(f"compressed-{name}", "pack.compressed", name, magic + sound.raw)


def _foreign(sound: Sound) -> Iterator[Hostile]:
    ustar, pax, gnu = tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT
    made = {
        "first-leaves-the-pack": ("../../etc/passwd", tarfile.REGTYPE, ustar, "leaves the pack"),
        "first-is-absolute": ("/etc/passwd", tarfile.REGTYPE, ustar, "absolute"),
        "first-is-a-symbolic-link": ("a", tarfile.SYMTYPE, ustar, "symbolic link"),
        "first-is-a-hard-link": ("a", tarfile.LNKTYPE, ustar, "hard link"),
        "first-is-a-directory": ("a", tarfile.DIRTYPE, ustar, "directory"),
        "first-is-a-pipe": ("a", tarfile.FIFOTYPE, ustar, "pipe"),
        "first-is-a-pax-header": ("a" * 200, tarfile.REGTYPE, pax, "extension header"),
    }
    for name, (path, kind, form, words) in made.items():
        yield _bytes(name, "pack.manifest", words, foreign(path, kind, form))
    yield _bytes("gnu-long-name", "pack.format", "not a pack", foreign("a" * 200, tarfile.REGTYPE, gnu))
    yield _bytes("empty-file", "pack.format", "not a pack", b"")
    yield _bytes("zeros", "pack.format", "not a pack", bytes(10_240))
    yield _bytes("noise", "pack.format", "not a pack", sound.raw[::-1])


def _heads(sound: Sound) -> Iterator[Hostile]:
    kinds = {
        "symbolic-link": (b"2", "symbolic link"),
        "hard-link": (b"1", "hard link"),
        "character-device": (b"3", "device"),
        "block-device": (b"4", "device"),
        "directory": (b"5", "directory"),
        "pipe": (b"6", "pipe"),
        "pax-header": (b"x", "extension header"),
        "pax-global-header": (b"g", "extension header"),
        "gnu-long-name-header": (b"L", "extension header"),
        "gnu-long-link-header": (b"K", "extension header"),
        "gnu-sparse": (b"S", "sparse"),
        "contiguous": (b"7", "header"),
        "old-style-file": (b"\0", "header"),
    }
    for name, (kind, words) in kinds.items():
        yield _bytes(f"member-is-{name}", "pack.header", words, sound.head(of_type(kind)))
    changes: dict[str, tuple[Callable[[bytes], bytes], str]] = {
        "leaves-the-pack": (put(0, b"../x".ljust(100, b"\0")), "leaves the pack"),
        "absolute-name": (put(0, b"/etc/x".ljust(100, b"\0")), "absolute"),
        "prefix-field": (put(345, b"../../etc"), "header"),
        "link-name": (put(157, b"/etc/passwd"), "header"),
        "set-user-id": (put(100, b"0004755\0"), "header"),
        "time": (put(136, b"14723456701\0"), "header"),
        "owner": (put(108, b"0001750\0"), "header"),
        "owner-name": (put(265, b"root"), "header"),
        "size-in-base-256": (put(124, b"\x80" + bytes(10) + b"\x09"), "header"),
        "negative-size": (put(124, b"-0000000001\0"), "header"),
        "blank-size": (put(124, b"          9\0"), "header"),
        "gnu-magic": (put(257, b"ustar  \0"), "header"),
        "wrong-checksum": (lambda head: head[:148] + b"000001\0 " + head[156:], "header"),
        "checksum-spelled-otherwise": (lambda head: head[:154] + b" \0" + head[156:], "header"),
        "padding-of-the-header": (put(505, b"x"), "header"),
    }
    for name, (change, words) in changes.items():
        yield _bytes(f"head-{name}", "pack.header", words, sound.head(change))
    twice = sound.head(lambda _: header("agent/call.json", 1))
    yield _bytes("same-member-twice", "pack.duplicate", "twice", twice)
    manifest = sound.head(lambda _: header(MANIFEST, 1))
    yield _bytes("second-manifest", "pack.duplicate", "twice", manifest)
    pax = padded(header("PaxHeader/x", 20), b"20 path=../../escape\n")
    yield _bytes("pax-record-before-a-member", "pack.header", "PaxHeader", sound.before(pax))
    yield _bytes("unlisted-member", "pack.header", "unlisted", sound.before(header("prompt/a-unlisted", 0)))


def _manifests(sound: Sound) -> Iterator[Hostile]:
    for name, (text, code, words) in JSON_BOMBS.items():
        yield _bytes(f"manifest-{name}", code, words, with_manifest(text))
    for name, unit in FILLINGS.items():
        text = filled(unit, MAX_MANIFEST_BYTES)
        yield _bytes(f"manifest-full-of-{name}", "json.values", "values", with_manifest(text))
    names = {
        "leaves-the-pack": ("../x", "pack.path", ".."),
        "leaves-the-pack-later": ("a/../../x", "pack.path", ".."),
        "absolute": ("/x", "pack.path", "absolute"),
        "backslash": ("a\\x", "pack.path", "name"),
        "drive": ("C:/x", "pack.path", "name"),
        "dot-git": (".git/config", "pack.path", "name"),
        "newline": ("a\nb", "pack.path", "name"),
        "nul": ("a\0b", "pack.path", "name"),
        "bidirectional": ("a\u202eb", "pack.path", "name"),
        "too-long": ("a" * 101, "pack.path", "name"),
        "empty": ("", "pack.path", "name"),
        "duplicate": ("agent/call.json", "pack.duplicate", "twice"),
        "duplicate-in-another-case": ("AGENT/call.json", "pack.duplicate", "twice"),
        "manifest": ("Manifest.json", "pack.duplicate", "twice"),
        "unsorted": ("zzz", "pack.order", "sorted"),
        "not-there": ("aaa", "pack.truncated", "called for"),
    }
    for name, (path, code, words) in names.items():
        yield _bytes(f"name-{name}", code, words, sound.listing(path))
    entry: dict[str, Any] = {"path": "a", "sha256": "0" * 64, "size": 0, "media_type": ""}
    more = canonical_bytes({"members": [entry] * (MAX_MEMBERS + 1)})
    yield _bytes("more-members-than-allowed", "pack.members", "members", with_manifest(more))
    yield _bytes(
        "manifest-too-large", "pack.manifest", "larger", header(MANIFEST, MAX_MANIFEST_BYTES + 1) + TRAILER
    )


def _bombs(sound: Sound) -> Iterator[Hostile]:
    def sized(size: int, entries: int) -> bytes:
        def edit(manifest: dict[str, Any]) -> None:
            for entry in manifest["members"][:entries]:
                entry["size"] = size

        return sound.edited(edit)

    yield _bytes("bomb-of-declared-sizes", "pack.size", "more than any pack", sized(MAX_MEMBER_BYTES, 99))
    yield _bytes("bomb-of-one-declared-size", "pack.truncated", "called for", sized(MAX_MEMBER_BYTES, 1))
    yield _bytes("member-larger-than-allowed", "pack.size", "size", sized(MAX_MEMBER_BYTES + 1, 1))

    def hole(file: Path) -> None:
        with file.open("wb") as stream:
            stream.write(sound.raw)
            stream.truncate(HOLE_BYTES)

    yield Hostile("hole-of-four-gigabytes", "pack.trailer", "end where it must", hole)

    def million(file: Path) -> None:
        entries = b",".join(b'"m%06d"' % number for number in range(MILLION))
        with file.open("wb") as stream:
            stream.write(header(MANIFEST, len(entries) + 2) + b"[" + entries + b"]")
            stream.truncate(MILLION * BLOCK)

    yield Hostile("a-million-listed-members", "pack.manifest", "larger", million)

    def unlisted(file: Path) -> None:
        block = header("m", 0)
        with file.open("wb") as stream:
            stream.write(sound.raw[: -len(TRAILER)])
            for _ in range(MILLION // 1000):
                stream.write(block)
            stream.truncate(MILLION * BLOCK)

    yield Hostile("a-million-unlisted-members", "pack.extra", "does not list", unlisted)


def _ends(sound: Sound) -> Iterator[Hostile]:
    yield _bytes("trailing-byte", "pack.trailer", "end where it must", sound.raw + b"\0")
    yield _bytes("trailing-member", "pack.extra", "does not list",
                 sound.raw[: -len(TRAILER)] + header("zzz", 0) + TRAILER)  # fmt: skip
    yield _bytes("second-pack", "pack.trailer", "end where it must", sound.raw + sound.raw)
    yield _bytes("cut-by-a-byte", "pack.truncated", "bytes", sound.raw[:-1])
    yield _bytes("cut-in-half", "pack.truncated", "bytes", sound.raw[: len(sound.raw) // 2])
    at = sound.offsets[vocabulary.MEMBER_PROMPT]
    other = sound.raw[:at] + b"!" + sound.raw[at + 1 :]
    yield _bytes("changed-byte", "pack.hash", "not those of the manifest", other)
    end = at + len(sound.bodies[vocabulary.MEMBER_PROMPT])
    hidden = sound.raw[:end] + b"x" + sound.raw[end + 1 :]
    yield _bytes("text-in-the-padding", "pack.padding", "padding", hidden)


def _members() -> Iterator[Hostile]:
    """Rightly signed packs whose members are hostile."""
    for name, (text, code, words) in JSON_BOMBS.items():
        yield _planned(f"tree-{name}", code, words, vocabulary.MEMBER_BASE_TREE, text)
    for name, unit in FILLINGS.items():
        text = filled(unit, JSON_LIMIT)
        yield _planned(f"risk-full-of-{name}", "json.values", "values", vocabulary.MEMBER_RISK_INPUTS, text)
    full = filled(b"{}", TREE_LIMIT)
    yield _planned("tree-full-of-objects", "json.values", "values", vocabulary.MEMBER_BASE_TREE, full)
    large = b'"' + b"a" * TREE_LIMIT + b'"'
    yield _planned("tree-too-large", "pack.size", "larger", vocabulary.MEMBER_BASE_TREE, large)

    def enveloped(text: bytes) -> Write:
        def edit(envelopes: dict[str, Any]) -> None:
            envelopes[vocabulary.STATEMENT_RISK] = text

        return lambda file: pack_plan(edit_attestations=edit).seal(file)

    for name, (text, code, words) in JSON_BOMBS.items():
        yield Hostile(f"envelope-{name}", code, words, enveloped(text))


def _planned(name: str, code: str, words: str, path: str, text: bytes) -> Hostile:
    def edit(members: dict[str, Any]) -> None:
        members[path] = text

    return Hostile(name, code, words, lambda file: pack_plan(edit_members=edit).seal(file))


def _bytes(name: str, code: str, words: str, data: bytes) -> Hostile:
    return Hostile(name, code, words, lambda file: file.write_bytes(data))


def cases(sound: Sound) -> Iterator[Hostile]:
    """All of them, one after the other: together they are larger than what a machine should hold."""
    for make in (_compressed, _foreign, _heads, _manifests, _bombs, _ends):
        yield from make(sound)
    yield from _members()


def cases_write(directory: Path) -> list[dict[str, str]]:
    """Write all packs, the trust file and the list of them; returns the list."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "trust.json").write_bytes(trust_bytes())
    listed = []
    for case in cases(Sound(directory / "sound.tar")):
        case.write(directory / f"{case.name}.tar")
        listed.append({"file": f"{case.name}.tar", "code": case.code, "words": case.words})
    (directory / "cases.json").write_text(json.dumps(listed, indent=1))
    return listed


if __name__ == "__main__":
    cases_write(Path(sys.argv[1]))

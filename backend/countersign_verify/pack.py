"""Evidence packs: how one is sealed, and how one is read without trusting it.

The digest of a pack is the SHA-256 of its manifest, which lists every member with its hash. Statements
inside the pack cannot name that digest, so they name the digest of its *content*: the manifest without
the members under ``attestations/``.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from countersign_verify.canonical import Json, JsonInput, canonical_bytes, canonical_object, digest_bytes
from countersign_verify.container import (
    MAX_MANIFEST_BYTES,
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    Measure,
    Member,
    container_write,
    file_size,
    manifest_read,
    measure,
    members_read,
    paths_check,
    size_check,
)
from countersign_verify.encoding import digest_check, keys_exact
from countersign_verify.encoding import field as json_field
from countersign_verify.errors import RefusedError
from countersign_verify.vocabulary import (
    ATTESTATIONS,
    FIELDS,
    FIELDS_ALWAYS,
    PACK_FORMAT,
    REQUIRED_MEMBERS,
    SUBJECT_INTEGERS,
    SUBJECT_LISTS,
    SUBJECT_TEXTS,
)

MAX_JSON_MEMBER = 16 * 1024 * 1024
_THREADS = 2  # hashing does not hold the others up
_MANIFEST_FIELDS = frozenset({"format", "subject", "fields", "members"})
_MEMBER_FIELDS = frozenset({"path", "sha256", "size", "media_type"})


@dataclass(frozen=True, slots=True)
class PackDigest:
    """What came of sealing a pack.

    Attributes:
        digest: ``sha256:<hex>`` of the manifest: the name of the pack.
        content_digest: What the statements inside name.
        file_digest: ``sha256:<hex>`` of the file.
        size: Bytes of the file.
    """

    digest: str
    content_digest: str
    file_digest: str
    size: int


@dataclass(frozen=True, slots=True)
class PackMember:
    """One member of a pack that was read and whose hash holds."""

    path: str
    sha256: str
    size: int
    media_type: str
    offset: int

    @property
    def digest(self) -> str:
        """``sha256:<hex>`` of the member's bytes."""
        return f"sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack of which every byte was checked against its manifest.

    Attributes:
        file: Where it lies. Members are read from there when asked for, and checked again.
        digest: Its name.
        content_digest: What its statements must name.
        subject: What it is about.
        fields: The answers to what a pack must say.
        members: All members but the manifest, by path.
    """

    file: Path
    digest: str
    content_digest: str
    subject: dict[str, Json]
    fields: dict[str, Json]
    members: Mapping[str, PackMember] = field(repr=False)

    def read(self, path: str, *, limit: int = MAX_JSON_MEMBER) -> bytes:
        """The bytes of a member.

        Raises:
            RefusedError: There is no such member, it is larger than the limit, or the file has changed.
        """
        member = self.members.get(path)
        if member is None:
            raise RefusedError("pack.absent", f"the pack has no member {path!a}")
        if member.size > limit:
            raise RefusedError("pack.size", f"the member {path!a} is larger than {limit} bytes")
        with self.file.open("rb") as stream:
            stream.seek(member.offset)
            data = stream.read(member.size)
        if digest_bytes(data) != member.digest:
            raise RefusedError("pack.moved", f"the member {path!a} changed while it was read")
        return data

    def subject_text(self, name: str) -> str:
        """A field of the subject that is text.

        Raises:
            RefusedError: It is not there.
        """
        return json_field(self.subject, name, str, "the subject of the pack")


@dataclass(frozen=True, slots=True)
class PackDraft:
    """Members that were measured, so that statements can name their content before it is sealed."""

    subject: Mapping[str, JsonInput]
    fields: Mapping[str, JsonInput]
    members: Sequence[tuple[Member, Measure]] = field(repr=False)

    @property
    def content_digest(self) -> str:
        """What every statement of this pack names as its subject ``countersign-pack-content``."""
        entries = [_entry(member, measured) for member, measured in self.members]
        return _content_digest(self.subject, self.fields, entries)


def pack_draft(
    members: Iterable[Member], subject: Mapping[str, JsonInput], fields: Mapping[str, JsonInput]
) -> PackDraft:
    """Measure the members of a pack that is to be sealed.

    Args:
        members: The files, in any order; without the statements that are still to be signed.
        subject: What the pack is about (see ``vocabulary.SUBJECT_*``).
        fields: The answers to ``vocabulary.FIELDS``.

    Raises:
        RefusedError: A name is malformed or occurs twice, or a member is too large.
    """
    ordered = sorted(members, key=lambda member: member.path)
    paths_check([member.path for member in ordered])
    with ThreadPoolExecutor(_THREADS) as pool:
        return PackDraft(subject, fields, list(zip(ordered, pool.map(measure, ordered), strict=True)))


def pack_seal(destination: Path, draft: PackDraft, attestations: Iterable[Member]) -> PackDigest:
    """Write a pack: the same draft and statements give the same bytes.

    Args:
        destination: The file to write; it appears whole or not at all. Whoever keeps it reads it first, as
            anybody would (a member that changed meanwhile is found then), and sees to it that it lasts.
        draft: The measured members.
        attestations: The signed statements, members under ``attestations/``.

    Raises:
        RefusedError: Something a pack must have is missing, malformed or too large.
    """
    members = sorted(
        [*draft.members, *((member, measure(member)) for member in attestations)],
        key=lambda item: item[0].path,
    )
    entries = [_entry(member, measured) for member, measured in members]
    manifest = canonical_bytes(
        {
            "format": PACK_FORMAT,
            "subject": draft.subject,
            "fields": draft.fields,
            "members": entries,
        }
    )
    if len(manifest) > MAX_MANIFEST_BYTES:
        raise RefusedError("pack.manifest", f"the manifest is larger than {MAX_MANIFEST_BYTES} bytes")
    _manifest_check(manifest)
    temporary = destination.with_name(f".{destination.name}.{secrets.token_hex(8)}")
    try:
        with temporary.open("xb") as stream:
            file_digest = container_write(stream, manifest, members)
        temporary.replace(destination)
    finally:
        temporary.unlink(missing_ok=True)
    return PackDigest(
        digest=digest_bytes(manifest),
        content_digest=_content_digest(draft.subject, draft.fields, entries),
        file_digest=file_digest,
        size=file_size(len(manifest), [measured.size for _, measured in members]),
    )


def pack_build(
    destination: Path,
    members: Iterable[Member],
    subject: Mapping[str, JsonInput],
    fields: Mapping[str, JsonInput],
) -> PackDigest:
    """Seal a pack from all its members, statements included.

    Raises:
        RefusedError: As :func:`pack_draft` and :func:`pack_seal`.
    """
    everything = list(members)
    attestations = [member for member in everything if member.path.startswith(ATTESTATIONS)]
    content = [member for member in everything if not member.path.startswith(ATTESTATIONS)]
    return pack_seal(destination, pack_draft(content, subject, fields), attestations)


def pack_read(file: Path) -> Pack:
    """Read a pack, checking every byte of it against its manifest, in flat memory.

    Raises:
        RefusedError: Anything is other than it must be; the message names the reason.
        OSError: The file cannot be read.
    """
    with file.open("rb") as stream:
        manifest = manifest_read(stream)
        data, listed = _manifest_check(manifest)
        expected = {path: Measure(size, sha256) for path, (sha256, size, _) in listed.items()}
        size_check(stream, file_size(len(manifest), [item.size for item in expected.values()]))
        offsets = members_read(stream, expected)
    members = {
        path: PackMember(path, sha256, size, media_type, offsets[path])
        for path, (sha256, size, media_type) in listed.items()
    }
    subject = json_field(data, "subject", dict, "the manifest")
    fields = json_field(data, "fields", dict, "the manifest")
    entries = json_field(data, "members", list, "the manifest")
    return Pack(
        file=file,
        digest=digest_bytes(manifest),
        content_digest=_content_digest(subject, fields, entries),
        subject=subject,
        fields=fields,
        members=members,
    )


def _entry(member: Member, measured: Measure) -> dict[str, Json]:
    return {
        "path": member.path,
        "sha256": measured.sha256,
        "size": measured.size,
        "media_type": member.media_type,
    }


def _content_digest(
    subject: Mapping[str, JsonInput],
    fields: Mapping[str, JsonInput],
    entries: Iterable[JsonInput],
) -> str:
    content = [
        entry
        for entry in entries
        if not (isinstance(entry, Mapping) and str(entry.get("path", "")).startswith(ATTESTATIONS))
    ]
    return digest_bytes(
        canonical_bytes({"format": PACK_FORMAT, "subject": subject, "fields": fields, "members": content})
    )


def _manifest_check(manifest: bytes) -> tuple[dict[str, Json], dict[str, tuple[str, int, str]]]:
    """Check a manifest by itself; the members are (sha256, size, media type) by path."""
    if manifest.count(b'"sha256":') > MAX_MEMBERS:  # before millions of objects are made of it
        raise RefusedError("pack.members", f"the manifest lists more than {MAX_MEMBERS} members")
    data = canonical_object(manifest, max_bytes=MAX_MANIFEST_BYTES)
    keys_exact(data, _MANIFEST_FIELDS, "the manifest")
    if data["format"] != PACK_FORMAT:
        raise RefusedError("pack.format", f"the manifest is not of the format {PACK_FORMAT}")
    listed: dict[str, tuple[str, int, str]] = {}
    paths: list[str] = []
    for item in json_field(data, "members", list, "the manifest"):
        if not isinstance(item, dict):
            raise RefusedError("pack.manifest", "an entry of the manifest is not an object")
        keys_exact(item, _MEMBER_FIELDS, "an entry of the manifest")
        path = json_field(item, "path", str, "an entry of the manifest")
        size = json_field(item, "size", int, f"the entry {path[:200]!a}")
        sha256 = json_field(item, "sha256", str, f"the entry {path[:200]!a}")
        digest_check(f"sha256:{sha256}", f"the hash of {path[:200]!a}")
        if not 0 <= size <= MAX_MEMBER_BYTES:
            raise RefusedError("pack.size", f"the member {path[:200]!a} has an impossible size")
        paths.append(path)
        listed[path] = (sha256, size, json_field(item, "media_type", str, f"the entry {path[:200]!a}"))
    paths_check(paths)
    missing = [path for path in REQUIRED_MEMBERS if path not in listed]
    if missing:
        raise RefusedError("pack.incomplete", f"the pack lacks {', '.join(missing)}")
    _subject_check(json_field(data, "subject", dict, "the manifest"))
    _fields_check(json_field(data, "fields", dict, "the manifest"), frozenset(listed))
    return data, listed


def _subject_check(subject: dict[str, Json]) -> None:
    # More may be said about the subject: it is covered by every signature, and nothing relies on it.
    for name in SUBJECT_TEXTS:
        if not json_field(subject, name, str, "the subject of the pack"):
            raise RefusedError("pack.subject", f"{name} of the pack's subject is empty")
    for name in SUBJECT_INTEGERS:
        json_field(subject, name, int, "the subject of the pack")
    for name in SUBJECT_LISTS:
        items = json_field(subject, name, list, "the subject of the pack")
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) != len(items) or texts != sorted(set(texts)):
            raise RefusedError("pack.subject", f"{name} of the pack's subject is not a sorted list of ids")


def _fields_check(fields: dict[str, Json], members: frozenset[str]) -> None:
    """Every question is answered: with members, or with the reason why it does not apply."""
    keys_exact(fields, frozenset(FIELDS), "'fields' of the pack")
    for name in FIELDS:
        answer = json_field(fields, name, dict, "'fields' of the pack")
        if json_field(answer, "applies", bool, f"the field {name}"):
            named = json_field(answer, "members", list, f"the field {name}")
            if not named or any(not isinstance(path, str) or path not in members for path in named):
                raise RefusedError("pack.field", f"the field {name} names members that are not there")
        elif name in FIELDS_ALWAYS:
            raise RefusedError("pack.field", f"the field {name} applies to every change")
        elif not json_field(answer, "reason", str, f"the field {name}").strip():
            raise RefusedError("pack.field", f"the field {name} does not say why it does not apply")

"""Packs: deterministic to seal, and read without trusting a single byte."""

import io
import tarfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign_verify import container, vocabulary
from countersign_verify.canonical import canonical_bytes, canonical_object, digest_bytes
from countersign_verify.container import (
    BLOCK,
    Measure,
    Member,
    container_write,
    header,
    manifest_read,
    measure,
    members_read,
)
from countersign_verify.errors import RefusedError
from countersign_verify.pack import pack_build, pack_draft, pack_read
from tests.unit.countersign_verify.samples import PackPlan, pack_plan, refused


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pack") / "pack.tar"
    pack_plan().seal(file)
    return file


def manifest_of(file: Path) -> dict[str, Any]:
    with tarfile.open(file) as archive:
        stream = archive.extractfile("manifest.json")
        assert stream is not None
        return canonical_object(stream.read())


def raw_pack(members: list[tuple[bytes, bytes]]) -> bytes:
    """A tar of given headers and bodies, ended as a pack is."""
    parts = [head + body + bytes(-len(body) % BLOCK) for head, body in members]
    return b"".join(parts) + container.TRAILER


def hand_made(directory: Path, manifest: bytes, members: list[tuple[str, bytes]]) -> Path:
    file = directory / "hand.tar"
    bodies = [(header("manifest.json", len(manifest)), manifest)]
    bodies += [(header(path, len(data)), data) for path, data in members]
    file.write_bytes(raw_pack(bodies))
    return file


def with_manifest(sealed: Path, directory: Path, edit: Callable[[dict[str, Any]], object]) -> Path:
    """The sound pack with another manifest, consistent as a tar."""
    pack, manifest = pack_read(sealed), manifest_of(sealed)
    edit(manifest)
    return hand_made(directory, canonical_bytes(manifest), [(path, pack.read(path)) for path in pack.members])


def test_pack_seal_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = pack_plan().seal(tmp_path / "one"), pack_plan().seal(tmp_path / "two")
    assert one == two
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert one.size == (tmp_path / "one").stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_pack_is_a_plain_tar_with_the_manifest_first(sealed: Path) -> None:
    with tarfile.open(sealed) as archive:
        names = archive.getnames()
        assert all(item.isfile() and item.mtime == 0 and item.mode == 0o644 for item in archive)
    assert names[0] == "manifest.json"
    assert names[1:] == sorted(names[1:])


def test_pack_read_gives_back_what_was_sealed(sealed: Path) -> None:
    pack = pack_read(sealed)
    assert pack.digest == digest_bytes(canonical_bytes(manifest_of(sealed)))
    assert pack.read(vocabulary.MEMBER_PROMPT) == b"# Fix it\n"
    assert pack.subject_text("run_id") == "run-1"
    with refused("pack.absent"):
        pack.read("nothing")
    with refused("pack.size"):
        pack.read(vocabulary.MEMBER_PROMPT, limit=3)
    with refused("field.missing"):
        pack.subject_text("nothing")


def test_pack_read_notices_a_file_that_changes_under_it(sealed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.tar"
    copy.write_bytes(sealed.read_bytes())
    pack = pack_read(copy)
    copy.write_bytes(sealed.read_bytes().replace(b"# Fix it\n", b"# Fix me\n"))
    with refused("pack.moved"):
        pack.read(vocabulary.MEMBER_PROMPT)


def test_pack_streams_members_from_files(tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"x" * 5_000_000)
    plan = pack_plan(edit_members=lambda members: members.update({"agent/big": b"x" * 5_000_000}))
    expected = plan.seal(tmp_path / "memory.tar")
    pack = pack_read(tmp_path / "memory.tar")
    members = [
        Member(path, big if path == "agent/big" else pack.read(path), "application/octet-stream")
        for path in pack.members
    ]
    kinds = {path: member.media_type for path, member in pack.members.items()}
    members = [Member(member.path, member.data, kinds[member.path]) for member in members]
    tracemalloc.start()
    assert pack_build(tmp_path / "file.tar", members, pack.subject, pack.fields) == expected
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def test_pack_build_leaves_nothing_behind_when_a_member_changes(tmp_path: Path) -> None:
    moving = tmp_path / "moving"
    moving.write_bytes(b"one")
    member = Member("agent/moving", moving, "text/plain")
    measured = measure(member)
    moving.write_bytes(b"three")
    with refused("pack.moved"):
        container_write(io.BytesIO(), b"{}", [(member, measured)])
    moving.write_bytes(b"two")
    file = io.BytesIO()
    assert container_write(file, b"{}", [(member, measured)]) == digest_bytes(file.getvalue())
    file.seek(0)
    manifest_read(file)
    with refused("pack.hash"):
        members_read(file, {member.path: measured})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_pack_read_notices_every_changed_byte(sealed: Path, tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(sealed.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    file = tmp_path / "damaged.tar"
    file.write_bytes(raw)
    # A changed manifest may be sound in itself: then it is another pack, under another name.
    try:
        pack = pack_read(file)
    except RefusedError:
        return
    assert pack.digest != pack_read(sealed).digest


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_pack_read_notices_every_cut_and_every_addition(
    sealed: Path, tmp_path: Path, data: st.DataObject
) -> None:
    raw = sealed.read_bytes()
    file = tmp_path / "cut.tar"
    file.write_bytes(raw[: data.draw(st.integers(0, len(raw) - 1))])
    with pytest.raises(RefusedError):
        pack_read(file)
    file.write_bytes(raw + data.draw(st.binary(min_size=1, max_size=600)))
    with pytest.raises(RefusedError):
        pack_read(file)


def tar_with(name: str, kind: bytes = tarfile.REGTYPE, data: bytes = b"") -> bytes:
    """A foreign tar with one member."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, len(data)
        archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        (b"", "pack.format", "not a pack"),
        (b"\x1f\x8b" + bytes(600), "pack.compressed", "gzip"),
        (b"PK\x03\x04" + bytes(600), "pack.compressed", "zip"),
        (b"x" * 2000, "pack.format", "not a pack"),
        (bytes(10_240), "pack.format", "not a pack"),
        (tar_with("../../etc/passwd"), "pack.manifest", "leaves the pack"),
        (tar_with("/etc/passwd"), "pack.manifest", "absolute"),
        (tar_with("a", tarfile.SYMTYPE), "pack.manifest", "symbolic link"),
        (tar_with("a", tarfile.LNKTYPE), "pack.manifest", "hard link"),
        (tar_with("a", tarfile.CHRTYPE), "pack.manifest", "device"),
        (tar_with("a", tarfile.DIRTYPE), "pack.manifest", "directory"),
        (tar_with("manifest.json", tarfile.SYMTYPE), "pack.header", "symbolic link"),
        (tar_with("manifest.json", data=b"x"), "json.syntax", "not JSON"),
        (header("manifest.json", 9_000_000), "pack.manifest", "larger"),
        (header("manifest.json", 100) + b"{}", "pack.truncated", "ends within the manifest"),
        (header("manifest.json", 5)[:124] + b"z" * 388, "pack.format", "not a pack"),
        (header("manifest.json", 5).replace(b"00000000005", b"zzzzzzzzzzz"), "pack.header", "number"),
        (header("manifest.json", 2) + b"{}" + b"x" * 510, "pack.padding", "padding"),
    ],
)  # fmt: skip
def test_pack_read_refuses_a_foreign_file(tmp_path: Path, content: bytes, code: str, reason: str) -> None:
    file = tmp_path / "foreign.tar"
    file.write_bytes(content)
    with refused(code, reason):
        pack_read(file)


HOSTILE_JSON = {
    b"[" * 10_000 + b"]" * 10_000: "json.depth",
    b'{"a":NaN}': "json.constant",
    b'{"a":9007199254740993}': "json.integer",
    b'{"a":"\\ud800"}': "json.surrogate",
    b'{"a":1,"a":2}': "json.duplicate",
    b'{"a":1.0}': "json.float",
    b'{"a": 1}': "json.canonical",
    b"[]": "json.object",
}


@pytest.mark.parametrize("manifest", HOSTILE_JSON, ids=lambda text: ascii(text[:12]))
def test_pack_read_refuses_a_hostile_manifest(tmp_path: Path, manifest: bytes) -> None:
    with refused(HOSTILE_JSON[manifest]):
        pack_read(hand_made(tmp_path, manifest, []))


def test_pack_read_refuses_a_million_members_at_once(tmp_path: Path) -> None:
    file = tmp_path / "million.tar"
    entry: dict[str, Any] = {"path": "a", "sha256": "0" * 64, "size": 0, "media_type": ""}
    many = canonical_bytes(
        {"format": "countersign/pack/v1", "subject": {}, "fields": {}, "members": [entry] * 30_000}
    )
    with file.open("wb") as stream:
        stream.write(header("manifest.json", len(many)) + many)
        stream.truncate(1_000_000 * BLOCK)
    started = time.monotonic()
    with refused("pack.members"):
        pack_read(file)
    with file.open("r+b") as stream:
        stream.write(header("manifest.json", 200_000_000))
    with refused("pack.manifest"):
        pack_read(file)
    assert time.monotonic() - started < 1


def test_pack_read_refuses_a_bomb_before_reading_it(sealed: Path, tmp_path: Path) -> None:
    def edit(manifest: dict[str, Any]) -> None:
        for entry in manifest["members"]:
            entry["size"] = container.MAX_MEMBER_BYTES

    with refused("pack.size"):
        pack_read(with_manifest(sealed, tmp_path, edit))

    def one(manifest: dict[str, Any]) -> None:
        manifest["members"][0]["size"] = container.MAX_MEMBER_BYTES

    with refused("pack.truncated"):
        pack_read(with_manifest(sealed, tmp_path, one))


def entry_edit(**changes: object) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest["members"][0].update(changes)


def insert_sorted(path: str) -> Callable[[dict[str, Any]], object]:
    return lambda manifest: manifest["members"].insert(
        0, {"path": path, "sha256": "0" * 64, "size": 0, "media_type": ""}
    )


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda manifest: manifest.update(format="zip"), "pack.format"),
        (lambda manifest: manifest.update(more=1), "field.unknown"),
        (lambda manifest: manifest.pop("fields"), "field.missing"),
        (lambda manifest: manifest["members"].append(5), "pack.manifest"),
        (entry_edit(size=-1), "pack.size"),
        (entry_edit(size=container.MAX_MEMBER_BYTES + 1), "pack.size"),
        (entry_edit(size=True), "field.type"),
        (entry_edit(sha256="A" * 64), "encoding.digest"),
        (entry_edit(sha256="0" * 64), "pack.hash"),
        (entry_edit(mode=1), "field.unknown"),
        (insert_sorted("../x"), "pack.path"),
        (insert_sorted("a/../../x"), "pack.path"),
        (insert_sorted("/x"), "pack.path"),
        (insert_sorted("a//x"), "pack.path"),
        (insert_sorted("a\\x"), "pack.path"),
        (insert_sorted(".git/config"), "pack.path"),
        (insert_sorted("ä"), "pack.path"),
        (insert_sorted("a" * 101), "pack.path"),
        (insert_sorted("agent/call.json"), "pack.duplicate"),
        (insert_sorted("AGENT/call.json"), "pack.duplicate"),
        (insert_sorted("Manifest.json"), "pack.duplicate"),
        (insert_sorted("zzz"), "pack.order"),
        (insert_sorted("aaa"), "pack.truncated"),
        (lambda manifest: manifest["members"].pop(0), "pack.incomplete"),
        (lambda manifest: manifest["subject"].pop("run_id"), "field.missing"),
        (lambda manifest: manifest["subject"].update(project=""), "pack.subject"),
        (lambda manifest: manifest["subject"].update(score="1"), "field.type"),
        (lambda manifest: manifest["subject"].update(excluded=["b", "a"]), "pack.subject"),
        (lambda manifest: manifest["subject"].update(excluded=[1]), "pack.subject"),
        (lambda manifest: manifest["fields"].pop("sbom"), "field.missing"),
        (lambda manifest: manifest["fields"].update(more={}), "field.unknown"),
        (lambda manifest: manifest["fields"].update(sbom={"applies": False, "reason": " "}), "pack.field"),
        (lambda manifest: manifest["fields"].update(sbom={"applies": True, "members": []}), "pack.field"),
        (lambda manifest: manifest["fields"].update(sbom={"applies": True, "members": ["no"]}), "pack.field"),
        (lambda manifest: manifest["fields"].update(sbom={"applies": "yes"}), "field.type"),
        (
            lambda manifest: manifest["fields"].update(rollback_plan={"applies": False, "reason": "no"}),
            "pack.field",
        ),
    ],
)
def test_pack_read_refuses_a_manifest_with_the_reason(
    sealed: Path, tmp_path: Path, edit: Callable[[dict[str, Any]], object], code: str
) -> None:
    with refused(code):
        pack_read(with_manifest(sealed, tmp_path, edit))


def replaced(sealed: Path, path: str, make: Callable[[bytes], bytes]) -> bytes:
    """The sound pack with one header replaced."""
    raw = sealed.read_bytes()
    member = pack_read(sealed).members[path]
    at = member.offset - BLOCK
    return raw[:at] + make(raw[at : at + BLOCK]) + raw[at + BLOCK :]


@pytest.mark.parametrize(
    ("make", "code", "reason"),
    [
        (lambda _: header("agent/call.json", 1), "pack.duplicate", "twice"),
        (lambda _: header("manifest.json", 1), "pack.duplicate", "twice"),
        (lambda head: head[:156] + b"2" + head[157:], "pack.header", "symbolic link"),
        (lambda head: head[:156] + b"1" + head[157:], "pack.header", "hard link"),
        (lambda head: head[:156] + b"x" + head[157:], "pack.header", "extension header"),
        (lambda head: head[:156] + b"S" + head[157:], "pack.header", "sparse"),
        (lambda head: b"../x".ljust(100, b"\0") + head[100:], "pack.header", "leaves the pack"),
        (lambda head: b"/etc/x".ljust(100, b"\0") + head[100:], "pack.header", "absolute"),
        (lambda head: head[:100] + b"0004755\0" + head[108:], "pack.header", "header"),
        (lambda _: bytes(BLOCK), "pack.truncated", "ends before"),
    ],
)
def test_pack_read_names_what_stands_in_place_of_a_member(
    sealed: Path, tmp_path: Path, make: Callable[[bytes], bytes], code: str, reason: str
) -> None:
    file = tmp_path / "replaced.tar"
    file.write_bytes(replaced(sealed, vocabulary.MEMBER_PROMPT, make))
    with refused(code, reason):
        pack_read(file)


@pytest.mark.parametrize(
    ("extra", "code", "reason"),
    [
        (header("agent/call.json", 0), "pack.duplicate", "twice"),
        (header("zzz", 0), "pack.extra", "zzz"),
        (header("zzz", 0)[:156] + b"2" + bytes(355), "pack.extra", "symbolic link"),
        (bytes(BLOCK), "pack.trailer", "end"),
    ],
)
def test_pack_read_names_what_stands_after_the_members(
    sealed: Path, tmp_path: Path, extra: bytes, code: str, reason: str
) -> None:
    file = tmp_path / "extra.tar"
    file.write_bytes(sealed.read_bytes()[: -2 * BLOCK] + extra + container.TRAILER)
    with refused(code, reason):
        pack_read(file)


def test_pack_read_reads_no_further_than_a_cut(sealed: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.tar"
    file.write_bytes(sealed.read_bytes()[:-1])
    with refused("pack.truncated"):
        pack_read(file)


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (pack_plan(edit_members=lambda members: members.pop(vocabulary.MEMBER_DIFF)), "pack.incomplete"),
        (pack_plan(edit_subject=lambda subject: subject.pop("score")), "field.missing"),
        (pack_plan(edit_fields=lambda fields: fields.pop("sbom")), "field.missing"),
        (pack_plan(edit_subject=lambda subject: subject.update(project="x" * 9_000_000)), "pack.manifest"),
        (pack_plan(edit_members=lambda members: members.update({"../x": b""})), "pack.path"),
        (pack_plan(edit_members=lambda members: members.update({"Change/commit": b""})), "pack.duplicate"),
    ],
    ids=["member", "subject", "field", "manifest", "path", "duplicate"],
)
def test_pack_seal_refuses_an_incomplete_pack(tmp_path: Path, plan: PackPlan, code: str) -> None:
    with refused(code):
        plan.seal(tmp_path / "pack.tar")
    assert list(tmp_path.iterdir()) == []


def test_pack_draft_refuses_a_member_that_is_too_large(tmp_path: Path) -> None:
    giant = tmp_path / "giant"
    with giant.open("wb") as stream:
        stream.truncate(container.MAX_MEMBER_BYTES + 1)
    member = Member("giant", giant, "application/octet-stream")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "MAX_MEMBER_BYTES", 1000)
        giant.write_bytes(b"x" * 1001)
        with refused("pack.size"):
            pack_draft([member], {}, {})


def test_measure_hashes_what_is_there(tmp_path: Path) -> None:
    assert measure(Member("a", b"", "")) == Measure(0, digest_bytes(b"").removeprefix("sha256:"))

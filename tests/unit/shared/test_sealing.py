"""What is stored encrypted opens under its key and name alone, whole, and in flat memory."""

import io
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.shared import wrapping
from countersign.shared.env import environment
from countersign.shared.sealing import (
    CHUNK,
    HEADER,
    ObjectUnreadable,
    file_open,
    object_open,
    object_seal,
)
from countersign.shared.wrapping import FILE, WrappingKeyMissing, key_unwrap, key_wrap, wrapping_key_ensure

KEY = bytes(range(32))
NAME = "sha256:" + "a" * 64


def sealed(data: bytes, *, key: bytes = KEY, name: str = NAME) -> bytes:
    target = io.BytesIO()
    object_seal(io.BytesIO(data), target, key=key, name=name)
    return target.getvalue()


def file_seal(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("xb") as writing:
        object_seal(reading, writing, key=KEY, name=NAME)


def opened(data: bytes, *, key: bytes = KEY, name: str = NAME) -> bytes:
    return b"".join(object_open(io.BytesIO(data), key=key, name=name))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_object_opens_to_what_was_sealed(size: int) -> None:
    data = bytes(index % 251 for index in range(1000)) * (size // 1000 + 1)
    assert opened(sealed(data[:size])) == data[:size]
    assert len(sealed(data[:size])) == len(HEADER) + size + 16 * max(1, -(-size // CHUNK))


def test_object_is_the_same_every_time_and_shows_nothing() -> None:
    assert sealed(b"a secret") == sealed(b"a secret")
    assert b"secret" not in sealed(b"a secret")


@given(at=st.integers(0, len(HEADER) + 40), flip=st.integers(1, 255))
def test_object_with_any_byte_changed_does_not_open(at: int, flip: int) -> None:
    data = bytearray(sealed(b"x" * 25))
    at %= len(data)
    data[at] ^= flip
    with pytest.raises(ObjectUnreadable):
        opened(bytes(data))


def test_object_cut_moved_or_extended_does_not_open() -> None:
    data = sealed(b"x" * (2 * CHUNK + 5))
    block = CHUNK + 16
    first, second = (data[len(HEADER) + n * block : len(HEADER) + (n + 1) * block] for n in (0, 1))
    rest = data[len(HEADER) + 2 * block :]
    for changed in (
        HEADER,
        data[:-1],
        data[: -len(rest)],
        data + b"\0",
        data + rest,
        HEADER + second + first + rest,
        HEADER + first + rest,
        HEADER + first + first + rest,
        b"",
    ):
        with pytest.raises(ObjectUnreadable):
            opened(changed)


def test_object_of_another_key_or_name_does_not_open() -> None:
    with pytest.raises(ObjectUnreadable, match="does not open"):
        opened(sealed(b"x"), key=bytes(32))
    with pytest.raises(ObjectUnreadable, match="does not open"):
        opened(sealed(b"x"), name="sha256:" + "b" * 64)


def test_file_is_sealed_and_opened_in_flat_memory(tmp_path: Path) -> None:
    source, stored, back = tmp_path / "source", tmp_path / "stored", tmp_path / "back"
    source.write_bytes(b"0123456789abcdef" * (2 * CHUNK))
    tracemalloc.start()
    file_seal(source, stored)
    file_open(stored, back, key=KEY, name=NAME)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert back.read_bytes() == source.read_bytes()
    assert peak < 8 * CHUNK


def test_file_that_does_not_open_leaves_nothing_readable(tmp_path: Path) -> None:
    source, stored = tmp_path / "source", tmp_path / "stored"
    source.write_bytes(b"x" * (CHUNK + 1))
    file_seal(source, stored)
    stored.write_bytes(stored.read_bytes()[:-1])
    with pytest.raises(ObjectUnreadable):
        file_open(stored, tmp_path / "back", key=KEY, name=NAME)
    assert not (tmp_path / "back").exists()


def test_key_opens_under_its_name_alone() -> None:
    wrapped = key_wrap(KEY, name=NAME)
    assert key_unwrap(wrapped, name=NAME) == KEY
    assert KEY not in wrapped
    with pytest.raises(WrappingKeyMissing, match="another"):
        key_unwrap(wrapped, name="sha256:" + "b" * 64)
    with pytest.raises(WrappingKeyMissing, match="another"):
        key_unwrap(wrapped[:-1], name=NAME)


@pytest.mark.parametrize("content", [None, b"no base64!", b"c2hvcnQ="])
def test_wrapping_key_that_is_not_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    without = replace(environment(), keys_directory=tmp_path)
    monkeypatch.setattr(wrapping, "environment", lambda: without)
    with pytest.raises(WrappingKeyMissing, match="can't be read"):
        key_wrap(KEY, name=NAME)


def test_wrapping_key_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    wrapping_key_ensure(tmp_path / "keys")
    made = (tmp_path / "keys" / FILE).read_bytes()
    wrapping_key_ensure(tmp_path / "keys")
    assert (tmp_path / "keys" / FILE).read_bytes() == made
    assert (tmp_path / "keys" / FILE).stat().st_mode & 0o777 == 0o600

"""Reading and removing what hostile code left behind."""

import os
from pathlib import Path

import pytest

from countersign.sandbox.untrusted_files import directory_remove, plain_file_read


def test_plain_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "f").write_bytes(b"12345")
    assert plain_file_read(tmp_path, "a/f", limit=5) == b"12345"
    assert plain_file_read(tmp_path, "a/f", limit=4) is None


@pytest.mark.parametrize("name", ["link", "linked/secret", "dir", "fifo", "none", "none/f", "f/x"])
def test_what_is_no_plain_file_is_not_read(tmp_path: Path, name: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "dir").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_text("key")
    (inside / "link").symlink_to(outside / "secret")
    (inside / "linked").symlink_to(outside)
    (inside / "f").write_text("x")
    os.mkfifo(inside / "fifo")
    assert plain_file_read(inside, name, limit=100) is None


def test_deeply_nested_directory_is_removed_without_following_links(tmp_path: Path) -> None:
    deep, outside = tmp_path / "deep", tmp_path / "outside"
    deep.mkdir()
    outside.mkdir()
    (outside / "kept").write_text("x")
    (deep / "link").symlink_to(outside)
    descriptor = os.open(deep, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(descriptor)
    directory_remove(deep)
    assert not deep.exists()
    assert (outside / "kept").exists()

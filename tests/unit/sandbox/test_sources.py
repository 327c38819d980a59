"""Good and bad sources."""

import gzip
import hashlib
import io
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from countersign.sandbox import sources as sources_module
from countersign.sandbox.contracts import IsolationKind
from countersign.sandbox.errors import RepositoryInvalid, SourceRejected
from countersign.sandbox.sources import repository_init_from_directory, source_fetch, source_unpack
from tests.unit.sandbox.conftest import BUBBLEWRAP, user_git

pytestmark = pytest.mark.needs("bwrap")


def member(name: str, data: bytes = b"x = 1\n", **changes: object) -> tuple[tarfile.TarInfo, bytes]:
    """Return one member of a tar archive."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, data if info.isreg() else b""


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, b"", type=kind, linkname=target)


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return path


def zipped(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def files(directory: Path) -> set[str]:
    return {
        path.relative_to(directory).as_posix()
        for path in directory.rglob("*")
        if not path.is_dir() or path.is_symlink()
    }


def rejection(source: Path, destination: Path, **changes: object) -> str:
    """Unpack a bad source; return the line it gives, having made sure that nothing is left behind."""
    before = sorted(destination.parent.parent.rglob("*"))
    with pytest.raises(SourceRejected) as caught:
        source_unpack(source, destination, **changes)  # type: ignore[arg-type]
    assert sorted(destination.parent.parent.rglob("*")) == before
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    (tmp_path / "room").mkdir()
    return tmp_path / "room" / "new" / "tree"


def test_unpack_of_a_tar_takes_away_the_one_directory(tmp_path: Path, destination: Path) -> None:
    source = tar(
        tmp_path / "thing-1.0.tar.gz",
        member("thing-1.0/", b"", type=tarfile.DIRTYPE),
        member("./thing-1.0/pkg/a.py"),
        member("thing-1.0/run.sh", b"#!/bin/sh\n", mode=0o755),
        link("thing-1.0/pkg/link.py", "a.py"),
        member("thing-1.0/.git/config", b"[core]\n"),
        member("thing-1.0/vendor/.GIT/hooks/x", b"evil"),
    )
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    source_unpack(source, destination, expected_sha256=f"sha256:{digest}")
    assert files(destination) == {"pkg/a.py", "pkg/link.py", "run.sh"}
    assert os.access(destination / "run.sh", os.X_OK)
    assert (destination / "pkg" / "a.py").read_text() == "x = 1\n"


def test_unpack_of_a_zip_keeps_links_and_modes(tmp_path: Path, destination: Path) -> None:
    script, symlink = zipfile.ZipInfo("t/run.sh"), zipfile.ZipInfo("t/l.py")
    script.external_attr = (stat.S_IFREG | 0o755) << 16
    symlink.external_attr = (stat.S_IFLNK | 0o777) << 16
    members = (("t/", b""), ("t/a.py", b"x\n"), (script, b"#!"), (symlink, b"a.py"), ("t/.git/HEAD", b"x"))
    source_unpack(zipped(tmp_path / "t.zip", *members), destination)
    assert files(destination) == {"a.py", "run.sh", "l.py"}
    assert (destination / "l.py").is_symlink()
    assert os.access(destination / "run.sh", os.X_OK)


def test_unpack_of_a_directory_leaves_out_what_tools_made(tmp_path: Path, destination: Path) -> None:
    source = tmp_path / "dir"
    for name in (
        "pkg/a.py",
        "pkg/__pycache__/a.pyc",
        "venv/pyvenv.cfg",
        "venv/x.py",
        "sub/.git/config",
        ".git2",
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("x")
    (source / "l").symlink_to("pkg/a.py")
    source_unpack(source, destination)
    assert files(destination) == {"pkg/a.py", "l", ".git2"}


def test_unpack_of_a_repository_takes_its_head(source: Path, destination: Path) -> None:
    (source / "uncommitted.py").write_text("x")
    source_unpack(source, destination)
    assert files(destination) == {"pkg/__init__.py", "README.md", "run.sh", "link"}


def test_unpack_of_a_repository_runs_nothing_of_it(
    source: Path, destination: Path, planted: Callable[[str], Path], tmp_path: Path
) -> None:
    from tests.unit.sandbox.test_exchange import hostile

    hostile(source, planted)
    source_unpack(source, destination)
    assert list(tmp_path.glob("ran-*")) == []


def test_unpack_refuses_a_repository_without_a_branch(source: Path, destination: Path) -> None:
    user_git(source, "checkout", "-q", "--detach")
    assert "name the branch" in rejection(source, destination)


def test_unpack_refuses_missing_paths_and_other_files(tmp_path: Path, destination: Path) -> None:
    assert "there is nothing at" in rejection(tmp_path / "no.tar.gz", destination)
    (tmp_path / "a.txt").write_text("x")
    assert "neither a directory nor" in rejection(tmp_path / "a.txt", destination)
    os.mkfifo(tmp_path / "f.zip")
    assert "neither a directory nor" in rejection(tmp_path / "f.zip", destination)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.tgz", "a.zip"])
@pytest.mark.parametrize(
    "content",
    [b"", b"not an archive", gzip.compress(b"not a tar" * 100, mtime=0)],
    ids=["empty", "text", "gzip"],
)
def test_unpack_refuses_what_is_no_archive(
    tmp_path: Path, destination: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    line = rejection(tmp_path / name, destination)
    assert "not a readable archive" in line or "no Python" in line


def test_unpack_refuses_a_cut_archive(tmp_path: Path, destination: Path) -> None:
    source = tar(tmp_path / "a.tar.gz", member("a/a.py", os.urandom(50_000)))
    source.write_bytes(source.read_bytes()[:20_000])
    assert "can't be read to its end (EOFError)" in rejection(source, destination)


def test_unpack_refuses_an_encrypted_zip(tmp_path: Path, destination: Path) -> None:
    source = zipped(tmp_path / "a.zip", ("a.py", b"x"))
    data = bytearray(source.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    source.write_bytes(bytes(data))
    assert "a.zip" in rejection(source, destination)


def test_unpack_refuses_an_unknown_compression(tmp_path: Path, destination: Path) -> None:
    source = zipped(tmp_path / "a.zip", ("a.py", b"x"))
    data = bytearray(source.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(magic) + offset] = 97
    source.write_bytes(bytes(data))
    assert "compressed in a way" in rejection(source, destination)


def test_unpack_refuses_another_hash(tmp_path: Path, destination: Path) -> None:
    source = tar(tmp_path / "a.tar.gz", member("a/a.py"))
    assert "has the SHA-256" in rejection(source, destination, expected_sha256="0" * 64)
    assert "not a SHA-256" in rejection(source, destination, expected_sha256="x")
    (tmp_path / "dir").mkdir()
    assert "is a directory" in rejection(tmp_path / "dir", destination, expected_sha256="0" * 64)


@pytest.mark.parametrize(
    "bad",
    [
        *(member("../evil.py"), member("a/../../evil.py"), member("/etc/evil.py"), member("a//b.py")),
        *(link("a/l", "/etc/passwd"), link("a/l", "../../x"), link("l", "../x"), link("a/l", "../x")),
        *(link("a/l", "a.py", tarfile.LNKTYPE), link("a/l", "/etc/passwd", tarfile.LNKTYPE)),
        *(member("a/dev", b"", type=tarfile.CHRTYPE), member("a/fifo", b"", type=tarfile.FIFOTYPE)),
        *(member("a/a.py"), member("a/a.py/below.py"), link("a/a.py", "b.py")),
    ],
)
def test_unpack_refuses_members_that_leave_or_collide(
    tmp_path: Path, destination: Path, bad: tuple[tarfile.TarInfo, bytes]
) -> None:
    source = tar(tmp_path / "a.tar.gz", member("a/a.py"), bad)
    assert rejection(source, destination)
    assert not (tmp_path / "evil.py").exists()


@pytest.mark.parametrize("name", ["../evil.py", "/abs.py", "a/../../evil.py"])
def test_unpack_refuses_zip_members_that_leave(tmp_path: Path, destination: Path, name: str) -> None:
    rejection(zipped(tmp_path / "a.zip", ("a.py", b"x"), (name, b"x")), destination)


def test_unpack_never_writes_through_a_link(tmp_path: Path, destination: Path) -> None:
    source = tar(tmp_path / "a.tar.gz", link("a/dir", "b"), member("a/b/x.py"), member("a/dir/evil.py"))
    assert "twice" in rejection(source, destination)


def test_unpack_refuses_bombs(tmp_path: Path, destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources_module, "_MAX_BYTES", 1 << 20)
    monkeypatch.setattr(sources_module, "_MAX_MEMBERS", 50)
    zeros = bytes(2 << 20)
    assert "unpacks to more" in rejection(tar(tmp_path / "a.tar.gz", member("a.py", zeros)), destination)
    assert "larger than" in rejection(zipped(tmp_path / "a.zip", ("a.py", zeros)), destination)
    many = [member(f"a/{number}.py", b"") for number in range(60)]
    assert "more than 50 files" in rejection(tar(tmp_path / "b.tar.gz", *many), destination)
    header = member("a.py", pax_headers={"comment": "x" * (2 << 20)})
    assert "unpacks to more" in rejection(tar(tmp_path / "c.tar.gz", header), destination)


def test_unpack_refuses_sources_without_python(tmp_path: Path, destination: Path) -> None:
    source = tar(tmp_path / "a.tar.gz", member("a/README.md"))
    assert "no Python" in rejection(source, destination)


def test_unpack_refuses_odd_directories(tmp_path: Path, destination: Path) -> None:
    source = tmp_path / "dir"
    source.mkdir()
    (source / "a.py").write_text("x")
    (source / "l").symlink_to("/etc/passwd")
    assert "absolute" in rejection(source, destination)
    (source / "l").unlink()
    os.mkfifo(source / "fifo")
    assert "neither a file" in rejection(source, destination)
    (source / "fifo").unlink()
    assert "inside the source" in rejection(source, source / "below" / "tree")


def test_unpack_refuses_a_destination_in_use(tmp_path: Path, destination: Path) -> None:
    destination.mkdir(parents=True)
    (destination / "mine").write_text("x")
    source = tar(tmp_path / "a.tar.gz", member("a/a.py"))
    assert "is not empty" in rejection(source, destination)
    assert (destination / "mine").exists()


def test_fetch_brings_the_pinned_file(tmp_path: Path) -> None:
    digest = "d39cfd15c1a1c3bd4d705c82252fa9edb8e4f5e8cc039f8e39afac7b1b47e92c"
    found = source_fetch("boltons==26.2.0", digest, tmp_path, isolation=BUBBLEWRAP)
    assert found == tmp_path / "boltons-26.2.0.tar.gz"


def test_fetch_refuses_another_hash(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected, match="hash mismatch"):
        source_fetch("iniconfig==2.3.0", "0" * 64, tmp_path / "out", isolation=BUBBLEWRAP)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "requirement", ["iniconfig", "iniconfig>=2", "-r file==1", "a==1 --hash=x", "x @ file:///y"]
)
def test_fetch_refuses_what_is_not_pinned(tmp_path: Path, requirement: str) -> None:
    with pytest.raises(SourceRejected, match="not a pinned requirement"):
        source_fetch(requirement, "0" * 64, tmp_path, isolation=BUBBLEWRAP)


def test_fetch_says_what_pip_said(tmp_path: Path) -> None:
    with pytest.raises(SourceRejected, match=r"can't fetch iniconfig==0\.0\.99"):
        source_fetch("iniconfig==0.0.99", "0" * 64, tmp_path, isolation=BUBBLEWRAP)


def test_init_puts_the_bytes_under_git_as_they_are(tmp_path: Path) -> None:
    directory = tmp_path / "tree"
    directory.mkdir()
    (directory / "a.py").write_bytes(b"x = 1\r\n")
    (directory / ".gitignore").write_text("a.py\n")
    (directory / ".gitattributes").write_text("* text eol=crlf ident filter=evil\n")
    commit = repository_init_from_directory(directory)
    assert user_git(directory, "rev-parse", "main") == commit
    assert user_git(directory, "status", "--porcelain") == ""
    assert user_git(directory, "ls-files").split() == [".gitattributes", ".gitignore", "a.py"]


def test_init_with_an_impossible_branch_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(RepositoryInvalid):
        repository_init_from_directory(tmp_path, "a..b", isolation=IsolationKind.BUBBLEWRAP)

"""Bringing a source in from a directory, an archive, a repository or the index, or saying why not."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import os
import posixpath
import re
import shutil
import stat
import sys
import tarfile
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from countersign.sandbox.contracts import Bind, IsolationKind, Limits, SandboxCommand
from countersign.sandbox.errors import RepositoryInvalid, RepositoryNotFound, SourceRejected
from countersign.sandbox.exchange import gitwork_run, repository_import
from countersign.sandbox.isolation import sandbox_run
from countersign.sandbox.paths import is_git_name, link_problem, path_problem
from countersign.sandbox.repository import Repository
from countersign.sandbox.untrusted_files import directory_remove

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_MEMBERS = 20_000
_MAX_BYTES = 256 << 20
_ARCHIVE_NAMES = (".tar.gz", ".tgz", ".zip")
# Made by tools out of the rest, often huge, and never part of a source.
_LEFT_BEHIND = {
    "__pycache__",
    "node_modules",
    ".tox",
    ".nox",
    ".venv",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9][A-Za-z0-9.+!_-]*)")
_SHA256 = re.compile(r"(?:sha256:)?(?P<hex>[0-9a-f]{64})")


# What reading a damaged or odd archive raises, at its directory as well as in the middle of a member.
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class _Member:
    """One file or link of a source, wherever it comes from."""

    path: str
    executable: bool
    link: str | None
    content: IO[bytes] | None


class _LimitedReader(io.RawIOBase):
    """Stops a stream that unpacks to more than anybody would send."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._left = stream, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than a Buffer
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            message = f"the archive unpacks to more than {_MAX_BYTES >> 20} MiB"
            raise SourceRejected(message)
        buffer[: len(data)] = data
        return len(data)


def source_unpack(
    source: Path,
    destination: Path,
    *,
    expected_sha256: str | None = None,
    isolation: IsolationKind = IsolationKind.BUBBLEWRAP,
) -> None:
    """Write the source's files into the new directory ``destination``, or leave nothing behind.

    Args:
        source: a directory, a ``.tar.gz`` or ``.zip`` archive, or a Git repository (its checked-out branch is
            taken).
        destination: must not be there yet, or be empty.
        expected_sha256: of the archive, in hex.
        isolation: how Git is kept apart while it reads a repository.

    Raises:
        SourceRejected: with one line that says why.
    """
    _expect_source(source, expected_sha256)
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        message = f"the destination {destination} is not empty"
        raise SourceRejected(message)
    made = [parent for parent in destination.parents if not parent.exists()]
    destination.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{destination.name}-", dir=destination.parent))
    try:
        staging.chmod(0o755)
        if source.is_dir():
            _take_directory(source, staging, isolation)
        else:
            _write_members(_archive_members(source), staging)
        _flatten(staging, archive=not source.is_dir())
        _expect_python(source, staging)
        staging.rename(destination)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise


def _expect_python(source: Path, staging: Path) -> None:
    if not any(path.suffix in {".py", ".pyi"} and path.is_file() for path in staging.rglob("*")):
        message = f"there is no Python in {source}"
        raise SourceRejected(message)


def _expect_source(source: Path, expected_sha256: str | None) -> None:
    if not source.exists():
        message = f"there is nothing at {source}"
        raise SourceRejected(message)
    if source.is_dir():
        if expected_sha256:
            message = f"{source} is a directory and has no SHA-256 to compare"
            raise SourceRejected(message)
        return
    if not source.is_file() or not source.name.endswith(_ARCHIVE_NAMES):
        message = f"{source} is neither a directory nor a {', '.join(_ARCHIVE_NAMES)} archive"
        raise SourceRejected(message)
    if expected_sha256:
        with source.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != _hex(expected_sha256):
            message = f"{source.name} has the SHA-256 {found}, not {_hex(expected_sha256)}"
            raise SourceRejected(message)


def _hex(digest: str) -> str:
    matched = _SHA256.fullmatch(digest.lower())
    if matched is None:
        message = f"not a SHA-256: {digest!r}"
        raise SourceRejected(message)
    return matched["hex"]


def _take_directory(source: Path, staging: Path, isolation: IsolationKind) -> None:
    if (source / ".git").exists() or ((source / "HEAD").is_file() and (source / "objects").is_dir()):
        with tempfile.TemporaryDirectory(prefix="countersign-source-") as scratch:
            repository = Repository.create(Path(scratch) / "repository.git")
            try:
                head = repository_import(repository, source, None, isolation=isolation)
                repository.archive(head.commit, staging)
            except (RepositoryInvalid, RepositoryNotFound) as error:
                message = f"the repository at {source} can't be taken: {error.message}"
                raise SourceRejected(message) from error
        return
    if staging.is_relative_to(source.resolve()):
        message = f"the destination lies inside the source {source}"
        raise SourceRejected(message)
    _write_members(_directory_members(source), staging)


def _directory_members(source: Path) -> Iterator[_Member]:
    for top, names, files in os.walk(source, onerror=_unreadable):
        names[:] = [name for name in names if name not in _LEFT_BEHIND and not is_git_name(name)]
        names[:] = [name for name in names if not (Path(top) / name / "pyvenv.cfg").is_file()]
        for name in [*names, *files]:
            path = Path(top) / name
            relative = path.relative_to(source).as_posix()
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) or is_git_name(name):
                continue
            if stat.S_ISLNK(status.st_mode):
                yield _Member(relative, executable=False, link=str(path.readlink()), content=None)
            elif not stat.S_ISREG(status.st_mode):
                message = f"{relative} is neither a file nor a link"
                raise SourceRejected(message)
            else:
                with path.open("rb") as content:
                    yield _Member(
                        relative, executable=bool(status.st_mode & stat.S_IXUSR), link=None, content=content
                    )


def _unreadable(error: OSError) -> None:
    message = f"can't read {error.filename}: {error.strerror}"
    raise SourceRejected(message)


def _archive_members(source: Path) -> Iterator[_Member]:
    read = _zip_members if source.name.endswith(".zip") else _tar_members
    try:
        yield from read(source)
    except NotImplementedError as error:  # what zipfile raises for a method of compression that it lacks
        message = f"{source.name} is compressed in a way that is not read here"
        raise SourceRejected(message) from error
    except _DAMAGED as error:
        message = f"{source.name} is not a readable archive ({type(error).__name__})"
        raise SourceRejected(message) from error


def _tar_members(source: Path) -> Iterator[_Member]:
    with (
        gzip.open(source, "rb") as plain,
        io.BufferedReader(_LimitedReader(plain, _MAX_BYTES)) as stream,  # type: ignore[arg-type]  # gzip is IO
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for member in archive:
            name = member.name.removeprefix("./").rstrip("/")
            if member.isdir() and name in {"", "."}:
                continue
            _refuse_name(name, member.linkname if member.issym() else None)
            if member.isdir() or _has_git(name):
                continue
            if member.issym():
                yield _Member(name, executable=False, link=member.linkname, content=None)
            elif member.isreg() and not member.issparse():
                yield _Member(
                    name,
                    executable=bool(member.mode & stat.S_IXUSR),
                    link=None,
                    content=archive.extractfile(member),
                )
            else:
                message = f"the archive holds {name!r}, which is neither a file nor a symbolic link"
                raise SourceRejected(message)


def _zip_members(source: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            name = info.filename.rstrip("/")
            mode = info.external_attr >> 16
            is_link = stat.S_ISLNK(mode)
            target = None
            if is_link:
                with archive.open(info) as content:
                    target = os.fsdecode(content.read(4096))
            _refuse_name(name, target)
            if info.is_dir() or _has_git(name):
                continue
            if is_link:
                yield _Member(name, executable=False, link=target, content=None)
                continue
            with archive.open(info) as content:
                yield _Member(name, executable=bool(mode & stat.S_IXUSR), link=None, content=content)


def _has_git(name: str) -> bool:
    return any(is_git_name(part) for part in name.split("/"))


def _refuse_name(name: str, link: str | None) -> None:
    """Refuse names that lead out; ``.git`` is no reason here, such members are left out."""
    plain = "/".join("git" if is_git_name(part) else part for part in name.split("/"))
    problem = path_problem(plain)
    if problem is None and link is not None:
        # Archives have one directory around everything; a link may use it but not leave it.
        problem = link_problem(name, link)
    if problem:
        message = f"the archive holds {name!r}, which {problem}"
        raise SourceRejected(message)


def _write_members(members: Iterator[_Member], staging: Path) -> None:
    """Write files first and links last, so that nothing is ever written through a link."""
    links: dict[str, str] = {}
    left = _MAX_BYTES
    for number, member in enumerate(members):
        if number >= _MAX_MEMBERS:
            message = f"the source holds more than {_MAX_MEMBERS} files"
            raise SourceRejected(message)
        path = staging / member.path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if member.link is not None:
                links[member.path] = member.link
            elif member.content is not None:
                left -= _copy(member, path, left)
        except (FileExistsError, NotADirectoryError):
            message = f"the source holds {member.path!r} twice, or below a file"
            raise SourceRejected(message) from None
    for name, target in links.items():
        problem = link_problem(name, target)
        if problem:
            message = f"{name!r} {problem}"
            raise SourceRejected(message)
        if (staging / name).exists() or (staging / name).is_symlink():
            message = f"the source holds {name!r} twice"
            raise SourceRejected(message)
        (staging / name).symlink_to(target)


def _copy(member: _Member, path: Path, left: int) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    written = 0
    with os.fdopen(os.open(path, flags, 0o755 if member.executable else 0o644), "wb") as file:
        while piece := _piece(member):
            written += len(piece)
            if written > left:
                message = f"the source is larger than {_MAX_BYTES >> 20} MiB"
                raise SourceRejected(message)
            file.write(piece)
    return written


def _piece(member: _Member) -> bytes:
    try:
        return member.content.read(1 << 16) if member.content is not None else b""
    except _DAMAGED as error:
        message = f"{member.path!r} can't be read to its end ({type(error).__name__})"
        raise SourceRejected(message) from error


def _flatten(staging: Path, *, archive: bool) -> None:
    """Take away the one directory that archives have around everything."""
    inside = list(staging.iterdir())
    if not archive or len(inside) != 1 or inside[0].is_symlink() or not inside[0].is_dir():
        return
    (top,) = inside
    for path in top.rglob("*"):
        if path.is_symlink():
            relative = path.relative_to(top).as_posix()
            problem = link_problem(relative, str(path.readlink()))
            if problem:
                message = f"the archive holds {relative!r}, which {problem}"
                raise SourceRejected(message)
    spare = staging.with_name(f"{staging.name}-top")
    top.rename(spare)
    staging.rmdir()
    spare.rename(staging)


def source_fetch(requirement: str, sha256: str, destination: Path, *, isolation: IsolationKind) -> Path:
    """Download one pinned source distribution from the package index, in the sandbox, and return where it is.

    pip runs the project's build code when it reads a source distribution: that is why even this is sandboxed.

    Args:
        requirement: ``name==version``.
        sha256: of the archive, in hex.
        destination: the directory to put it into.
        isolation: how pip is kept apart.

    Raises:
        SourceRejected: the requirement is malformed, the download failed, or the hash differs.
    """
    matched = _REQUIREMENT.fullmatch(requirement)
    if matched is None:
        message = f"not a pinned requirement (name==version): {requirement!r}"
        raise SourceRejected(message)
    digest = _hex(sha256)
    scratch = Path(tempfile.mkdtemp(prefix="countersign-fetch-"))
    try:
        (scratch / "wanted.txt").write_text(f"{requirement} --hash=sha256:{digest}\n")
        options = (
            "--no-deps",
            "--require-hashes",
            f"--no-binary={matched['name']}",
            "--no-cache-dir",
            "--quiet",
        )
        pip = (sys.executable, "-m", "pip", "download", *options, "--progress-bar=off", f"--dest={scratch}")
        result = sandbox_run(
            SandboxCommand(
                (*pip, f"--requirement={scratch / 'wanted.txt'}"),
                binds=(Bind.at_source(scratch, writable=True),),
                network="package_index",
                limits=Limits(wall_seconds=180),
            ),
            isolation=isolation,
        )
        found = [
            path for path in scratch.iterdir() if path.name.endswith(_ARCHIVE_NAMES) and not path.is_symlink()
        ]
        if not result.ok or len(found) != 1:
            message = f"can't fetch {requirement}: {_pip_said(result.failure, result.stderr)}"
            raise SourceRejected(message)
        _expect_source(found[0], digest)
        destination.mkdir(parents=True, exist_ok=True)
        target = destination / posixpath.basename(found[0].name)
        shutil.copyfile(found[0], target)
        return target
    finally:
        directory_remove(scratch)


def _pip_said(failure: str | None, stderr: bytes) -> str:
    lines = [line for line in stderr.decode(errors="replace").splitlines() if line.startswith("ERROR")]
    if any("DO NOT MATCH THE HASHES" in line for line in lines):
        return "the package index offers another file than the one that is pinned (hash mismatch)"
    return failure or (lines[-1].removeprefix("ERROR: ") if lines else "pip gave no reason")


def repository_init_from_directory(
    directory: Path, branch: str = "main", *, isolation: IsolationKind = IsolationKind.BUBBLEWRAP
) -> str:
    """Put an unpacked source under Git, in the sandbox; the same files give the same commit.

    Raises:
        RepositoryInvalid: Git could not do it.
    """
    task = {
        "do": "init",
        "source": str(directory),
        "branch": branch,
        "message": "Import the source as it was published",
    }
    return gitwork_run(task, (Bind.at_source(directory, writable=True),), isolation=isolation)["commit"]

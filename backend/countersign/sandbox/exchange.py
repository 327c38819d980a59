"""Between the platform's repositories and those of its users, whose Git runs only in the sandbox."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from countersign.sandbox.contracts import Bind, ImportedHead, IsolationKind, Limits, SandboxCommand
from countersign.sandbox.errors import CheckoutDirty, RefMoved, RepositoryInvalid, RepositoryNotFound
from countersign.sandbox.git import git
from countersign.sandbox.isolation import sandbox_run
from countersign.sandbox.untrusted_files import directory_remove, plain_file_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from countersign.sandbox.repository import Repository
    from countersign.shared.types import JSON

GITWORK = Path(__file__).parent / "inside" / "gitwork.py"
_LIMITS = Limits(wall_seconds=180, processes=64, file_bytes=1 << 30)
_MAX_PACK_BYTES = 1 << 30
_REFUSALS = {"moved": RefMoved, "dirty": CheckoutDirty, "failed": RepositoryInvalid}
# What real histories hold and nothing here depends on: old tools wrote such identities, times and modes.
_TOLERATED = ",".join(
    f"{name}=ignore"
    for name in (
        "badDate",
        "badDateOverflow",
        "badEmail",
        "badName",
        "badTimezone",
        "missingEmail",
        "missingNameBeforeEmail",
        "missingSpaceBeforeDate",
        "missingSpaceBeforeEmail",
        "missingTaggerEntry",
        "zeroPaddedDate",
        "zeroPaddedFilemode",
    )
)


def gitwork_run(
    task: Mapping[str, JSON], binds: tuple[Bind, ...], *, isolation: IsolationKind, stdin: bytes = b""
) -> dict[str, str]:
    """Carry out one task of ``inside/gitwork.py`` in the sandbox.

    Raises:
        RepositoryInvalid: Git could not do it, or did not end.
        RefMoved: a ref is not where it was expected.
        CheckoutDirty: a checkout is in the way.
    """
    command = SandboxCommand(
        (sys.executable, "-I", str(GITWORK), json.dumps(task)),
        binds=(Bind.at_source(GITWORK), *binds),
        limits=_LIMITS,
        stdin=stdin,
    )
    result = sandbox_run(command, isolation=isolation)
    try:
        answer: dict[str, str] = json.loads(result.stdout) if result.ok else {}
    except ValueError:
        answer = {}
    state = answer.get("state")
    if state == "done":
        return answer
    said = answer.get("message") or result.failure or result.stderr[-300:].decode(errors="replace").strip()
    raise _REFUSALS.get(str(state), RepositoryInvalid)(said or "git gave no answer")


def repository_import(
    repository: Repository,
    source: Path,
    branch: str | None,
    *,
    isolation: IsolationKind,
    start: str = "",
) -> ImportedHead:
    """Bring one branch of somebody's repository, with its history, in as checked objects.

    Args:
        repository: where it goes; its branch of the same name is created or moved.
        source: a repository with or without a checkout; it is only read.
        branch: by default the one that is checked out.
        isolation: how Git is kept apart while it reads ``source``.
        start: the commit where the branch begins when it is not there yet.

    Raises:
        RepositoryNotFound: there is no repository at ``source``.
        RepositoryInvalid: it can't be read, or an object or a name in it is not acceptable.
    """
    source = source.resolve()
    if not ((source / ".git").exists() or ((source / "HEAD").is_file() and (source / "objects").is_dir())):
        message = f"there is no Git repository at {source}"
        raise RepositoryNotFound(message)
    out = Path(tempfile.mkdtemp(prefix="countersign-import-"))
    pack = out / "objects.pack"
    try:
        answer = gitwork_run(
            {"do": "import", "source": str(source), "branch": branch, "pack": str(pack), "start": start},
            (Bind.at_source(source), Bind.at_source(out, writable=True)),
            isolation=isolation,
        )
        _objects_take(repository, pack)
    finally:
        directory_remove(out)
    name, commit = answer["branch"], answer["commit"]
    git(repository.path, "check-ref-format", f"refs/heads/{name}")
    git(repository.path, "rev-list", "--objects", "--quiet", commit)
    repository.tree_entries(commit)
    repository.ref_swap(f"refs/heads/{name}", commit, repository.head(name))
    git(repository.path, "symbolic-ref", "HEAD", f"refs/heads/{name}")
    return ImportedHead(name, commit)


def repository_look(source: Path, branch: str, *, isolation: IsolationKind) -> str:
    """Say where a branch of somebody's repository stands, and bring nothing in; nothing if it is not there.

    Raises:
        RepositoryInvalid: Git could not do it.
    """
    source = source.resolve()
    task: dict[str, JSON] = {"do": "look", "source": str(source), "branch": branch}
    return gitwork_run(task, (Bind.at_source(source),), isolation=isolation)["commit"]


def _objects_take(repository: Repository, pack: Path) -> None:
    """Check every object of a pack that came out of the sandbox, and keep it."""
    data = plain_file_read(pack.parent, pack.name, limit=_MAX_PACK_BYTES)
    if data is None:
        message = "the sandbox left no pack"
        raise RepositoryInvalid(message)
    git(
        repository.path,
        "index-pack",
        "--stdin",
        f"--strict={_TOLERATED}",
        "--fsck-objects",
        f"--max-input-size={_MAX_PACK_BYTES}",
        stdin=data,
    )


def repository_deliver(
    repository: Repository,
    source: Path,
    branch: str,
    *,
    old: str,
    new: str,
    tags: Mapping[str, str],
    isolation: IsolationKind,
    create: bool = False,
) -> None:
    """Move a branch of somebody's repository from ``old`` to ``new`` and set tags; repeating it does nothing.

    Objects go in as one checked pack. Branch and tags move in one transaction by compare-and-swap. A branch
    that is
    checked out is updated with its checkout, when that is clean. With ``create``, a branch that is not there
    is made.

    Raises:
        RefMoved: the branch is neither at ``old`` nor at ``new``, or a tag is on another commit.
        CheckoutDirty: the branch is checked out and has changes, or untracked files are in the way.
        RepositoryInvalid: Git could not do it.
    """
    source = source.resolve()
    pack = git(
        repository.path,
        "pack-objects",
        "--revs",
        "--stdout",
        "--quiet",
        stdin="\n".join([new, *tags.values(), f"^{old}", ""]).encode(),
    )
    gitwork_run(
        {
            "do": "deliver",
            "source": str(source),
            "branch": branch,
            "old": old,
            "new": new,
            "tags": dict(tags),
            "create": create,
        },
        (Bind.at_source(source, writable=True),),
        isolation=isolation,
        stdin=pack,
    )

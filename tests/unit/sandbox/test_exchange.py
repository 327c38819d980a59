"""Importing from and delivering to repositories that may be hostile."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from countersign.sandbox.contracts import IsolationKind, Replacement
from countersign.sandbox.errors import CheckoutDirty, RefMoved, RepositoryInvalid, RepositoryNotFound
from countersign.sandbox.exchange import gitwork_run, repository_deliver, repository_import
from countersign.sandbox.git import git
from countersign.sandbox.inside import gitwork
from countersign.sandbox.repository import Repository
from tests.unit.sandbox.conftest import BUBBLEWRAP, user_git

pytestmark = pytest.mark.needs("bwrap")

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def change(
    repository: Repository, head: str, path: str = "pkg/__init__.py", data: bytes = b"VALUE = 2\n"
) -> str:
    """Make a commit on top of ``head``."""
    blob = repository.blob_write(b"VALUE = 2\n")
    tree = repository.tree_build(repository.commit_tree_id(head), (Replacement(path, "100644", blob),))
    return repository.commit_create(tree, (head,), "feat: two", "Ada <ada@example.org>", NOON)


def deliver(
    repository: Repository, source: Path, old: str, new: str, tags: dict[str, str] | None = None
) -> None:
    repository_deliver(repository, source, "main", old=old, new=new, tags=tags or {}, isolation=BUBBLEWRAP)


def hostile(source: Path, planted: Callable[[str], Path]) -> None:
    """Plant everything in a repository that makes Git start programs."""
    for hook in ("post-checkout", "pre-commit", "reference-transaction", "post-index-change", "post-merge"):
        program = source / ".git" / "hooks" / hook
        program.parent.mkdir(exist_ok=True)
        program.write_bytes(planted("hook").read_bytes())
        program.chmod(0o755)
    with (source / ".git" / "config").open("a") as config:
        config.write(f"[core]\n\tfsmonitor = {planted('fsmonitor')}\n\thooksPath = {source}/.git/hooks\n")
        config.write(f"\tpager = {planted('pager')}\n\tsshCommand = {planted('ssh')}\n")
        config.write(f'[filter "evil"]\n\tclean = {planted("clean")}\n\tsmudge = {planted("smudge")}\n')
        config.write(f"[uploadpack]\n\tpackObjectsHook = {planted('pack')}\n")
        config.write(f'[diff "evil"]\n\ttextconv = {planted("textconv")}\n')
    (source / ".git" / "info").mkdir(exist_ok=True)
    (source / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n")


def test_import_takes_branch_and_history(imported: tuple[Repository, str], source: Path) -> None:
    repository, head = imported
    assert head == user_git(source, "rev-parse", "HEAD") == repository.head("main")


def test_import_runs_nothing_of_a_hostile_repository_on_the_host(
    repository: Repository, source: Path, planted: Callable[[str], Path], tmp_path: Path
) -> None:
    hostile(source, planted)
    repository_import(repository, source, None, isolation=BUBBLEWRAP)
    assert list(tmp_path.glob("ran-*")) == []


def test_deliver_runs_nothing_of_a_hostile_repository_on_the_host(
    imported: tuple[Repository, str], source: Path, planted: Callable[[str], Path], tmp_path: Path
) -> None:
    repository, head = imported
    hostile(source, planted)
    new = change(repository, head)
    deliver(repository, source, head, new)
    assert user_git(source, "rev-parse", "main") == new
    assert list(tmp_path.glob("ran-*")) == []


def test_import_of_a_named_branch_moves_it_later(repository: Repository, source: Path) -> None:
    user_git(source, "branch", "stable")
    first = repository_import(repository, source, "stable", isolation=BUBBLEWRAP)
    user_git(source, "switch", "-q", "stable")
    user_git(source, "commit", "-q", "--allow-empty", "-m", "more")
    second = repository_import(repository, source, "stable", isolation=BUBBLEWRAP)
    assert (first.branch, second.branch) == ("stable", "stable")
    assert repository.head("stable") == second.commit != first.commit


def test_import_from_a_bare_repository(repository: Repository, source: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    user_git(source, "clone", "-q", "--bare", str(source), str(bare))
    assert repository_import(repository, bare, None, isolation=BUBBLEWRAP).branch == "main"


def test_import_of_nothing_is_not_found(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(RepositoryNotFound, match="no Git repository"):
        repository_import(repository, tmp_path, None, isolation=BUBBLEWRAP)


def test_import_refuses_unknown_branch_detached_head_and_empty_repository(
    repository: Repository, source: Path, tmp_path: Path
) -> None:
    with pytest.raises(RepositoryInvalid, match="no branch 'nope'"):
        repository_import(repository, source, "nope", isolation=BUBBLEWRAP)
    user_git(source, "checkout", "-q", "--detach")
    with pytest.raises(RepositoryInvalid, match="name the branch"):
        repository_import(repository, source, None, isolation=BUBBLEWRAP)
    empty = tmp_path / "empty"
    empty.mkdir()
    user_git(empty, "init", "-q", "-b", "main")
    with pytest.raises(RepositoryInvalid, match="no branch 'main'"):
        repository_import(repository, empty, None, isolation=BUBBLEWRAP)


def test_import_refuses_shallow_clones_and_linked_worktrees(
    repository: Repository, source: Path, tmp_path: Path
) -> None:
    user_git(source, "commit", "-q", "--allow-empty", "-m", "more")
    user_git(tmp_path, "clone", "-q", "--depth=1", f"file://{source}", "shallow")
    with pytest.raises(RepositoryInvalid, match="--unshallow"):
        repository_import(repository, tmp_path / "shallow", None, isolation=BUBBLEWRAP)
    user_git(source, "worktree", "add", "-q", str(tmp_path / "linked"))
    with pytest.raises(RepositoryInvalid, match="linked worktree"):
        repository_import(repository, tmp_path / "linked", None, isolation=BUBBLEWRAP)


def _crafted(source: Path, *entries: tuple[bytes, bytes, str]) -> None:
    body = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(blob) for mode, name, blob in entries)
    done = subprocess.run(
        ["git", "-C", str(source), "hash-object", "-w", "--stdin", "-t", "tree", "--literally"],
        input=body,
        capture_output=True,
        check=True,
    )
    tree = done.stdout.decode().strip()
    user_git(source, "update-ref", "refs/heads/evil", user_git(source, "commit-tree", "-m", "evil", tree))


@pytest.mark.parametrize("name", [b".git", b".GIT", b"..", b"git~1", b"\xe2\x80\x8c.git"])
def test_import_refuses_trees_with_gits_own_names(repository: Repository, source: Path, name: bytes) -> None:
    blob = user_git(source, "rev-parse", "HEAD:README.md")
    _crafted(source, (b"100644", name, blob))
    with pytest.raises(RepositoryInvalid):
        repository_import(repository, source, "evil", isolation=BUBBLEWRAP)
    assert repository.head("evil") is None


def test_import_refuses_names_that_are_not_utf8(repository: Repository, source: Path) -> None:
    _crafted(source, (b"100644", b"\xff", user_git(source, "rev-parse", "HEAD:README.md")))
    with pytest.raises(RepositoryInvalid, match="not UTF-8"):
        repository_import(repository, source, "evil", isolation=BUBBLEWRAP)
    assert repository.head("evil") is None


def test_import_refuses_missing_objects(repository: Repository, source: Path) -> None:
    _crafted(source, (b"100644", b"gone", "0" * 39 + "1"))
    with pytest.raises(RepositoryInvalid):
        repository_import(repository, source, "evil", isolation=BUBBLEWRAP)


def test_deliver_updates_a_clean_checkout_and_is_repeatable(
    imported: tuple[Repository, str], source: Path
) -> None:
    repository, head = imported
    new = change(repository, head)
    for _ in range(2):
        deliver(repository, source, head, new, {"merge/one": new})
    assert (source / "pkg" / "__init__.py").read_text() == "VALUE = 2\n"
    assert user_git(source, "status", "--porcelain") == ""
    assert user_git(source, "rev-parse", "main", "merge/one").split() == [new, new]


def test_deliver_to_a_branch_that_is_not_checked_out_leaves_the_checkout(
    imported: tuple[Repository, str], source: Path
) -> None:
    repository, head = imported
    user_git(source, "switch", "-q", "-c", "other")
    (source / "README.md").write_text("mine\n")
    new = change(repository, head)
    deliver(repository, source, head, new)
    assert user_git(source, "rev-parse", "main") == new
    assert (source / "README.md").read_text() == "mine\n"
    assert (source / "pkg" / "__init__.py").read_text() == "VALUE = 1\n"


def test_deliver_to_a_bare_repository(imported: tuple[Repository, str], source: Path, tmp_path: Path) -> None:
    repository, head = imported
    bare = tmp_path / "bare.git"
    user_git(source, "clone", "-q", "--bare", str(source), str(bare))
    new = change(repository, head)
    deliver(repository, bare, head, new)
    assert user_git(bare, "rev-parse", "main") == new


@pytest.mark.parametrize("staged", [False, True])
def test_deliver_refuses_a_checkout_with_changes(
    imported: tuple[Repository, str], source: Path, staged: bool
) -> None:
    repository, head = imported
    (source / "README.md").write_text("mine\n")
    if staged:
        user_git(source, "add", "README.md")
    with pytest.raises(CheckoutDirty, match="commit or stash"):
        deliver(repository, source, head, change(repository, head))
    assert user_git(source, "rev-parse", "main") == head
    assert (source / "README.md").read_text() == "mine\n"


def test_deliver_never_overwrites_untracked_files(imported: tuple[Repository, str], source: Path) -> None:
    repository, head = imported
    (source / "new.py").write_text("mine\n")
    with pytest.raises(CheckoutDirty, match="in the way"):
        deliver(repository, source, head, change(repository, head, "new.py"))
    assert (source / "new.py").read_text() == "mine\n"
    assert user_git(source, "rev-parse", "main") == head


def test_deliver_refuses_a_branch_in_a_linked_worktree(
    imported: tuple[Repository, str], source: Path, tmp_path: Path
) -> None:
    repository, head = imported
    user_git(source, "switch", "-q", "-c", "other")
    user_git(source, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    with pytest.raises(CheckoutDirty, match="linked worktree"):
        deliver(repository, source, head, change(repository, head))


def test_deliver_refuses_a_branch_that_moved(imported: tuple[Repository, str], source: Path) -> None:
    repository, head = imported
    user_git(source, "commit", "-q", "--allow-empty", "-m", "meanwhile")
    with pytest.raises(RefMoved, match="not at"):
        deliver(repository, source, head, change(repository, head))


def test_deliver_refuses_a_tag_that_is_taken_and_moves_nothing(
    imported: tuple[Repository, str], source: Path
) -> None:
    repository, head = imported
    user_git(source, "tag", "merge/one", head)
    with pytest.raises(RefMoved, match="merge/one"):
        deliver(repository, source, head, new := change(repository, head), {"merge/one": new})
    assert user_git(source, "rev-parse", "main") == head
    assert user_git(source, "status", "--porcelain") == ""


def test_deliver_finishes_what_was_interrupted_after_the_checkout(
    imported: tuple[Repository, str], source: Path
) -> None:
    repository, head = imported
    new = change(repository, head)
    deliver(repository, source, head, new)
    user_git(source, "update-ref", "refs/heads/main", head)
    deliver(repository, source, head, new)
    assert user_git(source, "rev-parse", "main") == new
    assert user_git(source, "status", "--porcelain") == ""


def test_deliver_puts_the_checkout_back_when_the_ref_is_locked(
    imported: tuple[Repository, str], source: Path
) -> None:
    repository, head = imported
    (source / ".git" / "refs" / "heads" / "main.lock").touch()
    with pytest.raises(RefMoved):
        deliver(repository, source, head, change(repository, head))
    assert (source / "pkg" / "__init__.py").read_text() == "VALUE = 1\n"


def test_gitwork_without_an_answer_is_invalid(tmp_path: Path) -> None:
    with pytest.raises(RepositoryInvalid):
        gitwork_run({"do": "import", "source": str(tmp_path)}, (), isolation=BUBBLEWRAP)


def test_exchange_works_unconfined_too(repository: Repository, source: Path) -> None:
    head = repository_import(repository, source, None, isolation=IsolationKind.UNCONFINED)
    assert repository.head("main") == head.commit


class TestProgram:
    """The program that runs inside, called directly: the sandbox hides from coverage what it does there."""

    def call(
        self,
        task: dict[str, object],
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
        pack: Path | None = None,
    ) -> dict[str, str]:
        monkeypatch.setattr(sys, "argv", ["gitwork.py", json.dumps(task)])
        with (pack or Path("/dev/null")).open() as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            gitwork.main()
        answer: dict[str, str] = json.loads(capsysbinary.readouterr().out)
        return answer

    def test_import_then_deliver(
        self,
        source: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
    ) -> None:
        task: dict[str, object] = {"do": "import", "source": str(source), "pack": str(tmp_path / "pack")}
        answer = self.call(task, monkeypatch, capsysbinary)
        assert answer == {"state": "done", "branch": "main", "commit": user_git(source, "rev-parse", "HEAD")}
        old = answer["commit"]
        (source / "README.md").write_text("two\n")
        user_git(source, "commit", "-q", "-a", "-m", "two")
        new = user_git(source, "rev-parse", "HEAD")
        assert self.call(task, monkeypatch, capsysbinary)["commit"] == new
        user_git(source, "reset", "-q", "--hard", old)
        deliver: dict[str, object] = {
            "do": "deliver",
            "source": str(source),
            "branch": "main",
            "tags": {"t": new},
        }
        moved = {**deliver, "old": old, "new": new}
        assert self.call(moved, monkeypatch, capsysbinary, tmp_path / "pack")["state"] == "done"
        assert (source / "README.md").read_text() == "two\n"
        wrong = {**deliver, "old": old, "new": old}
        assert self.call(wrong, monkeypatch, capsysbinary, tmp_path / "pack")["state"] == "moved"

    def test_init_is_deterministic(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        commits = set()
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "a.txt").write_bytes(b"a\r\n")
            (tmp_path / name / ".gitignore").write_text("a.txt\n")
            task: dict[str, object] = {"do": "init", "branch": "main", "message": "m"}
            answer = self.call({**task, "source": str(tmp_path / name)}, monkeypatch, capsysbinary)
            commits.add(answer["commit"])
        assert len(commits) == 1

    @pytest.mark.parametrize(
        ("state", "said", "prepare"),
        [
            ("failed", "--unshallow", ["fetch", "-q", "--depth=1", "."]),
            ("failed", "name the branch", ["checkout", "-q", "--detach"]),
            ("failed", "no branch 'empty'", ["switch", "-q", "--orphan", "empty"]),
        ],
    )
    def test_import_refusals(
        self,
        source: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
        state: str,
        said: str,
        prepare: list[str],
    ) -> None:
        if "--depth=1" in prepare:
            (source / ".git" / "shallow").write_text(user_git(source, "rev-parse", "HEAD") + "\n")
        else:
            user_git(source, *prepare)
        task: dict[str, object] = {"do": "import", "source": str(source), "pack": str(tmp_path / "pack")}
        answer = self.call(task, monkeypatch, capsysbinary)
        assert answer["state"] == state
        assert said in answer["message"]

    def test_deliver_refusals(
        self,
        imported: tuple[Repository, str],
        source: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
    ) -> None:
        repository, old = imported
        new = change(repository, old, "new.py")
        stdin = f"{new}\n^{old}\n".encode()
        pack = git(repository.path, "pack-objects", "--revs", "--stdout", "--quiet", stdin=stdin)
        (tmp_path / "pack").write_bytes(pack)
        task: dict[str, object] = {"do": "deliver", "source": str(source), "branch": "main"}
        task |= {"old": old, "new": new, "tags": {"t": new}}

        def answer() -> dict[str, str]:
            return self.call(task, monkeypatch, capsysbinary, tmp_path / "pack")

        (source / "new.py").write_text("mine")
        assert "in the way" in answer()["message"]
        (source / "new.py").unlink()
        (source / "README.md").write_text("mine")
        assert answer()["state"] == "dirty"
        user_git(source, "checkout", "-q", "README.md")
        lock = source / ".git" / "refs" / "heads" / "main.lock"
        lock.touch()
        assert answer()["state"] == "moved"
        lock.unlink()
        user_git(source, "tag", "t", old)
        assert "the tag t" in answer()["message"]
        user_git(source, "tag", "-d", "t")
        assert answer() == {"state": "done"}
        user_git(source, "update-ref", "refs/heads/main", old)
        assert answer() == {"state": "done"}

    def test_deliver_beside_other_checkouts(
        self,
        imported: tuple[Repository, str],
        source: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
    ) -> None:
        repository, old = imported
        new = change(repository, old)
        stdin = f"{new}\n^{old}\n".encode()
        pack = git(repository.path, "pack-objects", "--revs", "--stdout", "--quiet", stdin=stdin)
        (tmp_path / "pack").write_bytes(pack)
        task: dict[str, object] = {"do": "deliver", "branch": "main", "old": old, "new": new, "tags": {}}
        user_git(source, "switch", "-q", "-c", "other")
        user_git(source, "clone", "-q", "--bare", str(source), str(tmp_path / "bare.git"))
        user_git(source, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
        answer = self.call({**task, "source": str(source)}, monkeypatch, capsysbinary, tmp_path / "pack")
        assert "linked worktree" in answer["message"]
        user_git(source, "worktree", "remove", str(tmp_path / "linked"))
        for place in (source, tmp_path / "bare.git"):
            done = self.call({**task, "source": str(place)}, monkeypatch, capsysbinary, tmp_path / "pack")
            assert done == {"state": "done"}

    def test_linked_worktree_is_refused(
        self,
        source: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
    ) -> None:
        user_git(source, "worktree", "add", "-q", str(tmp_path / "linked"))
        task: dict[str, object] = {"do": "import", "source": str(tmp_path / "linked"), "pack": "/dev/null"}
        assert "linked worktree" in self.call(task, monkeypatch, capsysbinary)["message"]

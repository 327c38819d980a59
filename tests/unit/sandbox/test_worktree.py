"""Disposable clones, and what is read out of them after somebody hostile has had them."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from countersign.sandbox import worktree as worktree_module
from countersign.sandbox.contracts import Bind, ChangedEntry, Proposal, Replacement, SandboxCommand
from countersign.sandbox.errors import ProposalRefused, RepositoryInvalid
from countersign.sandbox.isolation import sandbox_run
from countersign.sandbox.repository import Repository
from countersign.sandbox.worktree import patch_extract, tree_digest, worktree_create
from tests.unit.sandbox.conftest import BUBBLEWRAP, user_git
from tests.unit.sandbox.test_exchange import hostile
from tests.unit.sandbox.test_repository import ADA, NOBODY, NOON, crafted_tree, tree_of

pytestmark = pytest.mark.needs("bwrap")


class Clone:
    """A worktree with what it was made from."""

    def __init__(self, repository: Repository, commit: str, directory: Path) -> None:
        self.repository, self.commit, self.directory = repository, commit, directory
        self.left_out = worktree_create(repository, commit, directory)

    def extract(self) -> Proposal:
        return patch_extract(self.directory, repository=self.repository, commit=self.commit)

    def refusal(self) -> tuple[str, ...]:
        with pytest.raises(ProposalRefused) as caught:
            self.extract()
        return caught.value.reasons


@pytest.fixture
def clone(imported: tuple[Repository, str], tmp_path: Path) -> Clone:
    return Clone(*imported, tmp_path / "clone")


def test_worktree_is_self_contained_and_clean(clone: Clone) -> None:
    assert user_git(clone.directory, "status", "--porcelain") == ""
    assert user_git(clone.directory, "rev-parse", "HEAD") == clone.commit
    assert not (clone.directory / ".git" / "objects" / "info" / "alternates").exists()
    own = {path.stat().st_ino for path in clone.repository.path.rglob("*") if path.is_file()}
    assert own.isdisjoint(path.stat().st_ino for path in clone.directory.rglob("*") if path.is_file())


def test_worktree_works_for_git_inside_the_sandbox(clone: Clone) -> None:
    command = SandboxCommand(
        (
            "/bin/sh",
            "-c",
            "echo 3 > new; git -c safe.directory=* add -A && git -c safe.directory=* diff --cached",
        ),
        binds=(Bind(clone.directory, "/work", writable=True),),
        cwd="/work",
    )
    assert b"+3" in sandbox_run(command, isolation=BUBBLEWRAP).stdout


def test_worktree_refuses_a_directory_in_use(imported: tuple[Repository, str], tmp_path: Path) -> None:
    with pytest.raises(RepositoryInvalid, match="not empty"):
        worktree_create(*imported, tmp_path)


def test_extract_of_an_untouched_worktree_is_empty(clone: Clone) -> None:
    assert clone.extract() == Proposal(clone.commit, ())


def test_extract_names_added_changed_removed_and_modes(clone: Clone) -> None:
    (clone.directory / "pkg" / "__init__.py").write_text("VALUE = 2\n")
    (clone.directory / "README.md").unlink()
    (clone.directory / "run.sh").chmod(0o644)
    (clone.directory / "link").unlink()
    (clone.directory / "link").symlink_to("pkg/__init__.py")
    (clone.directory / "docs").mkdir()
    (clone.directory / "docs" / "new.md").write_bytes(b"\0binary")
    assert clone.extract().entries == (
        ChangedEntry("README.md", "100644", None),
        ChangedEntry("docs/new.md", "100644", b"\0binary"),
        ChangedEntry("link", "120000", b"pkg/__init__.py"),
        ChangedEntry("pkg/__init__.py", "100644", b"VALUE = 2\n"),
        ChangedEntry("run.sh", "100644", b"#!/bin/sh\n"),
    )


def test_extract_gives_back_the_tree_when_applied(clone: Clone) -> None:
    (clone.directory / "pkg" / "__init__.py").write_text("VALUE = 2\n")
    (clone.directory / "README.md").unlink()
    repository = clone.repository
    tree = repository.tree_build(
        repository.commit_tree_id(clone.commit),
        tuple(
            Replacement(
                entry.path, entry.mode, None if entry.data is None else repository.blob_write(entry.data)
            )
            for entry in clone.extract().entries
        ),
    )
    user_git(clone.directory, "add", "-A")
    assert user_git(clone.directory, "write-tree") == tree


def test_extract_starts_nothing_that_the_agent_planted(
    clone: Clone, planted: Callable[[str], Path], tmp_path: Path
) -> None:
    hostile(clone.directory, planted)
    (clone.directory / "new.py").write_text("x\n")
    assert [entry.path for entry in clone.extract().entries] == ["new.py"]
    assert list(tmp_path.glob("ran-*")) == []


def test_extract_does_not_believe_the_worktrees_own_git(clone: Clone) -> None:
    (clone.directory / "README.md").write_text("hidden\n")
    user_git(clone.directory, "update-index", "--assume-unchanged", "README.md")
    (clone.directory / ".git" / "info").mkdir(exist_ok=True)
    (clone.directory / ".git" / "info" / "exclude").write_text("*\n")
    (clone.directory / ".gitignore").write_text("*\n")
    assert [entry.path for entry in clone.extract().entries] == [".gitignore", "README.md"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *(("sub/.git/config", "Git's own"), (".GIT/config", "Git's own"), ("a/.g\u200cit/x", "Git's own")),
        *(("git~1", "Git's own"), (".gitmodules", "submodules"), ("a\\b", "backslash")),
        *(("new\nline", "control"), ("bidi\u202e.py", "invisible")),
        *(("readme.md", "case or Unicode"), ("PKG/other.py", "case or Unicode")),
    ],
)
def test_extract_refuses_names(clone: Clone, name: str, said: str) -> None:
    path = clone.directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    assert any(said in reason for reason in clone.refusal())


def test_extract_refuses_names_that_are_not_utf8(clone: Clone) -> None:
    (Path(os.fsdecode(os.fsencode(clone.directory) + b"/\xff"))).write_text("x")
    assert any("UTF-8" in reason for reason in clone.refusal())


def test_extract_refuses_unicode_doubles(clone: Clone) -> None:
    (clone.directory / "caf\u00e9").write_text("x")
    (clone.directory / "cafe\u0301").write_text("x")
    assert len(clone.refusal()) == 2


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "pkg/../../x", ".git/config"])
def test_extract_refuses_links_that_leave(clone: Clone, target: str) -> None:
    (clone.directory / "pkg" / "evil").symlink_to(target)
    (reason,) = clone.refusal()
    assert "is a link" in reason


def test_extract_never_reads_through_a_link(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "__init__.py").write_text("KEY = 1\n")
    (clone.directory / "pkg" / "__init__.py").unlink()
    (clone.directory / "pkg").rmdir()
    (clone.directory / "pkg").symlink_to(tmp_path / "secrets")
    assert clone.refusal() == ("'pkg' is a link to an absolute place",)


def test_extract_refuses_special_files_and_modes(clone: Clone) -> None:
    os.mkfifo(clone.directory / "fifo")
    (clone.directory / "setuid").write_text("x")
    (clone.directory / "setuid").chmod(0o4755)
    reasons = clone.refusal()
    assert reasons == ("'fifo' is neither a file nor a link", "'setuid' has the mode 4755")


def test_extract_refuses_a_special_file_in_place_of_a_tracked_one(clone: Clone) -> None:
    (clone.directory / "README.md").unlink()
    os.mkfifo(clone.directory / "README.md")
    assert clone.refusal() == ("'README.md' is neither a file nor a link",)


def test_extract_refuses_floods(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worktree_module, "_MAX_FILES", 20)
    for number in range(30):
        (clone.directory / f"f{number}").write_text("x")
    assert any("more than 20 names" in reason for reason in clone.refusal())


def test_extract_refuses_depth(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worktree_module, "_MAX_DEPTH", 3)
    (clone.directory / "a/b/c/d").mkdir(parents=True)
    (clone.directory / "a/b/c/d/e").write_text("x")
    assert any("too deeply" in reason for reason in clone.refusal())


def test_extract_refuses_large_files_and_proposals(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    (clone.directory / "big").write_bytes(b"x" * 3000)
    monkeypatch.setattr(worktree_module, "_MAX_PROPOSAL_BYTES", 1000)
    assert any("larger than" in reason for reason in clone.refusal())
    monkeypatch.setattr(worktree_module, "_MAX_FILE_BYTES", 1000)
    assert any("'big' is larger" in reason for reason in clone.refusal())


def test_extract_tolerates_large_files_that_were_there(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worktree_module, "_MAX_FILE_BYTES", 5)
    assert clone.extract().entries == ()
    (clone.directory / "README.md").write_text("# Thong\n")
    assert any("'README.md' is larger" in reason for reason in clone.refusal())
    (clone.directory / "README.md").write_text("# Thing\n")
    (clone.directory / "README.md").chmod(0o755)
    assert any("'README.md' is larger" in reason for reason in clone.refusal())


def test_extract_skips_leftovers_and_what_the_base_ignores(repository: Repository, tmp_path: Path) -> None:
    tree = tree_of(
        repository,
        (".gitignore", "100644", b"build/\n*.log\n" + b"a*" * 30 + b"\n"),
        ("sub/.gitignore", "100644", b"local\n"),
        ("kept.log", "100644", b"tracked\n"),
    )
    clone = Clone(repository, repository.commit_create(tree, (), "x", ADA, NOON), tmp_path / "clone")
    for name in ("build/x", "a.log", "sub/local", "local", "__pycache__/m.pyc", ".ruff_cache/x", "kept.log"):
        path = clone.directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("new")
    proposal = clone.extract()
    assert [entry.path for entry in proposal.entries] == ["kept.log", "local"]
    assert proposal.ignored == (".ruff_cache/x", "__pycache__/m.pyc", "a.log", "build/x", "sub/local")


def test_extract_takes_what_was_never_laid_out_for_unchanged(repository: Repository, tmp_path: Path) -> None:
    tree = crafted_tree(
        repository,
        (b"100644", b"a.py", repository.blob_write(b"x\n")),
        (b"120000", b"escape", repository.blob_write(b"/etc/passwd")),
        (b"160000", b"module", NOBODY),
    )
    clone = Clone(repository, repository.commit_create(tree, (), "x", ADA, NOON), tmp_path / "clone")
    assert clone.left_out == ("module", "escape")
    assert clone.extract().entries == ()
    (clone.directory / "module").write_text("x")
    assert clone.refusal() == ("'module' is a submodule",)


def test_tree_digest_tells_every_difference(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True)
    (tree / "a" / "f").write_text("x")
    (tree / "l").symlink_to("a")
    seen = {tree_digest(tree)}
    for change in (
        lambda: (tree / "a" / "f").write_text("y"),
        lambda: (tree / "a" / "f").chmod(0o755),
        lambda: (tree / "a" / "f").rename(tree / "a" / "g"),
        lambda: os.mkfifo(tree / "fifo"),
        (tree / "l").unlink,
    ):
        change()
        seen.add(tree_digest(tree))
    assert len(seen) == 6


def test_tree_digest_leaves_out_its_own_git_and_follows_no_link(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "outside").mkdir()
    (tree / "l").symlink_to(tmp_path / "outside")
    before = tree_digest(tree)
    (tmp_path / "outside" / "f").write_text("x")
    (tree / ".git").mkdir()
    (tree / ".git" / "HEAD").write_text("x")
    assert tree_digest(tree) == before


def test_refusal_says_the_first_reasons() -> None:
    error = ProposalRefused(("one", "two", "three", "four"))
    assert str(error) == "the proposal is refused: one; two; three (and 1 more)"
    assert error.data == {"reasons": ["one", "two", "three", "four"]}


def test_extract_as_a_user_refuses_what_cannot_be_read(clone: Clone) -> None:
    (clone.directory / "closed").mkdir()
    (clone.directory / "closed" / "x").write_text("x")
    (clone.directory / "closed").chmod(0)
    (clone.directory / "secret").write_text("x")
    (clone.directory / "secret").chmod(0)
    try:
        if os.geteuid() != 0:
            assert len(clone.refusal()) == 2
        else:
            # Nothing is closed to root: the entries are simply read.
            assert [entry.path for entry in clone.extract().entries] == ["closed/x", "secret"]
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", str(clone.directory)], check=True)

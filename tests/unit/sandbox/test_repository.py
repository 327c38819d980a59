"""The platform's own bare repositories."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from countersign.sandbox import git as git_module
from countersign.sandbox.contracts import Replacement
from countersign.sandbox.errors import RefMoved, RepositoryInvalid, RepositoryNotFound
from countersign.sandbox.git import GIT_ENVIRONMENT, git, git_path
from countersign.sandbox.repository import Repository
from countersign_verify.tree import git_object_id

pytestmark = pytest.mark.needs("bwrap")

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA = "Ada <ada@example.org>"
NOBODY = "0" * 39 + "1"


def tree_of(repository: Repository, *entries: tuple[str, str, bytes]) -> str:
    """Make a tree from scratch."""
    empty = git(repository.path, "mktree", stdin=b"").decode().strip()
    return repository.tree_build(
        empty, tuple(Replacement(path, mode, repository.blob_write(data)) for path, mode, data in entries)
    )


def crafted_tree(repository: Repository, *entries: tuple[bytes, bytes, str]) -> str:
    """Write a tree object that Git itself would not make."""
    body = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(blob) for mode, name, blob in entries)
    arguments = ("hash-object", "-w", "--stdin", "-t", "tree", "--literally")
    return git(repository.path, *arguments, stdin=body).decode().strip()


def test_repository_create_is_repeatable_and_has_only_its_own_configuration(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "a" / "r.git")
    assert repository.exists
    assert Repository.create(tmp_path / "a" / "r.git").path == repository.path
    assert not (repository.path / "hooks").exists()
    assert "bare = true" in (repository.path / "config").read_text()


def test_repository_create_refuses_what_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RepositoryInvalid, match="no repository of the platform"):
        Repository.create(tmp_path)


def test_blob_round_trip_is_exact(repository: Repository) -> None:
    data = b"a\r\n\0\xff$Id$"
    blob = repository.blob_write(data)
    assert blob == git_object_id("blob", data)
    assert repository.blob_read(blob) == data
    assert list(repository.blobs_read([blob, blob])) == [data, data]


@pytest.mark.parametrize("wrong", ["--help", "HEAD", "main", NOBODY, "z" * 40])
def test_blob_read_refuses_what_is_no_object_here(repository: Repository, wrong: str) -> None:
    with pytest.raises(RepositoryInvalid):
        repository.blob_read(wrong)
    with pytest.raises(RepositoryInvalid):
        list(repository.blobs_read([wrong]))


def test_tree_build_replaces_exactly_the_entries(imported: tuple[Repository, str]) -> None:
    repository, head = imported
    blob = repository.blob_write(b"new\n")
    tree = repository.tree_build(
        repository.commit_tree_id(head),
        (
            Replacement("README.md", "100644", None),
            Replacement("pkg/new.py", "100755", blob),
            Replacement("link", "120000", repository.blob_write(b"pkg/new.py")),
        ),
    )
    assert [(entry.path, entry.mode) for entry in repository.tree_entries(tree)] == [
        ("link", "120000"),
        ("pkg/__init__.py", "100644"),
        ("pkg/new.py", "100755"),
        ("run.sh", "100755"),
    ]


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        *(("../up", "100644"), ("/abs", "100644"), (".git/config", "100644"), ("a/.GIT/x", "100644")),
        *(("sub", "160000"), ("odd", "100666"), ("dir", "040000")),
    ],
)
def test_tree_build_refuses_paths_and_modes(repository: Repository, path: str, mode: str) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    with pytest.raises(RepositoryInvalid):
        repository.tree_build(tree, (Replacement(path, mode, repository.blob_write(b"x")),))


def test_tree_build_refuses_a_missing_blob(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    with pytest.raises(RepositoryInvalid):
        repository.tree_build(tree, (Replacement("b", "100644", NOBODY),))


def test_tree_build_refuses_to_remove_what_is_not_there(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    with pytest.raises(RepositoryInvalid, match="not there"):
        repository.tree_build(tree, (Replacement("b", "100644", None),))


def test_tree_build_replaces_a_directory_by_a_file_when_told_all(repository: Repository) -> None:
    tree = tree_of(repository, ("a/b", "100644", b"a"))
    blob = repository.blob_write(b"x")
    result = repository.tree_build(
        tree, (Replacement("a", "100644", blob), Replacement("a/b", "100644", None))
    )
    assert [entry.path for entry in repository.tree_entries(result)] == ["a"]


def test_tree_build_refuses_a_file_where_a_directory_is(repository: Repository) -> None:
    tree = tree_of(repository, ("a/b", "100644", b"a"))
    with pytest.raises(RepositoryInvalid):
        repository.tree_build(tree, (Replacement("a", "100644", repository.blob_write(b"x")),))


def test_commit_create_is_deterministic(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    first = repository.commit_create(tree, (), "feat: one\n\nbody", ADA, NOON)
    assert first == repository.commit_create(tree, (), "feat: one\n\nbody\n", ADA, NOON)
    assert repository.commit_object(first).decode() == (
        f"tree {tree}\nauthor {ADA} 1767268800 +0000\ncommitter {ADA} 1767268800 +0000\n\nfeat: one\n\nbody\n"
    )
    assert git_object_id("commit", repository.commit_object(first)) == first


@pytest.mark.parametrize("author", ["nobody", "a <b>\nparent x", "<>", "a <b> c"])
def test_commit_create_refuses_malformed_identities(repository: Repository, author: str) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    with pytest.raises(RepositoryInvalid, match="not an identity"):
        repository.commit_create(tree, (), "x", author, NOON)


def test_commit_create_refuses_missing_objects(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    with pytest.raises(RepositoryNotFound):
        repository.commit_create(tree, (NOBODY,), "x", ADA, NOON)
    with pytest.raises(RepositoryInvalid):
        repository.commit_create(NOBODY, (), "x", ADA, NOON)


def test_ref_swap_moves_only_from_where_it_was(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    one = repository.commit_create(tree, (), "one", ADA, NOON)
    two = repository.commit_create(tree, (one,), "two", ADA, NOON)
    assert repository.head("main") is None
    repository.ref_swap("refs/heads/main", one, None)
    with pytest.raises(RefMoved):
        repository.ref_swap("refs/heads/main", two, None)
    with pytest.raises(RefMoved):
        repository.ref_swap("refs/heads/main", two, two)
    repository.ref_swap("refs/heads/main", two, one)
    assert repository.head("main") == two


def test_ref_swap_refuses_bad_names_and_commits(repository: Repository) -> None:
    one = repository.commit_create(tree_of(repository, ("a", "100644", b"a")), (), "one", ADA, NOON)
    with pytest.raises(RepositoryInvalid):
        repository.ref_swap("refs/heads/../x", one, None)
    with pytest.raises(RepositoryNotFound):
        repository.ref_swap("refs/heads/main", NOBODY, None)


def test_tag_create_is_repeatable_but_never_moves(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    one = repository.commit_create(tree, (), "one", ADA, NOON)
    two = repository.commit_create(tree, (one,), "two", ADA, NOON)
    repository.tag_create("merge/x", one)
    repository.tag_create("merge/x", one)
    with pytest.raises(RefMoved):
        repository.tag_create("merge/x", two)


def test_diff_shows_full_ids_no_renames_and_declares_binaries(repository: Repository) -> None:
    base = tree_of(repository, ("old.py", "100644", b"x = 1\n" * 20), ("b.bin", "100644", b"\0\1"))
    result = tree_of(repository, ("new.py", "100644", b"x = 1\n" * 20), ("b.bin", "100644", b"\0\2"))
    diff = repository.diff(base, result).decode()
    assert "rename" not in diff
    assert "deleted file mode 100644" in diff
    assert "Binary files a/b.bin and b/b.bin differ" in diff
    assert all(len(line.split()[1]) == 82 for line in diff.splitlines() if line.startswith("index "))


def test_diff_runs_no_program_that_attributes_name(repository: Repository, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    with (repository.path / "config").open("a") as config:
        config.write(f'[diff "evil"]\n\ttextconv = touch {marker}; cat\n\tcommand = touch {marker}\n')
    attributes = (".gitattributes", "100644", b"* diff=evil\n")
    base = tree_of(repository, attributes, ("a.py", "100644", b"1\n"))
    result = tree_of(repository, attributes, ("a.py", "100644", b"2\n"))
    assert b"+2" in repository.diff(base, result)
    assert not marker.exists()


def test_commits_between_follows_first_parents_only(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    base = repository.commit_create(tree, (), "base", ADA, NOON)
    side = repository.commit_create(tree, (base,), "side", ADA, NOON)
    merge = repository.commit_create(tree, (base, side), "merge", ADA, NOON)
    state = repository.commit_create(tree, (merge,), "state", ADA, NOON)
    assert repository.commits_between(base, state) == (merge, state)
    assert repository.commits_between(state, state) == ()
    with pytest.raises(RepositoryInvalid, match="not on the line"):
        repository.commits_between(side, state)


def test_contains_tells_history_from_the_rest(repository: Repository) -> None:
    tree = tree_of(repository, ("a", "100644", b"a"))
    base = repository.commit_create(tree, (), "base", ADA, NOON)
    top = repository.commit_create(tree, (base,), "top", ADA, NOON)
    assert repository.contains(top, base)
    assert repository.contains(top, top)
    assert not repository.contains(base, top)
    assert not repository.contains(top, NOBODY)
    with pytest.raises(RepositoryNotFound):
        repository.contains(NOBODY, top)


def test_commit_tree_id_of_an_unknown_commit_is_not_found(repository: Repository) -> None:
    with pytest.raises(RepositoryNotFound):
        repository.commit_tree_id(NOBODY)
    with pytest.raises(RepositoryInvalid):
        repository.commit_object(NOBODY)


def test_tree_entries_refuse_names_that_are_not_utf8(repository: Repository) -> None:
    tree = crafted_tree(repository, (b"100644", b"\xff", repository.blob_write(b"x")))
    with pytest.raises(RepositoryInvalid, match="not UTF-8"):
        repository.tree_entries(tree)


def test_replace_refs_change_nothing(imported: tuple[Repository, str]) -> None:
    repository, head = imported
    other = repository.commit_create(tree_of(repository, ("evil", "100644", b"x")), (), "evil", ADA, NOON)
    git(repository.path, "update-ref", f"refs/replace/{head}", other)
    assert "README.md" in {entry.path for entry in repository.tree_entries(head)}


def test_archive_writes_exact_bytes_modes_and_links(imported: tuple[Repository, str], tmp_path: Path) -> None:
    repository, head = imported
    out = tmp_path / "out"
    assert repository.archive(head, out) == ()
    assert (out / "pkg" / "__init__.py").read_text() == "VALUE = 1\n"
    assert os.access(out / "run.sh", os.X_OK)
    assert not os.access(out / "README.md", os.X_OK)
    assert str((out / "link").readlink()) == "README.md"
    assert not (out / ".git").exists()


def test_archive_applies_no_attributes(repository: Repository, tmp_path: Path) -> None:
    tree = tree_of(
        repository,
        (".gitattributes", "100644", b"*.txt eol=crlf ident\nhidden export-ignore\n"),
        ("a.txt", "100644", b"$Id$\n"),
        ("hidden", "100644", b"x"),
    )
    repository.archive(tree, tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"$Id$\n"
    assert (tmp_path / "out" / "hidden").exists()


def test_archive_leaves_out_submodules_and_links_that_leave(repository: Repository, tmp_path: Path) -> None:
    passwd = repository.blob_write(b"/etc/passwd")
    tree = crafted_tree(
        repository,
        (b"120000", b"escape", passwd),
        (b"160000", b"module", NOBODY),
        (b"100644", b"safe", repository.blob_write(b"x")),
    )
    assert sorted(repository.archive(tree, tmp_path / "out")) == ["escape", "module"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["safe"]


def test_archive_refuses_names_that_git_keeps_for_itself(repository: Repository, tmp_path: Path) -> None:
    inner = crafted_tree(repository, (b"100644", b"config", repository.blob_write(b"x")))
    tree = crafted_tree(repository, (b"40000", b".GIT", inner))
    with pytest.raises(RepositoryInvalid, match="Git's own"):
        repository.archive(tree, tmp_path / "out")


def test_archive_never_writes_through_a_link(repository: Repository, tmp_path: Path) -> None:
    inner = crafted_tree(repository, (b"100644", b"pwned", repository.blob_write(b"x")))
    link = repository.blob_write(str(tmp_path / "outside").encode())
    (tmp_path / "outside").mkdir()
    tree = crafted_tree(repository, (b"120000", b"a", link), (b"40000", b"a", inner))
    repository.archive(tree, tmp_path / "out")
    assert list((tmp_path / "outside").iterdir()) == []


def test_archive_refuses_a_directory_that_is_not_empty(
    imported: tuple[Repository, str], tmp_path: Path
) -> None:
    repository, head = imported
    with pytest.raises(RepositoryInvalid, match="not empty"):
        repository.archive(head, tmp_path)


def test_host_git_reads_no_configuration_of_the_machine(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".gitconfig").write_text("[alias]\n\tx = !true\n[user]\n\tname = Evil\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / ".gitconfig"))
    assert b"Evil" not in git(repository.path, "config", "--list")


def test_host_git_that_hangs_is_stopped(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "_TIMEOUT_SECONDS", 0.05)
    os.mkfifo(repository.path / "HEAD.lock.fifo")
    (repository.path / "HEAD").unlink()
    os.mkfifo(repository.path / "HEAD")
    with pytest.raises(RepositoryInvalid, match="took longer"):
        git(repository.path, "rev-parse", "HEAD")


def test_missing_git_names_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_module, "GIT_ENVIRONMENT", {**GIT_ENVIRONMENT, "PATH": "/nowhere"})
    git_path.cache_clear()
    try:
        with pytest.raises(RepositoryInvalid, match="apt-get install git"):
            git_path()
    finally:
        git_path.cache_clear()


def test_objects_are_readable_by_git_itself(imported: tuple[Repository, str]) -> None:
    repository, _ = imported
    subprocess.run(["git", "-C", str(repository.path), "fsck", "--strict"], check=True, capture_output=True)

"""Git object ids against Git itself, and what a tree may not hold."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.tree import (
    MODE_EXECUTABLE,
    MODE_FILE,
    MODE_LINK,
    MODE_SUBMODULE,
    Replacement,
    TreeEntry,
    commit_parse,
    commit_tree,
    git_object_id,
    object_id_check,
    path_check,
    tree_changes,
    tree_id,
    tree_replace,
)
from tests.unit.countersign_verify.samples import blob, commit, refused

NAMES = st.sampled_from(["a", "b", "a.py", "a-b", "a0", "A", "ä", "z z"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PATHS, st.sampled_from([MODE_FILE, MODE_EXECUTABLE, MODE_LINK]), max_size=8)


def consistent(files: dict[str, str]) -> tuple[TreeEntry, ...]:
    """Leave out files that would also be directories."""
    return tuple(
        TreeEntry(path, mode, blob(path))
        for path, mode in sorted(files.items())
        if not any(other.startswith(f"{path}/") for other in files)
    )


def git(directory: Path, *arguments: str, stdin: bytes = b"") -> str:
    environment = {
        "PATH": "/usr/bin:/bin:/usr/local/bin",
        "HOME": str(directory),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{who}_{what}": "1767225600 +0000" if what == "DATE" else "x@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL", "DATE")
        },
    }
    done = subprocess.run(
        ["git", *arguments], cwd=directory, input=stdin, capture_output=True, env=environment, check=True
    )
    return done.stdout.decode().strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("git")
    git(directory, "init", "-q", "--bare")
    return directory


def test_tree_id_is_what_git_computes(repository: Path) -> None:
    files = {
        "a": MODE_FILE, "a.py": MODE_FILE, "ab/c": MODE_EXECUTABLE, "ab-c": MODE_FILE, "ab.c": MODE_LINK,
        "ab0": MODE_FILE, "d/e/f": MODE_FILE, "d/e.f": MODE_FILE, "ä/ö": MODE_FILE,
    }  # fmt: skip
    entries = [TreeEntry(path, mode, blob(path)) for path, mode in files.items()]
    lines = "".join(f"{entry.mode} {entry.blob}\t{entry.path}\0" for entry in entries).encode()
    git(repository, "update-index", "-z", "--index-info", stdin=lines)
    tree = git(repository, "write-tree", "--missing-ok")
    assert tree_id(entries) == tree
    raw = git(repository, "cat-file", "commit", git(repository, "commit-tree", tree, "-m", "first")) + "\n"
    assert commit_parse(raw.encode()).tree == commit_tree(raw.encode()) == tree
    assert git_object_id("commit", raw.encode()) == git(repository, "commit-tree", tree, "-m", "first")
    assert git_object_id("blob", b"x") == git(repository, "hash-object", "--stdin", stdin=b"x")


def test_known_ids() -> None:
    assert tree_id([]) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    assert git_object_id("blob", b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    empty_sha256 = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    assert tree_id([], algorithm="sha256") == empty_sha256
    with refused("tree.algorithm"):
        git_object_id("blob", b"", algorithm="md5")


@given(TREES, TREES)
def test_tree_changes_lead_from_one_tree_to_the_other(old: dict[str, str], new: dict[str, str]) -> None:
    before, after = consistent(old), consistent(new)
    changes = tree_changes(before, after)
    assert tree_replace(before, changes) == tuple(sorted(after))
    assert tree_id(tree_replace(before, changes)) == tree_id(after)
    assert (changes == ()) == (set(before) == set(after))


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([TreeEntry("a", MODE_FILE, blob("")), TreeEntry("a", MODE_FILE, blob(""))], "tree.duplicate"),
        ([TreeEntry("a", MODE_FILE, blob("")), TreeEntry("a/b", MODE_FILE, blob(""))], "tree.conflict"),
        ([TreeEntry("a/b", MODE_FILE, blob("")), TreeEntry("a", MODE_FILE, blob(""))], "tree.duplicate"),
        ([TreeEntry("../a", MODE_FILE, blob(""))], "tree.path"),
        ([TreeEntry("/a", MODE_FILE, blob(""))], "tree.path"),
        ([TreeEntry("a\0", MODE_FILE, blob(""))], "tree.path"),
        ([TreeEntry("\ud800", MODE_FILE, blob(""))], "tree.path"),
        ([TreeEntry("a/" * 200 + "b", MODE_FILE, blob(""))], "tree.path"),
        ([TreeEntry("a", "100666", blob(""))], "tree.mode"),
        ([TreeEntry("a", MODE_FILE, "xyz")], "tree.id"),
        ([TreeEntry("a", MODE_FILE, "0" * 64)], "tree.id"),
    ],
)
def test_tree_id_refuses_with_the_reason(entries: list[TreeEntry], code: str) -> None:
    with refused(code):
        tree_id(entries)


@pytest.mark.parametrize(
    ("replacement", "code"),
    [
        (Replacement("gone", MODE_FILE, None), "tree.absent"),
        (Replacement("a", MODE_SUBMODULE, blob("")), "tree.mode"),
        (Replacement("a", "40000", blob("")), "tree.mode"),
        (Replacement("a/../../b", MODE_FILE, blob("")), "tree.path"),
        (Replacement("x/.git/config", MODE_FILE, blob("")), "tree.git"),
        (Replacement(".GIT/hooks/x", MODE_FILE, blob("")), "tree.git"),
        (Replacement("git~1/x", MODE_FILE, blob("")), "tree.git"),
        (Replacement(".git. ", MODE_FILE, blob("")), "tree.git"),
        (Replacement("a\nb", MODE_FILE, blob("")), "tree.path"),
    ],
)
def test_tree_replace_refuses_with_the_reason(replacement: Replacement, code: str) -> None:
    tree = [TreeEntry("a", MODE_FILE, blob(""))]
    with refused(code):
        tree_replace(tree, [replacement])
    with refused("tree.duplicate"):
        tree_replace([*tree, *tree], [])
    with refused("tree.duplicate"):
        tree_replace(tree, [Replacement("a", MODE_FILE, blob("1"))] * 2)


def test_path_check_accepts_what_only_looks_like_git() -> None:
    for path in (".gitignore", "src/.github/x", "git/x", "a/.gitattributes"):
        path_check(path)


def test_object_id_check_refuses_what_is_no_id() -> None:
    assert object_id_check("a" * 64, "it") == "a" * 64
    for text in ("a" * 41, "A" * 40, "", None, 5):
        with refused("tree.id"):
            object_id_check(text, "it")


def test_commit_parse_reads_what_the_platform_writes() -> None:
    _, raw = commit("a" * 40, ["b" * 40, "c" * 40], "title\n\nbody\n")
    read = commit_parse(raw)
    assert (read.tree, read.parents, read.message) == ("a" * 40, ("b" * 40, "c" * 40), "title\n\nbody\n")
    assert read.author == read.committer


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"author", b"gpgsig x\nauthor"),
        lambda raw: raw.replace(b"tree", b"tree " + b"a" * 40 + b"\ntree"),
        lambda raw: raw.replace(b"\n\n", b"\n"),
        lambda raw: raw.replace(b"committer", b"encoding"),
    ],
)
def test_commit_parse_refuses_other_headers(change: object) -> None:
    assert callable(change)
    _, raw = commit("a" * 40, ["b" * 40], "title\n")
    with refused("commit.shape"):
        commit_parse(change(raw))
    with refused("commit.utf8"):
        commit_parse(raw + b"\xff")


def test_commit_tree_reads_foreign_commits_and_refuses_the_rest() -> None:
    raw = b"tree " + b"a" * 40 + b"\nauthor \xe4\ngpgsig x\n y\n\n\xff"
    assert commit_tree(raw) == "a" * 40
    with refused("commit.shape"):
        commit_tree(b"parent x\n")
    with refused("tree.id"):
        commit_tree(b"tree \xff\n")

"""Names that no tree may hold."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.sandbox.paths import doubles, is_git_name, link_problem, name_problem, path_problem


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/.", "a\0b", "a/"),
        *(".git/config", "a/b/.git/hooks/x", ".GIT/x", ".Git", "a/.gIt", ".git./x", ".git /x", "git~1/x"),
        *(
            ".g\u200cit/x",
            ".git\u200d",
            "\ufeff.git",
            ".git::$INDEX_ALLOCATION/x",
            "a\\.git\\config",
            ".git\\x",
        ),
    ],
)
def test_path_that_leaves_or_is_gits_is_a_problem(path: str) -> None:
    assert path_problem(path)
    assert name_problem(path)


@pytest.mark.parametrize("path", ["a", "a/b.py", ".github/x", ".gitignore", "a/.gitattributes", "git", "ä/ö"])
def test_plain_path_is_no_problem(path: str) -> None:
    assert path_problem(path) is None
    assert name_problem(path) is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a\nb", "control"),
        ("evil\u202egnp.py", "invisible"),
        ("a\udcff", "UTF-8"),
        ("a\\b", "backslash"),
        ("x" * 256, "too long"),
        ("a/" * 600 + "b", "too long"),
        (".gitmodules", "submodules"),
        ("sub/.GitModules", "submodules"),
    ],
)
def test_name_that_a_proposal_may_not_bring_is_a_problem(path: str, said: str) -> None:
    assert said in (name_problem(path) or "")


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("l", "/etc/passwd"),
        ("l", ""),
        ("l", "../x"),
        ("a/l", "../../x"),
        ("a/l", "b/../../../x"),
        ("l", "dir/../x"),
        ("l", ".git/config"),
        ("a/l", "../.GIT/hooks"),
        ("l", "a\\..\\..\\x"),
        ("l", "a\0"),
    ],
)
def test_link_that_leaves_is_a_problem(path: str, target: str) -> None:
    assert link_problem(path, target)


@pytest.mark.parametrize(
    ("path", "target"), [("l", "x"), ("a/l", "../x"), ("a/b/l", "../../x/y"), ("l", "./x")]
)
def test_link_that_stays_is_no_problem(path: str, target: str) -> None:
    assert link_problem(path, target) is None


_PARTS = st.lists(st.sampled_from(["..", ".", "a", "b", ""]), min_size=1, max_size=6)


@given(_PARTS, st.lists(st.sampled_from(["a", "b"]), max_size=3))
def test_link_without_a_problem_never_leaves(target: list[str], above: list[str]) -> None:
    path = "/".join([*above, "l"])
    text = "/".join(target)
    if link_problem(path, text) is None:
        assert not posixpath.normpath(posixpath.join(posixpath.dirname(path), text)).startswith("..")


@given(st.text(max_size=6))
def test_git_name_is_found_in_every_case(noise: str) -> None:
    assert is_git_name(".git") == is_git_name(".GIT")
    assert is_git_name(f".git:{noise}")


@pytest.mark.parametrize(
    "paths",
    [
        ("Readme", "README"),
        ("Docs/a", "docs/b"),
        ("caf\u00e9", "cafe\u0301"),
        ("\u00df", "ss"),
        ("a\u200b", "a"),
    ],
)
def test_doubles_are_found(paths: tuple[str, str]) -> None:
    assert doubles(paths)


@given(st.sets(st.text(alphabet="abcdef/", min_size=1).filter(lambda text: path_problem(text) is None)))
def test_plain_names_are_no_doubles(paths: set[str]) -> None:
    assert doubles(paths) == {}

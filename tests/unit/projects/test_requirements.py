"""What a project says that its tests need."""

from pathlib import Path

import pytest

from countersign.projects.requirements import BuildPlan, build_plan, file_read


def plan(tree: Path, **files: str) -> BuildPlan:
    for name, text in files.items():
        path = tree / name.replace("__", "/").replace("_", ".", 1) if "_" in name else tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return build_plan(tree)


def test_nothing_declared_means_pytest_alone(tmp_path: Path) -> None:
    assert build_plan(tmp_path) == BuildPlan(("pytest",))


def test_dependency_group_wins_with_what_it_includes(tmp_path: Path) -> None:
    text = """
[project]
name = "x"
optional-dependencies.test = ["hypothesis"]
[dependency-groups]
docs = ["sphinx"]
Test = ["attrs>=1", {include-group = "Base_Tools"}]
base-tools = ["pytest>=8; python_version >= '3.8'"]
"""
    found = plan(tmp_path, pyproject_toml=text)
    assert found.requirements == ("attrs>=1", 'pytest>=8; python_version >= "3.8"')
    assert found.installable
    assert not found.extras


def test_group_without_pytest_gets_it(tmp_path: Path) -> None:
    found = plan(tmp_path, pyproject_toml='[dependency-groups]\ndev = ["attrs"]\n')
    assert found == BuildPlan(("attrs", "pytest"))


@pytest.mark.parametrize(
    ("group", "said"),
    [
        ('["x @ file:///etc"]', "by address"),
        ('["--index-url evil"]', "can't be used"),
        ('[{include-group = "test"}]', "includes itself"),
        ('[{include-group = "none"}]', "no group"),
        ("[{}]", "no group"),
        ('"text"', "no group"),
    ],
)
def test_group_that_asks_for_other_things_is_a_problem(tmp_path: Path, group: str, said: str) -> None:
    found = plan(tmp_path, pyproject_toml=f"[dependency-groups]\ntest = {group}\n")
    assert said in found.problem
    assert found.requirements == ()


def test_unreadable_pyproject_is_a_problem(tmp_path: Path) -> None:
    assert "can't be read" in plan(tmp_path, pyproject_toml="not toml").problem


def test_extra_is_used_where_there_is_no_group(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[project.optional-dependencies]\nTests = ["a"]\ndev = ["b"]\n'
    assert plan(tmp_path, pyproject_toml=text) == BuildPlan(("pytest",), ("tests",), installable=True)


def test_extra_of_setup_cfg_is_used(tmp_path: Path) -> None:
    text = "[metadata]\nname = x\n[options.extras_require]\ntesting =\n  a\n"
    assert plan(tmp_path, setup_cfg=text) == BuildPlan(("pytest",), ("testing",), installable=True)


def test_broken_setup_cfg_has_no_extras(tmp_path: Path) -> None:
    assert plan(tmp_path, setup_cfg="broken\n").extras == ()


def test_requirements_file_is_used_last(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "test.txt").write_text("a\n")
    assert build_plan(tmp_path) == BuildPlan(("pytest",), files=("requirements/test.txt",))


def test_build_system_alone_is_installable(tmp_path: Path) -> None:
    assert plan(tmp_path, pyproject_toml='[build-system]\nrequires = ["flit_core"]\n').installable


def test_file_read_follows_no_link_and_reads_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "dir").mkdir()
    assert file_read(tmp_path, "link") is None
    assert file_read(tmp_path, "dir") is None
    assert file_read(tmp_path, "none") is None

import os
from pathlib import Path

import pytest

from countersign.findings.python_target import target_version
from countersign.findings.tree import TreeFiles, text_lines
from tests.unit.findings.builders import write_tree


def test_text_lines_splits_as_the_analysers_do() -> None:
    assert text_lines(b"a\r\nb\rc\nd\x0ce\xe2\x80\xa8f") == ("a", "b", "c", "d\x0ce\u2028f")
    assert text_lines(b"\xff") == ("\ufffd",)


def test_tree_follows_no_link_and_lists_no_repository(tmp_path: Path) -> None:
    outside = write_tree(tmp_path / "outside", {"secret.py": "x = 1\n"})
    tree = write_tree(tmp_path / "tree", {"a.py": "import os\n", "pkg/.git/config": "x", "b.txt": "b"})
    (tree / "link.py").symlink_to(outside / "secret.py")
    (tree / "directory").symlink_to(outside)
    os.mkfifo(tree / "pipe.py")
    files = TreeFiles(tree)
    assert files.paths == {"a.py", "b.txt"}
    assert files.python_paths == ("a.py",)
    assert files.lines("a.py") == ("import os",)
    for path in ("link.py", "directory/secret.py", "../outside/secret.py", "gone.py"):
        assert files.lines(path) == ()
        assert files.data(path) is None
        assert files.size(path) == 0


def test_tree_reads_no_lines_of_what_is_no_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countersign.findings.tree.MAX_TEXT_BYTES", 3)
    assert TreeFiles(write_tree(tmp_path, {"a.py": "long"})).lines("a.py") == ()


def test_tree_digest_covers_contents_and_the_names_of_modules(tmp_path: Path) -> None:
    first = TreeFiles(write_tree(tmp_path / "1", {"a.py": "a", "b.py": "b", "c.txt": "c"}))
    same = TreeFiles(write_tree(tmp_path / "2", {"a.py": "a", "b.py": "b", "c.txt": "other"}))
    content = TreeFiles(write_tree(tmp_path / "3", {"a.py": "a", "b.py": "changed", "c.txt": "c"}))
    names = TreeFiles(write_tree(tmp_path / "4", {"a.py": "a", "b.py": "b", "d.py": ""}))
    assert first.digest() == same.digest()
    assert first.digest() != content.digest()
    assert first.digest(["a.py"]) == content.digest(["a.py"])
    assert first.digest(["a.py"]) != names.digest(["a.py"])
    assert first.digest(["gone.py"]) != first.digest([])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.9,<4"\n'}, "py39"),
        ({"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.8"\n'}, "py38"),
        ({"pyproject.toml": '[project]\nrequires-python = "~=3.10"\n'}, "py310"),
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.8.1"\n'}, "py38"),
        ({"pyproject.toml": "not toml", "setup.cfg": "[options]\npython_requires = >=3.10\n"}, "py310"),
        ({"setup.cfg": "no section", "setup.py": "setup(python_requires='>=3.12')\n"}, "py312"),
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.7"\n', "setup.py": "setup("}, "py37"),
    ],
)
def test_target_version_is_the_oldest_python_that_is_promised(
    tmp_path: Path, files: dict[str, str], expected: str
) -> None:
    assert target_version(TreeFiles(write_tree(tmp_path, files))) == expected


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": '[project]\nrequires-python = "nonsense"\n'},
        {"pyproject.toml": '[project]\nrequires-python = "<3"\n'},
        {"setup.py": "setup("},
        {"setup.py": "setup(python_requires=3)\n"},
        {"setup.py": "setup()\n"},
    ],
)
def test_target_version_of_a_silent_project_is_that_of_its_tests(
    tmp_path: Path, files: dict[str, str]
) -> None:
    import sys

    assert target_version(TreeFiles(write_tree(tmp_path, files))) == f"py3{sys.version_info.minor}"

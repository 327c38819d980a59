"""Facts are read from real diffs made by git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from countersign.governance.contracts import SuppliedRisk
from countersign.governance.facts import change_facts, file_changes, language_of, languages_of
from tests.unit.governance.builders import PASSED


def git(directory: Path, *arguments: str) -> bytes:
    return subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments],
        cwd=directory,
        check=True,
        capture_output=True,
    ).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("import os\nimport hmac\n\nx = 1\n")
    (tmp_path / "src" / "gone.py").write_text("y = 2\n")
    (tmp_path / "requirements.txt").write_text("six\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "base")
    return tmp_path


def diff_of(repository: Path) -> bytes:
    git(repository, "add", "-A")
    return git(repository, "diff", "--cached", "--no-renames", "--full-index", "-U3")


def test_facts_of_an_unused_import_removed(repository: Path) -> None:
    (repository / "src" / "a.py").write_text("x = 1\n")
    changes = file_changes({"src/a.py": "modified"}, diff_of(repository))
    facts = change_facts(changes, gates=PASSED, baseline_status="passed", isolation="bubblewrap")
    assert facts.paths == ("src/a.py",)
    assert (facts.added_lines, facts.deleted_lines, facts.files_changed) == (0, 3, 1)
    assert facts.languages == ("python",)
    assert facts.touches == frozenset()
    assert facts.constructs == facts.unread_paths == facts.deleted_paths == ()
    assert not facts.dependency_change


def test_facts_of_added_deleted_and_dependency_files(repository: Path) -> None:
    (repository / "src" / "gone.py").unlink()
    (repository / "src" / "new.py").write_text("import subprocess\n")
    (repository / "requirements.txt").write_text("six\nrequests\n")
    changed = {"src/gone.py": "deleted", "src/new.py": "added", "requirements.txt": "modified"}
    facts = change_facts(file_changes(changed, diff_of(repository)))  # type: ignore[arg-type]  # literals
    assert facts.deleted_paths == ("src/gone.py",)
    assert facts.dependency_change
    assert {"dependencies", "gate_configuration"} <= facts.touches
    assert facts.constructs == ("shell",)
    assert facts.baseline_status == "unknown"
    assert facts.isolation == "unconfined"


def test_facts_of_a_binary_file_are_unread(repository: Path) -> None:
    (repository / "logo.png").write_bytes(bytes(range(256)))
    facts = change_facts(file_changes({"logo.png": "added"}, diff_of(repository)))
    assert facts.unread_paths == ("logo.png",)


def test_facts_of_a_binary_patch_are_unread(repository: Path) -> None:
    (repository / "logo.png").write_bytes(bytes(range(256)))
    (repository / "src" / "a.py").write_text("x = 1\n")
    git(repository, "add", "-A")
    diff = git(repository, "diff", "--cached", "--binary", "--full-index")
    facts = change_facts(file_changes({"logo.png": "added", "src/a.py": "modified"}, diff))
    assert facts.unread_paths == ("logo.png",)


def test_facts_of_an_empty_new_file_are_read(repository: Path) -> None:
    (repository / "src" / "__init__.py").write_text("")
    facts = change_facts(file_changes({"src/__init__.py": "added"}, diff_of(repository)))
    assert facts.unread_paths == ()


def test_an_entry_that_the_diff_hides_is_unread(repository: Path) -> None:
    (repository / "src" / "a.py").write_text("x = 1\n")
    changes = file_changes({"src/a.py": "modified", "src/other.py": "modified"}, diff_of(repository))
    assert change_facts(changes).unread_paths == ("src/other.py",)


def test_a_diff_that_is_none_leaves_everything_unread() -> None:
    broken = b"--- a/x.py\n+++ b/x.py\n@@ -1,9 +1,9 @@\n-only\n"
    assert change_facts(file_changes({"x.py": "modified"}, broken)).unread_paths == ("x.py",)


def test_paths_with_spaces_and_other_letters_are_read(repository: Path) -> None:
    name = 'src/na me é "x".py'
    (repository / name).write_text("x = 1\n")
    facts = change_facts(file_changes({name: "added"}, diff_of(repository)))
    assert (facts.unread_paths, facts.added_lines) == ((), 1)


def test_the_projects_own_gate_configuration_is_a_touch() -> None:
    facts = change_facts(
        file_changes({"ci/custom.cfg": "modified"}, b""),
        gate_configuration=["ci/custom.cfg"],
        supplied=(SuppliedRisk("history", "claimed", 10, "agent"),),
    )
    assert "gate_configuration" in facts.touches
    assert facts.supplied[0].source == "agent"


def test_language_of_knows_suffixes_and_says_nothing_of_others() -> None:
    assert language_of("a/B.PY") == "python"
    assert language_of("LICENSE") is None
    assert languages_of(["a.ts", "b.py", "c.py", "LICENSE"]) == ("python", "typescript")

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.gates.suppressions import suppressions_added, suppressions_find

COMMENTS = {
    "# noqa": [("noqa", "")],
    "#NOQA:F401,E501": [("noqa", "E501"), ("noqa", "F401")],
    "# noqa: F401 E501": [("noqa", "E501"), ("noqa", "F401")],
    "# ruff: noqa": [("noqa for the file", "")],
    "# ruff: noqa: F401": [("noqa for the file", "F401")],
    "# flake8: noqa": [("noqa for the file", "")],
    "# ruff: ignore[F401]": [("ruff directive", "F401")],
    "# ruff: disable[F401, E501]": [("ruff directive", "E501"), ("ruff directive", "F401")],
    "# ruff: file-ignore[F401]": [("ruff directive", "F401")],
    "# isort: skip_file": [("isort directive", "SKIP_FILE")],
    "# nosec": [("nosec", "")],
    "# nosec B602": [("nosec", "B602")],
    "# type: ignore": [("type: ignore", "")],
    "# type: ignore[attr-defined]": [("type: ignore", "ATTR-DEFINED")],
    "# mypy: ignore-errors": [("mypy directive", "IGNORE-ERRORS")],
    "# pyright: ignore": [("pyright directive", "IGNORE")],
    "# pylint: disable=foo,bar": [("pylint: disable", "BAR"), ("pylint: disable", "FOO")],
    "# pragma: no cover": [("pragma: no cover", "")],
    "# pragma: allowlist secret": [("allowlist secret", "")],
    "# pragma: whitelist nextline secret": [("allowlist secret", "")],
    "# gitleaks:allow": [("gitleaks:allow", "")],
    "# because # noqa: F401 # nosec": [("noqa", "F401"), ("nosec", "")],
}


@pytest.mark.parametrize(("comment", "expected"), COMMENTS.items())
def test_find_knows_every_comment_that_silences(comment: str, expected: list[tuple[str, str]]) -> None:
    found = suppressions_find("a.py", [f"x = 1  {comment}"])
    assert [(one.kind, one.code) for one in found] == expected


@pytest.mark.parametrize(
    "line", ["x = '# noqa'", '"""# nosec"""', "# a comment", "noqa = 1", "# ruff is a linter"]
)
def test_find_takes_only_comments(line: str) -> None:
    assert suppressions_find("a.py", [line]) == ()


def test_find_looks_at_lines_when_a_file_does_not_parse() -> None:
    assert len(suppressions_find("a.py", ["def (:", "  '''", "x  # noqa"])) == 1


def test_find_reads_other_languages_and_no_prose() -> None:
    assert len(suppressions_find("a.ts", ["// eslint-disable-next-line", "// @ts-ignore"])) == 2
    assert suppressions_find("README.md", ["write `# noqa` or eslint-disable"]) == ()


def _added(before: dict[str, list[str]], after: dict[str, list[str]]) -> list[tuple[str, int, str]]:
    found = suppressions_added(
        {*before, *after}, before=lambda path: before.get(path, []), after=lambda path: after.get(path, [])
    )
    return [(one.path, one.line, one.code) for one in found]


def test_added_names_the_new_one() -> None:
    before = {"a.py": ["import os  # noqa: F401"]}
    after = {"a.py": ["import os  # noqa: F401", "import re  # noqa: F401"]}
    assert _added(before, after) == [("a.py", 2, "F401")]


def test_added_lets_a_moved_one_pass() -> None:
    before = {"a.py": ["x = 1", "import os  # noqa: F401"], "b.py": []}
    assert _added(before, {"a.py": ["x = 1"], "b.py": ["import os  # noqa: F401"]}) == []
    assert _added(before, {"a.py": ["import os, re  # noqa: F401"], "b.py": []}) == []


def test_added_sees_one_that_silences_more() -> None:
    before = {"a.py": ["import os  # noqa: F401"]}
    assert _added(before, {"a.py": ["import os  # noqa"]}) == [("a.py", 1, "")]
    assert _added(before, {"a.py": ["import os  # noqa: F401, E501"]}) == [("a.py", 1, "E501")]


@given(
    st.lists(st.sampled_from(["x = 1", "x = 1  # noqa", "y()  # nosec B602", "# type: ignore"]), max_size=8)
)
def test_added_of_no_change_is_nothing_and_of_all_is_everything(lines: list[str]) -> None:
    assert _added({"a.py": lines}, {"a.py": lines[::-1]}) == []
    assert len(_added({}, {"a.py": lines})) == len(suppressions_find("a.py", lines))

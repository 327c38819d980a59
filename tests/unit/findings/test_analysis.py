"""The analysers run for real, and nothing in the tree steers them."""

from dataclasses import replace
from pathlib import Path

import pytest

from countersign.findings.analysis import analysis_run
from countersign.findings.cache import AnalysisCache
from countersign.findings.contracts import HookResult, HookStatus
from countersign.findings.errors import ToolMissing, ToolUnknown
from countersign.findings.tools import ToolConfig, bandit_run, detect_secrets_run, ruff_run, tool_version
from countersign.findings.tree import TreeFiles
from countersign.sandbox.contracts import IsolationKind, SandboxCommand, SandboxResult
from countersign.sandbox.errors import IsolationUnavailable
from tests.unit.findings.builders import write_tree

pytestmark = pytest.mark.needs("bwrap")

BAD = "import os\nimport subprocess\n\nsubprocess.call('ls', shell=True)\n"
STRICT = ToolConfig(target_version="py311", respect_suppressions=False)
KIND = IsolationKind.BUBBLEWRAP


def _rules(result: HookResult) -> list[str]:
    assert result.status is HookStatus.OK, result.reason
    return [f"{one.path}:{one.rule}" for one in result.findings]


def test_analysis_run_finds_what_the_tools_find(tmp_path: Path) -> None:
    tree = write_tree(tmp_path, {"a.py": BAD, "tests/test_a.py": "def test_a():\n    assert 1\n"})
    ruff, bandit = analysis_run(tree, isolation=KIND)
    assert _rules(ruff) == ["a.py:F401"]
    assert ruff.findings[0].fixable
    # B101 (assert) is no weakness in a test.
    assert {"a.py:B602", "a.py:B404"} <= set(_rules(bandit))
    assert not any("B101" in rule for rule in _rules(bandit))
    assert ruff.version == tool_version("ruff")
    assert ruff.exit_code == 0
    assert "/tree" not in str(ruff.findings)


def test_analysis_run_says_the_same_of_the_same_tree_elsewhere(tmp_path: Path) -> None:
    first = analysis_run(write_tree(tmp_path / "1", {"a.py": BAD}), isolation=KIND)
    second = analysis_run(write_tree(tmp_path / "2" / "deep", {"a.py": BAD}), isolation=KIND)
    assert [one.output_digest for one in first] == [one.output_digest for one in second]
    assert [one.findings for one in first] == [one.findings for one in second]


def test_analysis_run_heeds_what_the_project_accepted(tmp_path: Path) -> None:
    code = BAD.replace("import os", "import os  # noqa: F401").replace("True)", "True)  # nosec B602 B607")
    ruff, bandit = analysis_run(write_tree(tmp_path, {"a.py": code}), isolation=KIND)
    assert _rules(ruff) == []
    assert "a.py:B602" not in _rules(bandit)


def test_analysis_run_of_nothing_finds_nothing(tmp_path: Path) -> None:
    ruff, bandit = analysis_run(write_tree(tmp_path, {"README": "no code"}), isolation=KIND)
    assert (_rules(ruff), _rules(bandit)) == ([], [])


def test_analysis_run_refuses_a_tool_that_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(ToolUnknown, match="known are bandit, ruff"):
        analysis_run(tmp_path, isolation=KIND, tools=("eslint",))


def test_tool_version_names_what_is_missing() -> None:
    with pytest.raises(ToolMissing):
        tool_version("no-such-tool-anywhere")


def test_bandit_run_names_what_it_could_not_read(tmp_path: Path) -> None:
    files = TreeFiles(write_tree(tmp_path, {"a.py": "def (:\n", "b.py": BAD}))
    result = bandit_run(files, config=STRICT, isolation=KIND)
    assert list(result.unreadable) == ["a.py"]
    assert "b.py:B602" in _rules(result)


EXPLOITS = {
    "a module named like the tool": {
        "bandit.py": "raise SystemExit(0)\n",
        "ruff.py": "raise SystemExit(0)\n",
    },
    "a package named like the tool's": {"stevedore/__init__.py": "raise SystemExit(0)\n"},
    "a module of the standard library's name": {"ast.py": "raise SystemExit(0)\n", "json.py": "x = 1\n"},
    "code that Python runs by itself": {"sitecustomize.py": "import os\n\nos._exit(0)\n"},
    "a nested ruff.toml": {"ruff.toml": 'lint.ignore = ["ALL"]\n', "pkg/ruff.toml": 'exclude = ["*"]\n'},
    "ruff told in pyproject": {
        "pyproject.toml": '[tool.ruff]\nexclude = ["*"]\n[tool.bandit]\nskips = ["B602"]\n'
    },
    "a .bandit file": {".bandit": "[bandit]\nskips = B602\nexclude = /\n"},
    "two .bandit files": {".bandit": "[bandit]\nskips = B602\n", "pkg/.bandit": "[bandit]\nskips = B602\n"},
    "ignored by Git": {".gitignore": "*\n", ".ignore": "*\n"},
}


@pytest.mark.parametrize("files", EXPLOITS.values(), ids=EXPLOITS.keys())
def test_nothing_in_the_tree_silences_the_tools(tmp_path: Path, files: dict[str, str]) -> None:
    tree = TreeFiles(write_tree(tmp_path, {"pkg/bad.py": BAD, **files}))
    assert "pkg/bad.py:F401" in _rules(ruff_run(tree, config=STRICT, isolation=KIND))
    assert "pkg/bad.py:B602" in _rules(bandit_run(tree, config=STRICT, isolation=KIND))


SILENCED = {
    "noqa": BAD.replace("import os", "import os  # noqa"),
    "noqa for the file": "# ruff: noqa\n" + BAD,
    "flake8 noqa": "# flake8: noqa\n" + BAD,
    "ruff range": "# ruff: disable[F401]\n" + BAD + "# ruff: enable[F401]\n",
    "nosec": BAD.replace("True)", "True)  # nosec"),
    "nosec by name": BAD.replace("True)", "True)  # nosec B602"),
}


@pytest.mark.parametrize("code", SILENCED.values(), ids=SILENCED.keys())
def test_no_comment_silences_a_gate(tmp_path: Path, code: str) -> None:
    tree = TreeFiles(write_tree(tmp_path, {"bad.py": code}))
    assert "bad.py:F401" in _rules(ruff_run(tree, config=STRICT, isolation=KIND))
    assert "bad.py:B602" in _rules(bandit_run(tree, config=STRICT, isolation=KIND))


@pytest.mark.parametrize(
    "place", ["dist", "build", "site-packages", "venv", "node_modules", ".tox", "x.egg", "-x"]
)
def test_no_directory_hides_code(tmp_path: Path, place: str) -> None:
    tree = TreeFiles(write_tree(tmp_path, {f"{place}/bad.py": BAD}))
    assert f"{place}/bad.py:F401" in _rules(ruff_run(tree, config=STRICT, isolation=KIND))
    assert f"{place}/bad.py:B602" in _rules(bandit_run(tree, config=STRICT, isolation=KIND))


def test_detect_secrets_run_heeds_no_comment_and_no_name(tmp_path: Path) -> None:
    key = "AKIA" + "Q3EGRHYA5VBZ2XNT"
    files = {
        "a.py": f"key = '{key}'  # pragma: allowlist secret\n",
        "swagger.json": f'{{"key": "{key}"}}\n',
    }
    scan = detect_secrets_run(write_tree(tmp_path, files), isolation=KIND)
    assert scan.failure == ""
    assert {one.path for one in scan.secrets if one.kind == "aws-access-key"} == set(files)


def _result(**changes: object) -> SandboxResult:
    result = SandboxResult(0, b"[]", b"", timed_out=False, truncated=False, duration_ms=1, isolation=KIND)
    return replace(result, **changes)  # type: ignore[arg-type]  # the fields of a result


UNUSABLE = {
    "stopped": (_result(exit_code=None, timed_out=True), "did not finish"),
    "not started": (_result(exit_code=None, failure="no such file"), "did not run: no such file"),
    "broken": (_result(exit_code=2, stderr=b"x\nbad option\n"), "ended with 2: bad option"),
    "too much": (_result(truncated=True), "incomplete"),
    "no report": (_result(stdout=b"<html>"), "not a report"),
}


@pytest.mark.parametrize(("result", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_tool_without_a_usable_answer_has_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, result: SandboxResult, reason: str
) -> None:
    monkeypatch.setattr("countersign.findings.tools.sandbox_run", lambda _command, **_isolation: result)
    write_tree(tmp_path, {"a.py": BAD})
    for hook in analysis_run(tmp_path, isolation=KIND):
        assert hook.status is HookStatus.FAILED
        assert reason in hook.reason
        assert hook.findings == ()
    assert reason in detect_secrets_run(tmp_path, isolation=KIND).failure


def test_bandit_run_has_failed_when_it_is_silent_about_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = _result(stdout=b'{"errors": [], "results": [], "metrics": {"_totals": {}}}')
    monkeypatch.setattr("countersign.findings.tools.sandbox_run", lambda _command, **_isolation: silent)
    result = bandit_run(TreeFiles(write_tree(tmp_path, {"a.py": ""})), config=STRICT, isolation=KIND)
    assert result.reason == "bandit said nothing about 1 files, first a.py"


def test_analysis_run_without_a_sandbox_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_command: SandboxCommand, *, isolation: IsolationKind) -> SandboxResult:
        raise IsolationUnavailable("bubblewrap is not installed")

    monkeypatch.setattr("countersign.findings.tools.sandbox_run", refuse)
    write_tree(tmp_path, {"a.py": BAD})
    for hook in analysis_run(tmp_path, isolation=KIND):
        assert hook.status is HookStatus.FAILED
        assert "bubblewrap is not installed" in hook.reason
    monkeypatch.setattr("countersign.findings.tools.tool_version", _no_tool)
    monkeypatch.setattr("countersign.findings.analysis.tool_version", _no_tool)
    assert {hook.version for hook in analysis_run(tmp_path, isolation=KIND)} == {"unknown"}


def _no_tool(_tool: str) -> str:
    raise ToolMissing("gone")


def test_cache_answers_the_same_question_once(tmp_path: Path) -> None:
    tree = TreeFiles(write_tree(tmp_path / "tree", {"a.py": BAD}))
    cache = AnalysisCache(tmp_path / "cache")
    runs = []

    def run() -> HookResult:
        runs.append(1)
        return ruff_run(tree, config=STRICT, isolation=KIND)

    first = cache.get_or_run(("ruff", "1", tree.digest()), run)
    second = cache.get_or_run(("ruff", "1", tree.digest()), run)
    assert first == second
    assert len(runs) == 1
    cache.get_or_run(("ruff", "2", tree.digest()), run)
    assert len(runs) == 2
    AnalysisCache(None).get_or_run(("ruff", "1", tree.digest()), run)
    assert len(runs) == 3


@pytest.mark.parametrize("damage", [b"", b"\xff\xff", b"{}", b"0" * 64 + b"\n{}"])
def test_cache_forgets_what_it_cannot_read(tmp_path: Path, damage: bytes) -> None:
    good = HookResult("ruff", "1", (), 0, 1, HookStatus.OK, "", ())
    cache = AnalysisCache(tmp_path)
    assert cache.get_or_run(("a",), lambda: good) == good
    (entry,) = tmp_path.iterdir()
    entry.write_bytes(damage)
    other = replace(good, version="2")
    assert cache.get_or_run(("a",), lambda: other) == other


def test_cache_keeps_no_failure(tmp_path: Path) -> None:
    bad = HookResult("ruff", "1", (), 0, 1, HookStatus.FAILED, "broken", ())
    assert AnalysisCache(tmp_path / "none").get_or_run(("a",), lambda: bad) == bad
    assert not (tmp_path / "none").exists()

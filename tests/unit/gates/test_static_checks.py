"""The static gates run their tools for real; what tries to fool them is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from countersign.findings.contracts import HookStatus
from countersign.findings.importers.detect_secrets import PossibleSecret
from countersign.findings.tools import SecretScan
from countersign.gates.change import Change, is_bandit_rule
from countersign.gates.checks.findings import findings_check
from countersign.gates.checks.integrity import integrity_check
from countersign.gates.checks.lint import lint_check
from countersign.gates.checks.secrets import secrets_check, secrets_verdict
from countersign.gates.contracts import GateStatus, Verdict
from countersign.sandbox.contracts import Limits
from tests.unit.gates.builders import change_of

pytestmark = pytest.mark.needs("bwrap")

UNUSED = "import os\nimport re\n\nprint(re)\n"
CLEAN = "import re\n\nprint(re)\n"
SHELL = "import subprocess\n\nsubprocess.call('ls', shell=True)\n"
KEY = "AKIA" + "Q3EGRHYA5VBZ2XNT"
TEST = "def test_a():\n    assert f() == 1\n"


def _details(verdict: Verdict, key: str) -> object:
    return verdict.details[key]


def test_lint_passes_a_change_that_does_what_it_set_out_to_do(tmp_path: Path) -> None:
    verdict = lint_check(change_of(tmp_path, {"a.py": UNUSED}, {"a.py": CLEAN}, target_rules=("F401",)))
    assert verdict.status is GateStatus.PASS, verdict
    assert verdict.reason == "1 finding of the linter fewer, none new"
    assert verdict.summary == ("F401: 1 fixed",)
    assert _details(verdict, "target_findings_before") == 1
    assert _details(verdict, "target_findings_after") == 0


def test_lint_passes_a_change_that_set_out_to_do_something_else(tmp_path: Path) -> None:
    verdict = lint_check(
        change_of(tmp_path, {"a.py": CLEAN}, {"a.py": CLEAN + "x = 1\n"}, target_rules=("B602",))
    )
    assert (verdict.status, verdict.reason) == (GateStatus.PASS, "nothing new for the linter")


def test_lint_fails_a_change_that_reduces_nothing(tmp_path: Path) -> None:
    verdict = lint_check(
        change_of(tmp_path, {"a.py": UNUSED}, {"a.py": UNUSED + "x = 1\n"}, target_rules=("F401",))
    )
    assert verdict.status is GateStatus.FAIL
    assert "there were 1 findings before and there are 1 now" in verdict.reason


def test_lint_looks_at_a_target_that_is_not_among_its_own_rules(tmp_path: Path) -> None:
    before, after = {"a.py": "def f(a, b):\n    return a\n"}, {"a.py": "def f(a):\n    return a\n"}
    verdict = lint_check(change_of(tmp_path, before, after, target_rules=("ARG001",)))
    assert verdict.status is GateStatus.PASS
    assert _details(verdict, "fixed_by_rule") == {"ARG001": 1}


def test_lint_fails_a_new_finding_and_says_where(tmp_path: Path) -> None:
    verdict = lint_check(change_of(tmp_path, {"a.py": CLEAN}, {"a.py": "import os\n" + CLEAN}))
    assert verdict.status is GateStatus.FAIL
    assert "1 new finding of the linter: F401 (1)" in verdict.reason
    assert verdict.summary[0].startswith("a.py:1: F401")


SILENCERS = {
    "noqa": {"a.py": "import os  # noqa\n" + CLEAN},
    "noqa for the file": {"a.py": "# ruff: noqa\nimport os\n" + CLEAN},
    "ruff.toml": {"a.py": "import os\n" + CLEAN, "ruff.toml": 'exclude = ["*"]\n'},
    "pyproject": {"a.py": "import os\n" + CLEAN, "pyproject.toml": '[tool.ruff]\nexclude = ["*"]\n'},
    "older Python promised": {
        "a.py": "import os\n" + CLEAN,
        "pyproject.toml": '[project]\nrequires-python = ">=3.13"\n',
    },
}


@pytest.mark.parametrize("after", SILENCERS.values(), ids=SILENCERS.keys())
def test_lint_hears_what_the_change_silences(tmp_path: Path, after: dict[str, str]) -> None:
    verdict = lint_check(change_of(tmp_path, {"a.py": CLEAN}, after))
    assert verdict.status is GateStatus.FAIL
    assert "F401" in verdict.reason


def test_change_takes_its_configuration_from_the_base(tmp_path: Path) -> None:
    before = {"pyproject.toml": '[project]\nrequires-python = ">=3.9"\n'}
    after = {"pyproject.toml": '[project]\nrequires-python = ">=3.13"\n'}
    change = change_of(tmp_path, before, after, target_rules=("F401", "ARG001", "B101"))
    assert change.config.target_version == "py39"
    assert not change.config.respect_suppressions
    assert change.config.select[-2:] == ("F401", "ARG001")
    assert is_bandit_rule("B101")
    assert not any(is_bandit_rule(rule) for rule in ("B006", "B904", "BLE001", "F401"))


def test_change_asks_each_tool_once_about_the_same_files(tmp_path: Path) -> None:
    change = change_of(tmp_path, {"a.py": SHELL, "b.py": CLEAN}, {"a.py": SHELL, "b.py": UNUSED})
    first = change.bandit(change.base, ["b.py"])
    again = Change(change.context, cache_directory=tmp_path / "cache")
    assert again.bandit(again.base, ["b.py"]) == first
    assert len(list((tmp_path / "cache").iterdir())) == 1
    assert again.ruff(again.result).status is HookStatus.OK
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_findings_passes_what_brings_no_weakness(tmp_path: Path) -> None:
    verdict = findings_check(change_of(tmp_path, {"a.py": SHELL}, {"a.py": "# moved\n" + SHELL}))
    assert (verdict.status, verdict.reason) == (
        GateStatus.PASS,
        "no new security finding, nothing was silenced",
    )


def test_findings_fails_a_new_weakness_even_behind_nosec(tmp_path: Path) -> None:
    after = {"a.py": SHELL.replace("True)", "True)  # nosec"), "bandit.py": "raise SystemExit\n"}
    verdict = findings_check(change_of(tmp_path, {"a.py": CLEAN}, after))
    assert verdict.status is GateStatus.FAIL
    assert "new security findings" in verdict.reason
    assert "1 added comment that silence" in verdict.reason
    assert any("B602" in line for line in verdict.summary)
    assert any("added '# nosec'" in line for line in verdict.summary)


def test_findings_fails_an_added_suppression_by_itself(tmp_path: Path) -> None:
    verdict = findings_check(
        change_of(tmp_path, {"a.py": CLEAN}, {"a.py": CLEAN + "x: int = ''  # type: ignore\n"})
    )
    assert verdict.status is GateStatus.FAIL
    assert verdict.summary == ("a.py:4: added '# type: ignore'",)


def test_findings_knows_nothing_of_what_does_not_parse(tmp_path: Path) -> None:
    verdict = findings_check(change_of(tmp_path, {"a.py": CLEAN}, {"a.py": "def (:\n"}))
    assert verdict.status is GateStatus.UNKNOWN
    assert "could not read 1 changed file (a.py)" in verdict.reason


def test_findings_fails_a_change_that_was_to_reduce_them_and_did_not(tmp_path: Path) -> None:
    change = change_of(tmp_path, {"a.py": SHELL}, {"a.py": SHELL + "x = 1\n"}, target_rules=("B602",))
    verdict = findings_check(change)
    assert (verdict.status, verdict.reason) == (
        GateStatus.FAIL,
        "the change was to reduce security findings: 1 before, 1 now",
    )


def test_findings_of_a_change_without_python_passes(tmp_path: Path) -> None:
    assert findings_check(change_of(tmp_path, {}, {"README.md": "# noqa\n"})).status is GateStatus.PASS


@pytest.mark.parametrize("check", [lint_check, findings_check])
def test_static_gates_without_an_answer_are_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: Callable[[Change], Verdict]
) -> None:
    monkeypatch.setattr("countersign.findings.tools.TOOL_LIMITS", Limits(output_bytes=1))
    verdict = check(change_of(tmp_path, {"a.py": UNUSED}, {"a.py": SHELL}))
    assert verdict.status is GateStatus.UNKNOWN
    assert "no usable answer" in verdict.reason


def test_secrets_passes_code_without_any(tmp_path: Path) -> None:
    verdict = secrets_check(change_of(tmp_path, {"a.py": CLEAN, "gone.py": "x"}, {"a.py": UNUSED}))
    assert (verdict.status, verdict.reason) == (GateStatus.PASS, "nothing that looks like a secret was added")


HIDING_PLACES: dict[str, tuple[str, bytes]] = {
    "in code": ("a.py", f"key = '{KEY}'\n".encode()),
    "behind a pragma": ("a.py", f"key = '{KEY}'  # pragma: allowlist secret\n".encode()),
    "in a picture's name": ("logo.png", f"key = '{KEY}'\n".encode()),
    "in a lock file": ("poetry.lock", f"key = '{KEY}'\n".encode()),
    "in a swagger file": ("swagger.json", f'{{"key": "{KEY}"}}'.encode()),
    "in a binary": ("data.bin", b"\x00\x01\x02" + KEY.encode() + b"\x00\xff"),
    "in UTF-16": ("notes.txt", f"key {KEY}\n".encode("utf-16")),
    "in UTF-16 without a mark": ("notes.dat", f"key {KEY}\n".encode("utf-16-le")),
    "beside broken bytes": ("a.py", b"# \xff\xfe\n" + f"key = '{KEY}'\n".encode()),
    "in a hidden file": (".env", f"AWS_KEY={KEY}\n".encode()),
}


@pytest.mark.parametrize(("path", "data"), HIDING_PLACES.values(), ids=HIDING_PLACES.keys())
def test_secrets_finds_a_key_wherever_it_hides(tmp_path: Path, path: str, data: bytes) -> None:
    verdict = secrets_check(change_of(tmp_path, {"b.py": CLEAN}, {"b.py": CLEAN, path: data}))
    assert verdict.status is GateStatus.FAIL
    assert verdict.reason.startswith("1 line looks like a secret")
    assert path in verdict.summary[0]
    assert KEY not in str(verdict)


def test_secrets_lets_what_was_there_before_move(tmp_path: Path) -> None:
    before = {"a.py": f"key = '{KEY}'\n"}
    after = {"b.py": f"\n\nkey = '{KEY}'\n"}
    verdict = secrets_check(change_of(tmp_path, before, after))
    assert verdict.status is GateStatus.PASS
    assert _details(verdict, "there_before") == 1


def test_secrets_does_not_take_a_lock_files_digests_for_secrets(tmp_path: Path) -> None:
    digest = "hash = '3f786850e387550fdab836ed7e6dc881de23001b0a1b2c3d4e5f60718293a4b5'\n"
    assert secrets_check(change_of(tmp_path / "1", {}, {"uv.lock": digest})).status is GateStatus.PASS
    assert secrets_check(change_of(tmp_path / "2", {}, {"a.py": digest})).status is GateStatus.FAIL


def test_secrets_knows_nothing_of_what_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("countersign.gates.checks.secrets.MAX_FILE_BYTES", 3)
    verdict = secrets_check(change_of(tmp_path, {}, {"a.py": CLEAN}))
    assert verdict.status is GateStatus.UNKNOWN
    assert "a.py" in verdict.reason


def test_secrets_without_an_answer_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_directory: Path, **_isolation: object) -> SecretScan:
        return SecretScan("1", failure="it did not run")

    monkeypatch.setattr("countersign.gates.checks.secrets.detect_secrets_run", broken)
    verdict = secrets_check(change_of(tmp_path, {}, {"a.py": CLEAN}))
    assert (verdict.status, verdict.reason) == (
        GateStatus.UNKNOWN,
        "the scan for secrets gave no usable answer: it did not run",
    )


def test_secrets_believes_no_report_about_other_files() -> None:
    verdict = secrets_verdict(
        [PossibleSecret("result/9.py", 1, "k", "h")], {"result/0.py": "a.py"}, version="1"
    )
    assert verdict.status is GateStatus.UNKNOWN


def test_integrity_passes_a_change_of_product_code(tmp_path: Path) -> None:
    verdict = integrity_check(change_of(tmp_path, {"a.py": CLEAN}, {"a.py": UNUSED}))
    assert (verdict.status, verdict.reason) == (GateStatus.PASS, "no test file is touched")


def test_integrity_passes_a_change_that_keeps_the_tests(tmp_path: Path) -> None:
    verdict = integrity_check(
        change_of(tmp_path, {"tests/test_a.py": TEST}, {"tests/test_a.py": "import os\n" + TEST})
    )
    assert (verdict.status, verdict.reason) == (GateStatus.PASS, "no test says less in 1 changed test file")


def test_integrity_says_when_the_measure_itself_is_touched(tmp_path: Path) -> None:
    verdict = integrity_check(
        change_of(tmp_path, {"pyproject.toml": "a = 1\n"}, {"pyproject.toml": "a = 2\n"})
    )
    assert verdict.status is GateStatus.PASS
    assert "the CAB decides: pyproject.toml" in verdict.reason
    assert _details(verdict, "gate_configuration_touched") == ["pyproject.toml"]


def test_integrity_fails_weakened_tests_and_loosened_configuration(tmp_path: Path) -> None:
    before = {"tests/test_a.py": TEST, "pytest.ini": "[pytest]\n"}
    after = {
        "tests/test_a.py": "def test_a():\n    assert True\n",
        "pytest.ini": "[pytest]\naddopts = -x\n",
        "json.py": "",
    }
    verdict = integrity_check(change_of(tmp_path, before, after))
    assert verdict.status is GateStatus.FAIL
    assert "assertions removed, hollow assertion, what steers the tests is loosened" in verdict.reason
    assert [line.partition(":")[0] for line in verdict.summary] == [
        "tests/test_a.py",
        "tests/test_a.py",
        "pytest.ini",
        "json.py",
    ]


def test_integrity_knows_nothing_of_a_test_that_does_not_parse(tmp_path: Path) -> None:
    verdict = integrity_check(change_of(tmp_path, {"tests/test_a.py": TEST}, {"tests/test_a.py": "def (\n"}))
    assert verdict.status is GateStatus.UNKNOWN

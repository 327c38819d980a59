"""Running tests that nobody trusts, and reading what they report."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.projects import test_run as test_run_module
from countersign.projects.contracts import EnvironmentData, TestRun
from countersign.projects.test_run import ReportInvalid, baseline_run, report_parse, tests_run
from countersign.sandbox.contracts import IsolationKind, Limits
from tests.unit.projects.conftest import COMMIT

pytestmark = pytest.mark.needs("bwrap")

BUBBLEWRAP = IsolationKind.BUBBLEWRAP
REMOVE_REPORT = "import os\ndef pytest_unconfigure(config):\n    os.remove('../out/report.xml')\n"


def run(tree: Path, environment: EnvironmentData, **limits: float) -> TestRun:
    return tests_run(tree, environment, isolation=BUBBLEWRAP, limits=Limits(**limits) if limits else None)  # type: ignore[arg-type]


def test_run_reports_node_ids(tree: Path, environment: EnvironmentData) -> None:
    found = run(tree, environment)
    assert (found.status, found.exit_code) == ("passed", 0)
    assert found.tests == {
        "tests/test_thing.py::TestValue::test_is_positive[1]": "passed",
        "tests/test_thing.py::TestValue::test_is_positive[2]": "passed",
        "tests/test_thing.py::test_later": "skipped",
    }
    assert "2 passed, 1 skipped" in found.log_tail


def test_run_tells_failures_and_errors_apart(tree: Path, environment: EnvironmentData) -> None:
    (tree / "tests" / "test_bad.py").write_text(
        "import pytest\n\n@pytest.fixture\ndef broken():\n    raise ValueError\n\n"
        "@pytest.fixture\ndef late():\n    yield\n    raise ValueError\n\n"
        "def test_fails():\n    assert 0\n\ndef test_errors(broken): ...\n\ndef test_late(late): ...\n"
    )
    found = run(tree, environment)
    assert found.status == "failed"
    assert found.reason == "3 of 6 tests do not pass"
    bad = {name.rpartition("::")[2]: outcome for name, outcome in found.tests.items() if "bad" in name}
    assert bad == {"test_fails": "failed", "test_errors": "error", "test_late": "error"}


def test_baseline_is_bound_to_its_commit(tree: Path, environment: EnvironmentData) -> None:
    baseline = baseline_run(tree, environment, commit=COMMIT, isolation=BUBBLEWRAP)
    assert (baseline.status, baseline.commit, len(baseline.tests)) == ("passed", COMMIT, 3)


def test_run_changes_nothing_and_reaches_nothing(tree: Path, environment: EnvironmentData) -> None:
    (tree / "tests" / "test_evil.py").write_text(
        "import pathlib, socket\nimport pytest\n\n"
        "def test_writes():\n    pathlib.Path('made').write_text('x')\n"
        "def test_network():\n    with pytest.raises(OSError):\n"
        "        socket.create_connection(('192.0.2.1', 80), timeout=2)\n"
    )
    before = sorted(tree.rglob("*"))
    assert run(tree, environment).status == "passed"
    assert sorted(tree.rglob("*")) == before


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("test_broken.py", "import no_such_module\n", "could not be collected"),
        ("conftest.py", "raise SystemExit(9)\n", "code 9"),
        ("conftest.py", "import os\nos._exit(0)\n", "can't be used"),
        ("pytest.ini", "[pytest]\naddopts = --no-such-option\n", "does not accept"),
        ("conftest.py", "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n", "contradict"),
        ("conftest.py", REMOVE_REPORT, "there is none"),
    ],
)
def test_run_that_proves_nothing_is_unknown(
    tree: Path, environment: EnvironmentData, file: str, text: str, reason: str
) -> None:
    (tree / "tests" / "test_red.py").write_text("def test_red():\n    assert 0\n")
    (tree / file).write_text(text)
    found = run(tree, environment)
    assert found.status == "unknown"
    assert reason in found.reason


def test_run_without_tests_is_unknown(tree: Path, environment: EnvironmentData) -> None:
    (tree / "tests" / "test_thing.py").unlink()
    assert run(tree, environment).reason == "there are no tests"


def test_run_that_hangs_is_stopped_and_unknown(tree: Path, environment: EnvironmentData) -> None:
    (tree / "tests" / "test_hang.py").write_text("import time\n\ndef test_hang():\n    time.sleep(600)\n")
    found = run(tree, environment, wall_seconds=3)
    assert (found.status, found.exit_code) == ("unknown", None)
    assert "stopped after 3 seconds" in found.reason


def test_report_that_is_a_link_or_too_large_is_not_read(
    tree: Path, environment: EnvironmentData, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "conftest.py").write_text(REMOVE_REPORT + "    os.symlink('/etc/passwd', '../out/report.xml')\n")
    assert "there is none" in run(tree, environment).reason
    (tree / "conftest.py").unlink()
    monkeypatch.setattr(test_run_module, "_MAX_REPORT_BYTES", 10)
    assert "sane size" in run(tree, environment).reason


def test_run_without_environment_is_unknown(tree: Path) -> None:
    failed = EnvironmentData("", "", "", (), "failed", "pip broke")
    assert "none was prepared" in tests_run(tree, None, isolation=BUBBLEWRAP).reason
    assert "pip broke" in tests_run(tree, failed, isolation=BUBBLEWRAP).reason


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"<", b"<html/>", b"<testsuite><testcase/></testsuite>"),
        b"<testsuite><testcase name='a'/></testsuite>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite><testcase name="&a;" classname=""/></testsuite>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>',
    ],
)
def test_report_parse_refuses_what_pytest_does_not_write(data: bytes) -> None:
    with pytest.raises(ReportInvalid):
        report_parse(data)


def test_report_parse_names_and_keeps_the_worst() -> None:
    text = """<testsuites><testsuite>
      <testcase classname="t.test_a.TestX.TestY" file="t/test_a.py" name="n[a-b]"/>
      <testcase classname="t.test_a.TestX.TestY" file="t/test_a.py" name="n[a-b]"><error/></testcase>
      <testcase classname="elsewhere" file="t/test_b.py" name="n"><skipped/></testcase>
      <testcase classname="" name="t.test_c"><error/></testcase>
      <testcase classname="t.test_d" name="n"><system-out>x</system-out><failure/></testcase>
    </testsuite></testsuites>"""
    assert report_parse(text.encode()) == {
        "t/test_a.py::TestX::TestY::n[a-b]": "error",
        "t/test_b.py::n": "skipped",
        "t.test_c": "error",
        "t.test_d::n": "failed",
    }


@given(st.binary(max_size=200))
def test_report_parse_never_breaks(data: bytes) -> None:
    try:
        report_parse(data)
    except ReportInvalid:
        return

"""Running a project's own tests: in the sandbox, without network, on a copy of its tree."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from countersign.projects.contracts import BaselineData, EnvironmentData, TestOutcome, TestRun, TestStatus
from countersign.sandbox.contracts import Bind, IsolationKind, Limits, SandboxCommand
from countersign.sandbox.isolation import sandbox_run
from countersign.sandbox.untrusted_files import directory_remove, plain_file_read

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # noqa: TID251 - the type of what defusedxml returns

    from countersign.sandbox.contracts import SandboxResult

_TAIL = 8000
_MAX_REPORT_BYTES = 32 << 20
_REPORT = "out/report.xml"
_WORST: tuple[TestOutcome, ...] = ("error", "failed", "skipped", "passed")
_ELEMENTS: dict[str, TestOutcome] = {"error": "error", "failure": "failed", "skipped": "skipped"}
# What pytest's exit codes mean besides "all passed" (0) and "some failed" (1).
_EXIT_REASONS = {
    2: "the tests could not be collected",
    3: "pytest broke down",
    4: "pytest was configured in a way it does not accept",
    5: "there are no tests",
}
# Reports may hold addresses and times of the run; node ids do not.
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")


class ReportInvalid(ValueError):
    """The test report is not one that pytest writes."""


def tests_run(
    tree: Path,
    environment: EnvironmentData | None,
    *,
    isolation: IsolationKind,
    limits: Limits | None = None,  # noqa: PT028 - a function about tests, not a test
) -> TestRun:
    """Run the tests of a tree and return what its report says; what can't be read is ``unknown``.

    The code under test writes that report itself: whoever decides on it must say so.

    Args:
        tree: is copied; the tests may write into the copy.
        environment: from ``environment_build``.
        isolation: how the tests are kept apart; they never have a network.
        limits: of the whole run.
    """
    if environment is None or environment.status != "ready":
        why = environment.reason if environment else "none was prepared"
        return TestRun("unknown", f"there is no environment: {why}", {}, None, "", 0)
    scratch = Path(tempfile.mkdtemp(prefix="countersign-tests-")).resolve()
    try:
        copy, report = scratch / "tree", scratch / _REPORT
        shutil.copytree(tree, copy, symlinks=True)
        report.parent.mkdir()
        result = sandbox_run(
            SandboxCommand(
                (
                    environment.python,
                    *("-m", "pytest", "-q", "--color=no", "--tb=short", "-p", "no:cacheprovider"),
                    *(f"--junitxml={report}", "-o", "junit_family=xunit1", "-o", "junit_logging=no"),
                ),
                binds=(Bind.at_source(Path(environment.path)), Bind.at_source(scratch, writable=True)),
                cwd=str(copy),
                environment={"PYTHONPATH": f"{copy / 'src'}:{copy}", "PYTHONHASHSEED": "0"},
                limits=limits or Limits(),
            ),
            isolation=isolation,
        )
        return _judged(result, scratch)
    finally:
        directory_remove(scratch)


# pytest would take it for a test wherever a test imports it.
tests_run.__test__ = False  # type: ignore[attr-defined]  # functions may carry attributes


def baseline_run(
    tree: Path,
    environment: EnvironmentData | None,
    *,
    commit: str,
    isolation: IsolationKind,
    limits: Limits | None = None,
) -> BaselineData:
    """Run a project's tests on what was registered (see ``tests_run``)."""
    run = tests_run(tree, environment, isolation=isolation, limits=limits)
    return BaselineData(run.status, run.reason, run.tests, run.duration_ms, commit)


def _judged(result: SandboxResult, scratch: Path) -> TestRun:
    tail = (result.stdout + result.stderr).decode(errors="replace").replace(str(scratch / "tree"), ".")
    tail = _ADDRESS.sub("0x…", tail)[-_TAIL:]

    status, reason, tests = _verdict(result, scratch)
    return TestRun(status, reason, tests, result.exit_code, tail, result.duration_ms)


def _verdict(result: SandboxResult, scratch: Path) -> tuple[TestStatus, str, dict[str, TestOutcome]]:
    """Return status, reason and outcomes; anything but a complete, consistent report is unknown."""
    unfinished = f"the tests did not end: {result.failure}" if result.failure else ""
    if not unfinished and result.exit_code not in {0, 1}:
        unfinished = _EXIT_REASONS.get(result.exit_code or -1, f"pytest ended with code {result.exit_code}")
    if unfinished:
        return "unknown", unfinished, {}
    try:
        tests = report_parse(_report_read(scratch))
    except ReportInvalid as error:
        return "unknown", f"the test report can't be used: {error}", {}
    broken = sum(outcome in {"failed", "error"} for outcome in tests.values())
    if not tests:
        return "unknown", "the report names no test", {}
    if bool(broken) != (result.exit_code == 1):
        return "unknown", "the report and the exit code contradict each other", tests
    return (
        ("failed", f"{broken} of {len(tests)} tests do not pass", tests) if broken else ("passed", "", tests)
    )


def _report_read(scratch: Path) -> bytes:
    data = plain_file_read(scratch, _REPORT, limit=_MAX_REPORT_BYTES)
    if data is None:
        message = "there is none that is a plain file of a sane size"
        raise ReportInvalid(message)
    return data


def report_parse(data: bytes) -> dict[str, TestOutcome]:
    """Return the outcomes by node id from a JUnit report in pytest's older form, which names the files.

    A test that is reported more than once has the worst of its outcomes.

    Raises:
        ReportInvalid: it is not such a report.
    """
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        message = f"not well-formed ({type(error).__name__})"
        raise ReportInvalid(message) from error
    if root.tag not in {"testsuites", "testsuite"}:
        message = f"it starts with <{root.tag}>"
        raise ReportInvalid(message)
    tests: dict[str, TestOutcome] = {}
    for case in root.iter("testcase"):
        name, outcome = _node_id(case), _outcome(case)
        tests[name] = min(outcome, tests.get(name, outcome), key=_WORST.index)
    return tests


def _node_id(case: Element) -> str:
    name, classname, file = case.get("name"), case.get("classname"), case.get("file")
    if not name or classname is None:
        message = "a test has no name"
        raise ReportInvalid(message)
    if not file:
        return f"{classname}::{name}" if classname else name
    module = file.removesuffix(".py").replace("/", ".")
    inner = classname.removeprefix(module).strip(".") if classname.startswith(module) else ""
    return "::".join([file, *(part for part in inner.split(".") if part), name])


def _outcome(case: Element) -> TestOutcome:
    found = [_ELEMENTS[child.tag] for child in case if child.tag in _ELEMENTS]
    return min(found, key=_WORST.index, default="passed")

import pytest

from countersign.gates.steering import configuration_loosened, shadowing

PYPROJECT = """
[tool.pytest.ini_options]
addopts = ["-ra"]
testpaths = ["tests"]
[tool.coverage.report]
fail_under = 90
[tool.ruff]
line-length = 100
"""
SETUP_CFG = "[tool:pytest]\naddopts = -ra\n[coverage:report]\nfail_under = 80\n"
CONFTEST = """
import pytest

@pytest.fixture
def client():
    return 1

def pytest_configure(config):
    config.addinivalue_line("markers", "slow")
"""


def _what(path: str, before: str | None, after: str | None) -> list[str]:
    return [one.what for one in configuration_loosened(path, before, after)]


LOOSER = {
    "keyword in one word": (PYPROJECT.replace('"-ra"', '"-ra", "-knot slow"'), "pytest is told -knot slow"),
    "keyword with a blank": (PYPROJECT.replace('"-ra"', '"-k not slow"'), "pytest is told -k not slow"),
    "among other letters": (PYPROJECT.replace('"-ra"', '"-qx"'), "pytest is told -qx"),
    "deselect": (
        PYPROJECT.replace('"-ra"', '"-ra", "--deselect=tests/a.py"'),
        "pytest is told --deselect=tests/a.py",
    ),
    "ignore": (PYPROJECT.replace('"-ra"', '"--ignore", "tests"'), "pytest is told --ignore"),
    "paths": (PYPROJECT.replace('["tests"]', '["tests/unit"]'), "pytest's testpaths changes from"),
    "coverage": (PYPROJECT.replace("90", "50"), "the demanded coverage falls from 90 to 50"),
    "no coverage": (
        PYPROJECT.replace("fail_under = 90", ""),
        "the demanded coverage falls from 90 to nothing",
    ),
    "omit": (
        PYPROJECT.replace("fail_under", 'omit = ["*"]\nfail_under'),
        "coverage's omit changes from nothing",
    ),
    "warnings": (
        PYPROJECT.replace("testpaths", 'filterwarnings = ["ignore"]\ntestpaths'),
        "pytest's filterwarnings",
    ),
    "broken": ("[", "it can't be read any more"),
}


@pytest.mark.parametrize(("after", "expected"), LOOSER.values(), ids=LOOSER.keys())
def test_loosened_configuration_is_named(after: str, expected: str) -> None:
    (found,) = _what("pyproject.toml", PYPROJECT, after)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    "after",
    [PYPROJECT, PYPROJECT.replace("90", "95"), PYPROJECT.replace("line-length = 100", "line-length = 120"),
     PYPROJECT.replace('"-ra"', '"-ra", "--strict-markers"')],
)  # fmt: skip
def test_stricter_or_other_configuration_is_not_loosened(after: str) -> None:
    assert _what("pyproject.toml", PYPROJECT, after) == []


def test_ini_files_are_read_like_pytest_reads_them() -> None:
    assert _what("setup.cfg", SETUP_CFG, SETUP_CFG.replace("-ra", "-ra -x -p no:randomly")) == [
        "pytest is told -x -p"
    ]
    assert _what("setup.cfg", SETUP_CFG, SETUP_CFG.replace("80", "many")) == [
        "the demanded coverage falls from 80 to many"
    ]
    assert _what("setup.cfg", SETUP_CFG, "no section") == ["it can't be read any more"]
    assert _what("setup.cfg", SETUP_CFG, SETUP_CFG.replace("-ra", "-ra --ignore='")) == [
        "pytest is told --ignore='"
    ]
    assert _what("pytest.ini", None, "[pytest]\npython_files = check_*.py\n") == [
        "pytest's python_files changes from nothing to 'check_*.py'"
    ]
    assert _what(".coveragerc", "[run]\nbranch = true\n", None) == [
        "coverage's branch changes from 'true' to nothing"
    ]
    assert _what("pyproject.toml", "[", PYPROJECT) != []
    assert _what("Makefile", "a", "b") == []


CONFTESTS = {
    "a new hook": (
        CONFTEST + "\ndef pytest_runtest_call(item):\n    pass\n",
        "hook pytest_runtest_call is added",
    ),
    "a changed hook": (CONFTEST.replace('"slow"', '"fast"'), "hook pytest_configure is changed"),
    "a removed hook": (CONFTEST.partition("def pytest_configure")[0], "hook pytest_configure is removed"),
    "an automatic fixture": (
        CONFTEST.replace("@pytest.fixture", "@pytest.fixture(autouse=True)"),
        "automatic fixture client is added",
    ),
    "plugins": (CONFTEST + "\npytest_plugins = ['evil']\n", "list pytest_plugins is added"),
    "ignored files": (CONFTEST + "\ncollect_ignore = ['a']\n", "list collect_ignore is added"),
    "a call on import": (CONFTEST + "\nevil()\n", "code that runs on import is added"),
    "a replaced function": (CONFTEST + "\npytest.raises = None\n", "code that runs on import is added"),
    "no Python": ("def (", "it does not parse"),
}


@pytest.mark.parametrize(("after", "expected"), CONFTESTS.values(), ids=CONFTESTS.keys())
def test_conftest_that_can_change_reports_is_named(after: str, expected: str) -> None:
    assert _what("tests/conftest.py", CONFTEST, after) == [expected]


@pytest.mark.parametrize(
    "after",
    [CONFTEST, "import os\n" + CONFTEST, CONFTEST.replace("return 1", "return 2"), '"""Text."""\n' + CONFTEST,
     CONFTEST.replace("@pytest.fixture", "@pytest.fixture(autouse=False)")],
)  # fmt: skip
def test_conftest_with_other_fixtures_or_imports_is_not_loosened(after: str) -> None:
    assert _what("tests/conftest.py", CONFTEST, after) == []


def test_conftest_that_did_not_parse_before_is_judged_whole() -> None:
    assert _what("conftest.py", "def (", CONFTEST) == ["hook pytest_configure is added"]
    assert _what("conftest.py", None, CONFTEST) == ["hook pytest_configure is added"]


def test_shadowing_names_modules_that_take_another_ones_place() -> None:
    added = [
        "pytest.py",
        "json.py",
        "src/random/__init__.py",
        "sitecustomize.py",
        "x.pth",
        "tests/_pytest/__init__.py",
    ]
    assert sorted(one.path for one in shadowing(added)) == sorted(added)
    assert (
        shadowing(["pkg/json.py", "json.txt", "mine.py", "src/pkg/__init__.py", "pkg/sub/pytest/__init__.py"])
        == ()
    )

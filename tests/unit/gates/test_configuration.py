import pytest

from countersign.gates.configuration import gate_configuration_paths


@pytest.mark.parametrize(
    "path",
    ["pyproject.toml", "pkg/ruff.toml", ".ruff.toml", "setup.cfg", "tox.ini", "tests/conftest.py",
     ".bandit", "requirements.txt", "requirements-dev.txt", "dev-requirements.txt", "requirements/test.in",
     "constraints.txt", ".github/workflows/ci.yml", "sub/.github/CODEOWNERS", ".coveragerc", "mypy.ini",
     "sitecustomize.py", "evil.pth", "uv.lock", "eslint.config.mjs", ".eslintrc.json", ".gitattributes",
     ".secrets.baseline", "noxfile.py", "pytest.ini"],
)  # fmt: skip
def test_what_steers_a_gate_is_its_configuration_at_any_depth(path: str) -> None:
    assert gate_configuration_paths([path, "pkg/a.py"]) == {path}


@pytest.mark.parametrize(
    "path",
    ["pkg/a.py", "tests/test_a.py", "docs/pyproject.md", "requirements.py", "github/x.yml", "README.md"],
)
def test_other_files_are_no_configuration(path: str) -> None:
    assert gate_configuration_paths([path]) == frozenset()

"""Which files steer the gates: whoever changes one of them changes the measure, not only the measured."""

import re

# At any depth: a tool that starts in a directory looks there and in its parents.
_NAMES = frozenset(
    {
        # packaging and environments
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "Pipfile",
        "Pipfile.lock",
        "poetry.lock",
        "pdm.lock",
        "uv.lock",
        "uv.toml",
        "pylock.toml",
        "package.json",
        "package-lock.json",
        ".python-version",
        # tests
        "tox.ini",
        "tox.toml",
        "noxfile.py",
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "conftest.py",
        ".coveragerc",
        # analysis
        "ruff.toml",
        ".ruff.toml",
        ".bandit",
        "bandit.yaml",
        "bandit.yml",
        ".flake8",
        ".pylintrc",
        "pylintrc",
        ".isort.cfg",
        "mypy.ini",
        ".mypy.ini",
        "pyrightconfig.json",
        "tsconfig.json",
        ".secrets.baseline",
        ".pre-commit-config.yaml",
        # what Git does with the tree
        ".gitattributes",
        ".gitignore",
        ".gitmodules",
        # what runs it all
        "Makefile",
        "justfile",
        "Jenkinsfile",
        ".gitlab-ci.yml",
        ".travis.yml",
        "appveyor.yml",
        "azure-pipelines.yml",
        # Python runs these by itself, before any test
        "sitecustomize.py",
        "usercustomize.py",
    }
)
_DIRECTORIES = frozenset({".github", ".circleci", ".buildkite", ".gitlab", ".ci"})
_PATTERNS = (
    re.compile(r"(dev-|test-)?(requirements|constraints)[^/]*\.(txt|in)"),
    re.compile(r"(eslint|vitest|jest|vite)\.config\.[cm]?[jt]s"),
    re.compile(r"\.eslintrc(\..+)?"),
    re.compile(r".+\.pth"),
)


def is_gate_configuration(path: str) -> bool:
    """Whether a file steers what is tested, analysed or installed."""
    *directories, name = path.split("/")
    if name in _NAMES or not _DIRECTORIES.isdisjoint(directories):
        return True
    if directories and directories[-1] == "requirements" and name.endswith((".txt", ".in")):
        return True
    return any(pattern.fullmatch(name) for pattern in _PATTERNS)

// Which files steer the gates: whoever changes one of them changes the measure, not only the measured.

// At any depth: a tool that starts in a directory looks there and in its parents.
const NAMES = new Set([
  // packaging and environments
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
  // tests
  "tox.ini",
  "tox.toml",
  "noxfile.py",
  "pytest.ini",
  ".pytest.ini",
  "pytest.toml",
  ".pytest.toml",
  "conftest.py",
  ".coveragerc",
  // analysis
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
  // what Git does with the tree
  ".gitattributes",
  ".gitignore",
  ".gitmodules",
  // what runs it all
  "Makefile",
  "justfile",
  "Jenkinsfile",
  ".gitlab-ci.yml",
  ".travis.yml",
  "appveyor.yml",
  "azure-pipelines.yml",
  // Python runs these by itself, before any test
  "sitecustomize.py",
  "usercustomize.py",
]);
const DIRECTORIES = new Set([".github", ".circleci", ".buildkite", ".gitlab", ".ci"]);
const PATTERNS = [
  /^(?:dev-|test-)?(?:requirements|constraints)[^/]*\.(?:txt|in)$/,
  /^(?:eslint|vitest|jest|vite)\.config\.[cm]?[jt]s$/,
  /^\.eslintrc(?:\.[^\n]+)?$/,
  /^[^\n]+\.pth$/,
];

export function isGateConfiguration(path: string): boolean {
  const directories = path.split("/");
  const name = directories.pop() ?? "";
  if (NAMES.has(name) || directories.some((directory) => DIRECTORIES.has(directory))) return true;
  if (directories.at(-1) === "requirements" && (name.endsWith(".txt") || name.endsWith(".in"))) return true;
  return PATTERNS.some((pattern) => pattern.test(name));
}

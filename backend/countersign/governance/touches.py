"""What of special weight a change touches, read from paths and from the lines that really changed.

A change that touches any of these goes to the CAB at every score, so the detection errs on the side of
seeing too much, with one exception that keeps everyday clean-up everyday: a line that only moved, and an
import that only went away, change nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from countersign.governance.paths import path_matches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from countersign.governance.contracts import FileChange

# Compared in lower case, so that no spelling slips past on a file system that ignores case.
_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "ci": (
        ".github/", ".gitlab-ci.yml", ".gitlab/", ".circleci/", ".buildkite/", ".ci/", ".travis.yml",
        "azure-pipelines*.yml", "bitbucket-pipelines.yml", "jenkinsfile", "appveyor.yml", ".drone.yml",
        ".pre-commit-config.yaml", ".pre-commit-hooks.yaml", "codeowners",
    ),
    "build": (
        "setup.py", "setup.cfg", "pyproject.toml", "manifest.in", "makefile", "*.mk", "justfile",
        "cmakelists.txt", "meson.build", "dockerfile*", "*.dockerfile", "docker-compose*.yml",
        "docker-compose*.yaml", "compose.yaml", "compose.yml", "noxfile.py", "hatch_build.py", "build.py",
        "*.pth", "sitecustomize.py", "usercustomize.py", "package.json", "tsconfig*.json", "vite.config.*",
        "webpack.config.*", "build.gradle*", "pom.xml", ".gitattributes", ".gitmodules",
    ),
    "dependencies": (
        "requirements*.txt", "requirements*.in", "requirements/", "constraints*.txt", "pipfile",
        "pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock", "pylock*.toml", "pyproject.toml", "setup.py",
        "setup.cfg", "environment.yml", "environment.yaml", "package.json", "package-lock.json",
        "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "go.mod", "go.sum", "cargo.toml",
        "cargo.lock", "gemfile", "gemfile.lock", "vendor/", "_vendor/",
    ),
    "gate_configuration": (
        "pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", ".pytest.ini", "conftest.py", "ruff.toml",
        ".ruff.toml", ".bandit", "bandit.yaml", "bandit.yml", ".flake8", "mypy.ini", ".mypy.ini",
        ".coveragerc", ".secrets.baseline", ".pre-commit-config.yaml", "noxfile.py", "requirements*.txt",
        ".github/", ".eslintrc*", "eslint.config.*", "codecov.yml", ".codecov.yml",
        "sonar-project.properties",
    ),
}  # fmt: skip

_WORDS: Final[dict[str, frozenset[str]]] = {
    "authentication": frozenset(
        {
            "auth", "authn", "authz", "authentication", "authenticate", "authenticator", "authorization",
            "authorize", "authorisation", "login", "logout", "signin", "password", "passwords", "passwd",
            "permission", "permissions", "oauth", "oauth2", "oidc", "saml", "sso", "jwt", "rbac", "abac",
            "acl", "mfa", "totp", "webauthn", "credential", "credentials", "secrets", "security", "csrf",
        }
    ),
    "cryptography": frozenset(
        {
            "crypto", "cryptography", "cipher", "ciphers", "encryption", "encrypt", "decrypt", "signing",
            "signer", "signature", "signatures", "hmac", "tls", "ssl", "x509", "pki", "keyring", "keystore",
        }
    ),
}  # fmt: skip

_LINES: Final[dict[str, re.Pattern[str]]] = {
    "authentication": re.compile(
        r"\b(authenticate|authorize|check_password|set_password|make_password|login_required|permission_required"
        r"|has_perms?|is_authenticated|is_superuser|is_staff|csrf_exempt|csrf_protect|jwt\.\w+|verify_token"
        r"|getpass)\b",
        re.IGNORECASE,
    ),
    "cryptography": re.compile(
        r"\b(hashlib|hmac|compare_digest|cryptography|crypto|ssl|secrets\.\w+|urandom|random_bytes|verify_mode"
        r"|check_hostname|create_default_context|_create_unverified_context|md5|sha1|sha256|sha512|pbkdf2\w*"
        r"|bcrypt|scrypt|argon2|nacl|fernet|verify\s*=\s*False)\b",
        re.IGNORECASE,
    ),
}

_IMPORT = re.compile(r"^\s*(?:import\s|from\s+\S+\s+import\b)")
# The inner lines of a parenthesised import: names, commas and nothing else.
_IMPORT_NAMES = re.compile(
    r"^\s*\(?\s*[\w.]+(?:\s+as\s+\w+)?\s*(?:,\s*[\w.]+(?:\s+as\s+\w+)?\s*)*,?\s*\)?\s*(?:#.*)?$"
)
_WORD = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TEST_FILE = re.compile(r"^(?:test_.*|.*_test|conftest)\.py$")
_TEXT = (".md", ".rst", ".txt", ".adoc")


def is_test_or_text(path: str) -> bool:
    """Say whether a path is test code at the top level's ``tests`` or prose: it grants nobody anything."""
    first, _, rest = path.lower().partition("/")
    name = path.lower().rpartition("/")[2]
    return (
        (bool(rest) and first in {"tests", "test", "testing"})
        or bool(_TEST_FILE.match(name))
        or (name.endswith(_TEXT))
    )


def _words(path: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_CAMEL.sub(" ", path).lower()))


def path_touches(path: str) -> frozenset[str]:
    """Return what the path alone says about its weight."""
    lowered = path.lower()
    found = {kind for kind, globs in _PATHS.items() if any(path_matches(lowered, glob) for glob in globs)}
    if not is_test_or_text(path):
        words = _words(path)
        found |= {kind for kind, names in _WORDS.items() if not names.isdisjoint(words)}
    return frozenset(found)


def changed_lines(change: FileChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines that were really added and really removed: what only moved in the file is neither."""
    added = Counter(line.strip() for line in change.added)
    removed = Counter(line.strip() for line in change.removed)
    return tuple((added - removed).elements()), tuple((removed - added).elements())


def _is_import(line: str) -> bool:
    return bool(_IMPORT.match(line)) or (
        bool(_IMPORT_NAMES.match(line)) and not line.startswith(("#", "return"))
    )


def _mentions(lines: Iterable[str], pattern: re.Pattern[str]) -> Counter[str]:
    return Counter(match.group(0).lower() for line in lines for match in pattern.finditer(line))


def _lines_touch(added: tuple[str, ...], removed: tuple[str, ...], pattern: re.Pattern[str]) -> bool:
    uses = [line for line in (*added, *removed) if not _is_import(line) and not line.startswith("#")]
    if any(pattern.search(line) for line in uses):
        return True
    brought_in = _mentions((line for line in added if _is_import(line)), pattern)
    taken_out = _mentions((line for line in removed if _is_import(line)), pattern)
    return bool(brought_in - taken_out)


def touches_detect(changes: Iterable[FileChange]) -> frozenset[str]:
    """Return which of ``TOUCH_KINDS`` the change touches."""
    found: set[str] = set()
    for change in changes:
        found |= path_touches(change.path)
        if not is_test_or_text(change.path):
            added, removed = changed_lines(change)
            found |= {kind for kind, pattern in _LINES.items() if _lines_touch(added, removed, pattern)}
    return frozenset(found)


_CONSTRUCTS: Final[dict[str, re.Pattern[str]]] = {
    "dynamic_code": re.compile(r"\b(?:eval|exec|compile|__import__|import_module)\s*\("),
    "shell": re.compile(r"\b(?:os\.system|os\.popen|os\.exec\w*|subprocess|pty\.spawn|shell\s*=\s*True)\b"),
    "deserialisation": re.compile(
        r"\b(?:pickle|cPickle|marshal|shelve|dill|jsonpickle)\b|\byaml\.(?:unsafe_)?load\b"
    ),
    "native_code": re.compile(r"\b(?:ctypes|cffi)\b"),
    "network": re.compile(r"\b(?:socket|requests|httpx|aiohttp|urllib|urllib3|ftplib|smtplib|paramiko)\b"),
    "database": re.compile(r"\.(?:execute|executemany|executescript|raw)\s*\(|\.objects\."),
    "file_access": re.compile(
        r"\bopen\s*\(|\b(?:shutil|tempfile)\b|\.(?:write_text|write_bytes|unlink|rmtree)\s*\("
    ),
    "environment": re.compile(r"\bos\.(?:environ|getenv|putenv)\b"),
    "suppression": re.compile(r"#\s*(?:noqa|nosec|type:\s*ignore|pragma:\s*no\s*cover)\b", re.IGNORECASE),
}


def constructs_detect(changes: Iterable[FileChange]) -> tuple[str, ...]:
    """Return the constructs of weight that added lines bring in, by name, sorted."""
    found: set[str] = set()
    for change in changes:
        if change.path.lower().endswith(_TEXT):
            continue
        added, removed = changed_lines(change)
        for name, pattern in _CONSTRUCTS.items():
            if name not in found and _mentions(added, pattern) - _mentions(removed, pattern):
                found.add(name)
    return tuple(sorted(found))

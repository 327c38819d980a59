from __future__ import annotations

import pytest

from countersign.governance.contracts import FileChange
from countersign.governance.touches import (
    changed_lines,
    constructs_detect,
    is_test_or_text,
    path_touches,
    touches_detect,
)


def modified(path: str, added: tuple[str, ...] = (), removed: tuple[str, ...] = ()) -> FileChange:
    return FileChange(path, "modified", added, removed)


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("src/app/auth/backends.py", "authentication"),
        ("src/app/LoginView.py", "authentication"),
        ("app/permissions.py", "authentication"),
        ("lib/crypto_utils.py", "cryptography"),
        ("src/itsdangerous/signer.py", "cryptography"),
        (".github/workflows/test.yml", "ci"),
        (".gitlab-ci.yml", "ci"),
        ("Jenkinsfile", "ci"),
        ("setup.py", "build"),
        ("Makefile", "build"),
        ("docker/Dockerfile.web", "build"),
        (".gitmodules", "build"),
        ("requirements-dev.txt", "dependencies"),
        ("requirements/base.in", "dependencies"),
        ("uv.lock", "dependencies"),
        ("pyproject.toml", "dependencies"),
        ("src/_vendor/six.py", "dependencies"),
        ("pyproject.toml", "gate_configuration"),
        ("tests/deep/conftest.py", "gate_configuration"),
        ("RUFF.toml", "gate_configuration"),
        ("tox.ini", "gate_configuration"),
    ],
)
def test_path_touches_names_the_area(path: str, area: str) -> None:
    assert area in path_touches(path)


@pytest.mark.parametrize(
    "path", ["src/attr/_make.py", "src/markdown/tokenizer.py", "docs/authentication.md", "tests/test_auth.py"]
)
def test_path_touches_leaves_ordinary_files_alone(path: str) -> None:
    assert path_touches(path) == frozenset()


def test_test_code_inside_a_package_counts_like_the_package() -> None:
    assert not is_test_or_text("src/app/tests/auth.py")
    assert "authentication" in path_touches("src/app/tests/auth.py")


def test_lines_that_only_moved_change_nothing() -> None:
    change = modified("a.py", added=("import hashlib", "x = 1"), removed=("    import hashlib", "x = 2"))
    assert changed_lines(change) == (("x = 1",), ("x = 2",))


def test_touches_detect_ignores_an_import_that_only_went_away() -> None:
    assert touches_detect([modified("src/a.py", removed=("import hmac",))]) == frozenset()


def test_touches_detect_ignores_an_import_that_was_sorted() -> None:
    change = modified(
        "src/a.py",
        added=("import hmac", "import os"),
        removed=("import os, hmac", "from x import (", "    hmac,"),
    )
    assert touches_detect([change]) == frozenset()


def test_touches_detect_sees_a_new_cryptographic_import() -> None:
    assert touches_detect([modified("src/a.py", added=("import hmac",))]) == {"cryptography"}


@pytest.mark.parametrize(
    ("added", "removed", "area"),
    [
        ((), ("if not hmac.compare_digest(a, b):",), "cryptography"),
        (("hmac.compare_digest(a, a)",), ("hmac.compare_digest(a, b)",), "cryptography"),
        (("session.get(url, verify=False)",), (), "cryptography"),
        ((), ("@login_required",), "authentication"),
        (("if user.is_superuser or True:",), (), "authentication"),
    ],
)
def test_touches_detect_sees_changed_uses(
    added: tuple[str, ...], removed: tuple[str, ...], area: str
) -> None:
    assert area in touches_detect([modified("src/a.py", added, removed)])


def test_touches_detect_skips_comments_and_prose() -> None:
    changes = [
        modified("src/a.py", added=("# sha256 is explained in the manual",)),
        modified("README.md", added=("Use hashlib.sha256 here",)),
    ]
    assert touches_detect(changes) == frozenset()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("eval(text)", "dynamic_code"),
        ("subprocess.run(x)", "shell"),
        ("pickle.loads(x)", "deserialisation"),
        ("import ctypes", "native_code"),
        ("urllib.request.urlopen(x)", "network"),
        ("cursor.execute(x)", "database"),
        ("open('x', 'w')", "file_access"),
        ("os.environ['X']", "environment"),
        ("import os  # noqa: F401", "suppression"),
    ],
)
def test_constructs_detect_names_what_is_brought_in(line: str, name: str) -> None:
    assert constructs_detect([modified("src/a.py", added=(line,))]) == (name,)


def test_constructs_detect_ignores_what_was_there_before() -> None:
    change = modified("src/a.py", added=("x = eval(text)",), removed=("y = eval(text)",))
    assert constructs_detect([change, modified("a.md", added=("eval(x)",))]) == ()

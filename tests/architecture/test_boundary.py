"""No call leaves the process while a transaction is open (DESIGN section 4, rule 1)."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from countersign.sandbox.contracts import IsolationKind, SandboxCommand
from countersign.sandbox.git import git
from countersign.sandbox.isolation import sandbox_run
from countersign.shared.boundary import OutsideCallInTransaction, outside_call
from countersign.shared.resilience.http import JsonClient
from countersign.shared.storage.directory import DirectoryStore
from countersign.shared.storage.s3 import S3Store
from tests.architecture.source import imported, modules, name_of, text_of

# Who may start processes or open connections, and where the boundary is asserted before they do.
OUTSIDE = {
    "backend/countersign/sandbox/git.py": "asserts it itself",
    "backend/countersign/shared/resilience/http.py": "asserts it itself",
    "backend/countersign/shared/resilience/text.py": "asserts it itself",
    "backend/countersign/shared/storage/s3.py": "asserts it itself",
    "backend/countersign/sandbox/bubblewrap.py": "asks bwrap once for its options, for sandbox_run",
    "backend/countersign/sandbox/process.py": "called by sandbox_run, which asserts it",
    "backend/countersign/sandbox/supervise.py": "called by sandbox_run, which asserts it",
    "backend/countersign/sandbox/untrusted_files.py": "clears up after sandbox_run",
}
# Programs of their own, and the commands that start and stop the platform: no transaction is theirs.
APART = (
    "backend/countersign/cli/",
    "backend/countersign/projects/inside/",
    "backend/countersign/sandbox/inside/",
    "backend/countersign_verify/",
)
REACHING = {"subprocess", "requests", "socket", "boto3", "urllib.request", "http.client", "multiprocessing"}
CALLS: dict[str, Callable[[Path], object]] = {
    "git": lambda place: git(place, "rev-parse", "HEAD"),
    "sandbox": lambda _: sandbox_run(SandboxCommand(("true",)), isolation=IsolationKind.UNCONFINED),
    "http": lambda _: JsonClient("http://127.0.0.1:1").get("/"),
    "store put": lambda place: DirectoryStore(place).put("a/b", b"data", retain_days=1),
    "store get": lambda place: DirectoryStore(place).get("a/b"),
    "store exists": lambda place: DirectoryStore(place).exists("a/b"),
    "s3 put": lambda _: S3Store(None, "bucket").put("a/b", b"data", retain_days=1),
    "s3 get": lambda _: S3Store(None, "bucket").get("a/b"),
    "s3 exists": lambda _: S3Store(None, "bucket").exists("a/b"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_outside_call_is_refused_inside_a_transaction(
    db: None, tmp_path: Path, call: Callable[[Path], object]
) -> None:
    from django.db import transaction

    with transaction.atomic(durable=True), pytest.raises(OutsideCallInTransaction):
        call(tmp_path)


def test_outside_call_passes_without_a_transaction(db: None) -> None:
    outside_call("anything")


def test_outside_call_passes_in_another_thread_than_the_transaction(db: None) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import transaction

    with transaction.atomic(durable=True), ThreadPoolExecutor(1) as pool:
        assert pool.submit(outside_call, "anything").result() is None


def reaching(tree: ast.Module) -> set[str]:
    return {name for node in ast.walk(tree) for name in imported(node)} & REACHING


def test_only_few_modules_reach_outside() -> None:
    found = {
        name_of(path)
        for path, tree in modules()
        if reaching(tree) - {"socket"} and not name_of(path).startswith(APART)
    }
    assert found <= OUTSIDE.keys()


def test_whoever_asserts_the_boundary_itself_really_does() -> None:
    for name, reason in OUTSIDE.items():
        if reason == "asserts it itself":
            path = next(path for path, _ in modules() if name_of(path) == name)
            assert "outside_call(" in text_of(path), name


def test_services_and_selectors_do_not_reach_outside() -> None:
    """A transaction is theirs, so neither a sandbox nor a repository nor a store is theirs too."""
    banned = tuple(f"countersign.sandbox.{name}" for name in ("isolation", "repository", "exchange", "git"))
    found = []
    for path, tree in modules():
        if path.stem != "services" and "services" not in path.parts:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(banned):
                # The names of isolations are plain data.
                if {alias.name for alias in node.names} <= {"IsolationKind"}:
                    continue
                found.append(f"{name_of(path)}:{node.lineno}")
    assert found == []

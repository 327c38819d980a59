"""Sealing and zipping the same files, each in a process of its own: ``python -m benchmarks.pack_work``.

What is sealed is a whole pack, by the product's own way from its parts to the stored object: every text goes
past the secret scanner, every member is measured, the statements are signed, the pack is written, verified as
a stranger would, encrypted under a key that is made and recorded for it, and written to the object store for
good. Each prints the seconds and the bytes by which its memory grew meanwhile.
"""

from __future__ import annotations

import hashlib
import sys
import time
import uuid
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from countersign.evidence.contracts import PackContents
    from countersign.shared.types import JSON

_IDENTITY = "Bench <bench@example.org> 1767225600 +0000"
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def zip_files(source: Path, target: Path) -> None:
    """Hash the files, zip them, and hash the archive again."""
    for file in sorted(source.iterdir()):
        hashlib.sha256(file.read_bytes()).hexdigest()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as stream:
        for file in sorted(source.iterdir()):
            stream.write(file, file.name)
    with target.open("rb") as stream:
        hashlib.file_digest(stream, "sha256").hexdigest()


def seal_prepared(source: Path) -> Callable[[], object]:
    """Return what seals a pack of the files; all that is loaded and connected once a worker is."""
    import django  # noqa: PLC0415 - the one that zips does without

    django.setup()
    from django.db import connection  # noqa: PLC0415

    from countersign.evidence.sealing import pack_parts, parts_store  # noqa: PLC0415
    from countersign.evidence.secrets import text_suspected  # noqa: PLC0415
    from countersign.shared.actor import service_actor  # noqa: PLC0415
    from countersign_verify.container import Member  # noqa: PLC0415

    connection.ensure_connection()
    text_suspected("")
    parts = pack_parts(_contents())
    files = [Member(f"files/{file.name}", file, "text/x-python") for file in sorted(source.iterdir())]
    whole = replace(parts, members=[*parts.members, *files])
    return lambda: parts_store(whole, actor=service_actor("bench"))


def _contents() -> PackContents:
    from countersign.evidence.contracts import GateEvidence, PackContents, TreeEntryData  # noqa: PLC0415
    from countersign_verify.canonical import digest_bytes  # noqa: PLC0415
    from countersign_verify.risk import WEIGHTS, risk_evaluate  # noqa: PLC0415
    from countersign_verify.tree import (  # noqa: PLC0415
        MODE_FILE,
        Replacement,
        TreeEntry,
        git_object_id,
        tree_id,
        tree_replace,
    )

    def commit(tree: str, *parents: str) -> tuple[str, bytes]:
        lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        raw = "\n".join([*lines, f"author {_IDENTITY}", f"committer {_IDENTITY}", "", "bench\n"]).encode()
        return git_object_id("commit", raw), raw

    old, new = (git_object_id("blob", text) for text in (b"old\n", b"new\n"))
    base = (TreeEntry("a.py", MODE_FILE, old),)
    entries = (Replacement("a.py", MODE_FILE, new),)
    result = tree_id(tree_replace(base, entries))
    base_id, base_raw = commit(tree_id(base))
    change_id, change_raw = commit(result, base_id)
    inputs: dict[str, list[dict[str, JSON]]] = {
        name: [{"name": "paths", "value": 1, "effect": 300, "source": "change/diff.patch"}]
        for name in WEIGHTS
    }
    return PackContents(
        project="bench",
        run_id=str(uuid.uuid4()),
        title="bench",
        attempt=1,
        isolation="bubblewrap",
        base_commit=base_id,
        base_commit_object=base_raw,
        base_tree_id=tree_id(base),
        base_tree=(TreeEntryData("a.py", MODE_FILE, old),),
        change_commit=change_id,
        change_commit_object=change_raw,
        result_tree=result,
        entries=(TreeEntryData("a.py", MODE_FILE, new),),
        diff=f"diff --git a/a.py b/a.py\nindex {old}..{new} {MODE_FILE}\n--- a/a.py\n+++ b/a.py\n"
        "@@ -1 +1 @@\n-old\n+new\n".encode(),
        prompt="bench\n",
        prompt_record={},
        transcript=b"bench\n",
        agent_call={"adapter": "bench", "model": None},
        gates=(
            GateEvidence(
                "tests", "pass", "bench", {"name": "tests", "status": "pass", "result_tree": result}
            ),
        ),
        ruleset=b"[]",
        ruleset_digest=digest_bytes(b"[]"),
        violations=(),
        risk_inputs={name: tuple(items) for name, items in inputs.items()},
        score=int(str(risk_evaluate(inputs)["score"])),
        policy={
            "tier": "director",
            "quorum": [{"role": "director", "count": 1}],
            "reasons": [],
            "blocked": False,
        },
        rollback="bench\n",
        rollout="bench\n",
        environment=(),
        environment_digest=digest_bytes(b""),
        dependency_change=False,
        exceptions=(),
        excluded=(),
        started_at=_MOMENT,
        finished_at=_MOMENT,
    )


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    message = f"this system does not say {name} of a process"
    raise RuntimeError(message)


def main(what: str, source: Path, target: Path) -> None:
    """Do it once; print what it took."""
    work = seal_prepared(source) if what == "seal" else lambda: zip_files(source, target)
    # The largest size so far is that of now from here on.
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    started = time.perf_counter()
    work()
    print(time.perf_counter() - started, _memory("VmHWM") - before)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

"""The verifier under limits: one process a pack, with a second of processor time, and its memory measured.

``python -m tests.unit.countersign_verify.bounded DIRECTORY`` checks every pack that ``hostile`` wrote there
and prints a list of ``{"file", "exit", "signal", "peak", "report"}`` (``peak`` in bytes).
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path

from countersign_verify.cli import main

SECONDS = 1


def check(directory: Path, file: str) -> dict[str, object]:
    """Check one pack in a process of its own."""
    answer = directory / "answer.json"
    answer.write_bytes(b"")
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        sys.stdout = answer.open("w")
        code = 99
        try:
            code = main(["pack", str(directory / file), "--trust", str(directory / "trust.json"), "--json"])
            sys.stdout.flush()
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    text = answer.read_text()
    return {
        "file": file,
        "exit": os.waitstatus_to_exitcode(status),
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * 1024,
        "report": json.loads(text) if text else None,
    }


if __name__ == "__main__":
    where = Path(sys.argv[1])
    listed = json.loads((where / "cases.json").read_text())
    names = ["sound.tar", *(case["file"] for case in listed)]
    sys.stdout.write(json.dumps([check(where, name) for name in names]))

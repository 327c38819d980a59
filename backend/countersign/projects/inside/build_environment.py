"""Builds a project's environment: a program that runs inside the sandbox (standard library only).

Its one argument is a JSON object (venv, tree, requirements, extras, files, installable). What pip says goes
to standard error, the answer is one JSON object on standard output.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


def call(*argv: str) -> None:
    """Run a step; its failure ends the program with the step's own exit code."""
    done = subprocess.run(argv, stdout=sys.stderr.fileno(), stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def project_strip(site: Path, tree: Path) -> None:
    """Leave only the metadata of the project's own distribution.

    Its modules are those of the tree under test; a copy in here would answer for what a change removed.
    """
    for distribution in metadata.distributions(path=[str(site)]):
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if Path(unquote(urlsplit(origin.get("url", "")).path)) != tree:
            continue
        for file in distribution.files or ():
            path = Path(os.path.normpath(str(distribution.locate_file(file))))
            if path.is_relative_to(site) and not file.parts[0].endswith(".dist-info"):
                path.unlink(missing_ok=True)
                # An empty directory would still be importable, as a namespace.
                for above in path.relative_to(site).parents:
                    with contextlib.suppress(OSError):
                        (site / above).rmdir()


def build(task: dict[str, Any]) -> dict[str, Any]:
    """Make the environment, install what is asked for, and say what is in it."""
    venv, tree = Path(task["venv"]), Path(task["tree"])
    call(sys.executable, "-m", "venv", str(venv))
    python = str(venv / "bin" / "python")
    wanted = [*task["requirements"]]
    wanted += [part for file in task["files"] for part in ("--requirement", str(tree / file))]
    if task["installable"]:
        wanted.append(f"{tree}[{','.join(task['extras'])}]" if task["extras"] else str(tree))
    call(python, "-m", "pip", "install", "--no-cache-dir", "--progress-bar=off", "--no-input", *wanted)
    site = next(venv.glob("lib/python*/site-packages"))
    project_strip(site, tree)
    listed = {
        f"{item.metadata['Name']}=={item.version}"
        for item in metadata.distributions(path=[str(site)])
        if item.metadata["Name"]
    }
    return {"requirements": sorted(listed, key=str.lower), "python_version": sys.version.split()[0]}


if __name__ == "__main__":
    json.dump(build(json.loads(sys.argv[1])), sys.stdout)

"""``scripts/bench [--only PATTERN] [--json FILE]``."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.platform import platform_running
from benchmarks.registry import NAMES, benchmarks


def main() -> None:
    """Measure what was asked for, show a table, write the file."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--only", default="*", help="names to measure, with * and ?, such as 'audit.*'")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file")
    options = parser.parse_args()
    console = Console(stderr=True)
    names = [name for name in NAMES if fnmatch.fnmatch(name, options.only)]
    if not names:
        parser.error(f"no benchmark is named like {options.only!r}; there are: {', '.join(NAMES)}")
    rows = []
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as directory:
        console.print("starting the platform to measure on ...")
        with platform_running(Path(directory)) as state:
            for benchmark in benchmarks(state, Path(directory), names):
                console.print(f"measuring {benchmark.name} ...")
                rows.append(benchmark.run())
    table = Table("name", "value", "unit", "baseline", "ratio", "bar", "met")
    for row in rows:
        cells = (row.name, row.value, row.unit, row.baseline, row.ratio, row.bar, row.met)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    # Names stay whole where nobody set a width.
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    if options.json:
        options.json.write_text(json.dumps([row.as_json() for row in rows], indent=2) + "\n")


if __name__ == "__main__":
    main()

"""``scripts/bench [--only PATTERN[,PATTERN]...] [--rounds N] [--json FILE]``."""

from __future__ import annotations

import argparse
import fnmatch
import json
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.harness import ROUNDS
from benchmarks.registry import NAMES, benchmarks


def main() -> None:
    """Measure what was asked for, show a table, write the file."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "--only", default="*", help="names to measure, with * and ?, such as 'audit.*' or 'pack.*,verify.*'"
    )
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, help=f"rounds of each, at least {ROUNDS} (the default)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows to this file")
    options = parser.parse_args()
    patterns = options.only.split(",")
    names = [name for name in NAMES if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    if not names:
        parser.error(f"no benchmark is named like {options.only!r}; there are: {', '.join(NAMES)}")
    if options.rounds < ROUNDS:
        parser.error(f"fewer than {ROUNDS} rounds say little on a machine that does other things as well")
    console, started = Console(stderr=True), time.monotonic()

    def tell(what: str) -> None:
        console.print(f"{time.monotonic() - started:6.0f} s  {what}", highlight=False, soft_wrap=True)

    rows = []
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as directory:
        for benchmark in benchmarks(Path(directory), names, tell):
            row = benchmark.run(options.rounds, tell)
            said = {True: "met", False: "MISSED"}.get(row.met) if row.met is not None else "no bar"
            ratio = f", ratio {row.ratio:g}" if row.ratio is not None else ""
            tell(f"{row.name}: {row.value:g} {row.unit}{ratio}: {said}{f' ({row.bar})' if row.bar else ''}")
            rows.append(row)
            if options.json:
                # What is measured is kept, whatever comes after it.
                options.json.write_text(json.dumps([item.as_json() for item in rows], indent=2) + "\n")
    rows.sort(key=lambda row: row.name)
    table = Table("name", "value", "unit", "baseline", "ratio", "bar", "met")
    for row in rows:
        cells = (row.name, row.value, row.unit, row.baseline, row.ratio, row.bar, row.met)
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    # Names stay whole where nobody set a width.
    Console(width=None if sys.stdout.isatty() else 160).print(table)


if __name__ == "__main__":
    main()

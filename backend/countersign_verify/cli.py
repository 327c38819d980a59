"""``countersign-verify``: check an evidence pack or an exported log, offline."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from countersign_verify import __version__
from countersign_verify.errors import RefusedError
from countersign_verify.log_files import MAX_NOTE_BYTES
from countersign_verify.log_inclusion import event_verify
from countersign_verify.log_lines import events_verify
from countersign_verify.log_verify import log_verify
from countersign_verify.pack_verify import decisions_beside, decisions_verify, pack_verify
from countersign_verify.report import Report
from countersign_verify.trust import Trust, trust_read

OK = 0
FAILED = 1
USAGE = 2
MAX_TRUST_BYTES = 1024 * 1024

_EPILOG = """\
exit codes: 0 all that was checked holds; 1 something does not, and is named; 2 wrong usage.
Nothing is sent anywhere and nothing is trusted but the keys of the trust file: get that file from someone
who does not depend on whoever gave you the pack or the log."""


class UsageError(Exception):
    """The command was called in a way that cannot be carried out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command line without the program's name; by default that of the process.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(arguments)
    try:
        report = _run(options)
    except UsageError as error:
        sys.stderr.write(f"countersign-verify: {error}\n")
        return USAGE
    if options.json:
        text = json.dumps(report.as_json(), ensure_ascii=True, indent=2)
    else:
        text = "\n".join(report.lines())
    sys.stdout.write(text.encode(_encoding(), "replace").decode(_encoding()) + "\n")
    return OK if report.holds else FAILED


def _run(options: argparse.Namespace) -> Report:
    trust = _trust(options.trust)
    report = Report(f"{options.command} {options.path}", trust.describe())
    path: Path = options.path
    if options.command == "pack":
        if not path.is_file():
            raise UsageError(f"{path} is not a file")
        verified = pack_verify(path, trust, report)
        if verified is None:
            report.not_covered("decision", "not reached: an earlier check failed")
        else:
            decisions_verify(verified, decisions_beside(path), trust, report)
        return report
    if options.command == "events":
        if not path.is_file():
            raise UsageError(f"{path} is not a file")
        events_verify(path, trust, report)
        return report
    if not path.is_dir():
        raise UsageError(f"{path} is not a directory")
    if options.command == "event":
        event_verify(path, options.index, trust, report)
        return report
    known = [_read(note, MAX_NOTE_BYTES) for note in options.known]
    log_verify(path, trust, report, known=known, times_checked=not options.times_unchecked)
    return report


def _trust(path: Path) -> Trust:
    try:
        return trust_read(_read(path, MAX_TRUST_BYTES))
    except RefusedError as error:
        raise UsageError(f"the trust file {path} can't be used: {error}") from error


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(limit)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error


def _encoding() -> str:
    return sys.stdout.encoding or "utf-8"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="countersign-verify",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    pack = commands.add_parser("pack", help="check an evidence pack", epilog=_EPILOG)
    pack.add_argument("path", type=Path, metavar="FILE", help="the pack (.tar)")
    log = commands.add_parser("log", help="check an exported log with all that lies in it", epilog=_EPILOG)
    log.add_argument("path", type=Path, metavar="DIRECTORY", help="the export")
    log.add_argument(
        "--known",
        type=Path,
        metavar="NOTE",
        action="append",
        default=[],
        help="a checkpoint kept from earlier, which the log must extend (may be repeated)",
    )
    log.add_argument(
        "--times-unchecked",
        action="store_true",
        help="leave out the order of times: for a log whose platform is known to have had a wrong clock once",
    )
    event = commands.add_parser("event", help="check that a log holds one event", epilog=_EPILOG)
    event.add_argument("path", type=Path, metavar="DIRECTORY", help="the export")
    event.add_argument("index", type=int, metavar="INDEX", help="place of the event in the log, from 0")
    events = commands.add_parser(
        "events", help="check single events that were exported with their proofs", epilog=_EPILOG
    )
    events.add_argument("path", type=Path, metavar="FILE", help="the events (.jsonl)")
    for command in (pack, log, event, events):
        command.add_argument("--trust", type=Path, required=True, metavar="FILE", help="the trust file")
        command.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser

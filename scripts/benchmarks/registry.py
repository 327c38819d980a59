"""Every benchmark by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.audit import NAMES as APPENDS
from benchmarks.audit import audit_append, writers_running
from benchmarks.audit_search import audit_search, searchers_running
from benchmarks.audit_sequence import audit_lag, audit_sequence
from benchmarks.evidence import pack_seal
from benchmarks.log_server import log_server
from benchmarks.platform import platform_running
from benchmarks.verify import verify_event, verify_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.harness import Benchmark

_OFFLINE = ("verify.event", "verify.log", "verify.log_memory")
_ON_LOG = (*APPENDS, "audit.lag_p50", "audit.lag_p99", "audit.sequence")
_ON_LARGE_LOG = ("audit.search_deep", "audit.search_first")
_ON_PLATFORM = ("pack.seal", "pack.seal_memory", "plan.import", "prompt.generate", "run.decision_to_merge")
NAMES = (*_OFFLINE, *_ON_LOG, *_ON_LARGE_LOG, *_ON_PLATFORM)


def benchmarks(directory: Path, names: Sequence[str], tell: Callable[[str], None]) -> Iterator[Benchmark]:
    """Yield the named benchmarks, each made just before it runs, beside nothing but what it needs."""
    for group, made in (
        (_OFFLINE, _offline),
        (_ON_LOG, _on_log),
        (_ON_LARGE_LOG, _on_large_log),
        (_ON_PLATFORM, _on_platform),
    ):
        if not set(names).isdisjoint(group):
            yield from made(directory, names, tell)


def _offline(directory: Path, names: Sequence[str], tell: Callable[[str], None]) -> Iterator[Benchmark]:
    tell("writing a log of a million events")
    if "verify.event" in names:
        yield verify_event(directory)
    yield from verify_log(directory, names)


def _on_log(directory: Path, names: Sequence[str], tell: Callable[[str], None]) -> Iterator[Benchmark]:
    tell("starting a database server for the log")
    with log_server(directory / "log") as server:
        appends = [name for name in APPENDS if name in names]
        if appends:
            with writers_running(server) as writers:
                yield from audit_append(writers, appends)
        yield from audit_lag(server, names)
        if "audit.sequence" in names:
            yield audit_sequence(server)


def _on_large_log(directory: Path, names: Sequence[str], tell: Callable[[str], None]) -> Iterator[Benchmark]:
    tell("writing ten million events into a database")
    with searchers_running(directory / "search") as (many, few):
        yield from (audit_search(many, few, name) for name in _ON_LARGE_LOG if name in names)


def _on_platform(directory: Path, names: Sequence[str], tell: Callable[[str], None]) -> Iterator[Benchmark]:
    tell("starting a platform")
    with platform_running(directory) as state:
        # The rooms' models can only be imported once the platform has been joined.
        from benchmarks.plan import plan_imported  # noqa: PLC0415
        from benchmarks.prompt import prompt_generation  # noqa: PLC0415
        from benchmarks.run import decision_to_merge  # noqa: PLC0415

        yield from pack_seal(directory, names)
        if "plan.import" in names:
            yield plan_imported()
        if "prompt.generate" in names:
            yield prompt_generation(state, directory)
        if "run.decision_to_merge" in names:
            yield decision_to_merge(state, directory)

"""Every benchmark by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.harness import Benchmark
    from countersign.cli.state import PlatformState

NAMES = (
    "audit.append",
    "audit.append_to_auditlog",
    "audit.append_to_chain",
    "audit.lag_p50",
    "audit.lag_p99",
    "audit.search_deep",
    "audit.search_first",
    "audit.sequence",
    "pack.seal",
    "pack.seal_memory",
    "plan.import",
    "prompt.generate",
    "run.decision_to_merge",
    "verify.event",
    "verify.log",
    "verify.log_memory",
)

SEARCHES = ("audit.search_deep", "audit.search_first")


def benchmarks(state: PlatformState, directory: Path, names: Sequence[str]) -> Iterator[Benchmark]:
    """Yield the named benchmarks, each made just before it runs."""
    # The rooms' models can only be imported once the platform has been joined.
    from benchmarks.evidence import pack_seal, pack_seal_memory  # noqa: PLC0415
    from benchmarks.verify import verify_event, verify_log, verify_log_memory  # noqa: PLC0415

    if any(name.startswith("audit.") and name not in SEARCHES for name in names):
        yield from _log_benchmarks(directory, names)
    if any(name in names for name in SEARCHES):
        yield from _search_benchmarks(directory, names)
    if "pack.seal" in names:
        yield pack_seal(directory)
    if "pack.seal_memory" in names:
        yield pack_seal_memory(directory)
    yield from _work_benchmarks(state, directory, names)
    if "verify.event" in names:
        yield verify_event(directory)
    if "verify.log" in names:
        yield verify_log(directory)
    if "verify.log_memory" in names:
        yield verify_log_memory(directory)


def _work_benchmarks(state: PlatformState, directory: Path, names: Sequence[str]) -> Iterator[Benchmark]:
    from benchmarks.plan import plan_imported  # noqa: PLC0415
    from benchmarks.prompt import prompt_generation  # noqa: PLC0415
    from benchmarks.run import decision_to_merge  # noqa: PLC0415

    if "plan.import" in names:
        yield plan_imported()
    if "prompt.generate" in names:
        yield prompt_generation(state, directory)
    if "run.decision_to_merge" in names:
        yield decision_to_merge(state, directory)


def _search_benchmarks(directory: Path, names: Sequence[str]) -> Iterator[Benchmark]:
    from benchmarks.audit_search import audit_search, searchers_running  # noqa: PLC0415

    with searchers_running(directory / "search") as (many, few):
        yield from (audit_search(many, few, name) for name in SEARCHES if name in names)


def _log_benchmarks(directory: Path, names: Sequence[str]) -> Iterator[Benchmark]:
    from benchmarks.audit import NAMES as APPENDS  # noqa: PLC0415
    from benchmarks.audit import audit_append, writers_running  # noqa: PLC0415
    from benchmarks.audit_sequence import audit_lag, audit_sequence  # noqa: PLC0415
    from benchmarks.log_server import log_server  # noqa: PLC0415

    with log_server(directory / "log") as server:
        appends = [name for name in APPENDS if name in names]
        if appends:
            with writers_running(server) as writers:
                yield from (audit_append(writers, name) for name in appends)
        if "audit.lag_p50" in names:
            yield audit_lag(server, 0.5)
        if "audit.lag_p99" in names:
            yield audit_lag(server, 0.99)
        if "audit.sequence" in names:
            yield audit_sequence(server)

"""Statements that are prepared once, alone and together with the BEGIN that they need."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import DataError, OperationalError, connection, transaction
from psycopg.waiting import Wait

from countersign.audit import prepared
from countersign.audit.prepared import prepared_run
from countersign.audit.writing import link_open


def run(text: str, *parameters: object) -> list[tuple[object, ...]]:
    link = link_open()
    with connection.wrap_database_errors:
        return prepared_run(link, text, parameters)


def test_prepared_run_begins_the_transaction_with_its_first_statement(committed_db: None) -> None:
    seen = set()
    for _ in range(3):
        with transaction.atomic(durable=True):
            (first,) = run("SELECT pg_current_xact_id()::text, %s::int", 1)
            (second,) = run("SELECT pg_current_xact_id()::text, %s::int", 2)
            assert (first[0], first[1], second[1]) == (second[0], 1, 2)
            seen.add(first[0])
    assert len(seen) == 3


@pytest.mark.parametrize("times", [1, 2])
def test_prepared_run_that_fails_first_undoes_the_transaction(committed_db: None, times: int) -> None:
    for number in range(times):
        with pytest.raises(DataError, match="division by zero"), transaction.atomic(durable=True):
            run("SELECT 1 / (%s::int - 1)", 1)
        with transaction.atomic(durable=True):
            assert run("SELECT 1 / (%s::int - 1)", 3 + number) == [(1 // (2 + number),)]


def test_prepared_run_hands_out_whole_results(committed_db: None) -> None:
    for _ in range(2):
        with transaction.atomic(durable=True):
            rows = run("SELECT number, repeat(%s, 1000), '%%' FROM generate_series(1, 5000) AS number", "x")
            assert [row[0] for row in rows] == list(range(1, 5001))
            assert {row[1:] for row in rows} == {("x" * 1000, "%")}


def test_prepared_run_sends_what_is_larger_than_a_buffer(committed_db: None) -> None:
    large = b"\0\xff" * 5_000_000
    for _ in range(2):
        with transaction.atomic(durable=True):
            assert run("SELECT octet_length(%b), sha256(%b) = sha256(%b)", large, large, large) == [
                (10_000_000, True)
            ]


def test_prepared_run_lets_other_threads_go_on(committed_db: None) -> None:
    with transaction.atomic(durable=True):
        run("SELECT pg_advisory_xact_lock_shared(%s)", 77)
    holder = psycopg.connect(link_open().info.dsn, password=link_open().info.password)
    holder.execute("SELECT pg_advisory_lock(77)")
    ended = threading.Event()

    def let_go() -> None:
        holder.execute("SELECT pg_advisory_unlock(77)")
        holder.close()
        ended.set()

    # It could not run if waiting for the lock kept the interpreter to itself, and nothing would ever end.
    thread = threading.Thread(target=let_go)
    with transaction.atomic(durable=True):
        thread.start()
        run("SELECT pg_advisory_xact_lock_shared(%s)", 77)
    thread.join()
    assert ended.is_set()


def test_prepared_run_that_is_interrupted_leaves_no_connection_behind(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(Exception):
        pass

    def change(number: int) -> None:
        with transaction.atomic(durable=True):
            run("SELECT %s::int", number)

    change(1)
    link = link_open()

    def interrupted(_: object) -> Iterator[object]:
        yield Wait.R
        raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(prepared, "_results", interrupted)
        with pytest.raises(Interrupted):
            change(2)
    assert link.closed
    change(3)
    assert link_open() is not link


def test_prepared_run_on_a_server_that_went_away_says_so(committed_db: None) -> None:
    with transaction.atomic(durable=True):
        run("SELECT %s::int", 1)
    link = link_open()
    with psycopg.connect(link.info.dsn, password=link.info.password, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [link.info.backend_pid])
    with pytest.raises(OperationalError), transaction.atomic(durable=True):
        run("SELECT %s::int", 2)
    with transaction.atomic(durable=True):
        assert run("SELECT %s::int", 3) == [(3,)]


def test_prepared_run_plans_anew_what_is_beyond_the_most(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_MOST", 0)
    for _ in range(2):
        with transaction.atomic(durable=True):
            assert run("SELECT %s::int + 40", 2) == [(42,)]
            assert run("SELECT %s::int + 41", 2) == [(43,)]

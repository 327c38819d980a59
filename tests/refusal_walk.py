"""Every service's change fails when its event can't be written: tried on calls that the tests make anyway.

The first time a test calls a service in this process, the call is made twice. Before the real one comes the
same call with an audit log that refuses every INSERT, by a trigger in the database, and inside a savepoint
that is rolled back. Three things can come of it:

- it fails with the refusal: the service is proved, its change can't be without its event;
- it writes nothing and records nothing, or says no for a reason of its own: the next call is tried;
- it comes to an end although it changed rows: a change without an event, and the run of the tests fails.

After a whole run the services that no test has proved are named, and the run fails. The admin console's
actions are walked in ``tests/unit/console/test_refusal.py``.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection
from django.db.transaction import Atomic, atomic, set_rollback

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

REFUSED = "this log takes no event now"
_SETTING = "countersign_tests.log_refuses"
_TRIGGER = f"""
    CREATE FUNCTION tests_log_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('{_SETTING}', true) = 'yes' THEN
            RAISE EXCEPTION '{REFUSED}';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER tests_log_refuses BEFORE INSERT ON audit_auditevent
        FOR EACH ROW EXECUTE FUNCTION tests_log_refuses();
"""
_WRITTEN = (
    "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables"
    " WHERE relname <> 'audit_auditevent' AND n_tup_ins + n_tup_upd + n_tup_del > 0"
)
# A test that counts what is asked of the database, or that a service runs once, would count the trial too.
_COUNTING = {"django_assert_num_queries", "django_assert_max_num_queries", "called_once"}
# How often one service is tried in vain in one test.
_TRIALS = 3

Service = Callable[..., Any]
Written = frozenset[tuple[Any, ...]]


class Walk:
    """What was tried so far in this process.

    Attributes:
        proved: services, ``module.name``, whose change failed with its event.
        silent: what changed rows though no event could be written: service, tables, test.
    """

    def __init__(self) -> None:
        self.proved: set[str] = set()
        self.silent: list[str] = []
        self._trials: Counter[str] = Counter()
        self._test: pytest.Item | None = None

    def install(self) -> None:
        """Have every durable function of the platform go through here; before its modules are imported."""
        decorate = Atomic.__call__

        def __call__(cm: Atomic, service: Service) -> Service:  # noqa: N807 - takes the place of the method
            decorated: Service = decorate(cm, service)
            name = f"{service.__module__}.{service.__qualname__}"
            durable = cm.durable  # type: ignore[attr-defined]  # the stubs leave it out
            if not durable or not service.__module__.startswith("countersign."):
                return decorated

            @functools.wraps(service)
            def walked(*args: object, **kwargs: object) -> object:
                if name not in self.proved and self._may_try(name):
                    self._try(name, functools.partial(service, *args, **kwargs))
                return decorated(*args, **kwargs)

            return walked

        Atomic.__call__ = __call__  # type: ignore[method-assign, assignment]  # that is the point

    def _may_try(self, name: str) -> bool:
        if self._test is None or threading.current_thread() is not threading.main_thread():
            return False
        fixtures = set(getattr(self._test, "fixturenames", ()))
        return (
            bool(fixtures & {"db", "_database_snapshot"})
            and not fixtures & _COUNTING
            and not (connection.in_atomic_block and connection.needs_rollback)
            and self._trials[name] < _TRIALS
            and not name_is_exempt(name)
        )

    def _try(self, name: str, call: Service) -> None:
        self._trials[name] += 1
        with log_refuses() as written_before:
            try:
                with atomic():
                    call()
            except Exception as error:  # noqa: BLE001 - whatever the service makes of it
                if refusal(error):
                    self.proved.add(name)
            else:
                tables = sorted({str(row[0]) for row in rows_written() - written_before})
                if tables:
                    test = self._test.nodeid if self._test is not None else "-"
                    self.silent.append(f"{name} changed {', '.join(tables)} without an event, in {test}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Know which test runs."""
        self._test = item
        self._trials.clear()
        try:
            return (yield)
        finally:
            self._test = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        """Take over what a worker has found."""
        output = getattr(node, "workeroutput", {})
        self.proved |= set(output.get("refusal_proved", ()))
        self.silent += output.get("refusal_silent", ())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Hand over to the controller, or judge."""
        result = yield
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["refusal_proved"] = sorted(self.proved)
            session.config.workeroutput["refusal_silent"] = self.silent
        elif self.silent or self.unproved(session.config):
            session.testsfailed += 1
        return result

    def unproved(self, config: pytest.Config) -> list[str]:
        """Return the services that no test proved; nothing when only a part of the tests ran."""
        option = config.option
        whole = not (option.keyword or option.markexpr or option.collectonly) and config.args == ["tests"]
        return sorted(expected() - self.proved) if whole else []

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter, config: pytest.Config) -> None:
        """Say what was found."""
        if hasattr(config, "workeroutput"):
            return
        unproved = self.unproved(config)
        for line in self.silent:
            terminalreporter.write_line(f"FAILED: {line}", red=True)
        for name in unproved:
            terminalreporter.write_line(
                f"FAILED: no test proved that {name} fails when its event can't be written", red=True
            )
        if self.proved:
            terminalreporter.write_line(f"{len(self.proved)} services fail when their event can't be written")


@contextmanager
def log_refuses() -> Iterator[Written]:
    """Let every INSERT into the log fail inside this block, and roll back all that happens in it.

    Yields what this transaction had written before.
    """
    block = atomic()
    # As in the tests' own transaction: a service is durable below it all the same.
    block._from_testcase = True  # type: ignore[attr-defined]  # the stubs leave it out
    with block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config(%s, 'yes', true)", [_SETTING])
        yield rows_written()
        set_rollback(True)


def rows_written() -> Written:
    """Return, per table other than the log's, how many rows this transaction has written."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN)
        return frozenset(cursor.fetchall())


def refusal(error: BaseException | None) -> bool:
    """Say whether the log's refusal is what an error comes from."""
    while error is not None:
        if REFUSED in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


@functools.cache
def expected() -> frozenset[str]:
    """Return every service that records an event."""
    from tests.architecture.source import name_of
    from tests.architecture.test_services import UNRECORDED, services

    return frozenset(
        f"{name_of(path).removeprefix('backend/').removesuffix('.py').replace('/', '.')}.{function.name}"
        for path, function, _ in services()
        if function.name not in UNRECORDED
    )


@functools.cache
def name_is_exempt(name: str) -> bool:
    """Say whether a durable function records nothing, for a reason that stands in the list of exceptions."""
    from tests.architecture.test_services import UNRECORDED

    return name.rpartition(".")[2] in UNRECORDED


def trigger_create(superuser_dsn: str) -> None:
    """Let the log of a test database be one that can refuse."""
    with (
        psycopg.connect(superuser_dsn, autocommit=True) as superuser,
        suppress(psycopg.errors.DuplicateFunction),
    ):
        superuser.execute(_TRIGGER)


WALK = Walk()

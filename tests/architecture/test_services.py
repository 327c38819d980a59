"""A service is one durable transaction, keyword-only, that records its audit event inside."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import dotted, modules, name_of, room_of

# Services that record nothing, each with its reason.
UNRECORDED = {
    "job_claim": "a claim is no decision; what the step does is recorded under its own event",
    "job_heartbeat": "the same: it only keeps a claim alive",
    "job_advance": "the same: the step that ends has recorded what it did",
    "job_retry": "the same: nothing has happened yet",
    "job_submit": "records through job_enqueue, which it wraps",
    "idempotency_begin": "bookkeeping of one request; what the request does is recorded",
    "idempotency_finish": "the same",
    "idempotency_release": "the same",
    "answers_forget": "the same; what asks for it is recorded, when a person is erased",
    "_sequence": "it makes the log itself",
}
RECORDERS = {"record", "insert_recorded", "update_recorded", "job_enqueue"}
Function = ast.FunctionDef


def durable(function: Function) -> bool:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and dotted(decorator.func) == "transaction.atomic":
            return any(
                keyword.arg == "durable" and getattr(keyword.value, "value", False)
                for keyword in decorator.keywords
            )
    return False


@functools.cache
def services() -> tuple[tuple[Path, Function, dict[str, Function]], ...]:
    """Return every durable function with the module's functions beside it."""
    return tuple(_services())


def _services() -> Iterator[tuple[Path, Function, dict[str, Function]]]:
    by_module = {path: tree for path, tree in modules() if room_of(path)}
    for path, tree in by_module.items():
        beside = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        # A room's services may share helpers across the modules of one package.
        for other, other_tree in by_module.items():
            if other != path and other.parent == path.parent:
                for helper in other_tree.body:
                    if isinstance(helper, ast.FunctionDef):
                        beside.setdefault(helper.name, helper)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and durable(node):
                yield path, node, beside


def calls(function: Function) -> set[str]:
    found = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            found.add(dotted(node.func).rpartition(".")[2])
    return found


def records(function: Function, beside: dict[str, Function], seen: frozenset[str] = frozenset()) -> bool:
    """Say whether a function, or a helper of its room that it calls, records an event."""
    called = calls(function)
    if called & RECORDERS:
        return True
    inner = (called & beside.keys()) - seen - {function.name}
    return any(records(beside[name], beside, seen | {function.name}) for name in inner)


def test_services_are_found() -> None:
    names = {function.name for _, function, _ in services()}
    assert {"run_create", "decision_record", "project_create", "job_claim"} <= names
    assert len(names) > 40


def test_services_take_their_arguments_by_name() -> None:
    positional = [
        f"{name_of(path)}:{function.lineno} {function.name}"
        for path, function, _ in services()
        if (function.args.args or function.args.posonlyargs)
    ]
    assert positional == []


def test_services_say_who_acts() -> None:
    silent = [
        f"{name_of(path)}:{function.lineno} {function.name}"
        for path, function, _ in services()
        if function.name not in UNRECORDED
        and "actor" not in {argument.arg for argument in function.args.kwonlyargs}
    ]
    assert silent == []


def test_services_record_what_they_do() -> None:
    silent = [
        f"{name_of(path)}:{function.lineno} {function.name}"
        for path, function, beside in services()
        if function.name not in UNRECORDED and not records(function, beside)
    ]
    assert silent == []


def test_the_list_of_exceptions_is_not_longer_than_needed() -> None:
    names = {function.name for _, function, _ in services()}
    assert UNRECORDED.keys() <= names


def test_no_service_calls_a_service_of_another_room() -> None:
    """Durable transactions do not nest: the workflow calls one service after the other."""
    rooms = {function.name: room_of(path) for path, function, _ in services()}
    crossing = [
        f"{name_of(path)}:{function.lineno} {function.name} calls {name}"
        for path, function, _ in services()
        for name in calls(function) & rooms.keys()
        if rooms[name] != room_of(path)
    ]
    assert crossing == []

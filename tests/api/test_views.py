"""Answers carry every field of what the queries hand out, whatever it holds."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal, get_args, get_origin

import pytest

from countersign.plans import contracts as plans
from countersign.shared.types import JSON
from countersign.workflow import contracts
from countersign.workflow.contracts import requests

if TYPE_CHECKING:
    from countersign.api.base import Output

NAMES = {
    **vars(plans),
    **vars(requests),
    **vars(contracts),
    "Literal": Literal,
    "date": date,
    "datetime": datetime,
    "Mapping": Mapping,
    "JSON": JSON,
}
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def sample(kind: object, *, full: bool) -> object:
    """Return a value of a type; with ``full`` nothing that may be absent is."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return arguments[0]
    if origin in {types.UnionType, typing.Union}:
        present = [each for each in arguments if each is not type(None)]
        return sample(present[0], full=full) if full else None
    if origin is tuple:
        return (sample(arguments[0], full=full),) if full else ()
    if origin is Mapping:
        return {"key": "value"}
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind, NAMES)
        return kind(**{name: sample(hint, full=full) for name, hint in hints.items()})
    return simple(kind)


def simple(kind: object) -> object:
    """Return a value of a type that is made of no others."""
    if isinstance(kind, enum.EnumMeta):
        return next(iter(kind))
    return {str: "text", int: 1, bool: True, datetime: MOMENT, date: MOMENT.date()}[kind]  # type: ignore[index]


def fields_of(view: object, *inner: str) -> set[str]:
    names = {field.name for field in dataclasses.fields(view)}  # type: ignore[arg-type]
    for name in inner:
        names = (names - {name}) | fields_of(getattr(view, name))
    return names


CASES = [
    ("approval_requests.ApprovalRequestDetail", contracts.RequestDetailView, ("request",)),
    ("approval_requests.ApprovalRequest", contracts.RequestView, ()),
    ("runs.RunDetail", contracts.RunDetailView, ("run",)),
    ("runs.Run", contracts.RunView, ()),
    ("runs.RunEvent", contracts.RunEventView, ()),
    ("plans.PlanDetail", contracts.PlanDetailView, ("plan",)),
    ("phases.PhaseDetail", contracts.PhaseDetailView, ("phase",)),
    ("work_items.WorkItem", contracts.WorkItemView, ()),
    ("packs.Pack", contracts.PackView, ()),
    ("me.Installation", contracts.Installation, ()),
]


def serializer_of(name: str) -> type[Output]:
    from django.utils.module_loading import import_string

    found: type[Output] = import_string(f"countersign.api.{name}")
    return found


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(("name", "view", "inner"), CASES)
def test_answer_has_every_field_of_its_view(
    name: str, view: type, inner: tuple[str, ...], full: bool
) -> None:
    value = sample(view, full=full)
    rendered = serializer_of(name)(value).data
    assert set(rendered) == fields_of(value, *inner)


@pytest.mark.parametrize("full", [True, False])
def test_parts_of_a_decision_page_are_rendered_whole(full: bool) -> None:
    view = sample(contracts.RequestDetailView, full=full)
    rendered = serializer_of("approval_requests.ApprovalRequestDetail")(view).data
    for field in dataclasses.fields(contracts.RequestDetailView):
        held = getattr(view, field.name)
        if dataclasses.is_dataclass(held) and field.name != "request":
            assert set(rendered[field.name]) == fields_of(held), field.name
        elif isinstance(held, tuple) and held and dataclasses.is_dataclass(held[0]):
            assert set(rendered[field.name][0]) == fields_of(held[0]), field.name
        elif held is None:
            assert rendered[field.name] is None


def test_flat_answer_can_be_made_of_mappings() -> None:
    view = sample(contracts.PlanDetailView, full=False)
    as_mapping = dataclasses.asdict(view)  # type: ignore[call-overload]
    serializer = serializer_of("plans.PlanDetail")
    assert serializer(as_mapping).data == serializer(view).data


def test_flat_answer_that_lacks_a_field_is_an_error() -> None:
    from countersign.api.parts import Merged

    with pytest.raises(AttributeError, match="nothing"):
        _ = Merged(outer={}, inner=object()).nothing

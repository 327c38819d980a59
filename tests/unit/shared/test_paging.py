"""Pages of lists: every item once, in order, forward and back."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.accounts.models import Person
from countersign.shared.paging import (
    MAX_LIMIT,
    CursorInvalid,
    Page,
    number_dump,
    number_load,
    position_dump,
    position_load,
    queryset_page,
    sequence_page,
)

NAMES = ["anna", "bert", "bert", "carl", "dora", "dora", "dora", "emil"]


def people(order: tuple[str, ...], after: str = "", limit: int = 3) -> Page[tuple[str, str]]:
    return queryset_page(
        Person.objects.all(),
        order=order,
        convert=lambda person: (person.name, str(person.pk)),
        after=after,
        limit=limit,
    )


@pytest.fixture
def persons(db: None) -> None:
    for name in NAMES:
        Person.objects.create(name=name)


@pytest.mark.parametrize("order", [("name", "id"), ("-name", "id"), ("-name", "-id"), ("-created_at", "-id")])
def test_queryset_page_walks_every_row_once_forward_and_back(persons: None, order: tuple[str, ...]) -> None:
    page = people(order)
    pages = [page]
    while page.next is not None:
        page = people(order, after=page.next)
        pages.append(page)
    walked = [item for each in pages for item in each.items]
    expected = [(p.name, str(p.pk)) for p in Person.objects.order_by(*order)]
    assert walked == expected
    assert pages[0].previous is None

    for earlier in reversed(pages[:-1]):
        assert page.previous is not None
        page = people(order, after=page.previous)
        assert page.items == earlier.items
        assert page.next is not None
    assert page.previous is None


def test_queryset_page_of_nothing_is_empty(db: None) -> None:
    assert people(("name", "id")) == Page(())


def test_queryset_page_keeps_the_position_when_rows_appear(persons: None) -> None:
    first = people(("name", "id"))
    Person.objects.create(name="aaron")
    assert first.next is not None
    second = people(("name", "id"), after=first.next)
    assert not set(first.items) & set(second.items)


def test_queryset_page_never_exceeds_the_limit(persons: None) -> None:
    assert len(people(("name", "id"), limit=10_000).items) == len(NAMES)
    assert len(people(("name", "id"), limit=-5).items) == 1
    assert MAX_LIMIT == 200


@pytest.mark.parametrize(
    "cursor",
    [
        "?",
        "é",
        base64.urlsafe_b64encode(b"{").decode(),
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(b"[]").decode(),
        base64.urlsafe_b64encode(b'["x","1","2"]').decode(),
        base64.urlsafe_b64encode(b'["n",1,2]').decode(),
        base64.urlsafe_b64encode(json.dumps(["n", "anna"]).encode()).decode(),
        base64.urlsafe_b64encode(json.dumps(["n", "anna", "no-uuid"]).encode()).decode(),
        base64.urlsafe_b64encode(b"[" * 50_000).decode(),
    ],
)
def test_queryset_page_refuses_a_foreign_cursor(db: None, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        people(("name", "id"), after=cursor)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_position_survives_the_round_trip(values: list[str]) -> None:
    assert position_load(position_dump("n", values)) == ("n", tuple(values))


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_number_survives_the_round_trip(number: int) -> None:
    assert number_load(number_dump(number)) == number


@pytest.mark.parametrize("values", [["1", "2"], ["-1"], ["x"], ["9" * 30], ["²"]])
def test_number_load_refuses_what_is_no_number(values: list[str]) -> None:
    with pytest.raises(CursorInvalid):
        number_load(position_dump("n", values))


@given(st.lists(st.integers(), max_size=30), st.integers(min_value=1, max_value=7))
def test_sequence_page_walks_every_item_once(items: list[int], limit: int) -> None:
    page = sequence_page(items, limit=limit)
    walked = list(page.items)
    assert page.previous is None
    while page.next is not None:
        page = sequence_page(items, after=page.next, limit=limit)
        walked += page.items
        assert page.previous is not None
    assert walked == items


def test_sequence_page_goes_back() -> None:
    second = sequence_page("abcde", after=number_dump(2), limit=2)
    assert second.items == ("c", "d")
    assert second.previous is not None
    assert sequence_page("abcde", after=second.previous, limit=2).items == ("a", "b")


def test_sequence_page_refuses_a_foreign_cursor() -> None:
    with pytest.raises(CursorInvalid):
        sequence_page("abc", after="!")

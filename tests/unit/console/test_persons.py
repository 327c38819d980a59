"""Persons in the console: a page that says what erasing does, and asks for the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.unit.console.test_pages import act, newest, said

if TYPE_CHECKING:
    from django.test import Client

    from countersign.accounts.contracts import UserData

PERSONS = "/console/accounts/person/"


@pytest.fixture
def auditor(user_with: Callable[[str], UserData]) -> UserData:
    return user_with("auditor")


def test_person_is_erased_after_a_page_that_says_what_that_does(admin: Client, auditor: UserData) -> None:
    asking = act(admin, PERSONS, "erase", auditor.person_id)
    assert asking.status_code == 302
    page = admin.get(asking["Location"]).content.decode()
    for part in ("auditor@example.org", "roles: auditor", "cannot be undone"):
        assert part in page
    done = admin.post(asking["Location"], {"confirmation": "auditor@example.org"})
    assert done["Location"] == PERSONS
    assert f"erased: {auditor.person_id}" in said(done)
    assert newest() == ("person.erased", "Test admin")
    assert "Erased person" in admin.get(PERSONS).content.decode()
    assert "erased already" in admin.get(asking["Location"]).content.decode()


def test_person_is_not_erased_without_the_address(admin: Client, auditor: UserData) -> None:
    address = f"{PERSONS}{auditor.person_id}/erase/"
    refused = admin.post(address, {"confirmation": "somebody@example.org"})
    assert (refused.status_code, refused["Location"]) == (302, address)
    assert "typed once more" in said(refused)
    assert admin.get(f"{PERSONS}00000000-0000-4000-8000-000000000000/erase/")["Location"] == "/console/"


def test_one_person_is_erased_at_a_time(admin: Client, auditor: UserData) -> None:
    from countersign.accounts.models import Person

    everybody = [str(person) for person in Person.objects.values_list("pk", flat=True)]
    answered = admin.post(PERSONS, {"action": "erase", "_selected_action": everybody})
    assert "choose one" in said(answered)


def test_page_that_asks_is_for_administrators(browser_of: Callable[[str], Client], auditor: UserData) -> None:
    address = f"{PERSONS}{auditor.person_id}/erase/"
    answered = browser_of("operator").post(address, {"confirmation": "auditor@example.org"})
    assert answered.status_code in {302, 403}
    from countersign.accounts.models import Person

    assert Person.objects.get(pk=auditor.person_id).erased_at is None

"""Passkeys that decide, over HTTP: one person proposes, another confirms."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.api.world import World
from tests.passkeys import ORIGIN, Passkey

if TYPE_CHECKING:
    import pytest
    from rest_framework.test import APIClient

ADDRESS = "/api/v1/deciding-credentials/"


def enrol(client: APIClient) -> dict[str, Any]:
    begun = client.post(f"{ADDRESS}options/")
    assert begun.status_code == 200
    answer = Passkey().register(begun.json()["options"]["challenge"])
    body = {"token": begun.json()["token"], "label": "blue key", "credential": answer}
    proposed = client.post(ADDRESS, body, format="json")
    assert proposed.status_code == 201, proposed.json()
    return dict(proposed.json())


def test_passkey_goes_from_proposed_to_active_to_revoked(
    people: World, ask: Callable[[str], APIClient]
) -> None:
    director, admin = ask("director"), ask("admin")
    proposed = enrol(director)
    assert (proposed["state"], proposed["mine"], proposed["may_confirm"]) == ("proposed", True, False)
    listed = admin.get(ADDRESS).json()
    assert listed["origin"] == ORIGIN
    [seen] = listed["results"]
    assert (seen["id"], seen["mine"], seen["may_confirm"]) == (proposed["id"], False, True)
    assert ask("cab_member").get(ADDRESS).json()["results"] == []
    confirm = f"{ADDRESS}{proposed['id']}/confirm/"
    own = director.post(confirm, {"fingerprint": proposed["fingerprint"]}, format="json")
    assert (own.status_code, own.json()["code"]) == (403, "second_person_needed")
    other = admin.post(confirm, {"fingerprint": proposed["credential"]}, format="json")
    assert (other.status_code, other.json()["code"]) == (409, "credential_state")
    confirmed = admin.post(confirm, {"fingerprint": proposed["fingerprint"]}, format="json")
    assert (confirmed.status_code, confirmed.json()["state"]) == (200, "active")
    revoked = director.post(f"{ADDRESS}{proposed['id']}/revoke/")
    assert (revoked.status_code, revoked.json()["state"]) == (200, "revoked")


def test_where_no_passkey_can_be_the_list_says_so(
    people: World, ask: Callable[[str], APIClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.api import deciding_credentials

    monkeypatch.setattr(deciding_credentials, "passkey_party", lambda: None)
    assert ask("director").get(ADDRESS).json() == {"origin": None, "results": []}

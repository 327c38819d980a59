"""Packs are read by digest and downloaded as they were sealed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rest_framework.test import APIClient

Ask = Callable[[str], "APIClient"]
HEX = "a" * 64


@pytest.fixture
def pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pack, without the run that would seal it."""
    from countersign.workflow import queries
    from countersign.workflow.contracts import PackMember, PackView

    def pack_detail(*, actor: object, digest: str) -> PackView:
        member = PackMember("diff.patch", HEX, 3, "text/x-diff")
        return PackView(
            digest, 10, (member,), {"sbom": {"applies": False, "reason": "no dependency changed"}}
        )

    def pack_data(*, actor: object, digest: str) -> bytes:
        return digest.encode()

    monkeypatch.setattr(queries, "pack_detail", pack_detail)
    monkeypatch.setattr(queries, "pack_data", pack_data)


@pytest.mark.parametrize("digest", [HEX, f"sha256:{HEX}"])
def test_pack_is_read_with_and_without_the_prefix(pack: None, ask: Ask, digest: str) -> None:
    assert ask("auditor").get(f"/api/v1/packs/{digest}/").json() == {
        "digest": f"sha256:{HEX}",
        "size": 10,
        "members": [{"path": "diff.patch", "sha256": HEX, "size": 3, "media_type": "text/x-diff"}],
        "fields": {"sbom": {"applies": False, "reason": "no dependency changed"}},
    }


def test_pack_is_downloaded_as_a_file(pack: None, ask: Ask) -> None:
    response = ask("auditor").get(f"/api/v1/packs/{HEX}/download/")
    assert response.content == f"sha256:{HEX}".encode()
    assert response["Content-Type"] == "application/x-tar"
    assert response["Content-Disposition"] == f'attachment; filename="pack-{HEX}.tar"'


@pytest.mark.parametrize("digest", ["xyz", HEX[:-1], HEX.upper(), f"sha512:{HEX}"])
def test_pack_under_something_that_is_no_digest_is_not_found(ask: Ask, digest: str) -> None:
    assert ask("auditor").get(f"/api/v1/packs/{digest}/").status_code == 404


def test_digests_stand_in_addresses_as_they_are() -> None:
    from countersign.api.converters import DigestConverter

    assert DigestConverter().to_url(f"sha256:{HEX}") == f"sha256:{HEX}"


def test_pack_is_shredded_by_who_may_with_its_digest_once_more(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from countersign.api import packs
    from countersign.evidence.contracts import Unmade

    asked: dict[str, object] = {}

    def pack_shred(**given: object) -> Unmade:
        asked.update(given)
        return Unmade(str(given["digest"]), "run", ("sha256:" + HEX,))

    address, body = f"/api/v1/packs/{HEX}/shred/", {"confirmation": HEX, "reason": "a token leaked"}
    # As it is: there is no such pack, and most roles may not ask.
    assert ask("operator").post(address, body, format="json").status_code == 403
    assert ask("admin").post(address, body, format="json").status_code == 404
    monkeypatch.setattr(packs, "pack_shred", pack_shred)
    assert ask("admin").post(address, {**body, "reason": "short"}, format="json").status_code == 400
    answer = ask("admin").post(address, body, format="json")
    assert answer.json() == {"pack": "sha256:" + HEX, "run_id": "run", "artifacts": ["sha256:" + HEX]}
    assert (asked["confirmation"], asked["reason"]) == (HEX, "a token leaked")

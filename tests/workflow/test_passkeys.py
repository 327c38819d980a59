"""A project asks for passkeys: a change is merged on the approver's own signature; a stranger checks it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.passkeys import Passkey
from tests.unit.accounts.test_enrolment import propose
from tests.workflow.insider import Insider
from tests.workflow.test_phases import checks, export
from tests.workflow.world import World, drive, failed_jobs, sequence

pytestmark = pytest.mark.needs("bwrap")


def enrolled(world: World) -> Passkey:
    """A passkey of the director's, confirmed by another person and covered by a checkpoint."""
    from countersign.accounts.enrolment import credential_confirm

    passkey = Passkey()
    found = propose(world.director, passkey)
    credential_confirm(
        actor=world.person("adam", "admin"), credential_id=found.id, fingerprint=found.fingerprint
    )
    sequence()
    return passkey


def sign(world: World, passkey: Passkey) -> None:
    """Prepare the approval and sign it, as the page does."""
    from countersign.approvals.contracts import AssertionInput
    from countersign.workflow.commands import decision_begin, decision_submit

    request = world.request("F401")
    words: dict[str, Any] = {"verdict": "approve", "reason": "looked at", "digest": request.subject_digest}
    prepared = decision_begin(actor=world.director, request_id=request.id, **words)
    answer = AssertionInput(prepared_id=prepared.id, **passkey.answer(prepared.challenge))
    decision_submit(actor=world.director, request_id=request.id, assertion=answer, **words)


def asking(world: World) -> None:
    """Let the project ask for passkeys, and F401 have a pack made since."""
    from countersign.workflow.commands import project_configure

    settings = {"base_move": "strict", "passkey": "all"}
    project_configure(actor=world.operator, project="sample", settings=settings)
    world.approve("E713", "F401")
    drive()
    assert world.request("F401").policy.passkey


def test_change_is_merged_on_a_passkey_and_a_stranger_verifies_it(
    waiting: World, capsys: pytest.CaptureFixture[str]
) -> None:
    from countersign.approvals.errors import PasskeyRequired

    asking(waiting)
    with pytest.raises(PasskeyRequired):
        waiting.approve("F401")
    passkey = enrolled(waiting)
    sign(waiting, passkey)
    drive()
    assert failed_jobs() == []
    assert waiting.run("F401").state == "merged"
    directory, trust = export(waiting)
    assert checks(directory, trust, capsys) == (0, [])
    [file] = (directory / "decisions").glob("*.webauthn.json")
    stored = file.read_bytes()
    content = json.loads(stored)
    for forged in (
        None,
        stored.replace(b'"v":1', b'"v":2'),
        json.dumps({**content, "signature": "AA"}, sort_keys=True, separators=(",", ":")).encode(),
    ):
        file.unlink()
        if forged is not None:
            file.write_bytes(forged)
        code, failed = checks(directory, trust, capsys)
        assert code == 1
        assert {"decisions", "merges"} <= set(failed)
        file.write_bytes(stored)
    _roots_matter(directory, Path(trust), capsys)


def _roots_matter(directory: Path, trust: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the reader's own trust file says decides, not the copy in the export."""
    from countersign_verify.canonical import canonical_bytes

    content = json.loads(trust.read_bytes())
    elsewhere: dict[str, Any] = {"rp_id": "localhost", "origins": ["https://evil.example"]}
    nobody: dict[str, Any] = {"admins": [], "operator_grants": False}
    for changes, wanted in (({"passkeys": elsewhere}, "decisions"), ({"accounts": nobody}, "people")):
        file = directory.parent / "other-trust.json"
        file.write_bytes(canonical_bytes({**content, **changes}))
        code, failed = checks(directory, str(file), capsys)
        assert code == 1
        assert wanted in failed


def test_assertion_that_is_lost_or_swapped_in_the_table_stops_the_merge(
    waiting: World, superuser_dsn: str
) -> None:
    from countersign.approvals.models import Decision
    from countersign.evidence.errors import PackDamaged
    from countersign.workflow.verification import approved_pack_verify

    asking(waiting)
    passkey = enrolled(waiting)
    sign(waiting, passkey)
    sequence()
    request = waiting.request("F401")
    rows = Decision.objects.filter(request__id=request.id)
    [good] = rows.values_list("assertion", flat=True)
    assert good is not None
    approved_pack_verify(waiting.run("F401"), request)
    for forged in (None, {**good, "credential": "sha256:" + "0" * 64}, {**good, "signature": "AA"}):
        # No running process may: whoever has the superuser's password can.
        Insider(superuser_dsn).sql(
            "UPDATE approvals_decision SET assertion = %s WHERE request_id = %s", forged, request.id
        )
        with pytest.raises(PackDamaged, match="a decision does not verify"):
            approved_pack_verify(waiting.run("F401"), waiting.request("F401"))

"""`countersign pack shred` asks twice and says what it did."""

import re

import pytest
from typer.testing import CliRunner

from countersign.accounts.errors import UserNotFound
from countersign.accounts.services import roles_sync
from countersign.audit.selectors import event_list
from countersign.cli.errors import CommandFailed
from countersign.cli.main import app
from countersign.evidence.contracts import SealedPack
from countersign.evidence.errors import ShredRefused
from countersign.evidence.selectors import pack_get
from countersign.evidence.services import pack_record
from countersign.shared.actor import service_actor
from countersign.shared.errors import PermissionDenied
from countersign.shared.storage import DirectoryStore
from tests.unit.evidence.conftest import store  # noqa: F401 - a fixture
from tests.unit.evidence.samples import RUN, WORKER, contents, pack_keep
from tests.unit.runs.samples import lease_take

WHY = "a token stood in the transcript"


@pytest.fixture
def sealed(store: DirectoryStore) -> SealedPack:  # noqa: F811 - the fixture from above
    roles_sync(actor=service_actor("test"))
    for name, role in (("sam", "security_reviewer"), ("oz", "operator")):
        command = ["user", "add", f"{name}@example.org", "--name", name, "--role", role]
        assert CliRunner().invoke(app, command).exit_code == 0
    made = pack_keep(contents())
    pack_record(actor=WORKER, lease=lease_take(WORKER), run_id=RUN, revision=1, sealed=made)
    return made


def shred(digest: str, answers: str, by: str = "sam") -> object:
    command = ["pack", "shred", digest, "--by", f"{by}@example.org", "--reason", WHY]
    result = CliRunner().invoke(app, command, input=answers)
    return result.exception or re.sub(r"\s+", " ", result.stdout)


def test_pack_shred_destroys_after_two_answers(sealed: SealedPack) -> None:
    told = shred(sealed.digest, f"{sealed.digest}\ndestroy\n")
    assert str(told).strip().endswith(sealed.digest)
    assert pack_get(actor=WORKER, digest=sealed.digest).unmade
    (event,) = event_list(actor=WORKER, type="pack.key_destroyed")
    assert (event.actor_kind, event.data["reason"]) == ("person", WHY)


def test_pack_shred_destroys_nothing_without_both(sealed: SealedPack) -> None:
    assert isinstance(shred(sealed.digest, f"{sealed.digest}\nno\n"), CommandFailed)
    assert isinstance(shred(sealed.digest, f"{'0' * 64}\ndestroy\n"), ShredRefused)
    assert isinstance(shred(sealed.digest, f"{sealed.digest}\ndestroy\n", by="oz"), PermissionDenied)
    assert isinstance(shred(sealed.digest, f"{sealed.digest}\ndestroy\n", by="nobody"), UserNotFound)
    assert not pack_get(actor=WORKER, digest=sealed.digest).unmade

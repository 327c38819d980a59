"""The reference pages say what the code does."""

from pathlib import Path

import pytest

from countersign_verify import vocabulary
from countersign_verify.log import log_verify
from countersign_verify.pack import pack_read
from countersign_verify.report import Report
from countersign_verify.risk import WEIGHTS
from countersign_verify.tree import tree_id
from countersign_verify.trust import trust_read
from tests.unit.countersign_verify.samples import pack_plan, trust_bytes

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
PACK_PAGE = (REFERENCE / "evidence-pack.md").read_text(encoding="utf-8")
LOG_PAGE = (REFERENCE / "audit-log-format.md").read_text(encoding="utf-8")


def test_worked_example_is_the_pack_that_is_sealed(tmp_path: Path) -> None:
    plan = pack_plan()
    sealed = plan.seal(tmp_path / "pack.tar")
    pack = pack_read(tmp_path / "pack.tar")
    raw = (tmp_path / "pack.tar").read_bytes()
    call = pack.members[vocabulary.MEMBER_CALL]
    facts = [
        plan.base_commit,
        plan.change[0],
        plan.result_tree,
        tree_id(plan.tree),
        sealed.digest,
        sealed.content_digest,
        f"{sealed.size} bytes",
        f"stand at {call.offset}",
        call.sha256,
        raw[124:135].decode(),
        raw[148:154].decode(),
    ]
    assert [fact for fact in facts if fact not in PACK_PAGE] == []


@pytest.mark.parametrize(
    "name",
    [
        *vocabulary.REQUIRED_MEMBERS,
        *vocabulary.STATEMENTS,
        *vocabulary.FIELDS,
        *vocabulary.SUBJECT_TEXTS,
        *WEIGHTS,
    ],
)
def test_pack_page_names_everything(name: str) -> None:
    assert name in PACK_PAGE


def test_log_page_names_every_event_and_every_check(sound: Path) -> None:
    for kind, fields in vocabulary.EVENT_DATA.items():
        assert all(f"`{name}`" in LOG_PAGE for name in (kind, *fields))
    report = Report()
    log_verify(sound, trust_read(trust_bytes()), report)
    limits = {"roles", "time", "repository"}
    assert [
        check.name
        for check in report.checks
        if f"| `{check.name}` |" not in LOG_PAGE and check.name not in limits
    ] == []

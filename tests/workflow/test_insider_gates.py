"""An insider with superuser rights on the database against gate answers that were taken ahead of time."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.workflow.insider import Insider
from tests.workflow.insider_rows import event_insert
from tests.workflow.world import PLATFORM, World, drive, failed_jobs, gates_count, sequence

if TYPE_CHECKING:
    from countersign.runs.contracts import StandingData

pytestmark = pytest.mark.needs("bwrap")


@pytest.fixture
def insider(superuser_dsn: str) -> Insider:
    return Insider(superuser_dsn)


def standing(world: World) -> StandingData:
    from countersign.runs.queue import standings_of

    run_id = world.runs["E713"]
    return standings_of(actor=PLATFORM, run_ids=[run_id])[run_id]


def answers_signed(world: World) -> set[str]:
    """The digests of the gates' answers in the addendum that the merge signed."""
    from countersign.evidence.selectors import addenda_of_runs
    from countersign.workflow.trust import trust_current
    from countersign_verify import dsse
    from countersign_verify.canonical import canonical_bytes

    [addendum] = addenda_of_runs(actor=PLATFORM, run_ids=(world.runs["E713"],))
    trust = trust_current(allow_unattended=False)
    keys = {**trust.roles["gates"], **trust.roles["scorer"]}
    envelope = canonical_bytes(dict(addendum.envelope))
    predicate = dsse.statement_verify(envelope, keys, dsse.REVERIFICATION_V1, threshold=2).predicate
    return {str(gate["report_digest"]) for gate in predicate["gates"]}  # type: ignore[index,union-attr,call-overload]  # its shape is the addendum's


@pytest.mark.parametrize("with_event", [False, True], ids=["row", "row_and_event"])
def test_gate_answers_written_into_the_table_are_not_signed_by_the_merge(
    waiting: World, insider: Insider, monkeypatch: pytest.MonkeyPatch, *, with_event: bool
) -> None:
    """Answers that were taken ahead are replaced, in the second case with an event that tells of them."""
    from countersign_verify.canonical import digest_of

    waiting.approve("F401")
    drive()
    found = standing(waiting)
    forged = [{**report, "status": "pass", "reason": "forged"} for report in found.reports]
    insider.sql("UPDATE runs_standing SET reports = %s WHERE run_id = %s", forged, found.run_id)
    digests = {
        digest_of(dict(before)): digest_of(after) for before, after in zip(found.reports, forged, strict=True)
    }
    if with_event:
        event_forge(waiting, insider, digests)
    bases = gates_count(monkeypatch)
    waiting.approve("E713")
    drive()
    assert failed_jobs() == []
    assert waiting.run("E713").state == "merged"
    assert not set(digests.values()) & answers_signed(waiting)
    assert bases[0] == found.base_commit


def event_forge(world: World, insider: Insider, digests: dict[str, str]) -> None:
    """Write the event of a verification that never happened, and have it sequenced like any other."""
    run_id, event_id = world.runs["E713"], str(uuid.uuid4())
    named = "SELECT event_id FROM runs_standing WHERE run_id = %s"
    body = insider.one(f"SELECT body FROM audit_auditevent WHERE event_id = ({named})", run_id)  # noqa: S608 - of this file
    data = json.dumps(json.loads(body)["data"])
    for true, forged in digests.items():
        assert true in data
        data = data.replace(true, forged)
    event_insert(insider, "run.reverified", ("run", run_id), json.loads(data), world.operator, event_id)
    insider.sql("UPDATE runs_standing SET event_id = %s WHERE run_id = %s", event_id, run_id)
    sequence()

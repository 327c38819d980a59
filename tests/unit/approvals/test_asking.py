"""Asking for changes: items that are checked, signed over, and handed to the next attempt."""

import pytest

from countersign.approvals.asking import MAX_ITEMS, changes_asked, words_signed
from countersign.approvals.contracts import AskedItem, Verdict
from countersign.approvals.errors import AskedItemsInvalid, CommentInvalid
from countersign.approvals.models import Decision
from countersign.approvals.services import decision_record
from countersign.shared.actor import Actor
from countersign_verify.canonical import digest_bytes
from tests.unit.approvals.samples import DIGEST, Requests, verified

ITEM = AskedItem(text="Keep the import", path="src/a.py", line=3)


def ask(
    request_id: str, actor: Actor, items: tuple[AskedItem, ...], verdict: Verdict = "request_changes"
) -> str:
    decision, _ = decision_record(
        actor=actor,
        request_id=request_id,
        verdict=verdict,
        reason="not yet",
        digest=DIGEST,
        unattended_allowed=False,
        items=items,
    )
    signed = decision.envelope
    assert verified(decision).verdict == verdict
    assert digest_bytes(words_signed("not yet", items).encode()) in str(_payload(signed))
    return decision.id


def _payload(envelope: object) -> bytes:
    import base64

    assert isinstance(envelope, dict)
    return base64.b64decode(envelope["payload"])


def test_decision_record_signs_over_the_items_and_the_next_attempt_gets_them(
    requests: Requests, director: Actor
) -> None:
    request = requests.open()
    whole = AskedItem(text="and less of it")
    decision_id = ask(request.id, director, (ITEM, whole))
    [asked] = changes_asked(subject_ids=[request.subject_id])
    assert (asked.decision_id, asked.person_id, asked.reason) == (decision_id, director.person_id, "not yet")
    assert asked.items == (ITEM, whole)
    assert requests.get(request).state == "changes_requested"


def test_words_signed_differ_by_any_item() -> None:
    said = {
        words_signed("r", items)
        for items in ((), (ITEM,), (ITEM, ITEM), (AskedItem("Keep the import", "src/a.py"),))
    }
    assert len(said) == 4
    assert words_signed("r", ()) == "r"


def test_changes_asked_leaves_approvals_and_other_changes_aside(requests: Requests, director: Actor) -> None:
    request = requests.open()
    ask(request.id, director, (), "reject")
    other = requests.open()
    ask(other.id, director, (ITEM,))
    assert changes_asked(subject_ids=[request.subject_id]) == ()


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_decision_record_refuses_items_where_no_changes_are_asked_for(
    requests: Requests, director: Actor, verdict: Verdict
) -> None:
    request = requests.open()
    with pytest.raises(AskedItemsInvalid):
        ask(request.id, director, (ITEM,), verdict)
    assert Decision.objects.count() == 0


def test_decision_record_refuses_more_items_than_anybody_reads(requests: Requests, director: Actor) -> None:
    with pytest.raises(AskedItemsInvalid):
        ask(requests.open().id, director, (ITEM,) * (MAX_ITEMS + 1))
    ask(requests.open().id, director, (ITEM,) * MAX_ITEMS)


@pytest.mark.parametrize(
    "item",
    [
        AskedItem(text=" "),
        AskedItem(text="x" * 4_001),
        AskedItem(text="\ud800"),
        AskedItem(text="x", path="../secret"),
        AskedItem(text="x", line=3),
    ],
)
def test_decision_record_refuses_items_without_proper_form(
    requests: Requests, director: Actor, item: AskedItem
) -> None:
    with pytest.raises(CommentInvalid):
        ask(requests.open().id, director, (item,))

"""Where the database says a word: in text, in JSON and in bytes, as a word and nothing else."""

from __future__ import annotations

import pytest

from countersign.jobs.models import IdempotencyKey
from countersign.shared import mentions
from countersign.shared.clock import now
from countersign.shared.mentions import Mention, mentions_find
from tests.unit.audit.rows import event_insert

LOG, ANSWERS = "audit_auditevent", "jobs_idempotencykey"


def event(body: str) -> None:
    event_insert(
        recorded_at=now(), type="run.claimed", actor_kind="service", actor_id="a", body=body.encode()
    )


@pytest.fixture
def told(db: None) -> None:
    event('{"why":"Ana-María Núñez said so"}')
    event('{"why":"anamaría núñezes said so"}')
    IdempotencyKey.objects.create(
        user_id="u",
        key="k",
        request_digest="d",
        response={"name": "ANA-MARÍA NÚÑEZ", "at": "a.b@example.org"},
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["Ana-María Núñez"], {LOG: 1, ANSWERS: 1}),
        (["a.b@example.org"], {ANSWERS: 1}),
        (["b@example.org"], {ANSWERS: 1}),
        (["a.b@example.or"], {}),
        (["axb@example.org"], {}),
        (["Núñez", "nobody"], {LOG: 1, ANSWERS: 1}),
        (["Núñ"], {}),
        (["a", " ", ""], {}),
        ([], {}),
    ],
)
def test_mentions_find_counts_rows_that_say_the_word(
    told: None, words: list[str], found: dict[str, int]
) -> None:
    assert {mention.table: mention.rows for mention in mentions_find(words)} == found


def test_mentions_find_leaves_out_what_it_is_told_to(told: None) -> None:
    assert mentions_find(["Núñez"], leave_out=("jobs_",)) == (Mention(LOG, 1),)


def test_mentions_find_takes_the_log_a_stretch_at_a_time(told: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mentions, "_STEP", 1)
    event('{"why":"Núñez"}')
    assert Mention(LOG, 2) in mentions_find(["núñez"])

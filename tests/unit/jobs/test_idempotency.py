"""A repeated POST gets the first answer; a key never serves two requests."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.db.models import Value
from django.db.models.functions import Now

from countersign.jobs.errors import IdempotencyConflict
from countersign.jobs.idempotency import (
    ABANDONED,
    StoredAnswer,
    idempotency_begin,
    idempotency_finish,
    idempotency_release,
)
from countersign.jobs.models import IdempotencyKey

Begin = Callable[..., StoredAnswer | None]


def begin(digest: str = "sha256:1", user: str = "alice") -> StoredAnswer | None:
    return idempotency_begin(user_id=user, key="key", request_digest=digest)


def finish() -> None:
    idempotency_finish(user_id="alice", key="key", status=202, response={"id": 1}, headers={"Location": "/x"})


def test_begin_reserves_and_then_returns_the_stored_answer(db: None) -> None:
    assert begin() is None
    finish()
    assert begin() == StoredAnswer(202, {"id": 1}, {"Location": "/x"})
    assert str(IdempotencyKey.objects.get()) == "key"


def test_begin_refuses_another_request_under_the_same_key(db: None) -> None:
    begin()
    finish()
    with pytest.raises(IdempotencyConflict, match="another request"):
        begin("sha256:2")


def test_begin_refuses_a_repeat_while_the_first_is_being_answered(db: None) -> None:
    begin()
    with pytest.raises(IdempotencyConflict, match="still being answered"):
        begin()


def test_begin_takes_over_what_a_killed_process_left(db: None) -> None:
    begin()
    IdempotencyKey.objects.update(created_at=Now() - Value(ABANDONED) * 2)
    assert begin() is None
    with pytest.raises(IdempotencyConflict, match="still being answered"):
        begin()


def test_release_lets_a_failed_request_try_again(db: None) -> None:
    begin()
    idempotency_release(user_id="alice", key="key")
    assert begin() is None


def test_release_keeps_an_answer(db: None) -> None:
    begin()
    finish()
    idempotency_release(user_id="alice", key="key")
    assert begin() is not None


def test_keys_of_two_users_are_two_keys(db: None) -> None:
    assert begin() is None
    assert begin(user="bob") is None


def test_begin_from_many_sides_lets_one_through(committed_db: None) -> None:
    def side(_number: int) -> str:
        try:
            return "through" if begin() is None else "stored"
        except IdempotencyConflict:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(side, range(8)))
    assert outcomes.count("through") == 1
    assert outcomes.count("refused") == 7

"""Repeating a POST safely: the first answer is stored and given again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, Now

from countersign.jobs.errors import IdempotencyConflict
from countersign.jobs.models import IdempotencyKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from countersign.shared.types import JSON


# Longer than any statement or transaction may last.
ABANDONED = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer that was given the first time."""

    status: int
    response: object
    headers: Mapping[str, str]


@transaction.atomic(durable=True)
def idempotency_begin(*, user_id: str, key: str, request_digest: str) -> StoredAnswer | None:
    """Reserve the key; return the stored answer when this very request was answered before.

    Raises:
        IdempotencyConflict: the key belongs to another request, or the first one is still being answered.
    """
    row, created = IdempotencyKey.objects.get_or_create(
        user_id=user_id, key=key, defaults={"request_digest": request_digest}
    )
    if created:
        return None
    if row.request_digest != request_digest:
        message = "this Idempotency-Key was used for another request; send a new key"
        raise IdempotencyConflict(message)
    if row.status is None and not _take_over(row):
        message = "the first request with this Idempotency-Key is still being answered; try again"
        raise IdempotencyConflict(message)
    if row.status is None:
        return None
    return StoredAnswer(row.status, row.response, row.headers)


def _take_over(row: IdempotencyKey) -> bool:
    """Claim a reservation whose process must have died: no request takes that long."""
    return bool(
        IdempotencyKey.objects.filter(
            pk=row.pk, status__isnull=True, created_at__lt=Now() - Value(ABANDONED)
        ).update(created_at=Now())
    )


@transaction.atomic(durable=True)
def idempotency_finish(
    *, user_id: str, key: str, status: int, response: JSON, headers: Mapping[str, str]
) -> None:
    """Store the answer for a repeat."""
    IdempotencyKey.objects.filter(user_id=user_id, key=key).update(
        status=status, response=response, headers=dict(headers)
    )


@transaction.atomic(durable=True)
def idempotency_release(*, user_id: str, key: str) -> None:
    """Forget a reservation whose request failed, so that it can be tried again."""
    IdempotencyKey.objects.filter(user_id=user_id, key=key, status__isnull=True).delete()


@transaction.atomic(durable=True)
def answers_forget(*, user_ids: Iterable[str], words: Iterable[str]) -> int:
    """Forget the stored answers to some users, and all that say one of these words; return how many.

    A repeat of one of these requests is then a new request.
    """
    says = Q(user_id__in=list(user_ids))
    for word in words:
        # As JSON writes it inside of a string.
        says |= Q(response_text__icontains=json.dumps(word, ensure_ascii=False)[1:-1])
    rows = IdempotencyKey.objects.annotate(response_text=Cast("response", TextField())).filter(says)
    removed, _ = IdempotencyKey.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()
    return removed

"""Whether the platform works: asked by start-up scripts, containers and people; needs no login."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import redis
from django.db import DatabaseError, connection
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response

import countersign
from countersign.api.base import ApiView, Output
from countersign.approvals.signing import signer_lag
from countersign.audit.selectors import sequencing_lag
from countersign.shared.env import environment
from countersign.shared.errors import DomainError
from countersign.shared.storage import object_store
from countersign.workflow import queries

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 1.0
# A sequencer that works is some hundred milliseconds behind; a long transaction may hold it for a while.
LAG_ALARM_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the platform and whether it answers."""

    name: str
    ok: bool
    detail: str


def check_database() -> str:
    """Ask PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "answers"


def check_redis() -> str:
    """Ask Redis."""
    client = redis.Redis.from_url(
        environment().redis_url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )
    try:
        client.ping()
    finally:
        client.close()
    return "answers"


def check_workers() -> str:
    """Ask the workers.

    Raises:
        PartFailed: none answers.
    """
    names = queries.workers_alive(timeout=TIMEOUT_SECONDS)
    if not names:
        raise PartFailed("no worker answers")
    return f"{len(names)} answering"


def check_object_store() -> str:
    """Ask the object store for something that need not be there."""
    object_store().exists("health/probe")
    return "answers"


def check_signer() -> str:
    """Look how long decisions wait for the signer.

    Raises:
        PartFailed: they wait for longer than they should.
    """
    lag = signer_lag()
    if lag.oldest_seconds > LAG_ALARM_SECONDS:
        raise PartFailed(f"{lag.pending} decisions wait, the oldest for {lag.oldest_seconds:.0f} s")
    return f"{lag.pending} decisions wait"


def check_sequencer() -> str:
    """Look how far the sequencer is behind.

    Raises:
        PartFailed: events wait for longer than they should.
    """
    lag = sequencing_lag()
    if lag.oldest_seconds > LAG_ALARM_SECONDS:
        raise PartFailed(f"{lag.pending} events wait, the oldest for {lag.oldest_seconds:.0f} s")
    return f"{lag.pending} events wait"


class PartFailed(DomainError):
    """A part answers, and what it says is not well."""

    code = "part_failed"
    status = 503


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "redis": check_redis,
    "workers": check_workers,
    "object_store": check_object_store,
    "sequencer": check_sequencer,
    "signer": check_signer,
}
PART_NAMES = tuple(CHECKS)
HEALTH_STATUSES = ("ok", "failing")


def part_check(name: str, check: Callable[[], str]) -> Part:
    """Run one check; what it failed on goes to the log, not to a stranger."""
    try:
        return Part(name, ok=True, detail=check())
    except PartFailed as error:
        return Part(name, ok=False, detail=error.message)
    except (DatabaseError, redis.RedisError, DomainError, OSError) as error:
        logger.warning("health: %s does not answer", name, exc_info=error)
        return Part(name, ok=False, detail="does not answer")


class HealthPart(Output):
    """One part of the platform."""

    name = serializers.ChoiceField(choices=PART_NAMES)
    ok = serializers.BooleanField()
    detail = serializers.CharField()


class Health(Output):
    """The platform's parts; ``ok`` when all of them are."""

    status = serializers.ChoiceField(choices=HEALTH_STATUSES)
    version = serializers.CharField()
    parts = HealthPart(many=True)


class HealthView(ApiView):
    """Say whether every part of the platform works."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    reading = None

    @extend_schema(
        operation_id="health_get",
        auth=[],
        responses={200: Health, 503: Health},
        summary="Is the platform well?",
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 - Django passes it
        """Answer 200 when all parts work, 503 when one does not."""
        parts = [part_check(name, check) for name, check in CHECKS.items()]
        well = all(part.ok for part in parts)
        body = Health(
            {"status": "ok" if well else "failing", "version": countersign.__version__, "parts": parts}
        ).data
        return Response(body, status=HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)

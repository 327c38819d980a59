"""Locks that several services of the room take."""

from uuid import UUID

from django.db import connection

from countersign.plans.models import Phase


def plan_lock(plan_id: UUID) -> None:
    """Hold the phases of a plan until commit, so that none completes or reopens meanwhile."""
    list(
        Phase.objects.select_for_update(no_key=True)
        .filter(plan_id=plan_id)
        .order_by("order")
        .values_list("pk", flat=True)
    )


def plans_queue(project_id: str) -> None:
    """Let imports into one project, and answers to its inputs, follow each other until commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"plan:{project_id}"])

"""What is old, over REST: seen by administrators and auditors, removed by administrators."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F

from countersign.jobs.models import Job
from countersign.jobs.services import job_cancel, job_submit
from countersign.shared.actor import service_actor
from tests.api.world import World

if TYPE_CHECKING:
    from rest_framework.test import APIClient

URL = "/api/v1/retention/"
SETUP = service_actor("test")
Ask = Callable[[str], "APIClient"]


def test_retention_removes_what_was_shown(people: World, ask: Ask) -> None:
    assert people.tokens
    job_id = job_submit(actor=SETUP, kind="sample", subject=("sample", "s1"), payload={"words": "many"})
    job_cancel(actor=SETUP, job_id=job_id)
    Job.objects.filter(pk=job_id).update(updated_at=F("updated_at") - timedelta(days=366))
    seen = ask("auditor").get(URL).json()
    assert (seen["days"], seen["sums"][0]["kind"], seen["sums"][0]["count"]) == (365, "job", 1)
    assert seen["unexamined"] is False
    body = {"digest": seen["digest"], "reason": "the year is over"}
    assert ask("auditor").post(f"{URL}clean/", body, format="json").status_code == 403
    other = ask("admin").post(f"{URL}clean/", {**body, "digest": "sha256:0"}, format="json")
    assert (other.status_code, other.json()["code"]) == (409, "cleaning_refused")
    done = ask("admin").post(f"{URL}clean/", body, format="json")
    assert (done.status_code, done.json()["digest"]) == (200, seen["digest"])
    assert ask("admin").get(URL).json()["sums"] == []
    assert Job.objects.get(pk=job_id).payload == {}

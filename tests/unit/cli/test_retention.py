"""`countersign retention`: shows what is old, and removes just that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from typer.testing import CliRunner

from countersign.accounts.services import roles_sync
from countersign.audit.selectors import event_list
from countersign.cli.errors import CommandFailed
from countersign.cli.main import app
from countersign.evidence.errors import CleaningRefused
from countersign.jobs.models import Job
from countersign.jobs.services import job_cancel, job_submit
from countersign.shared.actor import service_actor
from countersign.shared.errors import PermissionDenied

SETUP = service_actor("test")
BY = ("--by", "ada@example.org")
WHY = ("--reason", "the year is over")


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    roles_sync(actor=SETUP)
    for name, role in (("ada", "admin"), ("ava", "auditor")):
        command = ["user", "add", f"{name}@example.org", "--name", name, "--role", role]
        assert CliRunner().invoke(app, command).exit_code == 0


@pytest.fixture
def old_job() -> str:
    job_id = job_submit(actor=SETUP, kind="sample", subject=("sample", "s1"), payload={"words": "many"})
    job_cancel(actor=SETUP, job_id=job_id)
    Job.objects.filter(pk=job_id).update(updated_at=F("updated_at") - timedelta(days=366))
    return job_id


def run(*arguments: str, answers: str = "") -> tuple[str, str]:
    result = CliRunner().invoke(app, ["retention", *arguments], input=answers)
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout, result.stderr


def emptied(job_id: str) -> bool:
    return Job.objects.filter(pk=job_id, payload={}).exists()


def test_retention_show_says_what_would_go_and_changes_nothing(old_job: str) -> None:
    before = len(event_list(actor=SETUP))
    out, err = run("show", "--by", "ava@example.org", "--each")
    assert "logs of jobs, no project: 1, " in err
    thing, digest = out.splitlines()
    assert thing.startswith("job  ")
    assert old_job in thing
    assert digest.startswith("sha256:")
    assert not emptied(old_job)
    assert len(event_list(actor=SETUP)) == before


def test_retention_show_says_when_nothing_is_old() -> None:
    out, err = run("show", *BY)
    assert (out, "nothing is old" in err) == ("", True)
    assert run("clean", *BY, *WHY)[0] == ""


def test_retention_clean_asks_and_removes(old_job: str) -> None:
    with pytest.raises(CommandFailed, match="nothing was removed"):
        run("clean", *BY, *WHY, answers="no\n")
    assert not emptied(old_job)
    out, err = run("clean", *BY, *WHY, answers="clean\n")
    assert out.endswith("removed: 1, 25 bytes\n")
    assert err.index("logs of jobs") < err.index("Type clean")
    assert emptied(old_job)


def test_retention_clean_takes_the_digest_that_was_shown_and_no_other(old_job: str) -> None:
    out, _ = run("show", *BY)
    with pytest.raises(CleaningRefused, match="look again"):
        run("clean", *BY, *WHY, "--yes", "sha256:" + "0" * 64)
    with pytest.raises(PermissionDenied):
        run("clean", "--by", "ava@example.org", *WHY, "--yes", out.strip())
    assert not emptied(old_job)
    run("clean", *BY, *WHY, "--yes", out.strip())
    assert emptied(old_job)

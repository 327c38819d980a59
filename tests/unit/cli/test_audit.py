"""`countersign audit`: a table for people, lines for programs, a file for strangers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from countersign.accounts.errors import UserNotFound
from countersign.accounts.selectors import actor_by_email
from countersign.accounts.services import role_grant, roles_sync, user_create
from countersign.audit.errors import CheckpointMissing, SearchInvalid
from countersign.audit.selectors import event_list
from countersign.audit.services import person_erase, record
from countersign.cli.errors import CommandFailed
from countersign.cli.main import app
from countersign.shared.actor import service_actor
from countersign.shared.correlation import correlation_scope
from countersign.shared.errors import PermissionDenied
from countersign.shared.storage import ObjectStore
from countersign_verify.cli import main as verify
from tests.unit.audit.roles import sequence_all
from tests.unit.audit.test_mirror import mirrored_to_the_end
from tests.unit.audit.test_sequencing import trust_of_the_log

WORKER = service_actor("worker")


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["audit", *arguments])
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def events_write() -> None:
    from django.db import transaction

    roles_sync(actor=WORKER)
    ada = user_create(actor=WORKER, email="ada@example.org", name="Ada \x1b[31mAuditor")
    role_grant(actor=WORKER, person_id=ada.person_id, role="auditor")
    user_create(actor=WORKER, email="sam@example.org", name="Sam")
    with transaction.atomic(), correlation_scope("request-7"):
        record(actor=actor_by_email("ada@example.org"), type="run.claimed", subject=("run", "r1"))
        record(actor=WORKER, type="run.proposed", subject=("run", "r1"))
        record(actor=WORKER, type="run.proposed", subject=("run", "r2"))


@pytest.fixture
def events(db: None) -> None:
    events_write()


def found(*arguments: str) -> list[tuple[str, str]]:
    lines = run("search", *arguments, "--json")[1].splitlines()
    return [(json.loads(line)["type"], json.loads(line)["subject_id"]) for line in lines]


def test_audit_search_answers_a_table(events: None) -> None:
    code, out, err = run("search", "--subject", "run:r1")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0].split() == ["TIME", "(UTC)", "LEAF", "WHAT", "WHO", "TO", "WHAT"]
    assert lines[1].split()[2:] == ["waiting", "run.proposed", "worker", "run:r1"]
    assert "Ada \\x1b[31mAuditor" in lines[2]
    assert len(lines) == 3


def test_audit_search_takes_every_condition_and_all_of_them_together(events: None) -> None:
    assert found("--subject", "r2") == [("run.proposed", "r2")]
    assert found("--subject", "run:") == [
        ("run.proposed", "r2"),
        ("run.proposed", "r1"),
        ("run.claimed", "r1"),
    ]
    assert found("--actor", "ADA@example.org") == [("run.claimed", "r1")]
    assert found("--actor", "worker", "--type", "run.", "--limit", "1") == [("run.proposed", "r2")]
    assert len(found("--correlation", "request-7")) == 3
    assert len(found("--from", "2026-01-01", "--type", "run.proposed", "--subject", "run:r1")) == 1
    assert found("--until", "2026-01-01T00:00+01:00") == []


def test_audit_search_says_that_there_may_be_more_and_that_there_is_nothing(events: None) -> None:
    assert "the newest 2; there may be more" in run("search", "--limit", "2")[2]
    assert run("search", "--type", "nothing.at_all")[1:] == ("", "nothing in the log is like that\n")


def test_audit_search_shows_who_was_erased_by_the_id_alone(events: None) -> None:
    ada = actor_by_email("ada@example.org")
    person_erase(actor=WORKER, person_id=str(ada.person_id))
    assert f"erased ({ada.id})" in run("search", "--actor", ada.id)[1]


def test_audit_search_refuses_slips_with_their_mend(events: None) -> None:
    with pytest.raises(CommandFailed, match="--from takes a moment like 2026-01-31"):
        run("search", "--from", "yesterday")
    with pytest.raises(SearchInvalid, match="types are like"):
        run("search", "--type", "Run")
    with pytest.raises(UserNotFound):
        run("search", "--actor", "nobody@example.org")


@pytest.fixture
def mirrored(committed_db: None, own_store: ObjectStore) -> Callable[[], None]:
    def catch_up() -> None:
        sequence_all()
        mirrored_to_the_end(own_store)

    events_write()
    return catch_up


def test_audit_export_writes_what_a_stranger_can_check(
    mirrored: Callable[[], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "found.jsonl"
    by = ("--by", "ada@example.org")
    with pytest.raises(CheckpointMissing):
        run("export", str(target), *by)
    mirrored()
    code, out, err = run("export", str(target), *by, "--subject", "run:")
    assert (code, out) == (0, f"{target}\n")
    assert "3 events, proved against the checkpoint of" in err
    trust = tmp_path / "trust.json"
    trust.write_bytes(trust_of_the_log().raw)
    assert verify(["events", str(target), "--trust", str(trust)]) == 0
    assert "3, each once and proved" in capsys.readouterr().out
    (event,) = event_list(actor=WORKER, type="audit.exported")
    assert event.actor_id == actor_by_email("ada@example.org").id
    assert "1 newer ones are not covered" in run("export", str(tmp_path / "all.jsonl"), *by)[2]


def test_audit_export_writes_nothing_where_it_may_not(mirrored: Callable[[], None], tmp_path: Path) -> None:
    mirrored()
    target = tmp_path / "found.jsonl"
    with pytest.raises(PermissionDenied):
        run("export", str(target), "--by", "sam@example.org")
    with pytest.raises(CommandFailed, match="can't be written"):
        run("export", str(tmp_path / "nowhere" / "found.jsonl"), "--by", "ada@example.org")
    target.write_text("mine")
    with pytest.raises(CommandFailed, match="is there already"):
        run("export", str(target), "--by", "ada@example.org")
    assert {each.name for each in tmp_path.iterdir()} == {"own-objects", "found.jsonl"}

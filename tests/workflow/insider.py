"""Somebody who rules the database, and a stranger who has nothing but files and what was kept from before."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb

from countersign_verify.cli import main as countersign_verify
from tests.workflow.world import hurry, sequence

if TYPE_CHECKING:
    import pytest

    from tests.workflow.world import World


@dataclass(frozen=True)
class Insider:
    """A superuser of the database: no trigger, no constraint of a foreign key and no grant stops them."""

    dsn: str

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Write or read past everything that would refuse it."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            cursor = connection.execute(statement.encode(), [_value(item) for item in values])
            return cursor.fetchall() if cursor.description else []

    def named(self, statement: str, **values: object) -> None:
        """Write with named values."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(statement.encode(), values)

    def one(self, statement: str, *values: object) -> Any:  # noqa: ANN401 - whatever the column holds
        [(found,)] = self.sql(statement, *values)
        return found


def _value(item: object) -> object:
    return Jsonb(item) if isinstance(item, dict | list) else item


@dataclass
class Stranger:
    """Somebody with the trust file and a checkpoint that were handed out before anything happened."""

    place: Path
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def trust(self) -> Path:
        return self.place / "trust.json"

    @property
    def note(self) -> Path:
        return self.place / "checkpoint"

    def keep(self) -> Stranger:
        """Take trust file and checkpoint as they are now."""
        from countersign.audit.selectors import checkpoint_latest
        from countersign.workflow.trust import trust_document
        from countersign_verify.canonical import canonical_bytes

        sequence()
        self.trust.write_bytes(canonical_bytes(trust_document(allow_unattended=False)))
        self.note.write_text(checkpoint_latest().note)
        return self

    def verify(self, export: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
        """Run ``countersign-verify`` over an export; return what does not hold, by the name of the check."""
        capsys.readouterr()
        code = countersign_verify(
            ["log", str(export), "--trust", str(self.trust), "--known", str(self.note), "--json"]
        )
        report = json.loads(capsys.readouterr().out)
        failed = {check["name"]: check["detail"] for check in report["checks"] if check["status"] == "failed"}
        assert (code == 1) == bool(failed)
        return failed


def export_made(world: World) -> Path:
    """Let the platform write an export, as an auditor asks for it."""
    from countersign.jobs.selectors import job_get
    from countersign.workflow.commands import export_begin

    job_id = export_begin(actor=world.auditor, project="sample")
    steps()
    job = job_get(actor=world.auditor, job_id=job_id)
    assert job.state == "succeeded", job.error
    return Path(str(job.result["directory"]))


def steps(rounds: int = 14) -> None:
    """Carry out what is due, also where something is tried again for good."""
    from countersign.jobs.selectors import jobs_due
    from countersign.workflow.engine import job_step

    for _ in range(rounds):
        sequence()
        hurry()
        due = jobs_due()
        for job_id in due:
            job_step(job_id, owner="test")
        if not due:
            return


def told(world: World, rule: str = "F401") -> str:
    """What the platform says of why a decision is not carried out."""
    job = world.execution(rule)
    return f"{job.error} {world.run(rule).failure} {job.result}"

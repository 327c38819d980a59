"""The whole database rolled back to an earlier dump, with the signer still holding its key.

The sequencer can't tell: what it finds is what it signed. Everybody else can: the mirror, the witnesses, and
a stranger who kept a checkpoint from before.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from countersign.audit.errors import MirrorDisagrees
from countersign.audit.export import log_export
from countersign.audit.mirror import mirror_advance, mirror_newest
from countersign.audit.selectors import checkpoint_latest
from countersign.audit.witness_policy import WitnessPolicy
from countersign.cli.embedded.binaries import postgres_binary
from countersign.shared.storage import DirectoryStore
from countersign_verify.log import log_verify
from countersign_verify.report import Report
from tests.unit.audit.roles import sequencer_role
from tests.unit.audit.test_mirror import mirrored_to_the_end
from tests.unit.audit.test_sequencing import trust_of_the_log
from tests.unit.audit.test_witness_client import grow, policy, witnesses, witnesses_ask

__all__ = ["policy", "witnesses"]


def _run(program: str, dsn: str, *arguments: str) -> None:
    known = psycopg.conninfo.conninfo_to_dict(dsn)
    environment = {
        **os.environ,
        "PGHOST": str(known["host"]),
        "PGPORT": str(known["port"]),
        "PGUSER": str(known["user"]),
        "PGPASSWORD": str(known["password"]),
        "PGDATABASE": str(known["dbname"]),
    }
    done = subprocess.run(
        [str(postgres_binary(program)), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def dump(dsn: str, file: Path) -> None:
    _run("pg_dump", dsn, "--format=custom", "--data-only", f"--file={file}")


def roll_back(dsn: str, file: Path) -> None:
    """Put the rows of a dump in the place of all rows."""
    connections.close_all()
    with psycopg.connect(dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")
        names = superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = sql.SQL(", ").join(sql.Identifier("public", str(name)) for (name,) in names)
        superuser.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
    _run(
        "pg_restore",
        dsn,
        *("--data-only", "--disable-triggers", "--single-transaction", "--dbname"),
        str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]),
        str(file),
    )


@pytest.mark.parametrize("after", [1, 3, 9], ids=["shorter", "as-long", "longer"])
def test_database_rolled_back_is_named_by_a_stranger_with_a_checkpoint(
    superuser_dsn: str, committed_db: None, tmp_path: Path, after: int
) -> None:
    grow(6)
    dump(superuser_dsn, tmp_path / "dump")
    grow(3)
    kept = checkpoint_latest().note.encode()
    roll_back(superuser_dsn, tmp_path / "dump")
    assert checkpoint_latest().size == 6
    grow(after)
    head = log_export(tmp_path / "export")
    assert head.size == 6 + after, "the key signs what it is given"
    alone, report = Report(), Report()
    log_verify(tmp_path / "export", trust_of_the_log(), alone)
    assert not {check.name for check in alone.failures} & {"known", "checkpoints", "events"}
    log_verify(tmp_path / "export", trust_of_the_log(), report, known=[kept])
    failed = {check.name: check.detail for check in report.failures}
    if after < 3:
        assert "its tail is gone" in failed["known"]
    else:
        assert "9" in failed["events"]


def test_database_rolled_back_is_refused_by_its_mirror(
    superuser_dsn: str, committed_db: None, tmp_path: Path
) -> None:
    store = DirectoryStore(tmp_path / "objects")
    grow(6)
    dump(superuser_dsn, tmp_path / "dump")
    grow(3)
    mirrored_to_the_end(store)
    roll_back(superuser_dsn, tmp_path / "dump")
    grow(5)
    with sequencer_role(), pytest.raises(MirrorDisagrees):
        mirror_advance(store, mirror_newest(store))


def test_database_rolled_back_is_refused_by_its_witnesses(
    policy: WitnessPolicy, superuser_dsn: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    grow(6)
    dump(superuser_dsn, tmp_path / "dump")
    grow(3)
    assert witnesses_ask(policy) == 3
    roll_back(superuser_dsn, tmp_path / "dump")
    grow(5)
    assert witnesses_ask(policy) == 0
    assert "a witness refuses the log" in caplog.text

"""An embedded installation, attacked by somebody who holds the passwords of its running processes.

The web, the workers and the sequencer can be taken over; the role that owns the schema is the migration's
alone. Each attack here is tried with the very roles that `countersign up` makes, on the schema that its
migration makes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import psycopg
import pytest

from countersign.audit.bodies import event_body
from countersign.cli.embedded import postgres
from countersign.cli.embedded.network import LOOPBACK, port_choose
from countersign.cli.embedded.postgres import wait_until
from countersign.cli.embedded.processes import ProcessGroup
from countersign.cli.embedded.secrets import passwords_ensure
from countersign.cli.home import Home
from countersign.cli.platform import DATABASE, Platform, UpOptions
from countersign.shared.actor import service_actor
from countersign.shared.clock import isoformat, now

Connection = psycopg.Connection[tuple[Any, ...]]

APP, SEQUENCER, SIGNER = postgres.APP, postgres.SEQUENCER, postgres.SIGNER
OWNER, SUPERUSER = postgres.OWNER, postgres.SUPERUSER
RUNNING = (APP, SEQUENCER, SIGNER)
EVENT, LEAF, CHECKPOINT = "audit_auditevent", "audit_auditleaf", "audit_auditcheckpoint"
LOG = (EVENT, LEAF, CHECKPOINT, "audit_auditcosignature")
# What is only ever added to, beside the log: decisions and what they rest on.
ADDED = (
    "approvals_comment",
    "approvals_decision",
    "evidence_addendum",
    "evidence_evidencepack",
    "findings_finding",
    "findings_hookexecution",
    "gates_gateresult",
    "governance_document",
    "governance_rule",
    "governance_ruleset",
    "governance_violation",
    "governance_waiver",
    "plans_inputanswer",
    "plans_projectstateentry",
    "prompts_persona",
    "prompts_prompt",
    "providers_agentcall",
    "runs_attempt",
)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A database as `countersign up` makes it: the schema comes from the migration's own process."""
    home = Home(tmp_path_factory.mktemp("attacked") / "home")
    home.prepare()
    platform = Platform(home, UpOptions(), port_choose(), port_choose(), passwords_ensure(home.passwords))
    with ProcessGroup() as group:
        platform.postgres.initialise()
        group.start(platform.postgres.spec(home.log("postgres")))
        wait_until(platform.postgres.answers, 60, "PostgreSQL")
        platform.postgres.provision(DATABASE)
        with ProcessGroup() as migration:
            migration.start(platform.migration())
            code: list[int | None] = [None]

            def ended() -> bool:
                code[0] = migration.exit_code("migrate")
                return code[0] is not None

            wait_until(ended, 240, "the migration")
        assert code == [0], home.log_tail("migrate", 20)
        yield platform


def link(platform: Platform, role: str) -> Connection:
    passwords = {
        APP: platform.passwords.app,
        SEQUENCER: platform.passwords.sequencer,
        SIGNER: platform.passwords.signer,
        OWNER: platform.passwords.owner,
        SUPERUSER: platform.passwords.superuser,
    }
    return psycopg.connect(
        host=LOOPBACK,
        port=platform.postgres_port,
        user=role,
        password=passwords[role],
        dbname=DATABASE,
        autocommit=True,
    )


def refused(platform: Platform, role: str, *statements: str) -> None:
    """Try each, and undo it should it work."""
    worked = []
    with link(platform, role) as attacker:
        for statement in statements:
            try:
                # This one is for no transaction to undo; the server is this test's own.
                alone = statement.startswith("ALTER SYSTEM")
                with nullcontext() if alone else attacker.transaction(force_rollback=True):
                    attacker.execute(statement.encode())
            except psycopg.errors.InsufficientPrivilege:
                continue
            except psycopg.Error as error:
                worked.append(f"{statement}: {error}")
            else:
                worked.append(statement)
    assert worked == []


ALTERATIONS = (
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} DISABLE TRIGGER USER",
    "ALTER TABLE {} RENAME TO elsewhere",
    "ALTER TABLE {} SET SCHEMA pg_temp",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {} SET UNLOGGED",
    "CREATE RULE nothing AS ON INSERT TO {} DO INSTEAD NOTHING",
    "DROP TABLE {} CASCADE",
    "TRUNCATE {}",
    "TRUNCATE {} CASCADE",
    "DELETE FROM {}",
    "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM {} FOR UPDATE",
)


@pytest.mark.parametrize("role", RUNNING)
def test_a_running_process_s_role_takes_nothing_from_the_log(platform: Platform, role: str) -> None:
    for table in LOG:
        refused(platform, role, *(alteration.format(table) for alteration in ALTERATIONS))
        with link(platform, role) as attacker:
            # PostgreSQL only warns of this one; what counts is that nothing was granted.
            attacker.execute(f"GRANT ALL ON {table} TO CURRENT_USER".encode())
            row = attacker.execute(
                "SELECT bool_or(has_table_privilege(%s, privilege)) FROM unnest(ARRAY['UPDATE', 'DELETE',"
                " 'TRUNCATE', 'TRIGGER', 'REFERENCES', 'MAINTAIN']) AS privilege",
                [table],
            ).fetchone()
            assert row == (False,)


@pytest.mark.parametrize("table", ADDED)
def test_the_runtime_role_takes_nothing_from_what_is_only_added_to(platform: Platform, table: str) -> None:
    with link(platform, OWNER) as owner:
        row = owner.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", [table]
        )
        column = (row.fetchone() or ("",))[0]
    attacks = (*ALTERATIONS, "UPDATE {0} SET {1} = {1}")
    refused(platform, APP, *(attack.format(table, column) for attack in attacks))


CODE = (
    (
        "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN OLD; END $$"
    ),
    (
        "CREATE OR REPLACE FUNCTION audit_table_change() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NULL; END $$"
    ),
    (
        "CREATE OR REPLACE FUNCTION rows_refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN OLD; END $$"
    ),
    "ALTER FUNCTION audit_write(text, text, text, text) SET search_path = pg_temp",
    "ALTER FUNCTION audit_refuse_change() OWNER TO CURRENT_USER",
    "DROP FUNCTION audit_refuse_change() CASCADE",
    "DROP FUNCTION audit_table_change() CASCADE",
    "DROP TRIGGER audit_auditevent_no_change ON audit_auditevent",
    "DROP TRIGGER audit_auditevent_no_truncate ON audit_auditevent",
    "DROP TRIGGER mfa_authenticator_audited ON mfa_authenticator",
    "ALTER TABLE mfa_authenticator DISABLE TRIGGER mfa_authenticator_audited",
    "TRUNCATE mfa_authenticator",
    (
        "CREATE TRIGGER swallow BEFORE INSERT ON audit_auditevent FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'yesterday'::timestamptz $$",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE audit_auditevent (id int)",
    "CREATE SCHEMA mine",
    "DROP SCHEMA public CASCADE",
)
POWERS = (
    "SET session_replication_role = replica",
    "SET LOCAL session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', false)",
    "ALTER ROLE CURRENT_USER SET session_replication_role = replica",
    "ALTER DATABASE countersign SET session_replication_role = replica",
    "ALTER SYSTEM SET session_replication_role = replica",
    f"SET ROLE {OWNER}",
    f"SET ROLE {SUPERUSER}",
    f"SET SESSION AUTHORIZATION {OWNER}",
    f"GRANT {OWNER} TO CURRENT_USER",
    "GRANT pg_write_server_files TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    f"ALTER ROLE {OWNER} PASSWORD 'known'",
    "CREATE ROLE another SUPERUSER",
    f"REASSIGN OWNED BY {OWNER} TO CURRENT_USER",
    f"DROP OWNED BY {OWNER}",
    "SET allow_system_table_mods = on",
    "UPDATE pg_trigger SET tgenabled = 'D'",
    "DELETE FROM pg_trigger",
    "UPDATE pg_authid SET rolsuper = true",
    "SELECT rolpassword FROM pg_authid",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY pg_class TO '/tmp/stolen'",
    "SELECT pg_read_file('postgresql.auto.conf')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_reload_conf()",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename ~ '^postgres$|owner'",
    "SELECT pg_create_physical_replication_slot('slot')",
    "LOAD '$libdir/plpgsql'",
)


@pytest.mark.parametrize("role", RUNNING)
def test_a_running_process_s_role_changes_no_code_of_the_database(platform: Platform, role: str) -> None:
    refused(platform, role, *CODE)


@pytest.mark.parametrize("role", RUNNING)
def test_a_running_process_s_role_takes_no_power(platform: Platform, role: str) -> None:
    with link(platform, OWNER):  # somebody whose connection could be ended
        refused(platform, role, *POWERS)


def test_the_owner_is_no_running_process_s_role_and_no_superuser(platform: Platform) -> None:
    """Everything is the migration's; its role owns no more than this, and nobody is a member of it."""
    with link(platform, SUPERUSER) as superuser:
        owners = superuser.execute(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace UNION"
            " SELECT DISTINCT pg_get_userbyid(proowner) FROM pg_proc"
            " WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
        assert owners == [(OWNER,)]
        roles = superuser.execute(
            "SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname LIKE 'countersign%' ORDER BY rolname"
        ).fetchall()
        assert roles == [(APP, False), (OWNER, False), (SEQUENCER, False), (SIGNER, False)]
        members = superuser.execute(
            "SELECT count(*) FROM pg_auth_members WHERE roleid >= 16384 OR member >= 16384"
        ).fetchone()
        assert members == (0,)
        definers = superuser.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        ).fetchall()
        assert definers == []


def test_no_running_process_gets_the_owner_s_password(platform: Platform) -> None:
    for spec in platform.services():
        environment = spec.environment or {}
        for password in (platform.passwords.owner, platform.passwords.superuser):
            assert password not in str(dict(environment)), spec.name


COLUMNS = (
    "event_id, recorded_at, type, actor_kind, actor_id, person_id,"
    " subject_type, subject_id, correlation_id, body"
)


def event(**changes: int) -> dict[str, Any]:
    """Return the columns of an event as ``record()`` writes them, and more."""
    moment, event_id = now(), str(uuid.uuid4())
    columns = {
        "event_id": event_id,
        "recorded_at": moment,
        "type": "run.claimed",
        "actor_kind": "service",
        "actor_id": "worker",
        "person_id": None,
        "subject_type": "run",
        "subject_id": "r1",
        "correlation_id": "request-0001",
        "body": event_body(
            event_id=event_id,
            time=isoformat(moment),
            type="run.claimed",
            actor=service_actor("worker"),
            subject=("run", "r1"),
            correlation_id="request-0001",
            data={"a": 1},
        ),
    }
    return {**columns, **changes}


def append(attacker: Connection, columns: dict[str, Any]) -> None:
    names = ", ".join(columns)
    places = ", ".join(f"%({name})s" for name in columns)
    attacker.execute(f"INSERT INTO {EVENT} ({names}) VALUES ({places})".encode(), columns)  # noqa: S608 - constants


def test_an_event_as_the_platform_writes_it_is_taken(platform: Platform) -> None:
    with link(platform, APP) as attacker:
        append(attacker, event())


# With another number it would stand before others; below what the sequencer has passed it would never be in
# the log that is checked, and yet be found by who searches.
FORGED = {
    "a place before others": {"id": 1},
    "a place far away": {"id": 1 << 40},
    "a transaction before all others": {"transaction_id": 1},
    "a transaction that is still to come": {"transaction_id": 4_000_000_000},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_the_runtime_role_gives_no_event_a_place(platform: Platform, forged: dict[str, int]) -> None:
    with link(platform, APP) as attacker, pytest.raises(psycopg.errors.InsufficientPrivilege):
        append(attacker, event(**forged))


@pytest.mark.parametrize("column", ["id", "transaction_id"])
def test_the_runtime_role_copies_no_forged_place_in(platform: Platform, column: str) -> None:
    refused(platform, APP, f"COPY {EVENT} ({column}, {COLUMNS}) FROM STDIN")


def test_the_runtime_role_puts_nothing_over_an_event(platform: Platform) -> None:
    refused(
        platform,
        APP,
        f"INSERT INTO {EVENT} ({COLUMNS}) SELECT {COLUMNS} FROM {EVENT}"  # noqa: S608 - constants
        " ON CONFLICT (event_id) DO UPDATE SET type = 'other.type'",
        f"MERGE INTO {EVENT} USING (SELECT 1) AS one(x) ON true WHEN MATCHED THEN DELETE",
        f"UPDATE {EVENT} SET recorded_at = now()",  # noqa: S608 - constants
        "SELECT setval('audit_auditevent_id_seq', 1)",
        "ALTER SEQUENCE audit_auditevent_id_seq RESTART",
    )


@pytest.mark.parametrize("table", LOG[1:])
def test_the_runtime_role_writes_no_leaf_no_checkpoint_no_cosignature(platform: Platform, table: str) -> None:
    refused(platform, APP, f"INSERT INTO {table} SELECT * FROM {table}")  # noqa: S608 - constants
    refused(platform, APP, f"INSERT INTO {table} DEFAULT VALUES")
    refused(platform, APP, f"COPY {table} FROM STDIN")


def test_the_sequencer_s_role_writes_no_event_and_reads_no_secret(platform: Platform) -> None:
    refused(platform, SEQUENCER, f"INSERT INTO {EVENT} DEFAULT VALUES")
    for table in ("accounts_user", "audit_personkey", "evidence_contentkey", "mfa_authenticator"):
        refused(platform, SEQUENCER, f"SELECT * FROM {table}")  # noqa: S608 - constants


def test_the_runtime_role_only_destroys_the_key_of_a_person(platform: Platform) -> None:
    """Another key in its place would erase a person silently: destroying one is an event."""
    with link(platform, APP) as app:
        app.execute(
            "INSERT INTO audit_personkey (key_id, person_id, secret, created_at)"
            " VALUES (gen_random_uuid(), gen_random_uuid(), 'x', now())"
        )
    for role in (APP, OWNER):
        refused(platform, role, "UPDATE audit_personkey SET secret = 'y'", "DELETE FROM audit_personkey")
        refused(platform, role, "TRUNCATE audit_personkey", "UPDATE audit_personkey SET person_id = key_id")
    with link(platform, APP) as app:
        app.execute("UPDATE audit_personkey SET secret = '', destroyed_at = now()")
        row = app.execute(f"SELECT type FROM {EVENT} ORDER BY id DESC LIMIT 1").fetchone()  # noqa: S608 - constants
    assert row == ("database.person_key.changed",)
    refused(platform, APP, "UPDATE audit_personkey SET secret = 'x', destroyed_at = NULL")


def test_the_runtime_role_pretends_no_migration(platform: Platform) -> None:
    refused(
        platform,
        APP,
        "DELETE FROM django_migrations",
        "UPDATE django_migrations SET name = name",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('audit', '9999', now())",
    )

"""Checkpoints are offered to real witnesses, and what matters waits for their quorum."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from countersign.audit.errors import CheckpointMissing
from countersign.audit.export import log_export
from countersign.audit.selectors import checkpoint_exported, event_is_checkpointed
from countersign.audit.sequencing import ORIGIN
from countersign.audit.services import record
from countersign.audit.witness import Witness, witness_create
from countersign.audit.witness_client import consistency_of
from countersign.audit.witness_client import witnesses_ask as ask_as_this_role
from countersign.audit.witness_policy import (
    WitnessPolicy,
    WitnessPolicyInvalid,
    policy_parse,
    witness_policy,
)
from countersign.audit.witness_server import WitnessServer
from countersign.shared.actor import service_actor
from countersign.shared.env import environment
from countersign.shared.keys import signing_key
from countersign.shared.resilience.text import MAX_ANSWER_BYTES, text_post
from countersign_verify.merkle import EMPTY_ROOT, verify_consistency
from countersign_verify.notes import checkpoint_open, verifier_key
from countersign_verify.trust import trust_build, trust_read
from tests.unit.audit.roles import sequence_all, sequencer_role

ACTOR = service_actor("test")


def witnesses_ask(policy: WitnessPolicy) -> int:
    with sequencer_role():
        return ask_as_this_role(policy)


def grow(count: int) -> None:
    from django.db import transaction

    for _ in range(count):
        with transaction.atomic():
            record(actor=ACTOR, type="test.happened", subject=("test", "1"), data={})
    sequence_all()


@pytest.fixture
def witnesses(tmp_path: Path, committed_db: None) -> Iterator[list[WitnessServer]]:
    log = verifier_key(ORIGIN, signing_key("log").public)
    servers = []
    for name in ("a", "b", "c"):
        directory = tmp_path / name
        witness_create(directory, f"witness.example.org/{name}")
        witness = Witness(directory)
        witness.log_add(log, ORIGIN)
        servers.append(WitnessServer(witness, "127.0.0.1", 0))
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    yield servers
    for server in servers:
        server.shutdown()
        server.server_close()
    for thread in threads:
        thread.join()


@pytest.fixture
def policy(
    witnesses: list[WitnessServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WitnessPolicy]:
    lines = [
        f"witness {name} {server.witness.verifier} http://127.0.0.1:{server.port}"
        for name, server in zip("abc", witnesses, strict=True)
    ]
    path = tmp_path / "policy"
    path.write_text("\n".join(["# two of three", *lines, "group two 2 a b c", "quorum two", ""]))
    monkeypatch.setenv("COUNTERSIGN_WITNESS_POLICY", str(path))
    environment.cache_clear()
    yield witness_policy()
    monkeypatch.undo()
    environment.cache_clear()


def test_event_waits_until_the_quorum_of_witnesses_has_signed(
    policy: WitnessPolicy, witnesses: list[WitnessServer]
) -> None:
    grow(3)
    event = _latest()
    assert not event_is_checkpointed(event)
    with pytest.raises(CheckpointMissing):
        checkpoint_exported()
    one = WitnessPolicy(policy.witnesses[:1], 1)
    assert witnesses_ask(one) == 1
    assert not event_is_checkpointed(event), "one of the two that must sign"
    assert witnesses_ask(policy) == 2
    assert event_is_checkpointed(event)
    assert witnesses_ask(policy) == 0, "what was signed is not asked again"
    grow(70)
    assert not event_is_checkpointed(_latest())
    assert witnesses_ask(policy) == 3
    assert event_is_checkpointed(_latest())


def _latest() -> str:
    from countersign.audit.models import AuditEvent

    return str(AuditEvent.objects.order_by("-id").values_list("event_id", flat=True)[0])


def test_export_carries_the_cosignatures_and_a_stranger_counts_them(
    policy: WitnessPolicy, tmp_path: Path
) -> None:
    grow(5)
    witnesses_ask(policy)
    grow(1)
    head = log_export(tmp_path / "export")
    note = (tmp_path / "export" / "checkpoint").read_text()
    log = verifier_key(ORIGIN, signing_key("log").public)
    trust = trust_read(
        json.dumps(
            trust_build(
                origin=ORIGIN,
                log_keys=[log],
                roles=dict.fromkeys(("runner", "gates", "scorer", "decisions"), ()),
                mode="witnessed",
                witnesses=policy.keys,
                quorum=2,
            )
        ).encode()
    )
    checkpoint, opened = checkpoint_open(note, (*trust.log_keys, *trust.witnesses), origin=ORIGIN)
    assert trust.witnesses_check(opened) == 3
    assert (checkpoint.size, checkpoint.root.hex()) == (head.size, head.root)


def test_witnesses_refuse_a_log_that_its_operator_has_rewritten(
    policy: WitnessPolicy, superuser_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The exploit: a superuser switches the triggers off, changes an event, and signs the tree anew."""
    grow(6)
    assert witnesses_ask(policy) == 3
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(
            "UPDATE audit_auditevent SET body = replace(convert_from(body, 'UTF8'), "
            "'test.happened', 'test.forged')::bytea"
        )
        superuser.execute("TRUNCATE audit_auditleaf, audit_auditcheckpoint, audit_auditcosignature")
    sequence_all()
    grow(2)
    assert witnesses_ask(policy) == 0
    assert "a witness refuses the log" in caplog.text
    assert not event_is_checkpointed(_latest())


def test_witnesses_refuse_a_log_whose_tail_was_cut(
    policy: WitnessPolicy, superuser_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    grow(6)
    size = checkpoint_size()
    grow(4)
    assert witnesses_ask(policy) == 3
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM audit_auditleaf WHERE leaf_index >= %s", [size])
        superuser.execute("DELETE FROM audit_auditcheckpoint WHERE tree_size > %s", [size])
        superuser.execute("TRUNCATE audit_auditcosignature")
        superuser.execute(
            "DELETE FROM audit_auditevent WHERE id NOT IN (SELECT event_position FROM audit_auditleaf)"
        )
    assert witnesses_ask(policy) == 0
    assert "a witness refuses the log" in caplog.text


def checkpoint_size() -> int:
    from countersign.audit.selectors import checkpoint_latest

    return checkpoint_latest().size


def test_witness_that_does_not_answer_does_not_stop_the_others(
    policy: WitnessPolicy, witnesses: list[WitnessServer]
) -> None:
    grow(2)
    gone = WitnessPolicy(
        (
            *policy.witnesses[:2],
            type(policy.witnesses[2])("c", policy.witnesses[2].key, "http://127.0.0.1:9"),
        ),
        2,
    )
    assert witnesses_ask(gone) == 2
    assert event_is_checkpointed(_latest())


def test_witness_is_found_again_when_the_cosignatures_were_lost(
    policy: WitnessPolicy, superuser_dsn: str
) -> None:
    grow(3)
    assert witnesses_ask(policy) == 3
    with psycopg.connect(superuser_dsn, autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("TRUNCATE audit_auditcosignature")
    grow(9)
    assert witnesses_ask(policy) == 3


def test_consistency_of_is_the_proof_of_every_pair_of_checkpoints(committed_db: None) -> None:
    from countersign.audit.models import AuditCheckpoint

    for step in (1, 1, 1, 2, 3, 5, 8):
        grow(step)
    roots = {row.tree_size: bytes(row.root) for row in AuditCheckpoint.objects.all()}
    roots[0] = EMPTY_ROOT
    for old, old_root in roots.items():
        for new, new_root in roots.items():
            if new >= old:
                verify_consistency(old, old_root, new, new_root, consistency_of(old, new))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum x",
        "witness a",
        "witness a key https://a",
        "log x",
        "quorum none\nquorum none",
        "group g 1 a b\nquorum g",
    ],
)
def test_policy_parse_refuses_what_makes_no_sense(text: str) -> None:
    with pytest.raises(WitnessPolicyInvalid):
        policy_parse(text)


def test_policy_parse_refuses_bad_groups_keys_and_addresses(policy: WitnessPolicy) -> None:
    a, b, _ = policy.witnesses
    named = f"witness a {a.key} {a.url}\nwitness b {b.key} {b.url}\n"
    log = verifier_key(ORIGIN, signing_key("log").public)
    for rest in (
        "group g 3 a b\nquorum g",
        "group g 0 a b\nquorum g",
        "group g x a b\nquorum g",
        "group g 1 a a\nquorum g",
        "group a 1 a b\nquorum a",
        f"witness a {a.key} {a.url}\nquorum a",
        f"witness l {log} https://l\nquorum l",
        f"witness x {a.key} ftp://x\nquorum x",
    ):
        with pytest.raises(WitnessPolicyInvalid):
            policy_parse(named + rest)
    assert policy_parse(f"{named}quorum a").quorum == 1
    assert policy_parse(f"{named}group g all a b\nquorum g").quorum == 2
    assert policy_parse(f"{named}group g any a b\nquorum g").quorum == 1
    assert policy_parse(f"{named}quorum none") == WitnessPolicy((a, b), 0)


def test_witness_policy_that_is_not_there_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTERSIGN_WITNESS_POLICY", str(tmp_path / "nothing"))
    environment.cache_clear()
    with pytest.raises(WitnessPolicyInvalid):
        witness_policy()
    environment.cache_clear()


def test_doctor_names_the_witnesses_that_are_silent(
    policy: WitnessPolicy, witnesses: list[WitnessServer]
) -> None:
    from countersign.cli.doctor import _witnesses

    assert (_witnesses().status, _witnesses().found) == ("ok", "2 of 3 must sign")
    for server, status in zip(witnesses[:2], ("warning", "failed"), strict=True):
        server.shutdown()
        server.server_close()
        assert _witnesses().status == status
    assert _witnesses().found.endswith("silent: a, b")


def test_text_post_refuses_an_answer_that_is_too_large_or_no_text(tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    answers = [b"x" * (MAX_ANSWER_BYTES + 1), b"\xff"]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            data = answers.pop(0)
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        for _ in range(2):
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            with pytest.raises(OSError, match="answers with"):
                text_post(f"http://127.0.0.1:{server.server_address[1]}", b"x", timeout=5)
            thread.join()

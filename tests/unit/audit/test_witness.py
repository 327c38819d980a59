"""A witness signs what extends what it saw, and nothing else."""

from __future__ import annotations

import hashlib
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from countersign.audit.witness import (
    MAX_REQUEST_BYTES,
    Witness,
    WitnessBusy,
    WitnessMissing,
    request_format,
    request_parse,
    witness_create,
)
from countersign.audit.witness_server import WitnessServer
from countersign.cli.main import app
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import consistency_proof, leaf_hash, root_of
from countersign_verify.notes import (
    ALGORITHM_COSIGNATURE,
    Checkpoint,
    checkpoint_sign,
    open_note,
    verifier_key,
)

ORIGIN = "example.org/log"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
LOG = verifier_key(ORIGIN, KEY.public_key())
LEAVES = [leaf_hash(bytes([number])) for number in range(20)]
FORK = [*LEAVES[:5], *(leaf_hash(b"another %d" % number) for number in range(15))]


def note(size: int, leaves: list[bytes] = LEAVES, key: Ed25519PrivateKey = KEY) -> str:
    return checkpoint_sign(Checkpoint(ORIGIN, size, root_of(leaves[:size])), ORIGIN, key)


def request(old: int, new: int, leaves: list[bytes] = LEAVES) -> bytes:
    return request_format(old, consistency_proof(leaves[:new], old), note(new, leaves))


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    witness_create(tmp_path / "w", "witness.example.org/a")
    made = Witness(tmp_path / "w")
    made.log_add(LOG, ORIGIN)
    return made


def test_checkpoint_add_cosigns_what_extends(witness: Witness) -> None:
    for old, new in ((0, 3), (3, 8), (8, 8), (8, 20)):
        answer = witness.checkpoint_add(request(old, new))
        assert answer.status == 200, answer.body
        opened = open_note(note(new) + answer.body, [LOG, witness.verifier])
        [signature] = [each for each in opened.signatures if each.verifier.algorithm == ALGORITHM_COSIGNATURE]
        assert signature.timestamp is not None
        assert signature.timestamp > 1_700_000_000
    seen = witness.seen(ORIGIN)
    assert seen is not None
    assert (seen.size, seen.root) == (20, root_of(LEAVES))


def test_checkpoint_add_refuses_a_fork(witness: Witness) -> None:
    witness.checkpoint_add(request(0, 8))
    forked = witness.checkpoint_add(request(8, 12, FORK))
    assert forked.status == 422
    assert "does not extend" in forked.body
    same_size = witness.checkpoint_add(request(8, 8, FORK))
    assert (same_size.status, same_size.body, same_size.content_type) == (409, "8\n", "text/x.tlog.size")
    assert witness.seen(ORIGIN) == Witness(witness._directory).seen(ORIGIN)
    assert witness.checkpoint_add(request(8, 12)).status == 200, "the log itself can still go on"


def test_checkpoint_add_refuses_a_rollback_and_says_how_far_it_is(witness: Witness) -> None:
    witness.checkpoint_add(request(0, 8))
    for old, new in ((0, 5), (5, 8), (0, 8), (5, 12)):
        answer = witness.checkpoint_add(request(old, new))
        assert (answer.status, answer.body) == (409, "8\n")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xff", 400),
        (b"old 0\n", 400),
        (b"old -1\n\n" + note(1).encode(), 400),
        (b"old 01\n\n" + note(1).encode(), 400),
        (b"old 9\n\n" + note(8).encode(), 400),
        (b"old 0\n!!\n\n" + note(1).encode(), 400),
        (b"old 0\nAAAA\n\n" + note(1).encode(), 400),
        (b"old 0\n" + b"AAAA\n" * 64 + b"\n" + note(1).encode(), 400),
        (b"old 0\n\nexample.org/log\n1\nAAAA\n\n", 400),
        (b"old 0\n\n" + b"x" * MAX_REQUEST_BYTES, 400),
        (request(0, 1).replace(b"example.org/log", b"example.org/gol"), 404),
        (request_format(0, [], note(3, key=Ed25519PrivateKey.generate())), 403),
        (request(0, 3).replace(b"\n3\n", b"\n4\n"), 403),
        (request_format(0, [LEAVES[0]], note(3)), 422),
    ],
)
def test_checkpoint_add_refuses_what_is_malformed_or_not_the_log_s(
    witness: Witness, body: bytes, status: int
) -> None:
    assert witness.checkpoint_add(body).status == status
    seen = witness.seen(ORIGIN)
    assert seen is not None
    assert seen.size == 0


def test_request_parse_returns_what_was_formatted() -> None:
    proof = consistency_proof(LEAVES, 7)
    assert request_parse(request_format(7, proof, note(20))) == (7, proof, note(20))


@pytest.mark.parametrize("body", [b"x", b"old 0\n\xff\n\n"])
def test_request_parse_refuses_what_is_malformed(body: bytes) -> None:
    with pytest.raises(RefusedError):
        request_parse(body)


def test_witness_signs_nothing_that_it_could_not_keep(witness: Witness) -> None:
    """The exploit: let the state get lost between signature and disk, then present a fork."""
    logs = witness._directory / "logs"
    path = logs / f"{hashlib.sha256(ORIGIN.encode()).hexdigest()}.json"
    # A directory cannot be replaced by a file, not even by root.
    path.with_suffix(".new").mkdir()
    with pytest.raises(OSError, match="directory"):
        witness.checkpoint_add(request(0, 8))
    seen = witness.seen(ORIGIN)
    assert seen is not None
    assert seen.size == 0


# Dies for good where the signature would be made: what it promised is on the disk already.
KILLED = """
import os, signal, sys
from pathlib import Path
from countersign.audit import witness
witness.cosign_note = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
witness.Witness(Path(sys.argv[1])).checkpoint_add(sys.stdin.buffer.read())
"""


def test_witness_killed_before_it_signed_keeps_its_promise_and_signs_the_same_again(witness: Witness) -> None:
    command = [sys.executable, "-c", KILLED, str(witness._directory)]
    killed = subprocess.run(command, input=request(0, 8), check=False)
    assert killed.returncode == -signal.SIGKILL
    restarted = Witness(witness._directory)
    seen = restarted.seen(ORIGIN)
    assert seen is not None
    assert (seen.size, seen.root) == (8, root_of(LEAVES[:8]))
    for body, status in (
        (request(0, 8, FORK), 409),
        (request(8, 8, FORK), 409),
        (request(8, 12, FORK), 422),
        (request(0, 5), 409),
        (request(0, 12), 409),
    ):
        refused = restarted.checkpoint_add(body)
        assert (refused.status, "witness.example.org" in refused.body) == (status, False)
    again = restarted.checkpoint_add(request(8, 8))
    assert again.status == 200
    open_note(note(8) + again.body, [restarted.verifier])
    assert restarted.checkpoint_add(request(8, 12)).status == 200


def test_witness_asked_for_two_forks_at_once_signs_one(witness: Witness) -> None:
    witness.checkpoint_add(request(0, 5))
    bodies = [request(5, 12, leaves) for leaves in (LEAVES, FORK)] * 8
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(witness.checkpoint_add, bodies))
    signed = {body for body, answer in zip(bodies, answers, strict=True) if answer.status == 200}
    assert len(signed) == 1


def test_log_add_refuses_a_second_key_for_a_log(witness: Witness) -> None:
    with pytest.raises(WitnessBusy):
        witness.log_add(LOG, ORIGIN)
    with pytest.raises(RefusedError):
        witness.log_add(witness.verifier, "another.example.org/log")


def test_witness_create_never_makes_a_key_anew(witness: Witness) -> None:
    with pytest.raises(WitnessBusy):
        witness_create(witness._directory, "again")
    with pytest.raises(RefusedError):
        witness_create(witness._directory.parent / "x", "no name")


def test_witness_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(WitnessMissing):
        Witness(tmp_path)


def test_exclusive_refuses_a_second_process(witness: Witness) -> None:
    with witness.exclusive(), pytest.raises(WitnessBusy), Witness(witness._directory).exclusive():
        pass


@pytest.fixture
def server(witness: Witness) -> Iterator[WitnessServer]:
    server = WitnessServer(witness, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ask(server: WitnessServer, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_server_answers_at_one_address(server: WitnessServer) -> None:
    assert ask(server, "POST", "/add-checkpoint", request(0, 3))[0] == 200
    assert ask(server, "GET", "/") == (200, f"{server.witness.verifier}\n")
    assert ask(server, "GET", "/add-checkpoint")[0] == 404
    assert ask(server, "POST", "/", b"x")[0] == 404


def test_server_does_not_read_what_is_too_large(server: WitnessServer) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("POST", "/add-checkpoint")
    connection.putheader("Content-Length", str(MAX_REQUEST_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_witness_command_serves_a_log_and_remembers_it_after_a_kill(tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["witness", *arguments, "--dir", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    verifier = run("init", "witness.example.org/a")
    run("watch", ORIGIN, LOG)
    command = [sys.executable, "-m", "countersign.cli.main", "witness", "run", "--dir", str(tmp_path)]
    for old, new in ((0, 5), (5, 9)):
        with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = re.search(r":(\d+)$", process.stdout.readline().strip())
            assert port is not None
            connection = HTTPConnection("127.0.0.1", int(port[1]), timeout=10)
            connection.request("POST", "/add-checkpoint", request(old, new))
            answer = connection.getresponse()
            assert answer.status == 200
            open_note(note(new) + answer.read().decode(), [verifier])
            connection.close()
            process.kill()
    assert f"{ORIGIN}: 9 events" in run("status")


def test_witness_command_says_what_is_wrong(tmp_path: Path) -> None:
    for arguments in (["init", "no name"], ["watch", ORIGIN, "no key"], ["run"], ["status"]):
        result = CliRunner().invoke(app, ["witness", *arguments, "--dir", str(tmp_path / arguments[0])])
        assert result.exit_code != 0

"""When the HTTP client tries again, and how long it waits, against a server that misbehaves on demand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from countersign.shared.resilience.http import ATTEMPTS, CallFailed, JsonClient, ServiceUnavailable

Answer = tuple[int, bytes, dict[str, str]]
BREAKS: Answer = (0, b"", {})
BREAKS_OFF: Answer = (200, b'{"a": 1}', {"Content-Length": "4000"})
OK: Answer = (200, b'{"done": true}', {})


class Server(ThreadingHTTPServer):
    """Gives the answers it was told to, one after the other, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.keys: list[str | None] = []
        self.silent = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.keys.append(self.headers.get("Idempotency-Key"))
        status, body, headers = self.server.answers.pop(0)
        if status == 0:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if status == -1:
            self.server.silent.wait(10)
            return
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.silent.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def pauses() -> list[float]:
    """How long the client would have slept."""
    return []


@pytest.fixture
def client(server: Server, pauses: list[float]) -> JsonClient:
    return JsonClient(f"http://127.0.0.1:{server.server_address[1]}", sleep=pauses.append)


@pytest.mark.parametrize(
    "first", [(503, b"", {}), (502, b"x", {}), (504, b"", {}), (429, b"", {}), BREAKS, BREAKS_OFF]
)
def test_what_passes_by_is_tried_again_after_a_second(
    server: Server, client: JsonClient, pauses: list[float], first: Answer
) -> None:
    server.answers = [first, OK]
    assert client.get("/x") == {"done": True}
    assert pauses == [1.0]


def test_pauses_grow_and_end_after_the_last_attempt(
    server: Server, client: JsonClient, pauses: list[float]
) -> None:
    server.answers = [(503, b"", {})] * (ATTEMPTS + 2)
    with pytest.raises(ServiceUnavailable, match="HTTP 503") as caught:
        client.get("/x")
    assert caught.value.status == 503
    assert pauses == [1.0, 2.0]
    assert len(server.answers) == 2


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("86400", 30.0),
        ("soon", 1.0),
        ("-5", 1.0),
        ("1.5", 1.0),
        ("\xb2", 1.0),
        ("", 1.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", 1.0),
    ],
)
def test_retry_after_is_honoured_where_it_makes_sense(
    server: Server, client: JsonClient, pauses: list[float], asked: str, waited: float
) -> None:
    server.answers = [(429, b"", {"Retry-After": asked}), OK]
    assert client.get("/x") == {"done": True}
    assert pauses == [waited]


def test_retry_after_may_be_a_date(server: Server, client: JsonClient, pauses: list[float]) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    server.answers = [(503, b"", {"Retry-After": then}), OK]
    assert client.get("/x") == {"done": True}
    assert len(pauses) == 1
    assert 10 < pauses[0] <= 20


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501])
def test_a_refusal_is_not_tried_again(
    server: Server, client: JsonClient, pauses: list[float], status: int
) -> None:
    server.answers = [(status, b'{"code": "no", "error": "not like this"}', {}), OK]
    with pytest.raises(CallFailed, match="not like this") as caught:
        client.post("/x", {})
    assert caught.value.data == {
        "http_status": status,
        "problem": {"code": "no", "error": "not like this"},
    }
    assert (pauses, len(server.answers)) == ([], 1)


@pytest.mark.parametrize("status", [200, 404, 500])
def test_what_is_no_json_is_not_tried_again(
    server: Server, client: JsonClient, pauses: list[float], status: int
) -> None:
    server.answers = [(status, b"<html>", {}), OK]
    with pytest.raises(CallFailed, match=f"HTTP {status} with something that is no JSON"):
        client.get("/x")
    assert (pauses, len(server.answers)) == ([], 1)


def test_a_post_is_repeated_under_its_own_key_only(
    server: Server, client: JsonClient, pauses: list[float]
) -> None:
    server.answers = [BREAKS, BREAKS_OFF, OK, OK]
    assert client.post("/x", {"a": 1}) == {"done": True}
    client.post("/x", {"a": 1})
    first, again, last, other = server.keys
    assert first == again == last != other
    assert None not in server.keys
    assert pauses == [1.0, 2.0]


def test_a_server_that_says_nothing_is_given_up(server: Server, pauses: list[float]) -> None:
    server.answers = [(-1, b"", {})] * ATTEMPTS
    impatient = JsonClient(f"http://127.0.0.1:{server.server_address[1]}", timeout=0.05, sleep=pauses.append)
    with pytest.raises(ServiceUnavailable, match="does not answer: ReadTimeout"):
        impatient.get("/x")
    assert len(pauses) == ATTEMPTS - 1


def test_an_address_that_is_none_fails_at_once(pauses: list[float]) -> None:
    with pytest.raises(CallFailed, match="can't be called: InvalidURL"):
        JsonClient("http://", sleep=pauses.append).get("/x")
    assert pauses == []


def test_nobody_at_the_address_is_unavailable(
    server: Server, client: JsonClient, pauses: list[float]
) -> None:
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))
    with nobody, pytest.raises(ServiceUnavailable, match="ConnectionError"):
        JsonClient(f"http://127.0.0.1:{nobody.getsockname()[1]}", sleep=pauses.append).get("/x")
    assert pauses == [1.0, 2.0]

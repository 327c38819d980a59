"""The HTTP client against a real server that misbehaves on demand."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tenacity import wait_none

from countersign.shared.resilience import http
from countersign.shared.resilience.http import CallFailed, JsonClient, ServiceUnavailable


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    broken: bool = False


class Server(ThreadingHTTPServer):
    """Gives the answers it was told to, one after the other, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        answer = self.server.answers.pop(0)
        if answer.broken:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = _answer  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(http, "_EXPONENTIAL", wait_none())
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def test_get_returns_the_answer(server: Server) -> None:
    server.answers = [Answer(body=b'{"a": 1}')]
    client = JsonClient(server.url, {"Authorization": "Bearer secret"})
    assert client.get("/x", page=2) == {"a": 1}
    method, path, headers, _ = server.asked[0]
    assert (method, path, headers["Authorization"]) == ("GET", "/x?page=2", "Bearer secret")
    assert "secret" not in repr(client)


def test_get_wraps_a_list_and_takes_an_empty_answer(server: Server) -> None:
    server.answers = [Answer(body=b"[1]"), Answer(status=204, body=b"")]
    client = JsonClient(server.url)
    assert client.get("/list") == {"items": [1]}
    assert client.get("/nothing") == {}


def test_post_repeats_a_broken_connection_under_the_same_key(server: Server) -> None:
    server.answers = [Answer(broken=True), Answer(status=503), Answer(body=b'{"done": true}')]
    assert JsonClient(server.url).post("/x", {"b": 1}) == {"done": True}
    keys = {headers["Idempotency-Key"] for _, _, headers, _ in server.asked}
    assert len(server.asked) == 3
    assert len(keys) == 1
    assert {json.loads(body)["b"] for *_, body in server.asked} == {1}


def test_get_waits_as_long_as_it_is_asked_to(server: Server) -> None:
    server.answers = [Answer(status=429, headers={"Retry-After": "0"}), Answer()]
    assert JsonClient(server.url).get("/x") == {}


def test_get_gives_up_after_three_attempts(server: Server) -> None:
    server.answers = [Answer(status=502)] * 5
    with pytest.raises(ServiceUnavailable, match="HTTP 502"):
        JsonClient(server.url).get("/x")
    assert len(server.asked) == http.ATTEMPTS


def test_get_of_nobody_is_unavailable(server: Server) -> None:
    server.server_close()
    with pytest.raises(ServiceUnavailable, match="does not answer"):
        JsonClient("http://127.0.0.1:9").get("/x")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": "no such thing"}', "no such thing"),
        (b'{"detail": "not here"}', "not here"),
        (b"{}", "HTTP 404"),
    ],
)
def test_get_that_is_refused_carries_the_problem(server: Server, body: bytes, said: str) -> None:
    server.answers = [Answer(status=404, body=body)]
    with pytest.raises(CallFailed, match=said) as caught:
        JsonClient(server.url).get("/x")
    assert caught.value.data["http_status"] == 404
    assert len(server.asked) == 1


def test_get_of_something_that_is_no_json_fails(server: Server) -> None:
    server.answers = [Answer(body=b"<html>")]
    with pytest.raises(CallFailed, match="no JSON"):
        JsonClient(server.url).get("/x")


def test_get_follows_no_redirect(server: Server) -> None:
    server.answers = [Answer(status=302, body=b"", headers={"Location": "http://127.0.0.1:1/"})]
    assert JsonClient(server.url).get("/x") == {}
    assert len(server.asked) == 1

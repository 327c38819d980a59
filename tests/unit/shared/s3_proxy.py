"""A proxy before a real S3 server that does to requests and answers what bad stores do."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Headers = MutableMapping[str, str]
_LOCK = re.compile(r"x-amz-object-lock-.*", re.IGNORECASE)
_HOP = {"connection", "transfer-encoding", "keep-alive"}


@dataclass
class Lies:
    """What the proxy does.

    Attributes:
        answer: bends status and headers of an answer: method, path, status, headers.
        body: bends the bytes of an answer.
        swallow: requests that are answered with 204 and never reach the server.
    """

    answer: Callable[[str, str, int, Headers], int] = lambda _method, _path, status, _headers: status
    body: Callable[[str, str, bytes], bytes] = lambda _method, _path, data: data
    swallow: Callable[[str, str], bool] = lambda _method, _path: False
    seen: list[tuple[str, str]] = field(default_factory=list)


def without_lock(headers: Headers) -> None:
    """Take away everything that an answer says of a lock."""
    for name in [name for name in headers if _LOCK.fullmatch(name)]:
        del headers[name]


def locked(headers: Headers) -> bool:
    return any(_LOCK.fullmatch(name) for name in headers)


def put_header(headers: Headers, name: str, value: str) -> None:
    for known in [known for known in headers if known.lower() == name.lower()]:
        del headers[known]
    headers[name] = value


@contextmanager
def proxy(endpoint: str, lies: Lies) -> Iterator[str]:
    """Yield the address of the proxy."""
    server_address = urlsplit(endpoint).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _carry(self) -> None:
            lies.seen.append((self.command, self.path))
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if lies.swallow(self.command, self.path):
                self._reply(204, {}, b"")
                return
            upstream = http.client.HTTPConnection(server_address, timeout=30)
            # The signature is over the server's own name.
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            upstream.request(self.command, self.path, data, headers)
            answer = upstream.getresponse()
            content = answer.read()
            told = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
            status = lies.answer(self.command, self.path, answer.status, told)
            self._reply(status, told, lies.body(self.command, self.path, content))
            upstream.close()

        def _reply(self, status: int, headers: Headers, content: bytes) -> None:
            self.send_response_only(status)
            if self.command != "HEAD":
                put_header(headers, "Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _carry  # noqa: N815 - the base class calls them

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""The witness's HTTP server: one address, small requests, nothing else."""

from __future__ import annotations

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from countersign.audit.witness import MAX_REQUEST_BYTES, Answer

if TYPE_CHECKING:
    from countersign.audit.witness import Witness

logger = logging.getLogger(__name__)

ADDRESS = "/add-checkpoint"
TIMEOUT_SECONDS = 10.0


class WitnessServer(ThreadingHTTPServer):
    """Serves a witness. Put a proxy with TLS in front of it when it is asked over a network."""

    daemon_threads = True

    def __init__(self, witness: Witness, host: str, port: int) -> None:
        """Listen on ``host`` and ``port`` (0 takes any that is free)."""
        super().__init__((host, port), _Handler)
        self.witness = witness

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "countersign-witness"
    sys_version = ""
    # A caller that sends nothing is not waited for.
    timeout = TIMEOUT_SECONDS

    def do_GET(self) -> None:
        """Say who this is, for a person who opens the address."""
        if self.path != "/":
            self._send(Answer(HTTPStatus.NOT_FOUND, f"POST {ADDRESS}\n"))
            return
        self._send(Answer(HTTPStatus.OK, f"{self.server.witness.verifier}\n"))

    def do_POST(self) -> None:
        """Take a checkpoint."""
        if self.path != ADDRESS:
            self._send(Answer(HTTPStatus.NOT_FOUND, f"POST {ADDRESS}\n"))
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_REQUEST_BYTES:
            self.close_connection = True
            self._send(
                Answer(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_REQUEST_BYTES} bytes, length given\n"
                )
            )
            return
        self._send(self.server.witness.checkpoint_add(self.rfile.read(int(length))))

    def _send(self, answer: Answer) -> None:
        data = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        logger.info(format, *args)

"""A witness of logs (C2SP tlog-witness): signs a checkpoint only when it extends what it signed before.

It needs no database and knows nothing of the platform but the key of its log. Whoever keeps it should be
somebody else than the operator of the log, on a machine of their own.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from countersign.shared.errors import Conflict, Unavailable
from countersign_verify.encoding import base64_decode, base64_encode
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import EMPTY_ROOT, HASH_SIZE, verify_consistency
from countersign_verify.notes import (
    ALGORITHM_COSIGNATURE,
    ALGORITHM_ED25519,
    Checkpoint,
    cosign_note,
    open_note,
    verifier_key,
    verifier_parse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_REQUEST_BYTES = 128 * 1024
MAX_PROOF_LINES = 63
SIZE_TYPE = "text/x.tlog.size"
_TEXT = "text/plain; charset=utf-8"


class WitnessMissing(Unavailable):
    """There is no witness in this directory."""

    code = "witness_missing"


class WitnessBusy(Conflict):
    """Another process uses this witness's directory, or it holds a witness already."""

    code = "witness_busy"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request is answered with."""

    status: HTTPStatus
    body: str
    content_type: str = _TEXT


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest checkpoint of a log that was signed."""

    log: str
    size: int
    root: bytes


def witness_create(directory: Path, name: str) -> str:
    """Make the key of a new witness and return its verifier key.

    Raises:
        WitnessBusy: there is a witness in the directory already.
        RefusedError: the name cannot stand in a key.
    """
    path = directory / "key.json"
    if path.exists():
        message = f"there is a witness in {directory} already; its key is never made anew"
        raise WitnessBusy(message)
    key = Ed25519PrivateKey.generate()
    public = verifier_key(name, key.public_key(), ALGORITHM_COSIGNATURE)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    (directory / "logs").mkdir(exist_ok=True, mode=0o700)
    _write(path, {"name": name, "private": base64_encode(key.private_bytes_raw())})
    return public


class Witness:
    """The state of a witness: its key, the logs that it watches, and how far it saw each."""

    def __init__(self, directory: Path) -> None:
        """Read the key.

        Raises:
            WitnessMissing: there is no witness in the directory.
        """
        self._directory = directory
        self._lock = threading.Lock()
        try:
            stored = json.loads((directory / "key.json").read_text(encoding="utf-8"))
        except OSError as error:
            message = f"there is no witness in {directory}; make one with 'countersign witness init'"
            raise WitnessMissing(message) from error
        self.name = str(stored["name"])
        self._key = Ed25519PrivateKey.from_private_bytes(base64_decode(stored["private"]))

    @property
    def verifier(self) -> str:
        """The verifier key that goes into trust files and policies."""
        return verifier_key(self.name, self._key.public_key(), ALGORITHM_COSIGNATURE)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep every other process from this witness's state.

        Raises:
            WitnessBusy: another process has it.
        """
        with (self._directory / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                message = f"another process serves the witness in {self._directory}"
                raise WitnessBusy(message) from error
            yield

    def log_add(self, log: str, origin: str) -> None:
        """Watch a log: from now on its checkpoints are signed, beginning with whatever comes first.

        Raises:
            RefusedError: the key is malformed or of another kind.
            WitnessBusy: a log of this origin is watched already.
        """
        if verifier_parse(log).algorithm != ALGORITHM_ED25519:
            raise RefusedError("note.key", "the key of a log is an Ed25519 key")
        if self._path(origin).exists():
            message = f"the log {origin} is watched already"
            raise WitnessBusy(message)
        self._keep(origin, Seen(log, 0, EMPTY_ROOT))

    def seen(self, origin: str) -> Seen | None:
        """Return how far a log was seen, or nothing when it is not watched."""
        try:
            stored = json.loads(self._path(origin).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Seen(str(stored["log"]), int(stored["size"]), base64_decode(stored["root"]))

    def logs(self) -> list[tuple[str, Seen]]:
        """Return the watched logs by origin."""
        paths = sorted((self._directory / "logs").glob("*.json"))
        origins = [str(json.loads(path.read_text(encoding="utf-8"))["origin"]) for path in paths]
        return [(origin, seen) for origin in origins if (seen := self.seen(origin)) is not None]

    def checkpoint_add(self, body: bytes) -> Answer:
        """Answer ``POST /add-checkpoint`` (C2SP tlog-witness).

        The new size is on disk before the signature is made: a crash between the two loses a signature, never
        the promise not to sign a fork.
        """
        try:
            old, proof, note = request_parse(body)
        except RefusedError as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        origin = note.partition("\n")[0]
        with self._lock:
            seen = self.seen(origin)
            if seen is None:
                return Answer(HTTPStatus.NOT_FOUND, "this witness does not watch that log\n")
            try:
                checkpoint = Checkpoint.parse(open_note(note, [seen.log]).text)
            except RefusedError as error:
                unsigned = error.code in {"note.unsigned", "note.signature"}
                status = HTTPStatus.FORBIDDEN if unsigned else HTTPStatus.BAD_REQUEST
                return Answer(status, f"{error}\n")
            return self._extend(seen, checkpoint, old, proof, note)

    def _extend(self, seen: Seen, checkpoint: Checkpoint, old: int, proof: list[bytes], note: str) -> Answer:
        if old > checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "the old size is larger than the checkpoint\n")
        forked = old == checkpoint.size and checkpoint.root != seen.root
        if old != seen.size or forked:
            return Answer(HTTPStatus.CONFLICT, f"{seen.size}\n", SIZE_TYPE)
        try:
            verify_consistency(seen.size, seen.root, checkpoint.size, checkpoint.root, proof)
        except RefusedError as error:
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n")
        self._keep(checkpoint.origin, Seen(seen.log, checkpoint.size, checkpoint.root))
        signed = cosign_note(note, self.name, self._key, int(time.time()))
        return Answer(HTTPStatus.OK, signed.removeprefix(note))

    def _keep(self, origin: str, seen: Seen) -> None:
        content = {"origin": origin, "log": seen.log, "size": seen.size, "root": base64_encode(seen.root)}
        _write(self._path(origin), content)

    def _path(self, origin: str) -> Path:
        return self._directory / "logs" / f"{hashlib.sha256(origin.encode()).hexdigest()}.json"


def request_format(old: int, proof: list[bytes], note: str) -> bytes:
    """Return the body of ``POST /add-checkpoint``."""
    lines = [f"old {old}", *(base64_encode(item) for item in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def request_parse(body: bytes) -> tuple[int, list[bytes], str]:
    """Return old size, proof and note of the body of ``POST /add-checkpoint``.

    Raises:
        RefusedError: it is too large or malformed.
    """
    if len(body) > MAX_REQUEST_BYTES:
        raise RefusedError("witness.size", f"a request has at most {MAX_REQUEST_BYTES} bytes")
    try:
        head, separator, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise RefusedError("witness.utf8", "the request is not UTF-8") from error
    first, *lines = head.split("\n")
    size = first.removeprefix("old ")
    canonical = size.isascii() and size.isdigit() and str(int(size[:19])) == size
    if not separator or not first.startswith("old ") or not canonical:
        raise RefusedError("witness.shape", "a request begins with 'old SIZE' and ends with a checkpoint")
    if len(lines) > MAX_PROOF_LINES:
        raise RefusedError("witness.proof", f"a proof has at most {MAX_PROOF_LINES} lines")
    proof = [base64_decode(line) for line in lines]
    if any(len(item) != HASH_SIZE for item in proof):
        raise RefusedError("witness.proof", "a hash of the proof is not 32 bytes long")
    return int(size), proof, note


def _write(path: Path, content: dict[str, object]) -> None:
    """Replace a file: after a crash either the old or the new content is there, and the new one lasts."""
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)

"""Signed notes and log checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature)."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from countersign_verify.encoding import base64_decode, base64_encode
from countersign_verify.errors import RefusedError
from countersign_verify.merkle import HASH_SIZE
from countersign_verify.signing import (
    PUBLIC_KEY_SIZE,
    SIGNATURE_SIZE,
    PublicKey,
    Signer,
    public_bytes,
    signature_valid,
)

ALGORITHM_ED25519 = 0x01
ALGORITHM_COSIGNATURE = 0x04
MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 64
_KEY_HASH_SIZE = 4
_TIMESTAMP_SIZE = 8
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_CHECKPOINT_LINES = 3


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that may sign notes under a name."""

    name: str
    algorithm: int
    public_key: bytes

    @property
    def key_hash(self) -> bytes:
        """The four bytes that lead from a signature line to this key."""
        return _key_hash(self.name, self.algorithm, self.public_key)


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature of a note that was checked and holds.

    Attributes:
        verifier: The key that made it.
        timestamp: Seconds since the epoch, for a witness's cosignature; otherwise None.
    """

    verifier: Verifier
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """A note whose signatures by known keys all hold (there is at least one)."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log's signed note says: this many leaves have this root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text of the note that gets signed."""
        return f"{self.origin}\n{self.size}\n{base64_encode(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint note. Extension lines are refused: nobody here writes any.

        Raises:
            RefusedError: It is not a checkpoint.
        """
        lines = text.split("\n")
        if len(lines) != _CHECKPOINT_LINES + 1 or lines[-1] or not lines[0]:
            raise RefusedError("checkpoint.shape", "a checkpoint has the lines origin, size and root")
        if _SIZE.fullmatch(lines[1]) is None:
            raise RefusedError("checkpoint.size", "the size of the checkpoint is not a number")
        root = base64_decode(lines[2])
        if len(root) != HASH_SIZE:
            raise RefusedError("checkpoint.root", "the root of the checkpoint is not 32 bytes long")
        return cls(lines[0], int(lines[1]), root)


def verifier_key(name: str, public_key: PublicKey, algorithm: int = ALGORITHM_ED25519) -> str:
    """The verifier key string ``name+hash+base64`` that trust files carry.

    Raises:
        RefusedError: The name is empty or holds white space or a plus sign, or the key is malformed.
    """
    _check_name(name)
    raw = public_bytes(public_key)
    hashed = _key_hash(name, algorithm, raw)
    return f"{name}+{hashed.hex()}+{base64_encode(bytes([algorithm]) + raw)}"


def verifier_parse(text: str) -> Verifier:
    """Read a verifier key string.

    Raises:
        RefusedError: It is malformed, its hash does not fit, or its algorithm is not known.
    """
    name, _, rest = text.partition("+")
    hashed, _, encoded = rest.partition("+")
    _check_name(name)
    data = base64_decode(encoded)
    if len(data) != 1 + PUBLIC_KEY_SIZE or data[0] not in {ALGORITHM_ED25519, ALGORITHM_COSIGNATURE}:
        raise RefusedError("note.key", f"the verifier key of {name!a} is of no known kind")
    verifier = Verifier(name, data[0], data[1:])
    if verifier.key_hash.hex() != hashed:
        raise RefusedError("note.key", f"the hash in the verifier key of {name!a} does not fit")
    return verifier


def sign_note(text: str, name: str, private_key: Signer) -> str:
    """Sign a text as a note.

    Args:
        text: What is said; it must end in a newline.
        name: The signer's name, as in its verifier key.
        private_key: The Ed25519 key.

    Returns:
        The note: text, empty line, signature line.

    Raises:
        RefusedError: The text or the name cannot stand in a note.
    """
    _check_text(text)
    _check_name(name)
    raw = private_key.public_key().public_bytes_raw()
    signature = private_key.sign(text.encode("utf-8"))
    return f"{text}\n{_signature_line(name, ALGORITHM_ED25519, raw, signature)}"


def cosign_note(note: str, name: str, private_key: Signer, timestamp: int) -> str:
    """Add a witness's cosignature, which vouches for the time as well.

    Raises:
        RefusedError: The note is malformed, or the name cannot stand in one.
    """
    text, _ = _note_split(note)
    _check_name(name)
    raw = private_key.public_key().public_bytes_raw()
    signature = private_key.sign(_cosigned_message(text, timestamp))
    stamped = timestamp.to_bytes(_TIMESTAMP_SIZE, "big") + signature
    return note + _signature_line(name, ALGORITHM_COSIGNATURE, raw, stamped)


def open_note(note: str | bytes, verifiers: Iterable[Verifier | str]) -> OpenedNote:
    """Check a note against the keys that are trusted.

    Signatures by other keys are passed over, as the format asks for.

    Args:
        note: The note.
        verifiers: Trusted keys, parsed or as verifier key strings.

    Returns:
        The text, and the signatures that were checked.

    Raises:
        RefusedError: The note is malformed, a signature by a trusted key does not hold, a trusted key signed
            twice, or no trusted key signed at all.
    """
    text, lines = _note_split(note if isinstance(note, str) else _decode(note))
    known: dict[tuple[str, bytes], Verifier] = {}
    for item in verifiers:
        verifier = verifier_parse(item) if isinstance(item, str) else item
        known[verifier.name, verifier.key_hash] = verifier
    checked: dict[Verifier, NoteSignature] = {}
    for line in lines:
        name, data = _signature_parse(line)
        found = known.get((name, data[:_KEY_HASH_SIZE]))
        if found is None:
            continue
        if found in checked:
            raise RefusedError("note.twice", f"the note carries two signatures by {name!a}")
        checked[found] = _signature_check(found, data[_KEY_HASH_SIZE:], text)
    if not checked:
        raise RefusedError("note.unsigned", "the note is not signed by any trusted key")
    return OpenedNote(text, tuple(checked.values()))


def checkpoint_sign(checkpoint: Checkpoint, name: str, private_key: Signer) -> str:
    """The signed note of a checkpoint.

    Raises:
        RefusedError: As :func:`sign_note`, or the checkpoint itself is malformed.
    """
    Checkpoint.parse(checkpoint.text())
    return sign_note(checkpoint.text(), name, private_key)


def checkpoint_open(
    note: str | bytes, verifiers: Iterable[Verifier | str], *, origin: str
) -> tuple[Checkpoint, OpenedNote]:
    """Check a checkpoint note and read it.

    Raises:
        RefusedError: As :func:`open_note`, or it is no checkpoint, or one of another log.
    """
    opened = open_note(note, verifiers)
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != origin:
        raise RefusedError("checkpoint.origin", f"the checkpoint is of another log, {checkpoint.origin!a}")
    return checkpoint, opened


def _key_hash(name: str, algorithm: int, raw: bytes) -> bytes:
    message = name.encode("utf-8") + b"\n" + bytes([algorithm]) + raw
    return hashlib.sha256(message).digest()[:_KEY_HASH_SIZE]


def _signature_line(name: str, algorithm: int, raw: bytes, signature: bytes) -> str:
    return f"— {name} {base64_encode(_key_hash(name, algorithm, raw) + signature)}\n"


def _signature_parse(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None:
        raise RefusedError("note.line", "a signature line of the note is malformed")
    data = base64_decode(match[2])
    if len(data) <= _KEY_HASH_SIZE:
        raise RefusedError("note.line", "a signature of the note is too short")
    return match[1], data


def _signature_check(verifier: Verifier, data: bytes, text: str) -> NoteSignature:
    timestamp: int | None = None
    message = text.encode("utf-8")
    if verifier.algorithm == ALGORITHM_COSIGNATURE:
        timestamp = int.from_bytes(data[:_TIMESTAMP_SIZE], "big")
        data = data[_TIMESTAMP_SIZE:]
        message = _cosigned_message(text, timestamp)
    if len(data) != SIGNATURE_SIZE or not signature_valid(verifier.public_key, data, message):
        raise RefusedError("note.signature", f"the signature of the note by {verifier.name!a} does not hold")
    return NoteSignature(verifier, timestamp)


def _cosigned_message(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def _note_split(note: str) -> tuple[str, list[str]]:
    """Take a note apart into its text and its signature lines."""
    text, separator, rest = note.rpartition("\n\n")
    if not separator or not rest.endswith("\n"):
        raise RefusedError("note.shape", "a note is a text, an empty line and signature lines")
    text += "\n"
    _check_text(text)
    lines = rest[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise RefusedError("note.signatures", f"a note has at most {MAX_SIGNATURES} signatures")
    return text, lines


def _decode(note: bytes) -> str:
    try:
        return note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError("note.utf8", "the note is not UTF-8") from error


def _check_text(text: str) -> None:
    if not text.endswith("\n") or len(text) > MAX_NOTE_BYTES:
        raise RefusedError("note.shape", "the text of a note ends in a newline and has at most 64 KiB")
    if any(character < " " and character != "\n" for character in text):
        raise RefusedError("note.control", "the note holds a control character")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise RefusedError("note.name", "a key name holds no white space and no plus sign")

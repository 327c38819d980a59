"""Signed notes, checkpoints and cosignatures."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign_verify.errors import RefusedError
from countersign_verify.merkle import EMPTY_ROOT
from countersign_verify.notes import (
    ALGORITHM_COSIGNATURE,
    Checkpoint,
    checkpoint_open,
    checkpoint_sign,
    cosign_note,
    open_note,
    sign_note,
    verifier_key,
    verifier_parse,
)
from tests.unit.countersign_verify.samples import KEYS, ORIGIN, refused

# The example in the documentation of Go's golang.org/x/mod/sumdb/note.
KNOWN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNI"
    "uGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
LOG_KEY = verifier_key(ORIGIN, KEYS["log"].public_key())
WITNESS_KEY = verifier_key("witness", KEYS["witness"].public_key(), ALGORITHM_COSIGNATURE)
NOTE = checkpoint_sign(Checkpoint(ORIGIN, 7, EMPTY_ROOT), ORIGIN, KEYS["log"])


def test_open_note_reads_a_note_of_another_implementation() -> None:
    opened = open_note(KNOWN_NOTE.encode(), [KNOWN_KEY])
    assert opened.text.startswith("If you think")
    assert opened.signatures[0].verifier == verifier_parse(KNOWN_KEY)
    assert opened.signatures[0].timestamp is None


def test_open_note_passes_over_keys_it_does_not_know() -> None:
    note = NOTE + sign_note("x\n", "stranger", KEYS["stranger"]).split("\n\n")[1]
    assert len(open_note(note, [LOG_KEY]).signatures) == 1
    with refused("note.unsigned"):
        open_note(note, [KNOWN_KEY])
    with refused("note.unsigned"):
        open_note(note, [])


def test_cosignature_vouches_for_the_time() -> None:
    note = cosign_note(NOTE, "witness", KEYS["witness"], 1767225600)
    checkpoint, opened = checkpoint_open(note, [LOG_KEY, WITNESS_KEY], origin=ORIGIN)
    assert checkpoint == Checkpoint(ORIGIN, 7, EMPTY_ROOT)
    assert [item.timestamp for item in opened.signatures] == [None, 1767225600]
    plain = verifier_key("witness", KEYS["witness"].public_key())
    assert len(open_note(note, [LOG_KEY, plain]).signatures) == 1


@given(st.integers(0, len(NOTE.encode()) - 1), st.integers(1, 255))
def test_open_note_notices_every_changed_byte(position: int, flip: int) -> None:
    damaged = bytearray(NOTE.encode())
    damaged[position] ^= flip
    with pytest.raises(RefusedError):
        open_note(bytes(damaged), [LOG_KEY])


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("no signature\n", "note.shape"),
        (NOTE[:-1], "note.shape"),
        (NOTE.replace("— ", "- "), "note.line"),
        (NOTE.replace("\n\n— ", "\n\n— \n— "), "note.line"),
        ("text\n\n— name AAAA\n", "note.line"),
        ("text\n\n— name AAAAB\n", "encoding.base64"),
        ("te\x07xt\n\n— name AAAAAAAA\n", "note.control"),
        ("a" * 70_000 + "\n\n— name AAAAAAAA\n", "note.shape"),
        (NOTE + NOTE.split("\n\n")[1], "note.twice"),
        (NOTE + "— name AAAAAAAA\n" * 64, "note.signatures"),
    ],
)
def test_open_note_refuses_with_the_reason(note: str, code: str) -> None:
    with refused(code):
        open_note(note, [LOG_KEY])


def test_open_note_refuses_bytes_that_are_no_text() -> None:
    with refused("note.utf8"):
        open_note(b"\xff\n\n", [LOG_KEY])


def test_open_note_refuses_a_signature_that_is_cut() -> None:
    head, line = NOTE.split("\n\n")
    signature = base64.b64decode(line.split(" ")[2])[:40]
    with refused("note.signature"):
        open_note(f"{head}\n\n— {ORIGIN} {base64.b64encode(signature).decode()}\n", [LOG_KEY])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "note.name"),
        ("name", "note.key"),
        ("na me+00000000+AAAA", "note.name"),
        (KNOWN_KEY.replace("c74f20a3", "c74f20a4"), "note.key"),
        (KNOWN_KEY[:-4], "note.key"),
        ("name+00000000+" + base64.b64encode(b"\x09" + bytes(32)).decode(), "note.key"),
        ("name+00000000+!", "encoding.base64"),
    ],
)
def test_verifier_parse_refuses_with_the_reason(text: str, code: str) -> None:
    with refused(code):
        verifier_parse(text)


def test_verifier_key_refuses_a_name_that_cannot_stand_in_a_note() -> None:
    for name in ("", "a b", "a+b", "a\nb"):
        with refused("note.name"):
            verifier_key(name, KEYS["log"].public_key())
        with refused("note.name"):
            sign_note("x\n", name, KEYS["log"])
        with refused("note.name"):
            cosign_note(NOTE, name, KEYS["log"], 1)
    with refused("key.size"):
        verifier_key("name", b"short")


def test_sign_note_refuses_a_text_without_newline() -> None:
    with refused("note.shape"):
        sign_note("text", "name", KEYS["log"])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("origin\n1\n", "checkpoint.shape"),
        (f"\n1\n{base64.b64encode(EMPTY_ROOT).decode()}\n", "checkpoint.shape"),
        (f"origin\n1\n{base64.b64encode(EMPTY_ROOT).decode()}\nextension\n", "checkpoint.shape"),
        (f"origin\n01\n{base64.b64encode(EMPTY_ROOT).decode()}\n", "checkpoint.size"),
        (f"origin\n-1\n{base64.b64encode(EMPTY_ROOT).decode()}\n", "checkpoint.size"),
        ("origin\n1\nAAAA\n", "checkpoint.root"),
        ("origin\n1\n===\n", "encoding.base64"),
    ],
)
def test_checkpoint_parse_refuses_with_the_reason(text: str, code: str) -> None:
    with refused(code):
        Checkpoint.parse(text)


def test_checkpoint_sign_refuses_a_malformed_checkpoint() -> None:
    with refused("checkpoint.root"):
        checkpoint_sign(Checkpoint(ORIGIN, 1, b"short"), ORIGIN, KEYS["log"])


def test_checkpoint_open_refuses_another_log() -> None:
    with refused("checkpoint.origin"):
        checkpoint_open(NOTE, [LOG_KEY], origin="another.example/log")

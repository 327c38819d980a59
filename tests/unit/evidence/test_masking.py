"""Of a diff only lines that it does not add are masked, and nothing else of it moves."""

from countersign.evidence.masking import diff_mask, text_mask
from countersign.evidence.secrets import secrets_find
from countersign_verify.diff import diff_read
from tests.unit.evidence.samples import AWS_KEY, PRIVATE_KEY, contents

HEAD = contents().diff.decode().split("@@")[0]
BODY = "MIIEow" + "IBAAKCAQEAvUo5OdO6Pg1Qx"


def diff(*lines: str, old: int, new: int, section: str = "") -> bytes:
    return (
        f"{HEAD}@@ -1,{old} +1,{new} @@{section}\n".encode() + "".join(f"{line}\n" for line in lines).encode()
    )


def test_diff_without_secrets_stays_as_it_is() -> None:
    for text in (
        contents().diff,
        b"",
        b"Binary files differ\n",
        b"\xff\xfe\n",
        diff(" a\x0cb", "-c\rd", old=2, new=1),
    ):
        assert diff_mask(text).diff == text
        assert diff_mask(text).masked == ()


def test_removed_and_unchanged_lines_are_masked_and_added_ones_are_not() -> None:
    text = diff(
        f"-a = '{AWS_KEY}'", f" b = '{AWS_KEY}'", f"+c = '{AWS_KEY}'", old=2, new=2, section=f" {AWS_KEY}"
    )
    masked = diff_mask(text)
    lines = masked.diff.decode().split("\n")
    assert lines[-4:-1] == [
        "-a = '[masked: AWS Access Key]'",
        " b = '[masked: AWS Access Key]'",
        f"+c = '{AWS_KEY}'",
    ]
    assert lines[-5].endswith("@@ [masked: AWS Access Key]")
    assert len(masked.masked) == 3
    assert AWS_KEY not in repr(masked)
    assert secrets_find({"diff": masked.diff}) != ()
    assert diff_read(masked.diff) == diff_read(text)


def test_whole_private_key_is_masked() -> None:
    text = diff(
        f"-{PRIVATE_KEY}",
        f"-{BODY}",
        "--- not a header",
        "------END RSA PRIVATE KEY-----",
        "-after",
        old=5,
        new=0,
    )
    masked = diff_mask(text)
    assert BODY.encode() not in masked.diff
    assert masked.diff.endswith(b"-[masked: Private Key]\n" * 4 + b"-after\n")
    assert BODY in masked.values
    assert text_mask(f"the agent read {BODY}".encode(), masked.values).startswith(b"the agent read [masked")
    assert secrets_find({"diff": masked.diff}) == ()


def test_key_that_the_hunk_cuts_off_ends_with_it() -> None:
    text = diff(f"-{PRIVATE_KEY}", f"-{BODY}", old=2, new=0) + b"@@ -9 +8 @@\n-x\n+y\n"
    assert diff_mask(text).diff.endswith(b"@@ -9 +8 @@\n-x\n+y\n")


def test_lines_that_look_like_headers_are_not_taken_for_them() -> None:
    text = diff(f"--- a/{AWS_KEY}", "-@@ -1,9 +1,9 @@", f"+++ {AWS_KEY}", old=2, new=1)
    masked = diff_mask(text).diff
    assert b"--- [masked: AWS Access Key]" in masked
    assert masked.endswith(f"+++ {AWS_KEY}\n".encode())


def test_masking_is_deterministic_and_idempotent() -> None:
    text = diff(f"-a = '{AWS_KEY}'", old=1, new=0)
    once = diff_mask(text)
    assert once == diff_mask(text)
    assert diff_mask(once.diff).diff == once.diff

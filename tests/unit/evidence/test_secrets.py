import pytest

from countersign.evidence.secrets import secrets_find
from tests.unit.evidence.samples import AWS_KEY, GITHUB_TOKEN, PRIVATE_KEY

SLACK = "xoxb-" + "123456789012-1234567890123-abcdefghijklmnopqrstuvwx"


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        (AWS_KEY, "AWS Access Key"),
        (GITHUB_TOKEN, "GitHub Token"),
        (PRIVATE_KEY, "Private Key"),
        (SLACK, "Slack Token"),
        ("https://deploy:hunter22@example.org/x.git", "Basic Auth Credentials"),
    ],
)
@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "+token = '{}'",
        "key = load('{}')",
        "id = '{}'",
        "token = '{}'  # pragma: allowlist secret",
        "token = '{}'  # nosec",
        '{{"line": "{}"}}',
    ],
)
def test_secrets_are_found_whatever_is_written_around_them(secret: str, kind: str, line: str) -> None:
    """An agent writes these lines: what it writes beside a secret must not hide it."""
    found = secrets_find({"transcript": f"first\n{line.format(secret)}\nlast".encode()})
    assert f"transcript:2 ({kind})" in found
    assert secret not in str(found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:" + "a1" * 32,
        "index 3b18e512dba79e4c8300dd08aeb37f8e728b8dad..0000000000000000000000000000000000000000 100644",
        "password = os.environ['PASSWORD']",
        "https://{user}:{password}@example.org",
        "66666666-6666-4666-8666-666666666666",
    ],
)
def test_secrets_are_not_seen_in_what_evidence_is_full_of(text: str) -> None:
    assert secrets_find({"diff": text.encode()}) == ()


def test_secrets_are_found_in_bytes_that_are_no_text() -> None:
    assert secrets_find({"transcript": b"\xff\xfe " + AWS_KEY.encode() + b"\x00"}) != ()


def test_secrets_are_named_by_text_and_line() -> None:
    found = secrets_find({"a": AWS_KEY.encode(), "b": b"\n\n" + AWS_KEY.encode()})
    assert found == ("a:1 (AWS Access Key)", "b:3 (AWS Access Key)")

"""What the automaton passes over holds nothing that the scanner would name."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.scan import scan_line
from detect_secrets.plugins.base import RegexBasedDetector
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.evidence import secrets
from countersign.evidence.masking import diff_mask
from countersign.evidence.secrets import data_suspected, scanning, secrets_find, text_suspected
from countersign.evidence.suspicion import PatternUnknown, lines_suspected, pattern_widen, suspicion
from tests.unit.evidence.samples import AWS_KEY, GITHUB_TOKEN

DETECTORS: Mapping[str, type[RegexBasedDetector]] = get_mapping_from_secret_type_to_class()
PATTERNS = [
    pattern
    for detector in DETECTORS.values()
    if detector.__name__ in secrets._DETECTORS
    for pattern in detector().denylist
]
# Whatever a repository holds: other alphabets, other digits, bytes that are no text, all kinds of line ends.
NOISE = st.text(
    st.one_of(st.characters(), st.sampled_from("\n\r\x0b\x85\u2028 '\"/:@.-_0aZ\u0130\u0131\u212a\u017f")),
    max_size=30,
)
HITS = st.one_of([st.from_regex(pattern) for pattern in PATTERNS])


def by_hand(texts: Mapping[str, bytes]) -> tuple[str, ...]:
    """Show every line of every text to the scanner."""
    with scanning():
        return tuple(
            f"{name}:{number} ({secret.type})"
            for name, data in texts.items()
            for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1)
            for secret in scan_line(line)
        )


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.pattern[:40])
def test_suspicion_falls_on_all_that_a_pattern_matches(pattern: re.Pattern[str]) -> None:
    @settings(max_examples=25)
    @given(before=NOISE, hit=st.from_regex(pattern), after=NOISE)
    def holds(before: str, hit: str, after: str) -> None:
        text = before + hit + after
        if pattern.search(text):
            assert text_suspected(text)

    holds()


@given(parts=st.lists(st.one_of(NOISE, HITS), max_size=12), odd=st.binary(max_size=8))
def test_secrets_find_names_what_a_scan_of_every_line_names(parts: list[str], odd: bytes) -> None:
    data = "".join(parts).encode("utf-8", "surrogatepass")
    texts = {"a": data, "b": odd + data + odd, "c": odd}
    assert secrets_find(texts) == by_hand(texts)


def test_secrets_find_numbers_lines_of_long_texts_and_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "_BLOCK", 64)
    lines = ["nothing to see\x0bhere"] * 700
    for number in (3, 255, 256, 257, 650, 699):
        lines[number] = f"key = {AWS_KEY}"
    lines[400] = "x" * 1000 + GITHUB_TOKEN
    data = "\r\n".join(lines).encode()
    file = tmp_path / "text"
    file.write_bytes(data)
    found = secrets_find({"text": data, "file": file})
    assert found == by_hand({"text": data, "file": data})
    assert len(found) == 14


def test_data_suspected_reads_bytes_that_are_no_text() -> None:
    assert data_suspected(b"\xff\xfe\n" * 9 + b"\xff" + AWS_KEY.encode())
    # A byte that is no text is a character of a password as any other.
    assert data_suspected(b"https://\xff:\xfe@")
    assert not data_suspected(b"\xff\xfe\n" * 9)


@given(data=st.binary(max_size=200))
def test_diff_mask_leaves_alone_what_nothing_is_suspected_in(data: bytes) -> None:
    if not data_suspected(data):
        assert diff_mask(data).diff == data


def test_lines_suspected_are_those_and_their_numbers() -> None:
    lines = ["no"] * 600
    lines[0] = lines[256] = lines[599] = "yes"
    assert list(lines_suspected(lines, lambda text: "yes" in text)) == [
        (1, "yes"),
        (257, "yes"),
        (600, "yes"),
    ]


@pytest.mark.parametrize(
    ("pattern", "flags", "wide"),
    [
        (r"a{50,1024}(?!\w)b", 0, "(?:a{50,}b)"),
        (r"^a{,5}[]\d^]$", re.IGNORECASE, r"(?i:a{0,5}[]\p{Nd}^])"),
        (r"\s\w\.", re.UNICODE, r"(?:[\t-\r\x1c-\x1f\x85\p{Z}][\p{L}\p{N}_]\.)"),
    ],
)
def test_pattern_widen_says_the_same_or_more(pattern: str, flags: int, wide: str) -> None:
    assert pattern_widen(pattern, flags) == wide


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        (r"\bkey", 0),
        (r"\Akey", 0),
        ("a b", re.VERBOSE),
        ("key", re.ASCII),
        ("a.b", re.DOTALL),
        ("[a", 0),
    ],
)
def test_pattern_widen_refuses_what_it_does_not_know(pattern: str, flags: int) -> None:
    with pytest.raises(PatternUnknown):
        pattern_widen(pattern, flags)


@pytest.mark.parametrize("name", ["KeywordDetector", "Base64HighEntropyString", "NoDetector"])
def test_suspicion_refuses_detectors_that_do_not_go_by_patterns(name: str) -> None:
    with pytest.raises(PatternUnknown, match=name):
        suspicion((name,))

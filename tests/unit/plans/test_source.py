"""The lines of a plan text: decoded, mended, never renumbered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.plans.source import MAX_BYTES, source_read
from tests.unit.plans.markdown_samples import damaged


def test_source_read_keeps_lines_apart_whatever_ends_them() -> None:
    assert source_read("a\r\nb\rc\nd").lines == ["a", "b", "c", "d"]
    assert source_read("\ufeffa".encode()).lines == ["a"]


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"a\nb\xff\x00", 2, 2, "the byte 0xff is no UTF-8: the file is binary"),
        ("a\nschön".encode("latin-1"), 2, 4, "in another encoding; save it as UTF-8"),
        ("plan".encode("utf-16"), 1, 1, "UTF-16"),
        (b"a\nb\x00c", 2, 2, "U+0000 is no text"),
        (b"a\n\x1b[31m", 2, 1, "U+001B is no text"),
        ("a\ud800", 1, 2, "U+D800 is no text"),
        (b"x" * (MAX_BYTES + 1), 1, 1, "2,000,001 bytes and may have 2,000,000"),
        ("ß" * (MAX_BYTES // 2 + 1), 1, 1, "2,000,002 bytes"),
    ],
)
def test_source_read_tells_where_a_text_is_none(
    data: bytes | str, line: int, column: int, message: str
) -> None:
    (problem,) = source_read(data).problems
    assert (problem.line, problem.column) == (line, column)
    assert message in problem.message


def test_source_read_mends_short_lines_only_beside_clear_ones() -> None:
    """Seed 001: a line that holds only a damaged sign is too little, unless others are clear."""
    arrow, clear = damaged("▼"), damaged("Ships — and ≥90% of them")
    assert source_read(arrow).lines == [arrow]
    mended = source_read(f"{clear}\n  {arrow}\nplain")
    assert mended.lines == ["Ships — and ≥90% of them", "  ▼", "plain"]
    assert "2 line(s) were damaged" in mended.remarks[0].message


def test_source_read_leaves_good_text_alone() -> None:
    good = "Größe ≥ 90 % — “so”\nnaïve café\n☐ offen"
    source = source_read(good)
    assert (source.text, source.remarks, source.as_written) == (good, [], {})


def test_column_is_near_where_the_damage_is_of_another_kind() -> None:
    twice = damaged(damaged("— ok — ok"))
    source = source_read(f"{twice}\n{damaged('≥90% coverage')}")
    assert source.line(1) == "— ok — ok"
    assert 1 <= source.column(1, 6) <= len(twice) + 1


@given(st.text(st.characters(codec="cp1252", exclude_categories=["C"]), max_size=40), st.data())
def test_column_of_a_mended_line_is_that_of_the_file(text: str, data: st.DataObject) -> None:
    meant = f"{text} — ≥90% of them"
    source = source_read(damaged(meant))
    if source.line(1) != meant:
        return
    column = data.draw(st.integers(1, len(meant)))
    written = damaged(meant)
    assert written[source.column(1, column) - 1 :] == damaged(meant[column - 1 :])

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from countersign.findings.fingerprint import findings_fingerprint, line_normalise
from tests.unit.findings.builders import reported

_LINES = st.lists(
    st.sampled_from(["import os", "import  os", "x = 1", "", "    y = f()", "return"]), max_size=12
)


def _prints(lines: Sequence[str], numbers: Sequence[int]) -> list[str]:
    found = findings_fingerprint([reported(line=number) for number in numbers], lambda _path: lines)
    return [one.fingerprint for one in found]


def test_fingerprint_survives_a_moved_and_reindented_line() -> None:
    before = _prints(["import os", "x = 1"], [1])
    after = _prints(["", "# a comment", "    import  os", "x = 1"], [3])
    assert before == after


def test_fingerprint_keeps_equal_findings_on_equal_lines_apart() -> None:
    first, second = _prints(["import os", "import os"], [1, 2])
    assert first != second


def test_fingerprint_tells_rule_path_and_text_apart() -> None:
    lines = ["import os", "x = 1"]
    found = findings_fingerprint(
        [reported(), reported("F811"), reported(path="b.py"), reported(line=2)], lambda _path: lines
    )
    assert len({one.fingerprint for one in found}) == 4


def test_fingerprint_drops_exact_repeats_and_lives_without_the_line() -> None:
    found = findings_fingerprint([reported(line=9), reported(line=9)], lambda _path: ())
    assert len(found) == 1


@given(lines=_LINES, data=st.data())
def test_fingerprint_never_depends_on_the_order_of_a_report(lines: list[str], data: st.DataObject) -> None:
    numbers = list(range(1, len(lines) + 1))
    shuffled = data.draw(st.permutations(numbers))
    assert _prints(lines, numbers) == _prints(lines, shuffled)
    assert len(set(_prints(lines, numbers))) == len(numbers)


@given(lines=_LINES.filter(bool), data=st.data())
def test_fingerprint_survives_lines_inserted_above(lines: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(1, len(lines)))
    above = data.draw(st.integers(0, 5))
    moved = ["# new"] * above + lines
    assert _prints(lines, [number]) == _prints(moved, [number + above])


@given(st.text())
def test_line_normalise_is_idempotent(line: str) -> None:
    assert line_normalise(line_normalise(line)) == line_normalise(line)

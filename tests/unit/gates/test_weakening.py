import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.gates.shapes import UnreadableTests, file_shape
from countersign.gates.weakening import tests_compare as compare_tests

BASE = """
import pytest

@pytest.mark.parametrize("x", [1, 2, 3])
def test_a(x):
    assert f(x) == 1
    assert g(x)

class TestB:
    def test_c(self):
        with pytest.raises(ValueError):
            f(0)
        self.assertEqual(f(1), 2)
"""


def _kinds(after: str, before: str = BASE) -> list[tuple[str, str]]:
    compared = compare_tests({"tests/test_x.py": before}, {"tests/test_x.py": after})
    assert compared.unreadable == ()
    return [(one.kind, one.what.partition(":")[0].partition(" can't")[0]) for one in compared.weakenings]


LAST = "    assert g(x)\n"
GONE = "assertions removed"
HOLLOW = [(GONE, "test_a"), ("hollow assertion", "test_a")]
HOLLOW_C = [(GONE, "TestB.test_c"), ("hollow assertion", "TestB.test_c")]
SKIPPED = [("skip added", "test_a")]
SKIPPED_C = [("skip added", "TestB.test_c")]
SKIPPED_FILE = [("skip added", "the file as a whole can be skipped now")]


def _last(statements: str) -> str:
    """Return the tests with other statements in place of the last assertion."""
    return BASE.replace(LAST, statements)


def _marked(mark: str) -> str:
    return BASE.replace("\ndef test_a", f"\n@{mark}\ndef test_a")


WEAKER = {
    "a test is gone": (BASE.replace("def test_c", "def check_c"), [("test removed", "TestB.test_c")]),
    "an assertion is gone": (_last(""), [(GONE, "test_a")]),
    "an assertion is always true": (_last("    assert True\n"), HOLLOW),
    "or-ed with true": (_last("    assert g(x) or True\n"), HOLLOW),
    "compared with itself": (_last("    assert x == x\n"), HOLLOW),
    "a tuple": (_last("    assert (g(x), 'message')\n"), HOLLOW),
    "not false": (_last("    assert not False\n"), HOLLOW),
    "out of reach": (
        BASE.replace("    assert f(x) == 1\n", "").replace(LAST, LAST + "    return\n    assert f(x)\n"),
        HOLLOW,
    ),
    "under if false": (_last("    if False:\n        assert g(x)\n"), HOLLOW),
    "in an empty loop": (_last("    for _ in []:\n        assert g(x)\n"), HOLLOW),
    "swallowed": (
        _last("    try:\n        assert g(x)\n    except (OSError, AssertionError):\n        pass\n"),
        HOLLOW,
    ),
    "swallowed by everything": (_last("    try:\n        assert g(x)\n    except:\n        pass\n"), HOLLOW),
    "suppressed": (_last("    with suppress(AssertionError):\n        assert g(x)\n"), HOLLOW),
    "any exception will do": (BASE.replace("raises(ValueError)", "raises(Exception)"), HOLLOW_C),
    "assertTrue(True)": (BASE.replace("self.assertEqual(f(1), 2)", "self.assertTrue(True)"), HOLLOW_C),
    "a mark skips": (_marked("pytest.mark.skip"), SKIPPED),
    "a mark expects failure": (_marked("pytest.mark.xfail(strict=False)"), SKIPPED),
    "the body skips": (BASE.replace("    assert f(x)", "    pytest.skip('x')\n    assert f(x)"), SKIPPED),
    "the class skips": (BASE.replace("class TestB", "@unittest.skipIf(True, '')\nclass TestB"), SKIPPED_C),
    "the class is no test": (BASE.replace("class TestB:", "class TestB:\n    __test__ = False\n"), SKIPPED_C),
    "the module skips": (BASE + "\npytestmark = pytest.mark.skip\n", SKIPPED_FILE),
    "the module is not collected": (BASE + "\ncollect_ignore = ['test_x.py']\n", SKIPPED_FILE),
    "fewer parameters": (BASE.replace("[1, 2, 3]", "[1]"), [("parameters removed", "test_a")]),
    "a second test hides the first": (
        BASE + "\ndef test_a(x):\n    pass\n",
        [(GONE, "test_a"), ("parameters removed", "test_a")],
    ),
}


@pytest.mark.parametrize(("after", "expected"), WEAKER.values(), ids=WEAKER.keys())
def test_compare_names_what_is_weaker(after: str, expected: list[tuple[str, str]]) -> None:
    assert after != BASE
    assert _kinds(after) == expected


HONEST = {
    "nothing": BASE,
    "formatting": _last("\n    # why\n    assert g( x )\n"),
    "another order": BASE.replace("import pytest\n", "") + "\nimport pytest\n",
    "a new test": BASE + "\ndef test_new():\n    assert f(3)\n",
    "a new assertion": _last("    assert g(x)\n    assert h(x)\n"),
    "more parameters": BASE.replace("[1, 2, 3]", "[1, 2, 3, 4]"),
    "computed parameters": BASE.replace("[1, 2, 3]", "[*range(9), 10, 11]"),
    "a renamed test": BASE.replace("test_c", "test_d"),
    "merged with statements": BASE.replace(
        "pytest.raises(ValueError)", "open() as x, pytest.raises(ValueError)"
    ),
    "an assertion in a match": _last("    match x:\n        case _:\n            assert g(x)\n"),
    "checked again in the handler": _last(
        "    try:\n        assert g(x)\n    except AssertionError:\n        raise\n"
    ),
    "checked in the handler": _last(
        "    try:\n        f()\n    except Exception as e:\n        assert g(e)\n"
    ),
    "an assertion in an else": _last("    if x:\n        assert g(x)\n    else:\n        assert h(x)\n"),
    "an assertion that calls twice": _last("    assert g(x) == g(x)\n"),
}


@pytest.mark.parametrize("after", HONEST.values(), ids=HONEST.keys())
def test_compare_lets_honest_changes_pass(after: str) -> None:
    assert _kinds(after) == []


def test_compare_follows_a_test_to_another_file() -> None:
    moved = {"tests/test_x.py": "", "tests/test_y.py": BASE}
    assert compare_tests({"tests/test_x.py": BASE}, moved).weakenings == ()


def test_compare_does_not_let_one_new_test_stand_for_two() -> None:
    one = "def test_{}():\n    assert f()\n"
    compared = compare_tests({"t.py": one.format("a") + one.format("b")}, {"t.py": one.format("c")})
    assert [weak.kind for weak in compared.weakenings] == ["test removed"]


def test_compare_counts_a_deleted_file_as_removed_tests() -> None:
    compared = compare_tests({"tests/test_x.py": BASE}, {})
    assert [(one.kind, one.what) for one in compared.weakenings] == [
        ("test removed", "TestB.test_c"),
        ("test removed", "test_a"),
    ]


def test_compare_names_a_new_test_that_cannot_fail() -> None:
    compared = compare_tests({}, {"t.py": "def test_new():\n    assert True\n"})
    assert [one.kind for one in compared.weakenings] == ["hollow assertion"]


def test_compare_knows_nothing_of_what_does_not_parse() -> None:
    compared = compare_tests({"t.py": BASE}, {"t.py": "def test_(:"})
    assert compared.unreadable == ("t.py",)
    with pytest.raises(UnreadableTests):
        file_shape("def (")


def test_shape_reads_tests_in_conditions_and_nested_functions() -> None:
    shape = file_shape(
        "if sys.platform:\n    def test_a():\n        def inner():\n            assert f()\n        inner()\n"
        "try:\n    import x\nexcept ImportError:\n    x = None\n"
        "else:\n    async def test_b():\n        check_all(1)\n"
    )
    assert {name: one.assertions for name, one in shape.tests.items()} == {"test_a": 1, "test_b": 1}


@given(st.lists(st.sampled_from(["assert f(x)", "g()", "assert x == 1", "y = 2"]), min_size=1, max_size=6))
def test_taking_an_assertion_away_is_always_seen(body: list[str]) -> None:
    source = "def test_a(x):\n" + "".join(f"    {line}\n" for line in body)
    assert _kinds(source, source) == []
    for place, line in enumerate(body):
        if line.startswith("assert"):
            less = [*body[:place], "pass", *body[place + 1 :]]
            after = "def test_a(x):\n" + "".join(f"    {one}\n" for one in less)
            assert _kinds(after, source) == [("assertions removed", "test_a")]

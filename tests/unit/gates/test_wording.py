from countersign.gates.wording import count, first_lines, some


def test_first_lines_says_how_much_more_there_is() -> None:
    assert first_lines(str(number) for number in range(10)) == tuple("0123456789")
    assert first_lines(str(number) for number in range(12)) == (*"012345678", "and 3 more")


def test_count_and_some_speak_of_one_and_of_many() -> None:
    assert count(1, "test") == "1 test"
    assert count(2, "line looks", "lines look") == "2 lines look"
    assert some(["a", "b", "c", "d"]) == "a, b, c and 1 more"

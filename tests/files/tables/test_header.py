"""Names of columns: trimmed, each once, and none of a saved row index."""

import numpy as np
import pandas as pd
import pytest

from embedbench.errors import UsageError
from embedbench.files.tables.header import column_name, numbers_note, with_clean_names

ONE = np.array([2.5, 1.5, 0.5])


def cleaned(*columns, named=()):
    """What becomes of columns, given as names and values."""
    frame = pd.DataFrame(dict(enumerate(values for _, values in columns)))
    frame.columns = pd.Index([name for name, _ in columns], dtype=object)
    kept, said = with_clean_names(frame, named, "x.csv")
    return list(kept.columns), list(said)


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "Unnamed: 0.1", "__index_level_0__", None])
@pytest.mark.parametrize("values", [[0, 1, 2], [1, 2, 3], [17, 3, 12], ["0", "1", "2"], [0.0, 1.0, 2.0]])
def test_different_whole_numbers_without_a_name_are_a_row_index(name, values):
    shown = name or "Unnamed: 0"
    assert cleaned((name, values), ("a", ONE)) == (
        ["a"],
        [f"column {shown!r} counts the rows: a saved row index, left out"],
    )


@pytest.mark.parametrize("name", ["index", "Index", "level_0"])
@pytest.mark.parametrize(("values", "is_index"), [([0, 1, 2], True), ([3, 1, 2], True), ([17, 3, 12], False)])
def test_one_called_index_counts_the_rows(name, values, is_index):
    assert cleaned((name, values), ("a", ONE))[0] == (["a"] if is_index else [name, "a"])


@pytest.mark.parametrize(
    ("name", "values"),
    [("", [1, 1, 2]), ("", ["u", "v", "w"]), ("", [0.5, 1, 2]), ("", [0, None, 2]), ("row", [0, 1, 2])],
)
def test_others_are_no_index(name, values):
    assert cleaned((name, values), ("a", ONE)) == ([name or "Unnamed: 0", "a"], [])


def test_an_index_that_is_asked_for_by_name_stays():
    assert cleaned(("index", [0, 1, 2]), ("a", ONE), named=["index"]) == (["index", "a"], [])
    assert cleaned(("", [0, 1, 2]), ("a", ONE), named=["Unnamed: 0"]) == (["Unnamed: 0", "a"], [])


def test_names_are_trimmed_and_composed():
    assert column_name(" e\u0301\t") == "\u00e9"
    assert cleaned((" a", ONE), ("e\u0301", ONE), ("b", ONE)) == (
        ["a", "\u00e9", "b"],
        ["2 column names read without blanks around them, in composed Unicode (NFC)"],
    )


@pytest.mark.parametrize("second", ["a", " a"])
def test_a_doubled_name_is_read_once_or_refused(second):
    assert cleaned(("a", [1, None, "x"]), (second, ["1", "", "x"]))[0] == ["a"]
    assert "column 'a' stands twice with the same values: read once" in cleaned(("a", ONE), (second, ONE))[1]
    with pytest.raises(UsageError, match=r"column 'a' stands twice in x\.csv, with different values; rename one"):
        cleaned(("a", ONE), (second, ONE + 1))


def test_half_a_character_in_a_name_is_refused():
    with pytest.raises(UsageError, match="half of a character"):
        cleaned(("\ud83d", ONE))


def test_a_header_that_may_be_data_is_said():
    assert "'5.1' and '3.5' may be data" in numbers_note(["5.1", "3.5", "1.4", "setosa"])[0]
    for names in (["0", "1", "2", "y"], ["400.5", "402", "403.5"], ["a", "7", "b"], ["x"]):
        assert numbers_note(names) == ()

"""CSV: separators, cells as written, and rows that don't fit."""

import pandas as pd
import pytest

from embedbench.errors import UsageError
from embedbench.files.tables.table_file import read_table


def read(tmp_path, text, named=(), name="x.csv"):
    (tmp_path / name).write_text(text, encoding="utf8", newline="")
    return read_table(tmp_path / name, named)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_header_shows_the_separator(separator, tmp_path):
    text = "\n".join(separator.join(row) for row in (["a", "b (x)"], ["1", "u"], ["2", "v"]))
    frame, said, comma_is_decimal = read(tmp_path, text)
    assert frame.to_dict("list") == {"a": [1, 2], "b (x)": ["u", "v"]}
    assert said == ((f"columns are separated by {separator!r}",) if separator in ";|" else ())
    assert comma_is_decimal == (separator != ",")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('text\n"hello; you"\nbye\n', {"text": ["hello; you", "bye"]}),
        ('"a;b",c\n1,2\n', {"a;b": [1], "c": [2]}),
        ('"a,b";c\n"1,5";2\n', {"a,b": ["1,5"], "c": [2]}),
        ("a,b\r\n1,2\r\n", {"a": [1], "b": [2]}),
        ("\n\na,b\n\n1,2\n", {"a": [1], "b": [2]}),
        ('"a\nb",c\n1,2\n', {"a\nb": [1], "c": [2]}),
        ("\ufeffa,b\n1,2\n", {"a": [1], "b": [2]}),
        ("a, b\n1, u\n", {"a": [1], "b": ["u"]}),
    ],
)
def test_headers_of_many_kinds(text, wanted, tmp_path):
    assert read(tmp_path, text).frame.to_dict("list") == wanted


def test_a_long_first_text_is_no_hindrance(tmp_path):
    assert len(read(tmp_path, f"text\n{'x' * 200_000}\n").frame["text"][0]) == 200_000


def test_cells_are_as_written_and_only_empty_ones_missing(tmp_path):
    words = ["null", "None", "NA", "nan", "N/A", "#N/A", "true", "TRUE", "007", "1e5"]
    frame = read(tmp_path, "\n".join(["t,i", *(f"{word},{i}" for i, word in enumerate(words)), ",9"])).frame
    assert frame["t"][:-1].tolist() == words
    assert frame["t"].isna().tolist() == [False] * len(words) + [True]


def test_booleans_are_as_written(tmp_path):
    assert read(tmp_path, "a,b\ntrue,TRUE\nfalse,\n").frame.fillna("").to_dict("list") == {
        "a": ["true", "false"],
        "b": ["TRUE", ""],
    }


def test_columns_that_are_asked_for_are_as_written(tmp_path):
    frame = read(tmp_path, "a, b,c\n007,1.0,007\n,2,8\n", ["a", "b"]).frame
    assert frame["a"].tolist()[0] == "007"
    assert frame["b"].tolist() == ["1.0", "2"]
    assert frame["c"].tolist() == [7, 8]


def test_numbers_are_read_to_the_last_bit(tmp_path):
    values = [0.1 + 0.2, 1 / 3, 1e-300, 123456789.12345678]
    assert read(tmp_path, "\n".join(["a,b", *(f"{v!r},1" for v in values)])).frame["a"].tolist() == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2,3\n", r"its header names 2 columns, but the first row has 3 cells; name each column"),
        ("a,b\n1,2\n1,2,3\n", "Expected 2 fields in line 3, saw 3"),
        (
            "text\nhello, you\n",
            r"its header names 1 columns, but the first row has 2 cells; .* quote cells that hold ','",
        ),
        ("", "as CSV"),
    ],
)
def test_rows_that_do_not_fit_are_refused(text, message, tmp_path):
    with pytest.raises(UsageError, match=message) as error:
        read(tmp_path, text)
    assert "\n" not in str(error.value)


def test_a_tab_is_the_separator_of_tsv(tmp_path):
    assert read(tmp_path, "a,b\tc\n1\t2\n", name="x.TSV").frame.to_dict("list") == {"a,b": [1], "c": [2]}


def test_short_rows_end_in_missing_cells(tmp_path):
    frame = read(tmp_path, "a,b\n1\n2,3\n").frame
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": [1, 2], "b": [None, 3.0]}), check_column_type=False)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_blank_lines_of_one_column_are_missing_cells(newline, tmp_path):
    lines = ["", "v", "", "1", "", "", "3", "", ""]
    frame = read(tmp_path, newline.join(lines)).frame
    assert frame["v"].fillna(-1).tolist() == [-1, 1, -1, -1, 3]
    texts = read(tmp_path, newline.join(["v", "007", "", "8", ""]), ["v"]).frame
    assert texts["v"].fillna("").tolist() == ["007", "", "8"]
    assert read(tmp_path, newline.join(["v", "1", "2", "", ""])).frame["v"].dtype == "int64"
    assert read(tmp_path, f'v{newline}1{newline}""{newline}').frame["v"].isna().tolist() == [False, True]


def test_blank_lines_between_rows_of_several_columns_are_none(tmp_path):
    assert read(tmp_path, "a,b\n1,2\n\n3,4\n\n").frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}

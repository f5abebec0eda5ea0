"""JSON Lines: each value as it is."""

import pytest

from embedbench.errors import UsageError
from embedbench.files.tables.json_lines import read_json_lines


def read(tmp_path, *lines):
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf8")
    return read_json_lines(tmp_path / "x.jsonl")


def test_whole_numbers_stay_exact_beside_gaps(tmp_path):
    frame = read(tmp_path, f'{{"a": {2**60 + 1}}}', '{"a": null}', f'{{"a": {2**53 + 1}}}')
    assert frame["a"].tolist()[::2] == [2**60 + 1, 2**53 + 1]
    huge = read(tmp_path, f'{{"a": {10**30}}}', '{"a": 0.5}', f'{{"a": {2**53 + 1}}}')
    assert huge["a"].tolist() == [10**30, 0.5, 2**53 + 1]


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["1", "2"], "int64"),
        (["1", "null"], "Int64"),
        (["1", "2.5"], "float64"),
        (["0.5", "null"], "float64"),
        (["true", "false"], "bool"),
        (["true", "null"], "object"),
        (["1", "true"], "object"),
        (["1", '"1"'], "object"),
        ([str(2**64), "1"], "object"),
    ],
)
def test_types_are_the_narrowest_that_keep_each_value(cells, dtype, tmp_path):
    assert read(tmp_path, *(f'{{"a": {cell}}}' for cell in cells))["a"].dtype == dtype


def test_keys_may_be_missing_and_lines_blank(tmp_path):
    frame = read(tmp_path, '{"a": 1}', "", '{"b": "x"}')
    assert list(frame.columns) == ["a", "b"]
    assert frame.isna().to_numpy().tolist() == [[False, True], [True, False]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": "x\\ud83d"}', r"line 2: a text holds half of a character \(a lone surrogate\), .*x\\ud83d'; repair it"),
        ('{"\\uDE00": 1}', "line 2: a text holds half of a character"),
        ('{"a": ["\\ud83d"]}', "line 2: a text holds half of a character"),
        ('{"a": 1, "a": 2}', "line 2: the key 'a' stands twice; keep one"),
        ('{"a": 1', "line 2: .*write one JSON object a line"),
        ("[1]", "line 2: got list; write one JSON object a line"),
        ('{"a": ' + "[" * 100_000, "line 2: .*write one JSON object a line"),
        ('{"a": ' + "9" * 5000 + "}", "line 2: .*write one JSON object a line"),
    ],
)
def test_a_bad_line_is_named(line, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        read(tmp_path, '{"a": "\\ud83d\\ude00"}', line)

"""Files of columns in every dress, and the place of what is wrong in them."""

import gzip

import pandas as pd
import pytest

from embedbench.errors import UsageError
from embedbench.files.tables.table_file import read_table
from embedbench.files.text_file import read_text


def read_frame(path, named=()):
    return read_table(path, named).frame


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x, y", "zwölf"]})
WRITERS = {
    "x.csv": lambda path: FRAME.to_csv(path, index=False),
    "x.csv.gz": lambda path: FRAME.to_csv(path, index=False),
    "x.csv.bz2": lambda path: FRAME.to_csv(path, index=False),
    "x.tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    "x.tsv.gz": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    "x.parquet": lambda path: FRAME.to_parquet(path),
    "x.pq": lambda path: FRAME.to_parquet(path),
    "x.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "x.jsonl.gz": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "x.v2.ndjson": lambda path: FRAME.to_json(path, orient="records", lines=True),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_kind_of_file_gives_the_same_table(name, tmp_path):
    WRITERS[name](tmp_path / name)
    pd.testing.assert_frame_equal(read_frame(tmp_path / name), FRAME, check_dtype=False)


def test_column_names_become_text(tmp_path):
    pd.DataFrame({1: [2]}).to_csv(tmp_path / "x.csv", index=False)
    assert list(read_frame(tmp_path / "x.csv").columns) == ["1"]


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.jsonl", "x.txt"])
def test_a_byte_that_is_no_utf8_is_named_with_its_line(name, tmp_path):
    content = b'{"a": "fine"}\n{"a": "fine"}\n{"a": "gr\xfcn"}\n'
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    read = read_text if name == "x.txt" else read_frame
    with pytest.raises(
        UsageError, match=rf"cannot read .*{name} as .*: in line 3 the byte 0xfc is not UTF-8; save the file as UTF-8"
    ):
        read(path)


def test_a_mark_of_byte_order_is_no_part_of_the_text(tmp_path):
    (tmp_path / "x.txt").write_bytes("\ufeffyes".encode())
    assert read_text(tmp_path / "x.txt") == "yes"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.jsonl", '{"a": 1}\n\n{"a": 1', "x.jsonl, line 3: .*write one JSON object a line"),
        ("x.jsonl", '{"a": 1}\n[2]\n', "x.jsonl, line 2: got list; write one JSON object a line"),
        ("x.csv", "", "cannot read .*x.csv as CSV"),
        ("x.csv", 'a,b\n1,"2\n', "cannot read .*x.csv as CSV"),
        ("x.parquet", "no table", "cannot read .*x.parquet as Parquet"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(name, content, message, tmp_path):
    (tmp_path / name).write_text(content, encoding="utf8")
    with pytest.raises(UsageError, match=message):
        read_frame(tmp_path / name)


def test_missing_file(tmp_path):
    with pytest.raises(UsageError, match=r"there is no file .*nope\.csv"):
        read_frame(tmp_path / "nope.csv")


@pytest.mark.parametrize("kind", ["Parquet", "Arrow"])
def test_a_columnar_file_by_another_ending_is_named(kind, tmp_path):
    path, frame = tmp_path / "x.parqet", pd.DataFrame({"a": [1, 2]})
    (frame.to_parquet if kind == "Parquet" else frame.to_feather)(path)
    with pytest.raises(
        UsageError, match=rf"x.parqet is a {kind} file by what it holds; give it the ending \.{kind.lower()}"
    ):
        read_table(path)


@pytest.mark.parametrize(
    ("name", "cure"), [("x.json", "write JSON Lines"), ("X.XLSX", "save its sheet"), ("x.png", "give a table")]
)
def test_a_file_of_another_kind_is_refused_by_its_ending(name, cure, tmp_path):
    (tmp_path / name).write_text('[{"a": 1}, {"a": 2}]')  # which was read as a header without rows
    with pytest.raises(UsageError, match=f"is no table that can be read; {cure}"):
        read_table(tmp_path / name)

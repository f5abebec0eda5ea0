"""Rows and names of a table that isn't read."""

import json

import pandas as pd
import pytest

from embedbench.errors import UsageError
from embedbench.files.tables.column_names import column_names, json_keys
from embedbench.files.tables.extent import row_count


def test_names_and_rows_of_each_format(tmp_path):
    frame = pd.DataFrame({" a": [1, 2, 3], "cafe\u0301": ["x", "y", "z"]})
    frame.to_csv(tmp_path / "x.csv", index=False)
    frame.to_csv(tmp_path / "x.csv.gz", index=False)
    frame.to_parquet(tmp_path / "x.parquet")
    frame.to_feather(tmp_path / "x.feather")
    frame.to_json(tmp_path / "x.jsonl", orient="records", lines=True)
    for name in ("x.csv", "x.csv.gz", "x.parquet", "x.feather", "x.jsonl"):
        assert column_names(tmp_path / name) == ["a", "caf\u00e9"]
        assert row_count(tmp_path / name) == (None if name.endswith("gz") else 3)
    (tmp_path / "no_end.csv").write_text(",b\n1,2\n3,4", encoding="utf8")
    assert column_names(tmp_path / "no_end.csv") == ["Unnamed: 0", "b"]
    assert row_count(tmp_path / "no_end.csv") == 2


def test_keys_of_later_lines(tmp_path):
    lines = [json.dumps({"a": 1})] * 1_500 + ["broken", json.dumps({"b": 1})]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf8")
    assert column_names(tmp_path / "x.jsonl") == ["a"]
    assert json_keys(tmp_path / "x.jsonl") == ["a", "b"]


def test_no_file(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        column_names(tmp_path / "x.csv")

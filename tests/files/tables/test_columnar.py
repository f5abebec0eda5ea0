"""Parquet, Arrow and Feather: exact numbers, row indexes, dictionaries, and broken files."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from embedbench.errors import UsageError
from embedbench.files.tables.columnar import to_frame
from embedbench.files.tables.table_file import read_table

A = np.array([2.5, 0.5, 1.5])


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.int32(), pa.uint8()])
def test_whole_numbers_are_exact_beside_gaps(kind):
    most = int(np.iinfo(kind.to_pandas_dtype()).max)
    frame = to_frame(pa.table({"a": pa.array([most, None, most - 1], kind), "b": pa.array([most, 0, 1], kind)}))
    assert frame["a"].tolist()[::2] == [most, most - 1]
    assert frame["a"].isna().tolist() == [False, True, False]
    assert frame["b"].to_numpy().dtype == kind.to_pandas_dtype()


def test_dictionaries_are_what_they_say_unless_ordered():
    codes = pa.array(["v", "u", "v"]).dictionary_encode()
    ordered = pa.DictionaryArray.from_arrays(codes.indices, codes.dictionary, ordered=True)
    frame = to_frame(pa.table({"a": codes, "b": ordered}))
    assert frame["a"].tolist() == ["v", "u", "v"]
    assert frame["a"].dtype == object
    assert frame["b"].cat.categories.tolist() == ["v", "u"]


@pytest.mark.parametrize(
    ("index", "names", "notes"),
    [
        (None, ["a"], ()),
        (pd.Index([2, 0, 1]), ["a"], ("column '__index_level_0__' counts the rows: a saved row index, left out",)),
        (pd.Index(["u", "v", "w"], name="key"), ["key", "a"], ()),
        (pd.Index(["u", "v", "w"]), ["__index_level_0__", "a"], ()),
        (pd.RangeIndex(3, name="row"), ["row", "a"], ()),
    ],
)
def test_a_row_index_of_pandas_is_treated_as_in_csv(index, names, notes, tmp_path):
    pd.DataFrame({"a": A}, index=index).to_parquet(tmp_path / "x.parquet")
    found = read_table(tmp_path / "x.parquet")
    assert list(found.frame.columns) == names
    assert found.notes == notes


@pytest.mark.parametrize("ending", ["parquet", "feather", "arrow"])
def test_cut_files_are_refused(ending, tmp_path):
    path, table = tmp_path / f"x.{ending}", pa.table({"a": A})
    if ending == "parquet":
        parquet.write_table(table, path)
    else:
        with (ipc.new_file if ending == "feather" else ipc.new_stream)(path, table.schema) as writer:
            writer.write_table(table)
    content = path.read_bytes()
    for kept in (0, 3, 20, len(content) // 2):
        path.write_bytes(content[:kept])
        with pytest.raises(UsageError, match=rf"cannot read .*x\.{ending} as (Parquet|Arrow): ") as error:
            read_table(path)
        assert "\n" not in str(error.value)

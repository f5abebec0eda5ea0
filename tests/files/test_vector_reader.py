from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from embedbench.errors import UsageError
from embedbench.files.vector_reader import read_vectors

Z = np.array([[0.5, 1.0], [2.0, 3.0], [4.0, -5.25]])
NAMES = ["cat", "dog", "cat"]
SPLITS = ["train", "train", "test"]


def _write(path, kind):
    frame = pd.DataFrame({"label": NAMES, "a": Z[:, 0], "split": SPLITS, "b": Z[:, 1]})
    if kind == "npz":
        np.savez(path, z=Z, label=NAMES, split=SPLITS)
    elif kind == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)


@pytest.mark.parametrize("kind", ["npz", "csv", "parquet"])
def test_formats_hold_the_same(tmp_path, kind):
    path = tmp_path / f"v.{kind}"
    _write(path, kind)
    found = read_vectors(path)
    np.testing.assert_array_equal(found.z, Z)
    assert (found.label.tolist(), found.split.tolist()) == (NAMES, SPLITS)


def test_npy_stays_in_its_file(tmp_path):
    np.save(tmp_path / "z.npy", np.eye(3, dtype=np.float32))
    assert isinstance(read_vectors(tmp_path / "z.npy").z, np.memmap)


def test_npy_takes_its_labels_from_beside_or_where_told(tmp_path):
    np.save(tmp_path / "v.npy", Z)
    assert read_vectors(tmp_path / "v.npy").label is None
    np.save(tmp_path / "v.labels.npy", [3, 4, 5])
    assert read_vectors(tmp_path / "v.npy").label.tolist() == [3, 4, 5]
    np.save(tmp_path / "other.npy", NAMES)
    assert read_vectors(tmp_path / "v.npy", tmp_path / "other.npy").label.tolist() == NAMES
    np.save(tmp_path / "v_labels.npy", NAMES)
    assert read_vectors(tmp_path / "v.npy").label.tolist() == NAMES


@pytest.mark.parametrize(("values", "kind"), [([1, 2, 3], "i"), ([0.5, 1, 2], "f"), ([True, False, True], "b")])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_labels_keep_their_kind(tmp_path, values, kind, ending):
    frame = pd.DataFrame({"0": Z[:, 0], "1": Z[:, 1], "label": values})
    path = tmp_path / f"v.{ending}"
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    found = read_vectors(path)
    assert found.label.dtype.kind == kind
    assert found.z.shape == (3, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n3\n", "column 'b' holds 1"),
        ("a,b\n1,2\n3,4,5\n", "cannot read .* as CSV"),
        ("a,b\n1,inf\n3,inf\n", "column 'b' holds 2"),
        ("a,b\n1,x\n3,y\n", r"column 'b' of .* isn't numeric \(it starts with 'x'\)"),
        ("label,split\nx,train\n", "no numeric column or no row"),
        ("a,b\n", r"column 'a' of .* isn't numeric|no numeric column or no row"),
        ("", "cannot read .* as CSV"),
        ("a,label\n1,x\n2,\n", "column 'label' of .* holds 1 missing"),
        ("a,split\n1,train\n2,tset\n", "unknown split in .* 'tset'; did you mean 'test'"),
        (",a\n0,1.5\n1,2.5\n", "column without a name"),
        ("0.25,1.5\n0.5,2.5\n", "first line of .* holds numbers"),
    ],
)
def test_bad_csv_is_refused(tmp_path, text, message):
    path = tmp_path / "v.csv"
    path.write_text(text, encoding="utf8")
    with pytest.raises(UsageError, match=message):
        read_vectors(path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": Z}, "has no array 'z', only x"),
        ({"z": Z, "label": [1, 2]}, r"has 3 vectors but label of shape \(2,\)"),
        ({"z": Z, "split": ["train"]}, r"has 3 vectors but split of shape \(1,\)"),
        ({"z": Z[0]}, r"vectors of shape \(rows, dim\), got shape \(2,\)"),
        ({"z": np.array(["a"])}, "must hold numbers"),
        ({"z": np.array([Z, None], object)}, "cannot read 'z'"),
        ({"z": np.where(Z > 1, np.nan, Z)}, "column 0 holds 2, column 1 holds 1"),
    ],
)
def test_bad_npz_is_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "v.npz", **arrays)
    with pytest.raises(UsageError, match=message):
        read_vectors(tmp_path / "v.npz")


def test_bad_files_are_refused(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        read_vectors(tmp_path / "missing.npz")
    (tmp_path / "v.xlsx").touch()
    with pytest.raises(UsageError, match=r"must end in one of .npz, .npy, .csv, .parquet"):
        read_vectors(tmp_path / "v.xlsx")
    np.savez(tmp_path / "v.npz", z=Z)
    (tmp_path / "v.npz").rename(tmp_path / "w.npy")
    with pytest.raises(UsageError, match="isn't what its name says"):
        read_vectors(tmp_path / "w.npy")
    for ending in ("npz", "npy", "parquet"):
        (tmp_path / f"junk.{ending}").write_bytes(b"no such thing")
        with pytest.raises(UsageError, match="cannot read"):
            read_vectors(tmp_path / f"junk.{ending}")
    np.save(tmp_path / "v.npy", Z)
    with pytest.raises(UsageError, match=r"there is no file .*none\.npy"):
        read_vectors(tmp_path / "v.npy", tmp_path / "none.npy")


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "ndjson", "parquet", "pq", "feather", "NPZ"])
def test_endings(tmp_path, ending):
    path = tmp_path / f"v.{ending}"
    frame = pd.DataFrame({"a": Z[:, 0], "b": Z[:, 1], "label": NAMES})
    if ending == "NPZ":
        np.savez(tmp_path / "v.npz", z=Z, label=NAMES)
        (tmp_path / "v.npz").rename(path)
    elif "json" in ending:
        frame.to_json(path, orient="records", lines=True)
    elif ending == "feather":
        frame.to_feather(path)
    elif ending in ("parquet", "pq"):
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    found = read_vectors(path)
    np.testing.assert_array_equal(found.z, Z)
    assert found.label.tolist() == NAMES


@pytest.mark.parametrize("index", [[0, 1, 2], [17, 3, 12]])
def test_row_numbers_and_ids_are_no_dimensions(tmp_path, index):
    frame = pd.DataFrame({"index": index, "id": ["u1", "u2", "u3"], "a": Z[:, 0], "b": Z[:, 1]})
    frame.to_csv(tmp_path / "v.csv", index=False)
    np.testing.assert_array_equal(read_vectors(tmp_path / "v.csv").z, Z)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("a,a,label\n1,2,x\n3,4,y\n", "column 'a' stands twice in .*, with different values"),
        ("a,label,label\n1,x,y\n3,y,y\n", "column 'label' stands twice"),
        ("a,label\n1,5\n2,NA\n", "column 'label' of .* holds 1 missing"),
        ("a,split\n1,train\n2,\n", "column 'split' of .* holds 1 missing"),
        ("a\nNA\n2\n", r"column 'a' of .* isn't numeric \(it starts with 'NA'\)"),
    ],
)
def test_tables_go_through_the_same_door(tmp_path, columns, message):
    (tmp_path / "v.csv").write_text(columns, encoding="utf8")
    with pytest.raises(UsageError, match=message):
        read_vectors(tmp_path / "v.csv")


@pytest.mark.parametrize(
    ("label", "wanted"),
    [
        (np.array([b"x", "\u00e9".encode(), b"x"]), ["x", "\u00e9", "x"]),
        (np.array(["2020-01-01", "2020-01-02", "2020-01-01"], "M8[D]"), ["2020-01-01", "2020-01-02", "2020-01-01"]),
        (np.array([0.5, 1e300, 1e-300]), [0.5, 1e300, 1e-300]),
        (np.array(["NaT", "2020-01-01", "NaT"], "M8[D]"), "'label' of .*v.npz holds 2 missing values"),
        (np.array([b"\xff", b"x", b"x"]), "bytes that aren't UTF-8"),
    ],
)
def test_labels_of_arrays(tmp_path, label, wanted):
    np.savez(tmp_path / "v.npz", z=Z, label=label)
    if isinstance(wanted, list):
        assert read_vectors(tmp_path / "v.npz").label.tolist() == wanted
    else:
        with pytest.raises(UsageError, match=wanted):
            read_vectors(tmp_path / "v.npz")


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("first", [2**53, -(2**60)])
def test_whole_numbers_that_float64_cannot_tell_apart_are_refused(tmp_path, ending, first):
    """Arrays of them are refused where they are scored, see `test_checks.py`."""
    whole, path = np.arange(3) + first, tmp_path / f"v.{ending}"
    frame = pd.DataFrame({"a": Z[:, 0], "b": whole})
    writers = {"csv": lambda: frame.to_csv(path, index=False), "parquet": lambda: frame.to_parquet(path)}
    writers.get(ending, lambda: frame.to_json(path, orient="records", lines=True))()
    with pytest.raises(UsageError, match=r"column 'b' of .* has whole numbers beyond 2\^53, which float64 can't tell"):
        read_vectors(path)


def test_leading_zeros_stay(tmp_path):
    (tmp_path / "v.csv").write_text("a,label\n1,007\n2,7\n", encoding="utf8")
    assert read_vectors(tmp_path / "v.csv").label.tolist() == ["007", "7"]


def test_missing_pyarrow_is_said(tmp_path, monkeypatch):
    _write(tmp_path / "v.parquet", "parquet")
    for name in ("pyarrow", "fastparquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r"pip install pyarrow"):
        read_vectors(tmp_path / "v.parquet")


def test_commas_of_labels_are_as_the_file_writes_them(tmp_path):
    (tmp_path / "v.csv").write_text("a;label\n1;1,250\n2;2,500\n", encoding="utf8")
    assert read_vectors(tmp_path / "v.csv").label.tolist() == [1.25, 2.5]


@pytest.mark.parametrize("ending", ["parquet", "jsonl", "csv"])
def test_a_column_of_lists_is_the_vectors(tmp_path, ending):
    path = tmp_path / f"v.{ending}"
    frame = pd.DataFrame({"id": ["a", "b", "c"], "text": NAMES, "price": [1, 2, 3], "embedding": Z.tolist()})
    if ending == "parquet":
        frame.to_parquet(path)
    elif ending == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False)
    found = read_vectors(path)
    np.testing.assert_array_equal(found.z, Z)
    assert found.ids.tolist() == ["a", "b", "c"]
    assert "the vectors are column 'embedding'; left out: text, price" in found.notes
    turned = found.taken(np.array([2, 0]))
    assert (turned.ids.tolist(), turned.z[0].tolist()) == (["c", "a"], [4, -5.25])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"e": [[1.0, 2.0], [3.0], [4.0, 5.0]]},
            r"column 'e' of .* must hold a list of 2 numbers as in row 0, got '\[3.*row 1",
        ),
        ({"e": [["x"], ["y"], ["z"]]}, r"must hold a list of numbers, got .* in row 0"),
        ({"e": Z.tolist(), "f": Z.tolist()}, r"has 2 columns of vectors, e, f; keep one of them"),
        ({"e": [[1.0, 2.0], [3.0, float("inf")], [4.0, 5.0]]}, r"infinite"),
    ],
)
def test_vectors_that_differ_are_refused(tmp_path, columns, message):
    pd.DataFrame(columns).to_parquet(tmp_path / "v.parquet")
    with pytest.raises(UsageError, match=message):
        read_vectors(tmp_path / "v.parquet")


def test_ids_of_arrays(tmp_path):
    np.savez(tmp_path / "v.npz", z=Z, id=[7, 8, 9])
    assert read_vectors(tmp_path / "v.npz").ids.tolist() == ["7", "8", "9"]
    np.savez(tmp_path / "v.npz", z=Z, id=[7, 8])
    with pytest.raises(UsageError, match="has 3 vectors but id of shape"):
        read_vectors(tmp_path / "v.npz")


@pytest.mark.parametrize(("ids", "why"), [(["a", "b", "a"], "'a' is in 2 of them"), (["a", None, "b"], "1 have none")])
def test_ids_that_repeat_or_have_gaps_name_no_rows(tmp_path, ids, why):
    pd.DataFrame({"id": ids, "e": Z.tolist()}).to_parquet(tmp_path / "v.parquet")
    found = read_vectors(tmp_path / "v.parquet")
    assert found.ids is None
    assert found.notes[-1].endswith(f"names no rows: {why}")


def test_splits_are_known_by_their_usual_names(tmp_path):
    np.savez(tmp_path / "z.npz", z=np.eye(3), split=["Train", "validation", "TEST"])
    assert read_vectors(tmp_path / "z.npz").split.tolist() == ["train", "val", "test"]

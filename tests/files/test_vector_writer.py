"""Embeddings in every kind of file, read back by the libraries that own the kinds."""

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from embedbench.errors import UsageError
from embedbench.files.vector_reader import read_vectors
from embedbench.files.vector_writer import Embeddings, check_output, write_embeddings

Z = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
LABEL = np.array([1, 0, -1, 1])
ROWS = Embeddings(Z, np.arange(4), LABEL, ("a", "b"), np.array([7, 8, 9, 10]))


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_arrays(ending, tmp_path):
    path = tmp_path / f"z.{ending}"
    write_embeddings(path, ROWS)
    found = dict(np.load(path)) if ending == "npz" else load_file(path)
    assert {name: array.tolist() for name, array in found.items()} == {
        "z": Z.tolist(), "index": [0, 1, 2, 3], "label": LABEL.tolist(), "id": [7, 8, 9, 10]
    }  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_tables(ending, tmp_path):
    path = tmp_path / f"z.{ending}"
    write_embeddings(path, ROWS)
    found = (
        pd.read_csv(path, dtype={f"z{i}": np.float32 for i in range(3)}) if ending == "csv" else pd.read_parquet(path)
    )
    assert list(found) == ["z0", "z1", "z2", "index", "label", "id"]
    np.testing.assert_array_equal(found[["z0", "z1", "z2"]].to_numpy(), Z)
    assert found["label"].isna().tolist() == [False, False, True, False]
    assert found["label"].dropna().tolist() == ["b", "a", "b"]
    write_embeddings(path, ROWS._replace(label=np.array([0.5, np.nan, 1, 2]), classes=()))
    again = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    assert np.array_equal(again["label"], [0.5, np.nan, 1, 2], equal_nan=True)


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz", "npy"])
def test_neither_index_nor_id_is_a_dimension_when_they_are_read_again(ending, tmp_path):
    path = tmp_path / f"z.{ending}"
    write_embeddings(path, ROWS._replace(label=None, id=np.array(["k", "l", "m", "n"])))
    np.testing.assert_allclose(read_vectors(path).z, Z, rtol=1e-6)


def test_names_that_are_formulas_are_none_in_csv(tmp_path):
    odd = ROWS._replace(classes=("=1+1", "-1"), id=np.array(["@a", "-2", "b", "+c"]))
    write_embeddings(tmp_path / "z.csv", odd)
    write_embeddings(tmp_path / "z.parquet", odd)
    found = pd.read_csv(tmp_path / "z.csv", dtype=str)
    assert found["label"].fillna("").tolist() == ["-1", "'=1+1", "", "-1"]
    assert found["id"].tolist() == ["'@a", "-2", "b", "'+c"]
    assert pd.read_parquet(tmp_path / "z.parquet")["id"].tolist() == ["@a", "-2", "b", "+c"]


def test_endings_in_capitals(tmp_path):
    for ending in ("NPZ", "Npy", "CSV"):
        check_output(tmp_path / f"z.{ending}", with_id=False)
        write_embeddings(tmp_path / f"z.{ending}", ROWS)
    assert np.load(tmp_path / "z.NPZ")["z"].shape == np.load(tmp_path / "z.Npy").shape == (4, 3)
    assert (tmp_path / "z.CSV").read_text(encoding="utf8").startswith("z0,z1,z2,index,label,id")


@pytest.mark.parametrize(
    ("name", "with_id", "said"),
    [
        ("z.tsv", False, r"must end in .npz, .npy, .safetensors, .parquet, .csv or .txt, got '.*z.tsv'"),
        ("folder", False, "folder is a folder; name a file in it"),
        ("none/z.npz", False, "there is no folder"),
        ("z.npy", True, r"--id has no place in a .npy file"),
        ("z.txt", True, r"--id has no place in a .txt file"),
    ],
)
def test_outputs_that_can_not_be(name, with_id, said, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match=said):
        check_output(tmp_path / name, with_id)


def test_ids_of_texts_have_no_place_among_tensors(tmp_path):
    with pytest.raises(UsageError, match="the ids are texts; write"):
        write_embeddings(tmp_path / "z.safetensors", ROWS._replace(id=np.array(["a", "b", "c", "d"])))
    assert not list(tmp_path.iterdir())


NAMES = ("a; b", '"c"', "=d")
HOT = np.array([[1, 0, 1], [0, 0, 0], [-1, -1, -1], [0, 1, 0]], np.int8)
SETS = [("=d", "a; b"), (), ('"c"',)]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_several_labels_are_read_back_by_their_names(ending, tmp_path):
    path = tmp_path / f"z.{ending}"
    write_embeddings(path, ROWS._replace(label=HOT, classes=NAMES))
    with pytest.raises(UsageError, match=r"'label' of .* holds 1 missing values; drop those rows, or give empty lists"):
        read_vectors(path)
    there = np.array([0, 1, 3])
    write_embeddings(path, Embeddings(Z[there], there, HOT[there], NAMES, None))
    assert read_vectors(path).label.tolist() == SETS


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_several_labels_are_0_and_1_in_arrays(ending, tmp_path):
    path = tmp_path / f"z.{ending}"
    write_embeddings(path, ROWS._replace(label=HOT, classes=NAMES))
    found = dict(np.load(path)) if ending == "npz" else load_file(path)
    np.testing.assert_array_equal(found["label"], HOT)
    if ending == "npz":
        np.savez(path, z=Z, label=np.abs(HOT))
        assert read_vectors(path).label.tolist() == [("0", "2"), (), ("0", "1", "2"), ("1",)]

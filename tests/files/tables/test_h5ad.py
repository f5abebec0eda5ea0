import sys

import numpy as np
import pandas as pd
import pytest
from cells import cells

from embedbench.errors import UsageError
from embedbench.files.tables.column_names import column_names
from embedbench.files.tables.h5ad import look_at_h5ad, read_h5ad

anndata = pytest.importorskip("anndata")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("h5ad") / "cells.h5ad"
    return path, cells(path, 120, 30)


def written(folder, x, **more):
    path = folder / "x.h5ad"
    anndata.AnnData(x, **more).write_h5ad(path)
    return path


def test_every_matrix_is_read_as_it_was_written(file):
    path, made = file
    for where, expected in (
        ({}, made.X.toarray()),
        ({"layer": "counts"}, made.layers["counts"].toarray()),
        ({"obsm": "X_pca"}, made.obsm["X_pca"]),
    ):
        found = read_h5ad(path, **where)
        np.testing.assert_array_equal(found.x, expected)
        assert found.x.dtype == np.float32
    assert read_h5ad(path).names == list(made.var_names)
    assert read_h5ad(path).notes == ("the sparse float32 (csr) X is read as dense numbers",)
    assert (read_h5ad(path, obsm="X_pca").names[:2], read_h5ad(path, obsm="X_pca").notes) == (["X_pca0", "X_pca1"], ())


def test_observations_have_their_names_first_and_no_codes(file):
    path, made = file
    obs = read_h5ad(path).obs
    assert list(obs) == ["obs_names", "cell_type", "donor_id", "n_counts"] == column_names(path)
    assert list(obs.index) == list(range(120))
    assert list(obs["obs_names"]) == list(made.obs_names)
    assert list(obs["cell_type"]) == list(made.obs["cell_type"])
    assert obs["cell_type"].dtype == object


def test_shapes_are_seen_without_the_numbers(file):
    assert look_at_h5ad(file[0]).matrices == {
        "X": ((120, 30), "sparse float32 (csr)"),
        "layers/counts": ((120, 30), "sparse float32 (csr)"),
        "obsm/X_pca": ((120, 10), "dense float32"),
    }


def test_types_stay_exact(tmp_path):
    assert read_h5ad(written(tmp_path, np.full((5, 2), 1 / 3))).x.dtype == np.float64
    assert read_h5ad(written(tmp_path, np.full((5, 2), 3, np.int32))).x.dtype == np.float32
    large = np.full((5, 2), 2**24 + 1, np.int64)
    np.testing.assert_array_equal(read_h5ad(written(tmp_path, large)).x, large)


def test_names_that_stand_twice_are_numbered(tmp_path):
    with pytest.warns(UserWarning, match="not unique"):
        path = written(tmp_path, np.eye(4, 3, dtype=np.float32), var=pd.DataFrame(index=["A", "B", "A"]))
    found = read_h5ad(path)
    assert found.names == ["A", "B", "A-1"]
    assert found.notes == ("1 features have the name of an earlier one: numbered",)


def test_table_of_the_observations_keeps_its_names(tmp_path):
    beside = pd.DataFrame({"height": [1.0, 2.0, 3.0], "width": [3.0, 4.0, 5.0]}, index=["0", "1", "2"])
    path = written(tmp_path, np.eye(3, dtype=np.float32), obsm={"size": beside})
    found = read_h5ad(path, obsm="size")
    assert found.names == ["height", "width"]
    np.testing.assert_array_equal(found.x, beside.to_numpy())
    assert look_at_h5ad(path).matrices["obsm/size"] == ((3, 2), "table")


def test_refusals(file, tmp_path, monkeypatch):
    path, _ = file
    with pytest.raises(UsageError, match="unknown layer 'count'; did you mean 'counts'"):
        read_h5ad(path, layer="count")
    with pytest.raises(UsageError, match="unknown obsm matrix 'X_umap'"):
        read_h5ad(path, obsm="X_umap")
    bare = tmp_path / "bare.h5ad"
    anndata.AnnData(obs=pd.DataFrame(index=["a", "b"]), obsm={"z": np.eye(2)}).write_h5ad(bare)
    with pytest.raises(UsageError, match=r"has no X, but obsm/z; name one by --data\.layer or --data\.obsm"):
        read_h5ad(bare)
    broken = tmp_path / "broken.h5ad"
    broken.write_bytes(path.read_bytes()[:500])
    with pytest.raises(UsageError, match=r"cannot read .*broken\.h5ad as AnnData"):
        read_h5ad(broken)
    monkeypatch.setattr("embedbench.memory.memory", lambda: 10_000)
    with pytest.raises(UsageError, match=r"X of .* as dense numbers, 120 x 30, needs 0\.0 GB of memory"):
        read_h5ad(path)


@pytest.mark.parametrize("library", ["h5py", "anndata.io"])
def test_missing_library_is_said(library, file, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match="AnnData files need anndata; pip install anndata"):
        read_h5ad(file[0])

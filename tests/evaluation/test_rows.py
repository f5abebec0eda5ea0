from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from embedbench.errors import UsageError
from embedbench.evaluation.rows import Rows


def test_rows_take_their_types():
    rows = Rows([[1, 2], [3, 4]], [True, False], x=[[1], [2]])
    assert (rows.z.dtype, rows.label.dtype, rows.index.dtype, rows.x.dtype) == ("float32", "int64", "int64", "float32")
    assert (len(rows), rows.dim, rows.target, rows.index.tolist()) == (2, 2, "classes", [0, 1])
    assert Rows([[1.0]], [0.5]).target == "real"
    assert Rows([[1.0]]).target == "none"


def test_rows_in_a_file_stay_there(tmp_path):
    path = tmp_path / "z.npy"
    for kind, stays in (("float32", True), ("float64", False), ("int8", False)):
        np.save(path, np.arange(12).reshape(4, 3).astype(kind))
        mapped = np.load(path, mmap_mode="r")
        z = Rows(mapped).z
        assert z.dtype == "float32"
        assert np.shares_memory(z, mapped) == stays
        np.testing.assert_array_equal(z, np.arange(12).reshape(4, 3))


@pytest.mark.parametrize("other", [{"label": [1]}, {"index": [0, 1, 2]}, {"x": [[1.0]]}])
def test_rows_refuse_unequal_lengths(other):
    with pytest.raises(UsageError, match=f"z has 2 rows and {next(iter(other))} has"):
        Rows([[1, 2], [3, 4]], **other)


def test_rows_take_sparse_inputs_and_relations():
    rows = Rows([[1], [2]], x=csr_matrix([[0, 1, 0], [2, 0, 0]]), relations=[[0, 3], [3, 0]])
    assert (rows.x.dtype, rows.x.shape, rows.relations.dtype) == ("float64", (2, 3), "float32")
    with pytest.raises(UsageError, match="z has 1 rows and x has 2"):
        Rows([[1]], x=rows.x)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0, np.inf], [1, 0]], "x holds 1 NaN or infinite"),
        ([[0, 2**53 + 1], [2**53, 0]], r"x has whole numbers beyond 2\^53, which float64 can't tell apart"),
        ([[0, -1e301], [1, 0]], r"x has numbers beyond 1e\+300"),
        ([[0, 1j], [1, 0]], "x must be numbers of shape .*, got a sparse matrix of complex128"),
    ],
)
def test_rows_refuse_sparse_inputs_as_dense_ones(values, message):
    for x in (csr_matrix(values), csr_matrix(values).tocoo()):
        with pytest.raises(UsageError, match=message):
            Rows([[1], [2]], x=x)


@pytest.mark.parametrize(
    ("relations", "message"),
    [
        ([[0, 1, 2], [1, 0, 2]], r"relations must be square, .* got shape \(2, 3\)"),
        ([[0, -1], [-1, 0]], "relations must be distances, 0 or more, got -1"),
        ([[0, np.nan], [1, 0]], "relations has NaN or infinite values: column 1 holds 1"),
        ([[0]], "z has 2 rows and relations has 1"),
        ([0, 1], r"relations must be numbers of shape \(rows, columns\)"),
    ],
)
def test_rows_refuse_relations_that_are_none(relations, message):
    with pytest.raises(UsageError, match=message):
        Rows([[1], [2]], relations=relations)


def test_rows_take_the_scores_of_a_model():
    found = Rows([[1, 2], [3, 4]], scores={"any": {"one": [1, 2]}}).scores["any"]["one"]
    assert (found.dtype, found.tolist()) == ("float64", [1, 2])
    with pytest.raises(UsageError, match="z has 2 rows and any/one has 1"):
        Rows([[1, 2], [3, 4]], scores={"any": {"one": [1]}})


def test_rows_take_the_clusters_of_a_model():
    found = Rows([[1, 2], [3, 4]], clusters=[1.0, 0.0]).clusters
    assert (found.dtype, found.tolist()) == ("int64", [1, 0])
    with pytest.raises(UsageError, match="z has 2 rows and clusters has 1"):
        Rows([[1, 2], [3, 4]], clusters=[1])

from __future__ import annotations

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.files.accepted import as_labels, refuse_non_finite, table


def test_non_finite_columns_are_named_and_counted():
    values = np.zeros((5, 6))
    values[[0, 3], 1] = np.nan
    values[2, 4] = np.inf
    with pytest.raises(UsageError, match=r"^file has NaN or infinite values: column 'b' holds 2, column 'e' holds 1;"):
        refuse_non_finite("file", values, list("abcdef"))
    with pytest.raises(UsageError, match="column 2 holds 5, 3 more columns hold some"):
        refuse_non_finite("file", np.full((5, 6), np.nan), range(6))


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([[0.5, 3.0]]), np.float32),
        (np.array([[0.1, 3.0]]), np.float64),
        (np.array([[1e39, 1.0]]), np.float64),
        (np.array([[1e-60, 0]]), np.float64),
        (np.array([[2**24, 3]]), np.float32),
        (np.array([[2**24 + 1, 3]]), np.float64),
        (np.array([[2**53 + 2, 3]], np.uint64), np.float64),
        (np.array([[1, 0]], np.float16), np.float32),
        (np.array([[True, False]]), np.float32),
    ],
)
def test_table_changes_no_number(values, kind):
    found = table("z", values)
    assert found.dtype == kind
    np.testing.assert_array_equal(found.astype(float), values.astype(float))


def test_table_refuses_what_float64_cannot_hold():
    with pytest.raises(UsageError, match="column 0 holds 1"):
        table("z", np.array([[np.inf], [1.0]]))
    with pytest.raises(UsageError, match=r"z has numbers beyond 1e\+300; rescale"):
        table("z", np.array([[1e301], [0.1]]))
    with pytest.raises(UsageError, match=r"z has whole numbers beyond 2\^53"):
        table("z", np.array([[2**60 + 1], [1]]))


def test_table_copies_nothing_that_fits():
    for values in (np.eye(3, dtype=np.float32), np.full((2, 2), 0.1)):
        assert table("z", values) is values or np.shares_memory(table("z", values), values)


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((3, 0)), np.zeros((0, 3)), np.array([["a"]]), [[1j]]])
def test_table_refuses_other_shapes_and_kinds(values):
    with pytest.raises(UsageError, match=r"z must be numbers of shape \(rows, columns\)"):
        table("z", values)


def test_kind_of_label_follows_its_type():
    assert as_labels([True, False]).dtype == np.int64
    assert as_labels(np.array([1, 2], np.uint8)).dtype == np.int64
    assert as_labels(np.array([1, 2], np.float32)).dtype == np.float64
    assert as_labels(None) is None


@pytest.mark.parametrize("values", [["a", "b"], [[1], [2]], [np.nan, 1.0]])
def test_labels_refuse_names_tables_and_nan(values):
    with pytest.raises(UsageError, match="label"):
        as_labels(values)

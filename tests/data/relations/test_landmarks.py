"""Distances to some train rows, of the run's rows and of others."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from embedbench.data.relations.landmarks import find_landmarks
from embedbench.errors import UsageError

X = np.random.default_rng(0).normal(size=(30, 4))
MATRIX = cdist(X, X).astype(np.float32)
TRAIN = np.arange(2, 26)
LANDMARKS = find_landmarks(pd.DataFrame(MATRIX).iloc[TRAIN], 6)
FILE = Path("d.npy")


def test_landmarks_are_train_rows_and_their_distances_are_standardised():
    assert len(set(LANDMARKS.rows)) == 6
    assert set(LANDMARKS.rows) <= set(TRAIN)
    known = MATRIX[TRAIN][:, LANDMARKS.rows].astype(np.float64)
    expected = (MATRIX[:2, LANDMARKS.rows] - known.mean(0)) / known.std(0)
    np.testing.assert_allclose(LANDMARKS(pd.DataFrame(MATRIX[:2])), expected, atol=1e-5)


def test_other_rows_need_distances_from_the_runs_rows_alone():
    few = LANDMARKS.distances(MATRIX[[7, 3]].astype(np.float64), FILE)
    assert few.dtype == np.float32
    np.testing.assert_array_equal(LANDMARKS(pd.DataFrame(few)), LANDMARKS(pd.DataFrame(MATRIX))[[7, 3]])
    np.testing.assert_array_equal(LANDMARKS.distances(MATRIX, FILE), MATRIX)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (MATRIX[:, :29], r"distances from the 30 rows of the run, a column for each in their order, got .*\(30, 29\)"),
        (MATRIX[:0], "distances from the 30 rows"),
        (MATRIX[::-1, ::-1], "the first 30 rows of d.npy aren't those of the run"),
        (-MATRIX[:3], r"0 or more, but d.npy holds -.* in row 0, column 1"),
        (np.full((1, 30), np.nan), "must be a finite float32"),
        (MATRIX[:3].astype(float) * 1e-50, "float32 can't be counted on for"),
        (MATRIX[:3].astype(float) + 1e9, "float32 can't tell apart"),
    ],
)
def test_what_are_no_such_distances_is_refused(matrix, said):
    with pytest.raises(UsageError, match=said):
        LANDMARKS.distances(matrix, FILE)


@pytest.mark.parametrize("rows", [MATRIX[:2], pd.DataFrame({"a": [1.0]}), pd.DataFrame(MATRIX[:2, :9])])
def test_rows_of_another_kind_are_refused(rows):
    with pytest.raises(UsageError, match="the run takes distances from its own rows"):
        LANDMARKS(rows)

"""Matrices and lists of pairs: what they become, and how bad ones are refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from embedbench.data.relations.matrix import check_matrix, from_pairs
from embedbench.errors import UsageError

FILE = Path("d.npy")


def matrix(rows=6):
    x = np.random.default_rng(0).normal(size=(rows, 3))
    return cdist(x, x)


def with_entry(i, j, value):
    found = matrix()
    found[i, j] = value
    return found


def listed(found, keep=lambda i, j: i < j):
    rows = range(len(found))
    pairs = [(i, j, found[i, j]) for i in rows for j in rows if keep(i, j)]
    return pd.DataFrame(pairs, columns=["i", "j", "distance"])


def test_rounding_is_repaired():
    noisy = matrix() + np.random.default_rng(1).uniform(-1e-6, 1e-6, (6, 6))
    found = check_matrix(noisy, FILE)
    assert found.dtype == np.float32
    assert np.array_equal(found, found.T)
    assert (found.diagonal() == 0).all()
    assert found == pytest.approx(matrix(), abs=2e-6)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (matrix()[:5], r"d.npy must hold a square matrix .* got float64 of shape \(5, 6\)"),
        (np.zeros((0, 0)), "square matrix"),
        (np.array([["a"]]), "square matrix of distances, .* got <U1"),
        (with_entry(1, 4, np.nan), "must be a finite float32, but d.npy holds nan .*between the rows 1 and 4"),
        (with_entry(1, 4, 1e60), "must be a finite float32"),
        (with_entry(2, 3, -0.1), "must be 0 or more, but d.npy holds -0.1 .*between the rows 2 and 3"),
        (with_entry(3, 3, 1.0), "distance to itself must be 0, but d.npy holds 1 between the rows 3 and 3"),
        (with_entry(0, 2, 9.0), "must be symmetric, but d.npy holds 9 and .* between the rows 0 and 2"),
    ],
)
def test_what_is_no_matrix_of_distances_is_refused(bad, said):
    with pytest.raises(UsageError, match=said):
        check_matrix(bad, FILE)


@pytest.mark.parametrize("scale", [1e-50, 1e-30, 1e25])
def test_distances_in_a_unit_that_float32_has_no_room_for_are_refused(scale):
    for found in (matrix() * scale, listed(matrix() * scale)):
        with pytest.raises(UsageError, match=r"d.npy holds distances up to .* give them in a unit that brings"):
            check_matrix(found, FILE) if isinstance(found, np.ndarray) else from_pairs(found, None, FILE)


@pytest.mark.parametrize("offset", [1e7, 1e9])
def test_distances_that_float32_makes_equal_are_refused(offset):
    far = (matrix(30) + offset) * (1 - np.eye(30))
    with pytest.raises(UsageError, match=r"half of the distances of d.npy lie within .* float32 can't tell apart"):
        check_matrix(far, FILE)


def test_distances_that_are_equal_or_near_keep_their_bits():
    for found in (1 - np.eye(9), matrix() * 1e-12, matrix() * 1e12, np.zeros((3, 3)), cdist(np.eye(9), np.eye(9))):
        assert np.array_equal(check_matrix(found, FILE), found.astype(np.float32))
    noise = np.random.default_rng(0).choice([0, 2.0**-50], (9, 9))  # what rounding leaves of equal distances
    assert np.unique(check_matrix((1 + noise + noise.T) * (1 - np.eye(9)), FILE)).tolist() == [0, 1]


@pytest.mark.parametrize("keep", [lambda i, j: i < j, lambda i, j: i > j, lambda i, j: True])
def test_pairs_are_the_matrix_in_any_direction(keep):
    found, said = from_pairs(listed(matrix(), keep), None, FILE)
    assert found == pytest.approx(matrix(), abs=1e-6)
    assert said == []


def test_missing_pairs_are_shortest_paths():
    chain = pd.DataFrame({"i": [0, 1, 2, 3, 0], "j": [1, 2, 3, 4, 4], "distance": [1, 1, 0, 1, 2.5]})
    found, said = from_pairs(chain, None, FILE)
    wanted = np.abs(np.array([0, 1, 2, 2, 3.0])[:, None] - [0, 1, 2, 2, 3])
    wanted[0, 4] = wanted[4, 0] = 2.5
    assert found == pytest.approx(wanted)
    assert said == ["5 of 10 pairs aren't listed: shortest paths over the listed ones"]


def pairs(**columns):
    return pd.DataFrame({"i": [0, 1, 0], "j": [1, 2, 2], "distance": [1.0, 1.0, 2.0], **columns})


@pytest.mark.parametrize(
    ("frame", "rows", "said"),
    [
        (pairs().drop(columns="j"), None, "unknown pair column 'j'"),
        (pairs()[:0], None, "lists no pairs"),
        (pairs(i=[0, -1, 0]), None, "'i' of d.npy must hold row numbers 0 or more, got .*-1.* in pair 2"),
        (pairs(j=[1, 2, 2.5]), None, "'j' .* got .*2.5.* in pair 3"),
        (pairs(j=["b", "c", "d"]), None, "'j' .* got 'b' in pair 1"),
        (pairs(j=[1, 2, 7]), 3, r"row numbers in \[0, 2\], got .*7.* in pair 3"),
        (pairs(distance=["x"] * 3), None, "'distance' of d.npy must hold numbers, got 'x'"),
        (pairs(distance=[1, np.nan, 2]), None, "must be a finite number, but pair 2 of d.npy has none"),
        (pairs(distance=[1.0, -1, 2]), None, "must be 0 or more"),
        (pairs(i=[0, 1, 1], j=[1, 2, 0]), None, r"gives the pair \(0, 1\) the distances 1 and 2"),
        (pairs(i=[0, 1, 1], j=[1, 2, 1]), None, "distance to itself must be 0"),
        (pairs(), 5, "join its 5 rows in 3 parts; add pairs"),
        (pairs(i=[0, 2, 0], j=[1, 3, 1], distance=[1.0, -1, 1]), None, "must be 0 or more"),
    ],
)
def test_pairs_that_make_no_matrix_are_refused(frame, rows, said):
    with pytest.raises(UsageError, match=said):
        from_pairs(frame, rows, FILE)


def test_a_matrix_that_the_memory_cannot_hold_is_refused(monkeypatch):
    monkeypatch.setattr("embedbench.memory.memory", lambda: 8 * 10**9)
    few = pd.DataFrame({"i": [0, 1], "j": [1, 199_999], "distance": [1.0, 2.0]})
    with pytest.raises(UsageError, match=r"between 200,000 rows of d\.npy needs 520\.0 GB of memory"):
        from_pairs(few, None, FILE)

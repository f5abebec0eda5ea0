"""Distances of a block of rows to all, in the order asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from embedbench.evaluation.metrics.geometry.distances import Dense, Given, Sparse
from embedbench.neighbors.normaliser import Normaliser

ORDER = np.random.default_rng(1).permutation(60)


def unit_of(given, x):
    """What distances are in: the scale of a normaliser, or for sparse rows that of their largest numbers."""
    largest = np.median(np.abs(x).max(axis=1).astype(float))
    return 2.0 ** (Normaliser.of(x).exponent if isinstance(given, Dense) else np.floor(np.log2(largest)))


def rows(features=7):
    return np.random.default_rng(0).normal(size=(60, features)).astype(np.float32)


@pytest.mark.parametrize("features", [1, 7, 300])
@pytest.mark.parametrize("offset", [0, 1000])
def test_dense_and_sparse_equal_scipy(features, offset):
    x = rows(features) + np.float32(offset)
    expected = cdist(x.astype(float), x.astype(float))
    for given in (Dense(x, ORDER), Sparse(csr_array(x.astype(float)), ORDER)):
        assert len(given) == 60
        found = given.block(20, 50) * unit_of(given, x)
        # the lengths of far rows, which sparse ones can't be relieved of, leave less of their difference
        tolerated = 1e-2 if offset and isinstance(given, Sparse) else 1e-5
        np.testing.assert_allclose(found, expected[ORDER[20:50]][:, ORDER], atol=tolerated)


def test_wide_rows_are_exact_enough_in_float32():
    x = np.random.default_rng(0).random((4000, 300)).astype(np.float32)
    expected = cdist(x[:50].astype(float), x.astype(float)) / 2.0 ** Normaliser.of(x).exponent
    np.fill_diagonal(expected, 0.0)
    found = Dense(x, np.arange(4000)).block(0, 50)
    np.fill_diagonal(found, 0.0)  # the rounding of nothing
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("features", [5, 40])
def test_many_rows_keep_small_distances_and_float64_where_they_are_alike(features):
    rng = np.random.default_rng(0)
    ordinary = rng.normal(size=(2100, features)).astype(np.float32)
    x = np.eye(features, dtype=np.float32)[rng.integers(0, 5, 2100)] + 1e-4 * ordinary
    expected = cdist(x[:50].astype(float), x.astype(float))
    np.fill_diagonal(expected, 0.0)
    for given in (Dense(x, np.arange(2100)), Sparse(csr_array(x.astype(float)), np.arange(2100))):
        found = given.block(0, 50)
        assert found.dtype == np.float64
        np.fill_diagonal(found, 0.0)
        np.testing.assert_allclose(found * unit_of(given, x), expected, rtol=1e-6)
    for given in (Dense(ordinary, np.arange(2100)), Sparse(csr_array(ordinary.astype(float)), np.arange(2100))):
        assert given.block(0, 50).dtype == np.float32


@pytest.mark.parametrize("features", [5, 600])
def test_a_far_row_keeps_the_order_of_its_distances(features):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2100, features))
    x[7] *= 1e6
    ranks = cdist(x[7:8], np.delete(x, 7, axis=0)).ravel().argsort().argsort()
    for given in (Dense(x, np.arange(2100)), Sparse(csr_array(x), np.arange(2100))):
        found = np.delete(given.block(0, 50)[7], 7).argsort().argsort()
        assert np.abs(found - ranks).max() <= 2
        assert given.block(50, 100).dtype == np.float32


def test_equal_rows_are_all_equally_near():
    x = np.repeat(rows(), 2, axis=0)
    found = Dense(x, np.arange(120)).block(0, 120)
    twins = found[np.arange(0, 120, 2), np.arange(1, 120, 2)]
    assert len(np.unique(twins)) == 1
    assert twins[0] < 1e-5
    unit = x / np.linalg.norm(x, axis=1, keepdims=True).astype(float)
    found = Sparse(csr_array(unit), np.arange(120)).block(0, 120)
    assert len(np.unique(found[np.arange(0, 120, 2), np.arange(1, 120, 2)])) == 1


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_whole_numbers_keep_exact_ties(scale):
    whole = np.random.default_rng(0).integers(0, 4, (60, 5))
    factor = 2.0 ** np.round(np.log2(scale))
    found = Dense((whole * factor).astype(np.float32), ORDER).block(0, 60)
    exact = ((whole[ORDER][:, None] - whole[ORDER][None]) ** 2).sum(-1)
    for value in np.unique(exact):
        assert len(np.unique(found[exact == value])) == 1


def test_texts_that_share_no_word_are_all_equally_far():
    x = np.eye(6) @ np.diag([0.3, 0.7, 1, 2, 3, 5])
    x = np.concatenate([x / x.sum(axis=1, keepdims=True), np.zeros((2, 6))])
    given = Sparse(csr_array(x), np.arange(8))
    found = given.block(0, 8) * unit_of(given, x[:6])
    apart = found[:6, :6][~np.eye(6, dtype=bool)]
    np.testing.assert_allclose(apart, 2**0.5, rtol=1e-9)
    assert len(np.unique(apart)) == 1
    np.testing.assert_allclose(found[6:, :6], 1, rtol=1e-9)
    assert found[6, 7] < 1e-6


def test_given_distances_are_taken_as_they_are():
    relations = np.random.default_rng(0).random((60, 60)).astype(np.float32)
    found = Given(relations, ORDER).block(3, 9)  # in a unit that is a power of two
    np.testing.assert_array_equal(found / found.max(), relations[ORDER[3:9]][:, ORDER] / relations[ORDER[3:9]].max())
    np.testing.assert_array_equal(Given(relations * np.float32(2.0**90), ORDER).block(3, 9), found)

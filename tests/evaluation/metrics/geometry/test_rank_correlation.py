"""Formulas against scipy, plain loops and numbers that one can check by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from embedbench.evaluation.metrics.geometry import rank_correlation

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=(2, 500))
WHOLE = RNG.integers(0, 6, (2, 500))


def sums(one, other):
    one, other = np.asarray(one, float), np.asarray(other, float)
    return np.array([one.sum(), other.sum(), one @ one, other @ other, one @ other])


def test_rank_scores_by_hand():
    rank = np.array([[1, 2], [2, 1], [5, 1], [1, 2], [2, 1], [4, 3]])  # beyond 2: 3, then 2 and 1
    unit = 2 / (2 * (12 - 6 - 1))
    assert rank_correlation.rank_scores(rank, 2, 6) == pytest.approx([1, 1, 1 - 3 * unit, 1, 1, 1 - 3 * unit])
    assert rank_correlation.rank_scores(rank, 1, 6).mean() == pytest.approx(
        1 - 2 / (6 * (12 - 3 - 1)) * (1 + 4 + 1 + 3)
    )


def test_worst_ranks_score_nothing():
    """The last k of n − 1 neighbours, for every row."""
    n, k = 41, 20
    rank = np.tile(np.arange(n - k, n), (n, 1))
    assert rank_correlation.rank_scores(rank, k, n) == pytest.approx(0)


def test_overlaps_by_hand():
    rank = np.array([[1, 2, 3, 9], [4, 5, 6, 1], [7, 1, 9, 2]])
    shares, indices = rank_correlation.overlaps(rank, 3)
    assert shares == pytest.approx([1, 0, 1 / 3])
    assert indices == pytest.approx([1, 0, 1 / 5])


@pytest.mark.parametrize("cells", [(3, 7), (1, 5), (40, 40)])
def test_spearman_of_counts_equals_scipy_on_cells(cells):
    one, other = (RNG.integers(0, side, 500) for side in cells)
    other = (other + one) % cells[1]
    counts = np.zeros(cells, np.int64)
    np.add.at(counts, (one, other), 1)
    expected = stats.spearmanr(one, other).statistic if min(cells) > 1 else 0
    assert rank_correlation.spearman_of_counts(counts) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("data", [NORMAL, WHOLE], ids=["normal", "ties"])
def test_correlations_equal_scipy(data):
    one, other = np.abs(data)
    other = one + other
    assert rank_correlation.spearman(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
    assert rank_correlation.pearson(sums(one, other), 500) == pytest.approx(
        stats.pearsonr(one, other).statistic, abs=1e-12
    )


def test_stress_is_the_least_over_scales():
    one, other = np.abs(NORMAL)
    scales = np.linspace(0, 3, 30_001)
    each = np.sqrt(((one - scales[:, None] * other) ** 2).sum(axis=1) / (one @ one))
    assert rank_correlation.stress_of_sums(sums(one, other)) == pytest.approx(each.min(), abs=1e-7)
    assert rank_correlation.stress_of_sums(sums(one, 3 * one)) < 1e-7
    assert rank_correlation.stress_of_sums(sums(one, 0 * one)) == 1


def test_what_does_not_vary_has_no_figure():
    one = np.abs(NORMAL[0])
    for same in (np.zeros(500), np.full(500, 0.1)):
        assert rank_correlation.pearson(sums(one, same), 500) is None
        assert rank_correlation.pearson(sums(same, one), 500) is None
        assert rank_correlation.spearman(one, same) is None
    assert rank_correlation.stress_of_sums(sums(np.zeros(500), one)) is None
    radius = np.stack([one, np.full(500, 0.1)], axis=1)
    assert rank_correlation.density_correlation(radius) is None
    assert rank_correlation.density_correlation(np.zeros((9, 2))) is None
    assert rank_correlation.density_correlation(np.ones((2, 2))) is None


def test_triplets_by_hand():
    pairs = np.array([[(1, 5), (2, 6), (4, 1), (3, 2), (7, 7), (7, 9), (1, 1), (1, 1)]], np.float32)
    # same order, opposite, tied in the input space, and in both
    assert rank_correlation.triplet_accuracy(pairs) == (0.5, 2)
    latent = pairs[..., ::-1]
    assert rank_correlation.triplet_accuracy(latent) == ((1 + 0 + 0.5) / 3, 3)
    share, known = rank_correlation.triplet_accuracy(np.ones((3, 4, 2), np.float32))
    assert np.isnan(share)
    assert known == 0


def test_density_is_a_correlation_of_logarithms():
    radius = np.exp(RNG.normal(size=(200, 2)) + RNG.normal(size=(200, 1)))
    expected = stats.pearsonr(*np.log(radius).T).statistic
    assert rank_correlation.density_correlation(radius) == pytest.approx(expected)
    copies = np.concatenate([radius, [[0, 1], [1, 1e-20], [0, 0]]])  # rows without a density
    assert rank_correlation.density_correlation(copies) == pytest.approx(expected)
    assert rank_correlation.density_correlation(radius * [4, 1e-6]) == pytest.approx(expected)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from embedbench.evaluation import uncertainty
from embedbench.evaluation.uncertainty import bootstrap, uncertainties


@pytest.fixture(scope="module")
def values():
    """Of 400 rows: hits, a skewed metric, and one far from 0."""
    rng = np.random.default_rng(0)
    return {"hit": rng.random(400) < 0.9, "skewed": rng.exponential(size=400), "far": rng.normal(-1e6, 1, 400)}


def test_the_standard_error_is_the_closed_form(values):
    found = uncertainties(values, 0)
    for name, one in values.items():
        assert found[name]["se"] == pytest.approx(stats.sem(one.astype(float)), rel=1e-9)


def test_the_bootstrap_spreads_like_the_closed_form(values):
    table = np.column_stack([one.astype(float) for one in values.values()])
    means = bootstrap(table, 0, resamples=20_000)
    expected = table.std(axis=0) / 20  # of the sample itself: n in the denominator
    np.testing.assert_allclose(means.std(axis=0), expected, rtol=0.02)  # four standard errors of a spread of 20,000
    assert (np.abs(means.mean(axis=0) - table.mean(axis=0)) < 4 * expected / np.sqrt(20_000)).all()


def test_intervals_equal_scipy(values):
    found = uncertainties(values, 0)
    for name, one in values.items():
        theirs = stats.bootstrap(
            (one.astype(float),), np.mean, n_resamples=5_000, method="percentile", random_state=1
        ).confidence_interval
        # An end from 1,000 resamples has itself a standard error of about a twelfth of the mean's.
        slack = 0.3 * found[name]["se"]
        assert (found[name]["low"], found[name]["high"]) == pytest.approx((theirs.low, theirs.high), abs=slack, rel=0)


def test_rows_are_drawn_as_a_loop_draws_them(monkeypatch):
    """The counts stand for rows drawn with replacement; in blocks of any size the same are drawn."""
    table = np.random.default_rng(0).normal(size=(50, 2))
    rng = np.random.default_rng(7)
    expected = [table[rng.integers(0, 50, 50)].mean(axis=0) for _ in range(30)]
    for block in (1, 120, 10_000):
        monkeypatch.setattr(uncertainty, "_BLOCK", block)
        np.testing.assert_allclose(bootstrap(table, 7, resamples=30), expected, rtol=1e-12, atol=1e-12)


def test_intervals_cover_the_truth():
    covered = 0
    for seed in range(200):
        rows = np.random.default_rng(seed).random(100) < 0.3
        found = uncertainties({"hit": rows}, seed)["hit"]
        covered += found["low"] <= 0.3 <= found["high"]
    assert 0.88 <= covered / 200 <= 0.99  # .95 within four standard errors, less what the percentiles of 100 rows lack


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 40), shift=st.floats(-1e3, 1e3), scale=st.floats(0.01, 100))
def test_it_moves_and_scales_with_the_values(seed, rows, shift, scale):
    one = np.random.default_rng(seed).normal(size=rows)
    plain, moved = uncertainties({"m": one}, 3)["m"], uncertainties({"m": shift + scale * one}, 3)["m"]
    assert plain["low"] <= one.mean() <= plain["high"]
    assert one.min() - 1e-12 <= plain["low"]
    expected = {"se": scale * plain["se"], **{end: shift + scale * plain[end] for end in ("low", "high")}}
    assert moved == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_equal_values_are_certain_and_a_single_one_says_nothing():
    assert uncertainties({"m": np.ones(30)}, 0) == {"m": {"se": 0, "low": 1, "high": 1}}
    assert uncertainties({"m": np.ones(1)}, 0) == {}
    assert uncertainties({}, 0) == {}

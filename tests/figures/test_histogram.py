"""Counts, proportions and densities: each sums to what its name says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from embedbench.errors import UsageError
from embedbench.figures.histogram import joint

COLUMNS = hnp.arrays(np.float32, st.tuples(st.integers(2, 60), st.just(2)), elements=st.floats(-5, 5, width=16))


@settings(max_examples=60, deadline=None)
@given(columns=COLUMNS, bins=st.integers(2, 12))
def test_everything_sums_to_one(columns, bins):
    first, second = columns.T
    found = joint(first, second, bins)
    assert found.counts.sum() == len(columns)
    assert found.proportion.sum() == pytest.approx(1)
    area = np.outer(np.diff(found.first), np.diff(found.second))
    assert (found.density * area).sum() == pytest.approx(1)
    for marginal in found.marginals:
        assert marginal.sum() == pytest.approx(1)
    for value in first:
        assert found.conditional(float(value)).sum() == pytest.approx(1)


def test_density_and_marginals_equal_numpys():
    first, second = np.random.default_rng(0).normal(size=(2, 500)).astype(np.float32)
    found = joint(first, second, 10)
    wanted, *_ = np.histogram2d(first, second, 10, density=True)
    assert found.density == pytest.approx(wanted, rel=1e-6)
    for marginal, column in zip(found.marginals, (first, second), strict=True):
        counts, _ = np.histogram(column, 10)
        assert marginal == pytest.approx(counts / 500)


def test_conditional_is_bayes_rule_by_counting():
    first, second = np.array([0, 0, 0, 1, 1.0], np.float32), np.array([0, 1, 1, 0, 0.0], np.float32)
    found = joint(first, second, 2)
    assert found.conditional(0.2).tolist() == pytest.approx([1 / 3, 2 / 3])
    assert found.conditional(1.0).tolist() == [1, 0]


@pytest.mark.parametrize("value", [-0.5, 10.5, 4.0])
def test_a_condition_that_no_row_meets_is_refused(value):
    found = joint(np.array([0, 10, 10], np.float32), np.array([1, 2, 3], np.float32), 5)
    with pytest.raises(UsageError, match=r"is in a bin without rows; choose a value in \[0, 10\]"):
        found.conditional(value)

"""Standardising and scaling against plain numpy and scikit-learn, and their state."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

from embedbench.data.prepare import Scale, Standardise, scale, standardise, unit_rows
from embedbench.errors import UsageError


def test_standardise_uses_the_train_rows_only():
    rng = np.random.default_rng(0)
    train, other = rng.normal(5, 3, (40, 3)), rng.normal(-2, 9, (7, 3))
    encode = standardise(train)
    expected = (other - train.mean(0)) / train.std(0)
    np.testing.assert_allclose(encode(other), expected, rtol=1e-12)
    np.testing.assert_allclose(encode(train).std(0), 1, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint8])
def test_standardised_rows_are_those_of_scikit_learn_to_the_last_bit(dtype):
    rng = np.random.default_rng(0)
    train, other = (rng.normal(90, 30, (n, 4)).clip(0, 255).astype(dtype) for n in (50, 9))
    kind = np.float32 if dtype == np.float32 else np.float64
    before, expected = other.copy(), StandardScaler().fit(train).transform(other.astype(np.float64)).astype(kind)
    found = standardise(train)(other)
    assert found.dtype == kind
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(other, before)  # the rows themselves stay


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_an_offset_costs_nothing_in_any_type(dtype):
    small = np.random.default_rng(0).integers(-4, 5, (20_500, 2))  # more rows than one block holds
    found = standardise((10**7 + small).astype(dtype))((10**7 + small).astype(dtype))
    np.testing.assert_allclose(found, (small - small.mean(0)) / small.std(0), atol=2e-7)


def test_a_constant_column_is_only_shifted():
    encode = standardise(np.array([[3.0, 1.0], [3.0, 2.0]]))
    assert encode(np.array([[5.0, 1.5]])).tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize("largest", [1, 16, 255])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
def test_scale_ends_exactly_at_one(largest, dtype):
    scaled = scale(largest)(None)(np.array([0, largest], dtype))
    assert scaled.dtype == np.float32
    assert scaled.tolist() == [0.0, 1.0]


def test_the_state_is_all_that_there_is():
    arrays, rest = standardise(np.array([[1.0, 5.0], [3.0, 5.0]])).state()
    assert {name: array.tolist() for name, array in arrays.items()} == {"mean": [2, 5], "deviation": [1, 1]}
    assert rest == {}
    assert Standardise(**arrays, **rest)(np.array([[4.0, 6.0]])).tolist() == [[2, 1]]
    assert Scale(16).state() == ({}, {"largest": 16})
    assert Scale(16).categories == ()


@pytest.mark.parametrize("encode", [standardise(np.eye(3)), Scale(255)])
def test_a_table_is_no_array(encode):
    with pytest.raises(UsageError, match="the data have columns with names"):
        encode(pd.DataFrame({"a": [1.0]}))


def test_rows_of_another_width_are_refused():
    with pytest.raises(UsageError, match=r"the run takes rows of shape \(3,\), but the data have shape \(2,\)"):
        standardise(np.eye(3))(np.eye(2))


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
def test_unit_rows_have_a_root_mean_square_of_one_at_any_brightness(kind):
    rows = np.random.default_rng(0).integers(1, 100, (5, 1, 4, 4)).astype(kind)
    rows[3] = 0
    found = unit_rows(rows).transform(rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.square(found).mean((1, 2, 3)), [1, 1, 1, 0, 1], rtol=1e-6)
    np.testing.assert_allclose(found, unit_rows(rows).transform(rows.astype(np.float64) / 255), rtol=1e-5)

"""Standardising and scaling against plain numpy."""

import numpy as np
import pytest

from embedbench.data.prepare import scale, standardise


def test_standardise_uses_the_train_rows_only():
    rng = np.random.default_rng(0)
    train, other = rng.normal(5, 3, (40, 3)), rng.normal(-2, 9, (7, 3))
    encode = standardise(train)
    expected = (other - train.mean(0)) / train.std(0)
    np.testing.assert_allclose(encode(other), expected, rtol=1e-12)
    np.testing.assert_allclose(encode(train).std(0), 1, rtol=1e-12)


def test_a_constant_column_is_only_shifted():
    encode = standardise(np.array([[3.0, 1.0], [3.0, 2.0]]))
    assert encode(np.array([[5.0, 1.5]])).tolist() == [[2.0, 0.0]]


@pytest.mark.parametrize("largest", [1, 16, 255])
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
def test_scale_ends_exactly_at_one(largest, dtype):
    scaled = scale(largest)(None)(np.array([0, largest], dtype))
    assert scaled.dtype == np.float32
    assert scaled.tolist() == [0.0, 1.0]

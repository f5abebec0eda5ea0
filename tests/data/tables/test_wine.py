"""The wines as scikit-learn has them."""

import numpy as np
from sklearn.datasets import load_wine

from embedbench.data.tables.wine import Wine


def test_rows_shape_and_names():
    data = Wine()
    assert data.rows == {"train": 128, "val": 14, "test": 36}
    assert data.spec.shape == (13,)
    assert data.spec.classes == ("class_0", "class_1", "class_2")


def test_raw_rows_are_unchanged():
    source, raw = Wine().load(), load_wine()
    assert np.array_equal(source.x, raw.data)
    assert np.array_equal(source.label, raw.target)

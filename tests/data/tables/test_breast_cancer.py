"""The tumours as scikit-learn has them."""

import numpy as np
from sklearn.datasets import load_breast_cancer

from embedbench.data.tables.breast_cancer import BreastCancer


def test_rows_shape_and_names():
    data = BreastCancer()
    assert data.rows == {"train": 409, "val": 46, "test": 114}
    assert data.spec.shape == (30,)
    assert data.spec.classes == ("malignant", "benign")


def test_raw_rows_are_unchanged():
    source, raw = BreastCancer().load(), load_breast_cancer()
    assert np.array_equal(source.x, raw.data)
    assert np.array_equal(source.label, raw.target)

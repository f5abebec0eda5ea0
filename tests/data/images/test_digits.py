"""The digits as scikit-learn has them."""

import numpy as np
import torch
from sklearn.datasets import load_digits

from embedbench.data.images.digits import Digits
from embedbench.types import SPLITS


def test_all_images_are_there_and_in_zero_one():
    data, raw = Digits(), load_digits()
    assert data.rows == {"train": 1294, "val": 144, "test": 359}
    assert data.spec.shape == (1, 8, 8)
    assert data.spec.classes == tuple("0123456789")
    x = torch.cat([data.tensors(split)[0] for split in SPLITS])
    label = torch.cat([data.tensors(split)[1] for split in SPLITS])
    ours = np.column_stack([x.flatten(1).numpy() * 16, label])
    theirs = np.column_stack([raw.data, raw.target])
    assert np.array_equal(np.unique(ours, axis=0), np.unique(theirs, axis=0))
    assert (x.min(), x.max()) == (0, 1)

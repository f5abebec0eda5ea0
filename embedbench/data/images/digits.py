"""Handwritten digits, 8 by 8 pixels, that come with scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import scale


class Digits(EmbeddingDataModule):
    """1,797 grey images of the digits 0 to 9, ``(1, 8, 8)`` in [0, 1] (Alpaydin & Kaynak, 1998: UCI test part)."""

    def load(self) -> Source:
        """The images, whose pixels are whole numbers from 0 to 16."""
        raw = load_digits()
        x = raw.images.astype(np.uint8)[:, None]  # (rows, 1, 8, 8)
        names = tuple(str(name) for name in raw.target_names)
        return Source("image", x, raw.target.astype(np.int64), names, scale(16))

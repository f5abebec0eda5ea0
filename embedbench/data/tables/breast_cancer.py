"""Shapes of cell nuclei in breast tumours, that come with scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_breast_cancer

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import standardise


class BreastCancer(EmbeddingDataModule):
    """569 tumours, malignant or benign, 30 measurements each, standardised (Street et al., 1993)."""

    def load(self) -> Source:
        """The measurements in their own units."""
        raw = load_breast_cancer()
        names = tuple(str(name) for name in raw.target_names)
        return Source("tabular", raw.data, raw.target.astype(np.int64), names, standardise)

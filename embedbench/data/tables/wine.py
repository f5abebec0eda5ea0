"""Chemical analyses of wines, that come with scikit-learn."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_wine

from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.prepare import standardise


class Wine(EmbeddingDataModule):
    """178 wines of 3 cultivars, 13 measurements each, standardised (Forina et al., 1991)."""

    def load(self) -> Source:
        """The measurements in their own units."""
        raw = load_wine()
        names = tuple(str(name) for name in raw.target_names)
        return Source("tabular", raw.data, raw.target.astype(np.int64), names, standardise)

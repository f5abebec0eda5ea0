"""Single cells as AnnData: counts of 1,500 cells of four kinds and twelve donors, sparse, as a pipeline leaves them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

KINDS = np.array(["B cell", "NK cell", "T cell", "monocyte"])


def cells(path, rows=1_500, genes=200):
    """Writes an .h5ad file: X normalised and logarithmic, layer "counts", obsm "X_pca"; returns what was written."""
    from anndata import AnnData

    rng = np.random.default_rng(0)
    kind, donor = rng.choice(4, rows, p=[0.2, 0.1, 0.5, 0.2]), rng.choice(12, rows)
    programme, batch = rng.gamma(0.3, 0.6, (4, genes)), rng.lognormal(0, 0.2, (12, genes))
    mean = (0.1 + programme[kind]) * batch[donor] * rng.lognormal(0, 0.5, (rows, 1))
    counts = rng.poisson(mean).astype(np.float32)
    x = np.log1p(1e3 * counts / np.maximum(counts.sum(1, keepdims=True), 1)).astype(np.float32)
    u, s, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    obs = pd.DataFrame(
        {
            "cell_type": pd.Categorical(KINDS[kind]),
            "donor_id": pd.Categorical([f"D{number}" for number in donor]),
            "n_counts": counts.sum(1),
        },
        index=[f"cell-{number}" for number in range(rows)],
    )
    made = AnnData(
        csr_matrix(x),
        obs,
        pd.DataFrame(index=[f"GENE{number}" for number in range(genes)]),
        layers={"counts": csr_matrix(counts)},
        obsm={"X_pca": (u * s)[:, :10].astype(np.float32)},
    )
    made.write_h5ad(path, compression="gzip")
    return made

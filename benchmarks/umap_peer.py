"""The side of `neighbor_embedding.py` that runs in umap-learn's own environment.

python umap_peer.py ROWS.npz NEIGHBORS MIN_DIST SEED EMBEDDED.npz    (started by neighbor_embedding.py)
"""

import json
import sys
import time

import numpy as np
import umap


def main(rows, neighbors, min_dist, seed, output):
    """Fits the train rows and transforms the test rows, by one thread, as a seed asks for."""
    data = np.load(rows)
    settings = {"n_neighbors": int(neighbors), "min_dist": float(min_dist), "random_state": int(seed), "n_jobs": 1}
    umap.UMAP(**settings).fit(data["train"][:500]).transform(data["test"][:50])  # compiles
    clocks = [(time.perf_counter(), time.process_time())]
    model = umap.UMAP(**settings)
    train = model.fit_transform(data["train"])
    clocks.append((time.perf_counter(), time.process_time()))
    test = model.transform(data["test"])
    clocks.append((time.perf_counter(), time.process_time()))
    np.savez(output, train=train, test=test)
    spent = [
        {"seconds": stop[0] - start[0], "cpu_seconds": stop[1] - start[1]}
        for start, stop in zip(clocks, clocks[1:])  # noqa: B905, RUF007
    ]
    return {"version": umap.__version__, "fit": spent[0], "transform": spent[1]}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))

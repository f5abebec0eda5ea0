"""Rows retrieved among themselves, beside a plain loop over all rankings."""

import numpy as np
import pytest

from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Suite

MEASURES = ("recall@1", "recall@5", "recall@10", "precision@10", "map@r", "r_precision", "mrr", "ndcg@10")


def by_loop(z, label):
    """Every measure of every row among the others; of equally distant ones the irrelevant come first."""
    found = []
    for row in range(len(z)):
        others = np.delete(np.arange(len(z)), row)
        relevant = label[others] == label[row]
        distance = ((z[others] - z[row]) ** 2).sum(axis=1)
        hits = relevant[np.lexsort((relevant, distance))]
        total = hits.sum()
        if not total:
            found.append(np.zeros(len(MEASURES)))
            continue
        ranks = np.arange(1, len(hits) + 1)
        precision = hits.cumsum() / ranks
        gain = 1 / np.log2(ranks + 1)
        found.append(
            [
                *(hits[:k].any() for k in (1, 5, 10)),
                hits[:10].sum() / 10,
                (precision * hits)[:total].sum() / total,
                hits[:total].sum() / total,
                1 / (hits.argmax() + 1),
                (hits * gain)[:10].sum() / gain[: min(10, total)].sum(),
            ]
        )
    return np.array(found, float).mean(axis=0)


def scored(z, label, seed=0):
    """Of rows whose classes the gallery lacks."""
    gallery = np.random.default_rng(seed).normal(size=(60, z.shape[1]))
    rows = Rows(gallery, np.arange(60) % 3 + 1000), Rows(z, label)
    return Suite(neighbors=5, kmeans_restarts=2).assess(rows[0], {"test": rows[1]})["test"]


@pytest.mark.parametrize(
    ("n", "classes", "decimals"),
    [(120, 4, 9), (120, 40, 9), (90, 60, 9), (150, 5, 0), (12, 5, 9), (400, 130, 9)],
    ids=["few large classes", "many small", "some of one row", "many ties", "few rows", "first hits far down"],
)
def test_measures_equal_those_of_a_loop(n, classes, decimals):
    rng = np.random.default_rng(n + classes)
    z, label = rng.normal(size=(n, 3)).round(decimals), rng.integers(0, classes, n)
    found = scored(z, label).metrics
    np.testing.assert_allclose([found[f"retrieval/{name}"] for name in MEASURES], by_loop(z, label), atol=1e-9)


def test_a_row_is_never_found_by_itself():
    z = np.random.default_rng(0).normal(size=(100, 8))
    found = scored(z, np.repeat(np.arange(50), 2)).metrics
    assert found["retrieval/recall@1"] < 0.2
    gathered = scored(np.repeat(np.eye(25), 4, axis=0), np.repeat(np.arange(25), 4)).metrics
    assert gathered["retrieval/map@r"] == gathered["retrieval/mrr"] == 1


def test_probes_are_left_out_and_clusters_are_those_of_the_query():
    label = np.repeat(np.arange(4), 10)
    z = np.eye(4)[label] + 0.01 * np.random.default_rng(0).normal(size=(40, 4))
    found = scored(z, label)
    assert found.metrics["clustering/nmi"] == pytest.approx(1)
    assert {name.partition("/")[0] for name in found.metrics} == {"clustering", "latent", "retrieval", "separation"}
    (note,) = (note for note in found.notes if "none of" in note)
    assert note.startswith("test: none of the 4 classes is in the gallery: rows are retrieved, and k-means is fitted,")
    assert "probes, which learn the gallery's classes, are left out" in note

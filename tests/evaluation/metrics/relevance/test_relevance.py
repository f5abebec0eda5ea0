"""The measures of TREC against pytrec_eval, and ties by a plain loop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import pytrec_eval

from embedbench.evaluation.given.qrels import Judgements
from embedbench.evaluation.metrics.relevance import ranks as engine
from embedbench.evaluation.metrics.relevance.ranks import judged_ranks
from embedbench.evaluation.metrics.relevance.relevance import relevance
from embedbench.evaluation.space import EmbeddingSpace

PEERS = {"map": "map", "mrr": "recip_rank", "ndcg@10": "ndcg_cut_10", "ndcg@100": "ndcg_cut_100"} | {
    f"recall@{k}": f"recall_{k}" for k in (1, 5, 10, 100)
}


def judged(rng, queries, documents, each=8, grades=4):
    pairs = [(q, d) for q in range(queries) for d in np.sort(rng.choice(documents, each, replace=False))]
    grade = rng.integers(0, grades, len(pairs))
    grade[::each] = 1  # one relevant at least
    query, document = np.array(pairs).T
    return Judgements(query, document, grade)


def with_judgements(make_space, gallery, query, judgements, distance="euclidean"):
    space = make_space((gallery, None), (query, None), distance=distance)
    return EmbeddingSpace(space.gallery, replace(space.query, judgements=judgements), space.protocol)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_equals_pytrec_eval(make_space, seed, distance, offset, monkeypatch):
    monkeypatch.setattr(engine, "_BLOCK", 4000)  # several blocks of queries
    rng = np.random.default_rng(seed)
    gallery, query = rng.normal(size=(400, 6)) + offset, rng.normal(size=(30, 6)) + offset
    judgements = judged(rng, 30, 400)
    found = relevance.compute(with_judgements(make_space, gallery, query, judgements, distance))
    if distance == "cosine":
        gallery, query = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (gallery, query))
    order = (((query[:, None] - gallery) ** 2).sum(axis=2)).argsort(axis=1).argsort(axis=1)
    run = {f"q{q}": {f"d{d}": float(-order[q, d]) for d in range(400)} for q in range(30)}
    qrels: dict = {f"q{q}": {} for q in range(30)}
    for q, d, grade in zip(*map(np.ndarray.tolist, judgements), strict=True):
        qrels[f"q{q}"][f"d{d}"] = grade
    theirs = pytrec_eval.RelevanceEvaluator(qrels, {"map", "recip_rank", "ndcg_cut.10,100", "recall.1,5,10,100"})
    scores = theirs.evaluate(run)
    assert found.keys() == PEERS.keys()
    for name, peer in PEERS.items():
        np.testing.assert_allclose(found[name], [scores[f"q{q}"][peer] for q in range(30)], atol=1e-6, err_msg=name)


@pytest.mark.parametrize("scale", [1.0, 1 / 3, 1e-30])
def test_of_equally_distant_rows_the_lower_grades_come_first(make_space, scale):
    rng = np.random.default_rng(0)
    gallery, query = rng.integers(0, 3, (200, 3)) * scale, rng.integers(0, 3, (20, 3)) * scale
    judgements = judged(rng, 20, 200)
    found = judged_ranks(with_judgements(make_space, gallery, query, judgements), judgements)
    for row in range(20):
        own = judgements.query == row
        grade = np.zeros(200, int)
        grade[judgements.document[own]] = judgements.grade[own]
        distance = np.rint((((gallery - query[row]) / scale) ** 2).sum(axis=1))
        order = np.lexsort((np.arange(200), grade, distance))
        assert found[own].tolist() == (order.argsort() + 1)[judgements.document[own]].tolist()


def test_near_rows_far_from_the_rest_are_told_apart(make_space):
    """By products of float64 alone, the order of these would be noise."""
    away = np.array([[1e9, 1e9]])
    gallery = np.repeat(away, 53, axis=0)
    gallery[:50] = np.arange(50)[:, None]
    gallery[50:, 1] += [3e-6, 1e-6, 2e-6]
    judgements = Judgements(np.zeros(3, int), np.array([50, 51, 52]), np.array([1, 1, 1]))
    found = judged_ranks(with_judgements(make_space, gallery, away, judgements), judgements)
    assert found.tolist() == [3, 1, 2]


def test_without_judgements_it_is_left_out(make_space):
    assert relevance(make_space((np.eye(5), None), (np.eye(5), None))) == {}

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group
from sklearn.metrics import ndcg_score

from embedbench.evaluation.metrics.retrieval import retrieval as module
from embedbench.evaluation.metrics.retrieval.retrieval import retrieval
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery, Rows

PROTOCOL = EvaluationSettings(5, 1, 0)


def _loop(z_gallery, y_gallery, z_query, y_query):
    """Every measure by its definition, in float64 and over a whole sorted ranking; ties go to the irrelevant row."""
    rows = []
    for z, label in zip(z_query.astype(float), y_query, strict=True):
        same = y_gallery == label
        hit = same[np.lexsort((same, ((z_gallery.astype(float) - z) ** 2).sum(1)))]
        total = int(hit.sum())
        if total == 0:
            rows.append([0.0] * 8)
            continue
        precision = [hit[: i + 1].sum() / (i + 1) for i in range(total)]
        dcg = sum(1 / np.log2(i + 2) for i in range(min(10, len(hit))) if hit[i])
        ideal = sum(1 / np.log2(i + 2) for i in range(min(10, total)))
        recall = [float(hit[:k].any()) for k in (1, 5, 10)]
        map_r = sum(p for p, h in zip(precision, hit, strict=False) if h) / total
        first = 1 / (1 + hit.argmax())
        rows.append([*recall, hit[:10].sum() / 10, map_r, precision[-1], first, dcg / ideal])
    names = ["recall@1", "recall@5", "recall@10", "precision@10", "map@r", "r_precision", "mrr", "ndcg@10"]
    return dict(zip(names, np.mean(rows, axis=0), strict=True))


def test_equals_a_plain_loop(make_space, pair):
    assert retrieval(make_space(*pair)) == pytest.approx(_loop(*pair[0], *pair[1]), abs=1e-5)


def test_equals_pytorch_metric_learning(make_space, untied_digits):
    calculator_module = pytest.importorskip("pytorch_metric_learning.utils.accuracy_calculator")
    torch = pytest.importorskip("torch")
    names = ("mean_average_precision_at_r", "r_precision", "precision_at_1", "mean_reciprocal_rank")
    calculator = calculator_module.AccuracyCalculator(names, k="max_bin_count", device=torch.device("cpu"))
    (z_gallery, y_gallery), (z_query, y_query) = untied_digits
    theirs = calculator.get_accuracy(*map(torch.from_numpy, (z_query, y_query, z_gallery, y_gallery)))
    ours = retrieval(make_space(*untied_digits))
    found = [ours[name] for name in ("map@r", "r_precision", "recall@1", "mrr")]
    assert found == pytest.approx([theirs[name] for name in names], abs=1e-5)


def test_ndcg_equals_scikit_learn(make_space, untied_digits):
    (z_gallery, y_gallery), (z_query, y_query) = untied_digits
    distance = cdist(z_query.astype(float), z_gallery.astype(float))
    theirs = ndcg_score(y_query[:, None] == y_gallery[None], -distance, k=10, ignore_ties=True)
    assert retrieval(make_space(*untied_digits))["ndcg@10"] == pytest.approx(theirs, abs=1e-5)


def test_a_large_gallery_is_read_in_blocks(make_space, random_pair, monkeypatch):
    plain = retrieval(make_space(*random_pair))
    monkeypatch.setattr(module, "_BLOCK", 100)
    large = make_space(*random_pair)
    assert retrieval(large) == pytest.approx(plain, abs=1e-9)
    assert not large.gallery.of_points.made("points")  # which would be a copy beside the one that retrieval makes


def test_by_hand():
    gallery = Rows([[1.0], [2.0], [3.0], [4.0]], [1, 0, 1, 0])
    found = retrieval(EmbeddingSpace(Gallery(gallery), Rows([[0.0], [0.0]], [0, 7]), PROTOCOL))
    dcg = (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3))
    one = {"recall@1": 0, "recall@5": 1, "recall@10": 1, "precision@10": 0.2, "map@r": 0.25, "r_precision": 0.5}
    # The second query's class is missing from the gallery: it counts 0, so each mean is half of the first query's.
    assert found == pytest.approx({name: value / 2 for name, value in {**one, "mrr": 0.5, "ndcg@10": dcg}.items()})


def test_ties_are_never_flattering(make_space):
    z = np.zeros((20, 3))
    found = retrieval(make_space((z, [0] * 19 + [1]), (z[:1], [1])))
    assert found == {**dict.fromkeys(found, 0.0), "mrr": 1 / 20}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(2, 6), shift=st.floats(-100, 100))
def test_turning_moving_and_shuffling_change_nothing(seed, dim, shift):
    rng = np.random.default_rng(seed)
    z, label = rng.normal(size=(90, dim)), rng.integers(0, 4, 90)
    turned = z @ ortho_group.rvs(dim, random_state=seed % 1000) + shift
    order, queries = rng.permutation(60), 60 + rng.permutation(30)
    plain = retrieval(EmbeddingSpace(Gallery(Rows(z[:60], label[:60])), Rows(z[60:], label[60:]), PROTOCOL))
    moved = Rows(turned[order], label[order]), Rows(turned[queries], label[queries])
    found = retrieval(EmbeddingSpace(Gallery(moved[0]), moved[1], PROTOCOL))
    assert found == pytest.approx(plain, abs=1e-9)
    assert all(0 <= value <= 1 for value in plain.values())

"""Spaces to score: random, of whole numbers (exact distances, many ties), and real."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery, Rows


@pytest.fixture(scope="session")
def make_space():
    def make(gallery, query, *, distance="euclidean", neighbors=5, restarts=3, seed=0):
        """A space of two pairs of vectors and labels."""
        return EmbeddingSpace(
            Gallery(Rows(*gallery), distance), Rows(*query), EvaluationSettings(neighbors, restarts, seed)
        )

    return make


def _random(kind, seed=0, n_gallery=300, n_query=80, dim=6, classes=4):
    """Class 4 is in the gallery once, class 5 only in the query; some rows occur twice."""
    rng = np.random.default_rng(seed)
    z = (
        rng.normal(size=(n_gallery + n_query, dim))
        if kind == "random"
        else rng.integers(0, 3, (n_gallery + n_query, dim))
    )
    label = rng.integers(0, classes, n_gallery + n_query)
    z = z + (label % 2)[:, None]
    z[10:20] = z[:10]
    label[5], label[n_gallery], label[n_gallery + 1 : n_gallery + 4] = classes, classes, classes + 1
    z = z.astype(np.float32)
    return (z[:n_gallery], label[:n_gallery]), (z[n_gallery:], label[n_gallery:])


@pytest.fixture(scope="session")
def digits():
    """Raw pixels, 1,347 gallery and 450 query rows."""
    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, random_state=0)
    return (x_train.astype(np.float32), y_train), (x_test.astype(np.float32), y_test)


@pytest.fixture(scope="session")
def untied_digits(digits):
    """Digits turned at random, so that no two distances are equal: for peers that leave ties to chance."""
    turn = np.random.default_rng(0).normal(size=(64, 32)) / 8
    return tuple(((z @ turn).astype(np.float32), label) for z, label in digits)


@pytest.fixture(scope="session", params=["random", "ties", "digits"])
def pair(request, digits):
    """Gallery and query, each vectors and labels."""
    return digits if request.param == "digits" else _random(request.param)


@pytest.fixture(scope="session")
def random_pair():
    return _random("random")

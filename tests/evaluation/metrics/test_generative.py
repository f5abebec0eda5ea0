"""Means of what a model says of the rows, and what follows from them."""

import math

import numpy as np
import pytest

from embedbench.evaluation.metrics.generative import active_units, generative
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery, Rows

NATS = {
    "elbo": np.array([-100.0, -102.0]),
    "reconstruction": np.array([-90.0, -90.0]),
    "kl": np.array([10.0, 12.0]),
    "log_likelihood": np.array([-99.0, -99.0]),
}
Z = np.array([[0.0, 1.0, 3.0], [0.3, 1.0, 3.1]], np.float32)


def scored(**arguments):
    return generative(EmbeddingSpace(Gallery(Rows(Z)), Rows(Z, **arguments), EvaluationSettings(1, 1, 0)))


def test_means_over_rows_in_nats():
    found = scored(scores={"generative": NATS})
    middle = {"log_likelihood_median": -99, "log_likelihood_tail": 0}
    assert found == {"elbo": -101, "reconstruction": -90, "kl": 11, "log_likelihood": -99, "active_units": 1, **middle}


def test_images_are_also_scored_in_bits_a_dimension():
    found = scored(scores={"generative": NATS}, pixels=10)
    bits = {name: value for name, value in found.items() if name.endswith("_bits_per_dim")}
    unit = 10 * math.log(2)
    assert bits == pytest.approx(
        {
            "elbo_bits_per_dim": 101 / unit,
            "reconstruction_bits_per_dim": 90 / unit,
            "kl_bits_per_dim": 11 / unit,
            "log_likelihood_bits_per_dim": 99 / unit,
        }
    )
    assert bits["elbo_bits_per_dim"] == pytest.approx(bits["reconstruction_bits_per_dim"] + bits["kl_bits_per_dim"])


def of_rows(log_likelihood):
    z = np.arange(len(log_likelihood), dtype=np.float32)[:, None]
    rows = Rows(z, scores={"generative": {"log_likelihood": np.array(log_likelihood, float)}})
    return generative(EmbeddingSpace(Gallery(rows), rows, EvaluationSettings(1, 1, 0)))


def test_median_and_tail_by_hand():
    """Of 5 rows one is the 1 %, rounded up; the furthest above is none of the tail."""
    found = of_rows([-10, -12, -11, -1000, -1])
    assert (found["log_likelihood_median"], found["log_likelihood_tail"]) == (-11, 989 / (1 + 1 + 0 + 989 + 10))


def test_the_tail_tells_few_rows_from_many():
    """Normal rows: the lowest 1 % have a mean of 2.665 sd, all .798 in absolute value (their expectations)."""
    nats = np.random.default_rng(0).normal(-100, 10, 50_000)
    assert of_rows(nats)["log_likelihood_tail"] == pytest.approx(0.01 * 2.665 / 0.798, abs=0.001)
    nats[:25] -= 1e6
    assert of_rows(nats)["log_likelihood_tail"] > 0.98


def test_gap_is_reported_where_the_model_gives_it():
    assert scored(scores={"generative": {**NATS, "gap": np.array([0.5, 1.5])}})["gap"] == 1


def test_nothing_is_said_of_a_model_that_is_not_generative():
    assert scored(pixels=10) == {}


def test_directions():
    assert {name: measure.better for name, measure in generative.measures.items()} == {
        **dict.fromkeys(("elbo", "reconstruction", "log_likelihood", "log_likelihood_median"), "higher"),
        **dict.fromkeys(("kl", "active_units", "kl_bits_per_dim", "log_likelihood_tail"), "none"),
        **dict.fromkeys(("gap", "elbo_bits_per_dim", "reconstruction_bits_per_dim"), "lower"),
        "log_likelihood_bits_per_dim": "lower",
    }


def test_active_units_are_counted_by_their_variance():
    """Variance 0.01 is the border (Burda et al., 2016): sd 0.099 is passive, 0.101 active."""
    sign = np.array([[-1.0], [1.0]], np.float32)
    assert active_units(sign * np.array([0.099, 0.101, 5, 0], np.float32)) == 2

"""The gap against scikit-learn's mutual information, DCI against matrices worked by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from embedbench.evaluation.metrics.disentanglement import (
    dci,
    disentanglement,
    mutual_information,
    mutual_information_gap,
)
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery, Rows


def factors(rows=2000, seed=0):
    return np.random.default_rng(seed).integers(0, [3, 6, 8], (rows, 3))


def scored(z, known):
    half = len(z) // 2
    gallery, query = (
        Rows(z[:half], factors=known[:half]),
        Rows(z[half:], factors=known[half:]),
    )
    return disentanglement(EmbeddingSpace(Gallery(gallery), query, EvaluationSettings(1, 1, 0)))


def test_one_coordinate_a_factor_is_perfect():
    known = factors()
    z = np.stack([-2.0 * known[:, 2], known[:, 0] + 5, np.zeros(len(known)), 0.1 * known[:, 1]], 1)
    found = scored(z.astype(np.float32), known)
    assert found["mig"] == pytest.approx(1, abs=0.01)  # chance makes factors depend a little
    assert found["dci_informativeness"] == 1
    assert found["dci"] > 0.85  # a forest of bounded depth also splits by what is left over
    assert found["dci_completeness"] > 0.85


def test_mixed_coordinates_score_lower():
    known = factors()
    turned, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    z = ((known - known.mean(0)) / known.std(0)).astype(np.float32)
    straight, mixed = scored(z, known), scored((z @ turned).astype(np.float32), known)
    for name in ("mig", "dci", "dci_completeness"):
        assert mixed[name] < straight[name] - 0.3


def test_noise_knows_nothing():
    known = factors()
    found = scored(np.random.default_rng(5).normal(size=(2000, 4)).astype(np.float32), known)
    assert found["mig"] < 0.02
    assert found["dci"] < 0.1
    assert found["dci_informativeness"] == pytest.approx((1 / 3 + 1 / 6 + 1 / 8) / 3, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 9999), rows=st.integers(20, 200), dim=st.integers(1, 4))
def test_gap_equals_scikit_learns_mutual_information(seed, rows, dim):
    rng = np.random.default_rng(seed)
    known = np.concatenate([rng.integers(0, 4, (rows, 2)), [[0, 0], [1, 1]]])
    z = (rng.normal(size=(rows + 2, dim)) + known[:, :1]).astype(np.float32)
    gaps = []
    for factor in known.T:
        shared = []
        for column in z.T.astype(float):
            edges = np.linspace(column.min(), column.max(), 21)
            shared.append(mutual_info_score(factor, np.digitize(column, edges[1:-1])))
        shared = sorted([*shared, 0.0])
        gaps.append((shared[-1] - shared[-2]) / mutual_info_score(factor, factor))
    found = mutual_information_gap(z, known)
    assert found == pytest.approx(np.mean(gaps), abs=1e-9)
    assert 0 <= found <= 1
    order = rng.permutation(dim)
    assert mutual_information_gap(-3 * z[:, order], known[:, ::-1]) == pytest.approx(found, abs=1e-2)  # bins' open ends


def test_information_of_a_column_with_itself_is_its_entropy():
    column = np.array([0, 0, 1, 3])
    assert mutual_information(column, column) == pytest.approx(1.5 * math.log(2))


def test_dci_of_matrices_worked_by_hand():
    assert dci(np.eye(3)) == pytest.approx((1, 1))
    assert dci(np.ones((2, 3))) == pytest.approx((0, 0))
    # Coordinate 0 serves both factors evenly and has half of the importance; coordinates 1 and 2 serve one each.
    separate, complete = dci(np.array([[0.5, 0.5], [0.5, 0.0], [0.0, 0.5]]))
    assert separate == pytest.approx(0.5)
    assert complete == pytest.approx(1 - math.log(2) / math.log(3))
    assert dci(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])) == pytest.approx((1, 1))  # an idle one costs nothing


def test_factors_of_one_value_are_left_out():
    known = factors()
    z = known.astype(np.float32)
    known = np.concatenate([known, np.zeros((len(known), 1), np.int64)], 1)
    assert scored(z, known)["mig"] == pytest.approx(1, abs=0.01)
    assert scored(z, known * 0) == {}


def test_rows_without_factors_have_no_score():
    z = np.zeros((4, 2), np.float32)
    space = EmbeddingSpace(Gallery(Rows(z)), Rows(z, factors=np.zeros((4, 1))), EvaluationSettings(1, 1, 0))
    assert disentanglement(space) == {}

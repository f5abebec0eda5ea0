"""Path lengths against scikit-learn's Isomap and a plain search; what becomes of a graph in parts."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_swiss_roll
from sklearn.manifold import Isomap
from sklearn.preprocessing import StandardScaler

from embedbench.neighbors.geodesic import extended, from_landmarks, neighbor_graph


def swiss_roll():
    return make_swiss_roll(400, random_state=0)[0].astype(np.float32)


def digits():
    """Standardised, so that no row has two equally distant neighbours of which either may be the k-th."""
    return StandardScaler().fit_transform(load_digits().data[:600]).astype(np.float32)


def far_groups():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(90, 3)) + np.repeat([[0, 0, 0], [40, 0, 0], [0, 70, 9]], 30, axis=0)).astype(np.float32)


def isomap(points, k):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts
        return Isomap(n_neighbors=k).fit(points.astype(np.float64))


@pytest.mark.parametrize(
    ("make", "k", "parts"), [(swiss_roll, 6, 1), (swiss_roll, 3, 4), (digits, 5, 1), (far_groups, 4, 3)]
)
def test_equal_to_isomap_from_all_rows(make, k, parts):
    points = make()
    graph = neighbor_graph(points, k)
    table = from_landmarks(graph, np.arange(len(points)))
    assert graph.parts == parts
    assert table.dtype == np.float32
    assert np.abs(table - isomap(points, k).dist_matrix_).max() < 1e-5


def test_landmarks_are_columns():
    points, marks = swiss_roll(), np.array([7, 3, 399])
    graph = neighbor_graph(points, 6)
    np.testing.assert_array_equal(from_landmarks(graph, marks), from_landmarks(graph, np.arange(400))[:, marks])


def test_rows_outside_go_by_their_nearest_rows():
    points = swiss_roll()
    inside, outside, marks = points[:360], points[360:], np.arange(0, 360, 7)
    table = from_landmarks(neighbor_graph(inside, 6), marks)
    direct = np.linalg.norm(outside[:, None].astype(np.float64) - inside, axis=2)
    nearest = direct.argsort(1)[:, :6]
    wanted = [(row[near, None] + table[near]).min(0) for row, near in zip(direct, nearest, strict=True)]
    assert extended(table, inside, outside, 6) == pytest.approx(np.array(wanted), rel=1e-5)


def test_equal_rows_are_at_no_distance():
    points = np.repeat(swiss_roll()[:50], 2, axis=0)
    table = from_landmarks(neighbor_graph(points, 4), np.arange(100))
    assert (table[np.arange(0, 100, 2), np.arange(1, 100, 2)] == 0).all()
    assert np.isfinite(table).all()


def test_path_around_a_gap_is_longer_than_the_way_across():
    """Rows on an open ring: its ends are near each other, but not along it."""
    angle = np.linspace(0.2, 2 * np.pi - 0.2, 100)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    found = float(from_landmarks(neighbor_graph(ring, 2), np.array([0]))[-1, 0])
    assert found == pytest.approx(2 * np.pi - 0.4, rel=1e-3)

"""The graph of neighbours that models learn from, and what is said of its parts."""

import numpy as np
import pytest

from embedbench.functional.fuzzy_graph import apart, fuzzy_union, memberships
from embedbench.paradigms.row_graph import row_graph


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(80, 3)).astype(np.float32)


def test_graph_is_that_of_the_nearest_rows_of_a_loop(rows):
    near = np.linalg.norm(rows[:, None] - rows, axis=2).argsort(1)[:, :7]
    found, notes = row_graph(rows, 7, "train rows")
    wanted = fuzzy_union(near, memberships(apart(rows, rows, near)))
    np.testing.assert_allclose(found.toarray(), wanted.toarray(), atol=1e-6)
    assert not notes


def test_parts_are_counted_and_left(rows):
    rows[40:] += 1000
    found, (note,) = row_graph(rows, 5, "latents")
    assert note.startswith("the graph of the 5 nearest neighbours of 80 latents falls into 2 parts, which were left so")
    assert not found[:40, 40:].nnz

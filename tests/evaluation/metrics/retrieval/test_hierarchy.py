"""Heights of lowest common ancestors, against a walk up a tree of names."""

import numpy as np
import pytest

from embedbench.evaluation.metrics.retrieval.hierarchy import heights, hierarchy
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.space import EmbeddingSpace, EvaluationSettings, Gallery
from embedbench.types import FurtherLabel

PARENT = {**{f"s{n}": f"g{n // 2}" for n in range(8)}, **{f"g{n}": f"f{n // 2}" for n in range(4)}, "f0": "", "f1": ""}
SETTINGS = EvaluationSettings(5, 1, 0)


def chain(name):
    found = [name]
    while found[-1]:
        found.append(PARENT[found[-1]])
    return found


def height(one, other):
    """Steps from a leaf up to the lowest common ancestor of two, by names; the root is called nothing."""
    return next(step for step, name in enumerate(chain(one)) if name in chain(other))


def rows(z, species, *, gaps=()):
    """Rows with a genus and a family above their species, in no order, some genera unknown."""
    genus, family = species // 2, species // 4
    genus = np.where(np.isin(np.arange(len(z)), gaps), -1, genus)
    further = {"family": FurtherLabel(family, ("f0", "f1"), 2), "genus": FurtherLabel(genus, tuple("abcd"), 1)}
    return Rows(z, species, further={**further, "other": FurtherLabel(species % 2, ("x", "y"))})


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    species = rng.integers(0, 8, 90)
    z = rng.normal(size=(90, 3)) + species[:, None] // 2
    return (z[:60], species[:60]), (z[60:], species[60:])


def test_a_loop_up_the_tree_gives_the_same(pair):
    (z, species), (z_query, asked) = pair
    found = hierarchy.compute(EmbeddingSpace(Gallery(rows(z, species)), rows(z_query, asked), SETTINGS))
    nearest = [int(np.argmin(((z - one) ** 2).sum(1))) for one in z_query]
    expected = [height(f"s{own}", f"s{species[place]}") for own, place in zip(asked, nearest, strict=True)]
    assert set(expected) == {0, 1, 2, 3}
    np.testing.assert_array_equal(found["lca_height@1"], expected)


def test_an_unknown_level_is_shared_with_nobody(pair):
    (z, species), (z_query, asked) = pair
    full = hierarchy.compute(EmbeddingSpace(Gallery(rows(z, species)), rows(z_query, asked), SETTINGS))["lca_height@1"]
    gaps = range(0, 30, 2)
    space = EmbeddingSpace(Gallery(rows(z, species)), rows(z_query, asked, gaps=gaps), SETTINGS)
    found = hierarchy.compute(space)["lca_height@1"]
    expected = np.where(np.isin(np.arange(30), gaps) & (full == 1), 2, full)
    assert (expected != full).any()
    np.testing.assert_array_equal(found, expected)


def test_rows_among_themselves_find_another(pair):
    _, (z, species) = pair
    z[3] = z[7]  # a copy, which is found
    query = rows(z, species)
    found = hierarchy.compute(EmbeddingSpace(Gallery(query), query, SETTINGS, among_queries=True))["lca_height@1"]
    apart = ((z[:, None] - z) ** 2).sum(2) + np.diag(np.full(30, np.inf))
    expected = [height(f"s{own}", f"s{species[place]}") for own, place in zip(species, apart.argmin(1), strict=True)]
    np.testing.assert_array_equal(found, expected)


def test_without_levels_there_is_none(pair):
    gallery, query = (Rows(*one) for one in pair)
    assert hierarchy.compute(EmbeddingSpace(Gallery(gallery), query, SETTINGS)) == {}


def test_heights_by_hand():
    one, other = np.array([[1, 0, 0], [1, -1, 0], [1, 0, 0]]), np.array([[1, 0, 0], [2, -1, 0], [3, 1, 1]])
    assert heights(one, other).tolist() == [0, 2, 3]

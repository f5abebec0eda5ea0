"""Trees against Prim's algorithm and persistence by merging; what leaves the topological term at 0."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.paradigms.relational.spanning_tree import spanning_tree, topological_errors


def rows(seed, n=20, dim=3):
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def deaths(distance):
    """Death times of components: thresholds at which two of them merge, by looking at all pairs in order."""
    component = list(range(len(distance)))
    pairs = sorted((float(distance[i, j]), i, j) for i in range(len(distance)) for j in range(i))
    found = []
    for length, i, j in pairs:
        if component[i] != component[j]:
            gone, found = component[i], [*found, length]
            component = [component[j] if c == gone else c for c in component]
    return found


def prim(distance):
    """Pairs of the tree that grows from row 0 by the nearest row outside."""
    inside, found = [0], []
    while len(inside) < len(distance):
        outside = [j for j in range(len(distance)) if j not in inside]
        i, j = min(((i, j) for i in inside for j in outside), key=lambda pair: float(distance[pair]))
        inside.append(j)
        found.append((min(i, j), max(i, j)))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_tree_is_prims_and_its_lengths_are_death_times(seed):
    distance = torch.cdist(rows(seed), rows(seed))
    one, other = spanning_tree(distance)
    pairs = [(min(i, j), max(i, j)) for i, j in zip(one.tolist(), other.tolist(), strict=True)]
    assert sorted(pairs) == sorted(prim(distance))
    assert distance[one, other].sort().values.tolist() == pytest.approx(deaths(distance), abs=1e-12)


def test_equal_rows_are_joined_by_edges_of_length_zero():
    distance = torch.cdist(rows(0)[torch.arange(20) // 4], rows(0)[torch.arange(20) // 4])
    one, other = spanning_tree(distance)
    assert len(one) == 19
    assert int((distance[one, other] == 0).sum()) == 15
    assert spanning_tree(torch.zeros(4, 4)).shape == (2, 3)


def test_a_single_row_has_no_edge():
    assert spanning_tree(torch.zeros(1, 1)).shape == (2, 0)
    assert [float(error) for error in topological_errors(torch.zeros(1, 1), torch.zeros(1, 1))] == [0, 0]


def test_three_rows_by_hand():
    """On a line at 0, 1 and 3, mapped to 0, 2 and 3: trees 0-1-2 with lengths 1, 2 and 2, 1."""
    x, z = torch.tensor([[0.0], [1], [3]]), torch.tensor([[0.0], [2], [3]])
    there, back = topological_errors(torch.cdist(x, x), torch.cdist(z, z))
    assert float(there) == pytest.approx((1 + 1) / 2 / 3)
    assert float(back) == pytest.approx((1 + 1) / 2 / 3)


@pytest.mark.parametrize("seed", range(3))
def test_term_equals_a_plain_computation(seed):
    d_in, d_out = (torch.cdist(z, z) for z in (rows(seed), rows(seed + 50, dim=2)))
    there, back = topological_errors(d_in, d_out)
    for found, tree in ((there, prim(d_in)), (back, prim(d_out))):
        assert float(found) == pytest.approx(sum(float(d_in[p] - d_out[p]) ** 2 for p in tree) / 40, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_an_isometry_costs_nothing_and_the_order_of_rows_does_not_matter(seed):
    x = rows(seed)
    turn = torch.from_numpy(np.linalg.qr(rows(seed + 1, 3, 3).numpy())[0])
    moved = x @ turn + 7
    assert sum(map(float, topological_errors(torch.cdist(x, x), torch.cdist(moved, moved)))) < 1e-20
    z, order = rows(seed + 2, dim=2), torch.randperm(20, generator=torch.Generator().manual_seed(seed))
    whole = topological_errors(torch.cdist(x, x), torch.cdist(z, z))
    again = topological_errors(torch.cdist(x[order], x[order]), torch.cdist(z[order], z[order]))
    assert [*map(float, again)] == pytest.approx([*map(float, whole)], rel=1e-9)
    there, back = topological_errors(torch.cdist(z, z), torch.cdist(x, x))  # the directions change places
    assert (float(back), float(there)) == pytest.approx([*map(float, whole)], rel=1e-9)


def test_gradient_flows_through_the_chosen_distances_alone():
    d_in, d_out = (torch.cdist(z, z) for z in (rows(0), rows(1)))
    d_out.requires_grad_()
    sum(topological_errors(d_in, d_out)).backward()
    chosen = torch.zeros_like(d_out, dtype=torch.bool)
    for tree in (spanning_tree(d_in), spanning_tree(d_out)):
        chosen[tree[0], tree[1]] = True
    assert torch.equal(d_out.grad != 0, chosen)

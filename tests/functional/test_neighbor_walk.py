"""Walks follow the neighbours, by chance."""

import numpy as np
import torch

from embedbench.functional.neighbor_walk import walk


def test_a_ring_is_walked_around():
    ring = ((torch.arange(7) + 1) % 7)[:, None]  # the only neighbour is the next row
    assert walk(ring, torch.tensor([0, 5, 6]), 3).tolist() == [3, 1, 2]


def test_ends_are_as_likely_as_by_the_chain_of_markov():
    torch.manual_seed(0)
    near = torch.tensor([[1, 2], [0, 2], [3, 3], [0, 1]])
    chain = np.zeros((4, 4))
    for row, ends in enumerate(near.tolist()):
        for end in ends:
            chain[row, end] += 0.5
    found = walk(near, torch.zeros(40_000, dtype=torch.int64), 3).bincount(minlength=4) / 40_000
    np.testing.assert_allclose(found, np.linalg.matrix_power(chain, 3)[0], atol=0.01)

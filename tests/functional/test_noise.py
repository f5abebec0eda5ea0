"""Noise by row: normal, independent, and the same whatever surrounds it."""

import numpy as np
import pytest
import torch
from scipy import stats

from embedbench.functional.noise import row_noise, row_uniform


def test_a_row_has_its_noise_in_any_batch_and_any_chunk_of_draws():
    index = torch.tensor([5, 3, 900_000_000_000])
    whole = row_noise(index, range(7), 4, seed=1)
    assert whole.shape == (7, 3, 4)
    assert torch.equal(row_noise(index[[2, 0]], range(2, 5), 4, seed=1), whole[2:5, [2, 0]])
    assert not torch.equal(row_noise(index, range(7), 4, seed=2), whole)


def deviation(noise, law):
    """Kolmogorov's statistic times the root of the draws: above 1.95 in one of 1,000 right sets of any size."""
    return float(stats.kstest(noise.ravel(), law).statistic) * noise.size**0.5


def test_it_is_standard_normal():
    noise = row_noise(torch.arange(200), range(100), 20, seed=0).numpy()
    assert deviation(noise, "norm") < 1.95
    assert abs(noise).max() < 7


def test_it_is_uniform_before_and_more_coordinates_change_none_of_the_first():
    index = torch.arange(400)
    noise = row_uniform(index, range(1), 30, seed=0)
    assert deviation(noise.numpy(), "uniform") < 1.95
    assert torch.equal(row_uniform(index, range(1), 50, seed=0)[:, :, :30], noise)
    torch.testing.assert_close(torch.special.ndtri(noise), row_noise(index, range(1), 30, seed=0), rtol=0, atol=0)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_neighbours_along_each_axis_are_uncorrelated(axis):
    noise = np.moveaxis(row_noise(torch.arange(200), range(100), 20, seed=3).numpy(), axis, 0)
    first, second = noise[:-1].ravel(), noise[1:].ravel()
    assert abs(np.corrcoef(first, second)[0, 1]) < 3 / len(first) ** 0.5
    assert abs(np.corrcoef(first**2, second**2)[0, 1]) < 3 / len(first) ** 0.5


def test_neighbouring_seeds_are_uncorrelated():
    one, other = (row_noise(torch.arange(500), range(50), 8, seed=seed).flatten() for seed in (0, 1))
    assert abs(float(torch.corrcoef(torch.stack([one, other]))[0, 1])) < 3 / len(one) ** 0.5

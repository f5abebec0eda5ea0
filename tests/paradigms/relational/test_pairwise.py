import pytest
import torch
from scipy.spatial.distance import cdist

from embedbench.paradigms.relational.pairwise import distances


@pytest.mark.parametrize("kind", ["euclidean", "cosine"])
def test_equals_scipy_whatever_the_shape_of_a_row(kind):
    torch.manual_seed(0)
    x, others = torch.randn(40, 2, 3, 4), torch.randn(30, 2, 3, 4)
    wanted = cdist(x.flatten(1), others.flatten(1), kind)
    assert distances(x, others, kind).numpy() == pytest.approx(wanted, abs=1e-5)


def test_a_row_of_zeros_is_at_a_right_angle_to_all():
    assert distances(torch.zeros(1, 3), torch.tensor([[1.0, 2, 3], [0, 0, 0]]), "cosine").tolist() == [[1, 1]]


def test_no_distance_is_below_zero():
    x = torch.rand(50, 7)
    assert float(distances(x, x * 3, "cosine").min()) >= 0

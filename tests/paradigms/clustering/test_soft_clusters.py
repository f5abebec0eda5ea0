"""Soft assignments by hand, and the repair of empty clusters."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.paradigms.clustering.soft_clusters import divergence, sharpened, split_widest, student_t


def test_student_t_by_hand():
    q = student_t(torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 0], [0, 2], [0, 0]]))
    assert q[0].tolist() == pytest.approx([0.5 / 1.7, 0.2 / 1.7, 1 / 1.7])


def test_target_by_hand():
    p = sharpened(torch.tensor([[0.6, 0.4]]), torch.tensor([3.0, 1.0]))
    assert p[0].tolist() == pytest.approx([0.12 / 0.28, 0.16 / 0.28])


def test_target_of_equal_clusters_is_surer():
    q = torch.tensor([[0.7, 0.2, 0.1]])
    assert float(sharpened(q, torch.ones(3))[0, 0]) > 0.7


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31))
def test_divergence_is_that_of_torch_and_never_negative(seed):
    generator = torch.Generator().manual_seed(seed)
    p, q = (torch.rand(5, 4, generator=generator, dtype=torch.float64).softmax(1) for _ in range(2))
    found = divergence(p, q)
    torch.testing.assert_close(found, torch.nn.functional.kl_div(q.log(), p, reduction="none").sum(1))
    assert bool((found >= -1e-12).all())
    assert float(divergence(p, p).abs().max()) < 1e-12


def test_divergence_of_a_sure_target():
    assert float(divergence(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5]]))) == pytest.approx(
        0.693147, abs=1e-5
    )


def test_empty_cluster_takes_a_half_of_the_widest():
    z = torch.tensor([[0.0, 0], [0, 1], [10, 0], [10, 8]])
    centres, repaired = split_widest(z, torch.tensor([[0, 0.5], [10, 4], [99, 99]]), torch.tensor([0, 0, 1, 1]))
    assert repaired == 1
    assert centres.tolist() == [[0, 0.5], [10, 0], [10, 8]]


def test_two_empty_clusters():
    z = torch.arange(8.0)[:, None]
    centres, repaired = split_widest(z, torch.zeros(3, 1), torch.zeros(8, dtype=torch.int64))
    assert repaired == 2
    assert len((z - centres[:, 0]).abs().argmin(1).unique()) == 3


def test_rows_that_do_not_differ_cannot_be_split():
    centres, repaired = split_widest(torch.ones(5, 2), torch.ones(3, 2), torch.zeros(5, dtype=torch.int64))
    assert repaired == 0
    assert torch.equal(centres, torch.ones(3, 2))


def test_nothing_changes_where_no_cluster_is_empty():
    z = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    centres, repaired = split_widest(z, z[:2], torch.arange(20) % 2)
    assert repaired == 0
    assert torch.equal(centres, z[:2])

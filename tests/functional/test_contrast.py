import math

import pytest
import torch
from torch.nn import functional

from embedbench.functional.contrast import nt_xent, supervised_contrastive


def loop(z, label, temperature):
    """Equation 2 of Khosla et al. (2020), term by term."""
    total, anchors = 0.0, 0
    for i in range(len(z)):
        others = [a for a in range(len(z)) if a != i]
        positives = [p for p in others if label[p] == label[i]]
        if not positives:
            continue
        norm = torch.logsumexp(torch.stack([z[i] @ z[a] / temperature for a in others]), 0)
        total += -sum(z[i] @ z[p] / temperature - norm for p in positives) / len(positives)
        anchors += 1
    return total / anchors


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_equals_a_plain_loop(temperature):
    torch.manual_seed(0)
    z = functional.normalize(torch.randn(12, 5).double(), dim=1)
    label = torch.tensor([0, 0, 1, 1, 1, 2, 2, 0, 3, 1, 2, 0])  # class 3 has one member: no anchor
    wanted = float(loop(z, label, temperature))
    assert float(supervised_contrastive(z, label, temperature)) == pytest.approx(wanted, abs=1e-10)


def test_equals_the_library():
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    torch.manual_seed(1)
    z, label = functional.normalize(torch.randn(30, 8), dim=1), torch.randint(0, 4, (30,))
    wanted = float(losses.SupConLoss(temperature=0.2)(z, label))
    assert float(supervised_contrastive(z, label, 0.2)) == pytest.approx(wanted, rel=1e-5)


def test_no_pair_gives_a_zero_with_gradient():
    z = torch.randn(3, 2, requires_grad=True)
    loss = supervised_contrastive(functional.normalize(z, dim=1), torch.arange(3), 0.1)
    loss.backward()
    assert float(loss.detach()) == 0
    assert z.grad is not None
    assert z.grad.abs().sum() == 0


def test_two_views_equal_a_plain_loop_and_the_library():
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    torch.manual_seed(2)
    one, other = (functional.normalize(torch.randn(10, 4), dim=1) for _ in range(2))
    views, total = torch.cat([one, other]), 0.0
    for i in range(20):
        norm = torch.logsumexp(torch.stack([views[i] @ views[a] / 0.3 for a in range(20) if a != i]), 0)
        total += float(norm - views[i] @ views[(i + 10) % 20] / 0.3) / 20
    found = float(nt_xent(one, other, 0.3))
    assert found == pytest.approx(total, rel=1e-5)
    assert found == pytest.approx(float(losses.NTXentLoss(0.3)(views, torch.arange(10).repeat(2))), rel=1e-5)


def test_views_that_are_all_alike_cost_the_log_of_their_number():
    one = functional.normalize(torch.ones(6, 3), dim=1)
    assert float(nt_xent(one, one, 0.1)) == pytest.approx(math.log(11), rel=1e-5)

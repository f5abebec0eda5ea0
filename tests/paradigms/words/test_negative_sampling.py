"""Losses against plain loops over pairs, gradients against autograd, draws against their distribution."""

import math

import pytest
import torch
from torch.nn.functional import logsigmoid

from embedbench.paradigms.words.negative_sampling import cbow, cumulative, sample_words, skip_gram

BLOCKS, SIZE, WIDTH, NOISE, DIM, NEGATIVES = 2, 4, 6, 3, 5, 7


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def near():
    """Some words have a full window, one has none."""
    found = (torch.rand(BLOCKS, SIZE, WIDTH, generator=generator(1)) < 0.5).double()
    found[1, 2] = 0
    return found


def vectors(rows, seed):
    return torch.randn(BLOCKS, rows, DIM, generator=generator(seed)).double().requires_grad_()


def skip_gram_looped(inputs, outputs, near):
    """Each pair with the noise of its block, 7 negatives being 7/3 of the sum over 3."""
    loss, pairs = torch.zeros(()).double(), 0
    for block, word, other in near.nonzero().tolist():
        x = inputs[block, word]
        noise = sum(logsigmoid(-x @ outputs[block, WIDTH + n]) for n in range(NOISE))
        loss = loss - logsigmoid(x @ outputs[block, other]) - NEGATIVES / NOISE * noise
        pairs += 1
    return loss, pairs


def cbow_looped(inputs, outputs, near):
    loss, words = torch.zeros(()).double(), 0
    for block in range(BLOCKS):
        for word in range(SIZE):
            others = near[block, word].nonzero().flatten()
            if len(others):
                mean = inputs[block, others].mean(0)
                noise = sum(logsigmoid(-mean @ outputs[block, SIZE + n]) for n in range(NOISE))
                loss = loss - logsigmoid(mean @ outputs[block, word]) - NEGATIVES / NOISE * noise
                words += 1
    return loss, words


CASES = {
    "skip_gram": (skip_gram, skip_gram_looped, SIZE, WIDTH + NOISE),
    "cbow": (cbow, cbow_looped, WIDTH, SIZE + NOISE),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_loss_equals_a_plain_loop_and_slope_its_gradient(case, near):
    function, looped, n_inputs, n_outputs = case
    inputs, outputs = vectors(n_inputs, 2), vectors(n_outputs, 3)
    wanted, predictions = looped(inputs, outputs, near)
    wanted.backward()
    found = function(inputs.detach(), outputs.detach(), near, NEGATIVES)
    assert int(found.predictions) == predictions
    torch.testing.assert_close(found.loss, wanted.detach())
    torch.testing.assert_close(found.inputs, inputs.grad)
    torch.testing.assert_close(found.outputs, outputs.grad)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_large_logits_stay_finite(case):
    function, _, n_inputs, n_outputs = case
    near = torch.ones(BLOCKS, SIZE, WIDTH)
    found = function(torch.full((BLOCKS, n_inputs, DIM), 50.0), torch.full((BLOCKS, n_outputs, DIM), 50.0), near, 5)
    assert all(part.isfinite().all() for part in found)


def test_law_is_proportional_to_the_power_of_the_counts():
    assert cumulative(torch.tensor([16, 0, 1]), 0.75).tolist() == pytest.approx([8 / 9, 8 / 9, 1])


def test_draws_follow_the_law():
    """A word that never occurs is never drawn, also first and last."""
    counts = torch.tensor([0, 16, 0, 1, 0])
    found = sample_words(cumulative(counts, 0.75), (100, 400), generator())
    assert found.shape == (100, 400)
    shares = torch.bincount(found.flatten(), minlength=5) / 40_000
    assert shares.tolist() == pytest.approx([0, 8 / 9, 0, 1 / 9, 0], abs=3 * math.sqrt(8 / 81 / 40_000))
    assert set(found.flatten().tolist()) == {1, 3}

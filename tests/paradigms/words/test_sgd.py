"""Steps on tables of word vectors: what one changes, and what many learn."""

import pytest
import torch

from embedbench.paradigms.words.negative_sampling import cumulative, skip_gram
from embedbench.paradigms.words.sgd import Tables, descend_, initial, sgd_step_
from embedbench.paradigms.words.windows import windows

DIM = 5


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_step_adds_up_repeated_rows():
    rows = torch.tensor([[3, 0, 3, 2], [3, 3, 2, 4]])
    slope = torch.randn(2, 4, DIM, generator=generator())
    start = torch.randn(5, DIM, generator=generator(1))
    table = start.clone()
    descend_(table, rows, slope, lr=0.1, radius=100.0)
    wanted = start.clone()
    for row, one in zip(rows.flatten(), slope.flatten(0, 1), strict=True):
        wanted[row] -= 0.1 * one
    torch.testing.assert_close(table, wanted)


def test_no_row_moves_farther_than_the_radius():
    """Row 0 by the radius, row 1 by its two gradients, row 2 (they cancel out) not at all."""
    slope = torch.tensor([[30.0, 40.0], [1.0, 0.0], [0.0, 1.0], [9.0, 0.0], [-9.0, 0.0]])
    table = torch.zeros(3, 2)
    descend_(table, torch.tensor([0, 1, 1, 2, 2]), slope, lr=0.1, radius=0.5)
    torch.testing.assert_close(table, torch.tensor([[-0.3, -0.4], [-0.1, -0.1], [0.0, 0.0]]))


def longest(radius):
    """Length of the longest vector after 100 steps on a text that says one word over and over."""
    text = torch.zeros(1024, dtype=torch.int64)
    words, contexts = torch.randn(2, DIM, generator=generator()) / DIM, torch.zeros(2, DIM)
    for _ in range(100):
        part = windows(text, text, 5, generator())
        outputs = torch.cat([part.around, torch.ones(len(part.around), 32, dtype=torch.int64)], dim=1)
        slope = skip_gram(words[part.centre], contexts[outputs], part.near, 5)
        descend_(words, part.centre, slope.inputs, 0.025, radius)
        descend_(contexts, outputs, slope.outputs, 0.025, radius)
    return float(torch.cat([words, contexts]).norm(dim=1).max())


def test_a_radius_keeps_a_word_said_over_and_over_from_overshooting():
    assert longest(radius=1.0) < 10
    assert longest(radius=1e9) > 100


def topical(documents=300, length=20, words=20):
    """Texts that keep to the first or to the second half of the vocabulary; tokens and documents."""
    half = words // 2
    topic = torch.arange(documents) % 2
    tokens = torch.randint(0, half, (documents, length), generator=generator()) + half * topic[:, None]
    return tokens.flatten(), torch.arange(documents).repeat_interleave(length)


@pytest.mark.parametrize(("objective", "lr"), [("skip_gram", 0.025), ("cbow", 0.1)])
def test_words_of_a_topic_become_neighbours(objective, lr):
    tokens, document = topical()
    noise = cumulative(torch.bincount(tokens), 0.75)
    draws = generator(1)
    tables = initial(20, 8, draws)
    losses = []
    for _ in range(20):
        loss, predictions = sgd_step_(tables, windows(tokens, document, 3, draws), noise, 5, lr, objective, draws)
        losses.append(float(loss / predictions))
    unit = torch.nn.functional.normalize(tables.inputs)
    near = (unit @ unit.T).view(2, 10, 2, 10).mean((1, 3))  # (topics, topics)
    assert losses[-1] < losses[0]
    assert near.diagonal().min() > 0.5
    assert near[0, 1] < 0


@pytest.mark.parametrize("objective", ["skip_gram", "cbow"])
def test_a_pass_is_a_function_of_its_seed(objective):
    tokens, document = topical(20)
    noise = cumulative(torch.bincount(tokens), 0.75)

    def learned(seed):
        draws = generator(seed)
        tables = Tables(*(torch.nn.Parameter(table) for table in initial(20, 8, draws)))
        sgd_step_(tables, windows(tokens, document, 3, draws), noise, 5, 0.025, objective, draws)
        return tables

    one, same, other = learned(0), learned(0), learned(1)
    assert torch.equal(one.inputs, same.inputs)
    assert torch.equal(one.outputs, same.outputs)
    assert not torch.equal(one.inputs, other.inputs)


def test_the_start_is_that_of_word2vec():
    tables = initial(1000, 50, generator())
    assert tables.inputs.abs().max() == pytest.approx(0.01, rel=1e-2)
    assert tables.inputs.mean() == pytest.approx(0, abs=1e-4)
    assert not tables.outputs.any()

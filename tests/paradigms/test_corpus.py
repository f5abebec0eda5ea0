"""All rows reach the solution: once, in order, without their padding, whatever the batches and ranks."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from embedbench.errors import RunError
from embedbench.paradigms.corpus import CorpusModel
from embedbench.text.tokenizer_spec import Words
from embedbench.types import Batch, DataSpec

ROWS = [[2, 3], [], [4], [2, 2, 2, 5]]


class Kept(CorpusModel):
    kind = "classical"
    got = None

    def solve(self, ids, starts):
        self.got = [ids[a:b].tolist() for a, b in pairwise(starts)]

    def embed(self, x):
        return x.float()


@pytest.fixture
def model():
    spec = DataSpec("text", (), 4, "none", vocabulary=Words().vocabulary(["a1 b1 c1 d1"]))
    model = Kept(spec, 2)
    model.trainer = SimpleNamespace(world_size=1)
    return model


def batch(*numbers):
    longest = max(1, *(len(ROWS[i]) for i in numbers))
    x = torch.tensor([ROWS[i] + [0] * (longest - len(ROWS[i])) for i in numbers])
    return Batch(x, None, torch.tensor(numbers))


@pytest.fixture(autouse=True)
def no_trainer_needed(monkeypatch):
    monkeypatch.setattr(CorpusModel, "trainer", None)


def test_rows_come_in_the_order_of_the_split(model):
    for part in (batch(3, 0), batch(1, 2)):
        model.training_step(part, 0)
    model.on_train_epoch_end()
    assert model.got == ROWS


def test_ranks_are_put_together_and_repeated_rows_count_once(model, monkeypatch):
    other = [(number, np.array(ROWS[number], np.int32)) for number in (2, 3, 0)]

    def gather(parts, mine):
        parts[:] = [mine, other]

    monkeypatch.setattr(torch.distributed, "all_gather_object", gather)
    model.trainer.world_size = 2
    model.training_step(batch(0, 1, 2), 0)
    model.on_train_epoch_end()
    assert model.got == ROWS


def test_missing_rows_are_an_error(model):
    model.training_step(batch(0, 2, 2), 0)
    with pytest.raises(RunError, match="the ranks saw 2 of 4 train rows"):
        model.on_train_epoch_end()

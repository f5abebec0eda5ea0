import pytest
import torch

from embedbench.errors import UsageError
from embedbench.paradigms.baseline.label_oracle import LabelOracle
from embedbench.paradigms.baseline.majority import Majority
from embedbench.paradigms.baseline.random import Random
from embedbench.paradigms.baseline.raw import Raw
from embedbench.types import DataSpec


def test_raw_is_the_flattened_input():
    x = torch.randn(3, 1, 8, 8)
    assert torch.equal(Raw(DataSpec("image", (1, 8, 8), 10, "none")).embed(x), x.reshape(3, 64))


def test_random_keeps_squared_lengths_in_expectation():
    torch.manual_seed(0)
    x = torch.randn(20, 50)
    ratios = [
        (Random(DataSpec("tabular", (50,), 10, "none"), 25).embed(x).square().sum(1) / x.square().sum(1)).mean()
        for _ in range(200)
    ]
    assert float(torch.stack(ratios).mean()) == pytest.approx(1, abs=0.02)


def test_label_oracle_is_one_hot_or_the_real_label():
    classes = LabelOracle(DataSpec("tabular", (5,), 10, "classes", ("a", "b", "c")))
    assert classes.embed(torch.tensor([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert LabelOracle(DataSpec("tabular", (5,), 10, "real")).embed(torch.tensor([1.5])).tolist() == [[1.5]]
    several = LabelOracle(DataSpec("tabular", (5,), 10, "multilabel", ("a", "b", "c")))
    assert several.embed(torch.tensor([[1.0, 0, 1], [0, 0, 0]])).tolist() == [[1, 0, 1], [0, 0, 0]]


def test_majority_is_one_point_of_labelled_data():
    assert Majority(DataSpec("tabular", (5,), 10, "real")).embed(torch.ones(3, 5)).tolist() == [[0], [0], [0]]
    with pytest.raises(UsageError, match="model `majority` needs class labels or real-valued labels"):
        Majority(DataSpec("tabular", (5,), 10, "none"))

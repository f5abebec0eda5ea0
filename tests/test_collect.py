import pytest
import torch

from embedbench.collect import collect, merge
from embedbench.errors import RunError
from embedbench.types import Embedded


def test_rows_come_back_in_order_and_repeats_are_dropped():
    index = torch.tensor([3, 0, 4, 1, 2, 0, 3])  # two rows repeated, as a distributed sampler pads
    table = merge(index[:, None].float(), index, 5)
    assert table[:, 0].tolist() == [0, 1, 2, 3, 4]


def test_a_missing_row_is_an_error():
    with pytest.raises(RunError, match="1 of 4 rows were not embedded, the first is row 2"):
        merge(torch.zeros(3, 2), torch.tensor([0, 1, 3]), 4)


def test_batches_are_joined():
    parts = [
        Embedded(torch.tensor([[2.0], [0.0]]), torch.tensor([2, 0])),
        Embedded(torch.ones(1, 1), torch.tensor([1])),
    ]
    assert collect(parts, 3, torch.device("cpu"))[:, 0].tolist() == [0, 1, 2]

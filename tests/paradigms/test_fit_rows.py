"""All rows in the order of the split, on the model's device and in its precision, and the model left as it was."""

import pytest
import torch
from given_rows import fit_rows
from lightning.pytorch import LightningModule
from torch import nn

from embedbench.errors import RunError
from embedbench.paradigms.fit_rows import SplitRows
from embedbench.types import Batch

X = torch.rand(40, 3, generator=torch.Generator().manual_seed(0))
SOME = torch.rand(20, 3, generator=torch.Generator().manual_seed(1))


class Net(LightningModule):
    def __init__(self):
        super().__init__()
        self.weight = nn.Linear(3, 2)
        self.drop = nn.Dropout(0.9)
        self.frozen = nn.Dropout(0.5).eval()

    def forward(self, x):
        return self.frozen(self.drop(self.weight(x)))


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net()


def test_embeddings_come_in_the_order_of_the_split(net):
    rows = fit_rows(net, X, SOME)
    for split, x in ((rows.train, X), (rows.val, SOME)):
        torch.testing.assert_close(split.embeddings(net), net.weight(x).detach())
        assert split.n_rows == len(x)
        assert split.x.data_ptr() == x.data_ptr()
    groups = rows.train.embeddings(lambda x: (x[:, 0] > 0.5).long())
    assert torch.equal(groups, (X[:, 0] > 0.5).long())


def test_each_module_keeps_its_mode_and_nothing_its_gradient(net):
    z = fit_rows(net, X, SOME).train.embeddings(net)
    assert not z.requires_grad
    assert net.training
    assert net.drop.training
    assert not net.frozen.training

    def broken(x):
        assert not net.drop.training
        raise RunError("no")

    with pytest.raises(RunError):
        fit_rows(net, X, SOME).train.embeddings(broken)
    assert net.drop.training


def test_rows_come_in_the_precision_of_the_model(net):
    rows = fit_rows(net.double(), X, SOME)
    assert {batch.x.dtype for batch in rows.train.batches()} == {torch.float64}
    assert rows.train.embeddings(net).dtype == torch.float64


def test_texts_come_in_batches_alone(net):
    texts = [Batch(torch.tensor([[3, 0], [4, 5]]), torch.tensor([1, 0]), torch.tensor([1, 0]))]
    rows = SplitRows(texts, 2, None, None, net.double())
    (batch,) = rows.batches()
    assert all(torch.equal(*pair) for pair in zip(batch[:3], texts[0][:3], strict=True))
    assert batch[3:] == (None, None)
    with pytest.raises(RunError, match=r"texts differ in length, so that they are no array; take their `batches\(\)`"):
        _ = rows.x

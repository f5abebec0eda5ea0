"""The supervised loss of several labels a row, and what only classes can be learned by."""

import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from embedbench.errors import UsageError
from embedbench.paradigms.clustering.clusterer import count_clusters
from embedbench.paradigms.supervised.supervised import Supervised
from embedbench.paradigms.supervised.supervised_contrastive import SupervisedContrastive
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("tabular", (5,), 40, "multilabel", ("a", "b", "c"))


def batch(rows=40):
    rng = np.random.default_rng(0)
    hot = torch.from_numpy((rng.random((rows, 3)) < 0.4).astype(np.float32))
    return Batch(torch.from_numpy(rng.normal(size=(rows, 5)).astype(np.float32)), hot, torch.arange(rows))


def test_loss_of_several_labels_is_the_mean_log_loss_of_each():
    torch.manual_seed(0)
    model, rows = Supervised(SPEC), batch()
    loss = model.terms(rows)["cross_entropy"]
    chance = model.head(model.embed(rows.x)).sigmoid().detach().double().numpy()
    theirs = np.mean([log_loss(y, p, labels=[0, 1]) for y, p in zip(rows.label.numpy().T, chance.T, strict=True)])
    assert loss.item() == pytest.approx(theirs, abs=1e-6)


def test_it_learns_what_labels_a_row_has():
    torch.manual_seed(0)
    rows = batch(400)
    rows = rows._replace(label=(rows.x[:, :3] > 0).float())
    model = Supervised(SPEC, 5, lr=1e-2)
    adam = model.configure_optimizers()
    for _ in range(100):
        adam.zero_grad()
        loss = model.terms(rows)["cross_entropy"]
        loss.backward()
        adam.step()
    assert loss.item() < 0.1  # log 2 = 0.69 of a model that says nothing


def test_models_of_classes_refuse_several_labels():
    said = "model `supervised_contrastive` needs class labels, but the data have several labels a row; choose another"
    with pytest.raises(UsageError, match=said):
        SupervisedContrastive(SPEC)


def test_several_labels_are_no_number_of_clusters():
    assert count_clusters("kmeans", "classes", SPEC) == count_clusters("kmeans", "auto", SPEC) == list(range(2, 21))

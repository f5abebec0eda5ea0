"""Nats of each row, in the order of the split, for models that have some."""

import pytest
import torch

from embedbench.errors import RunError
from embedbench.experiment.fitting import make_embedder
from embedbench.experiment.likelihoods import row_nats
from embedbench.experiment.resolve import resolve


def nats_of(request_of, name, *args):
    parts = resolve(request_of(name, "--data.batch_size", "7", *args))
    torch.manual_seed(0)
    model = parts.make_model(parts.data.spec)
    return parts, model, row_nats(make_embedder({"accelerator": "cpu", "devices": 1}), model, parts.data, parts.suite)


@pytest.mark.parametrize("name", ["vae", "linear_vae"])
def test_rows_are_scored_in_their_order(name, request_of):
    parts, model, found = nats_of(request_of, name, "--suite.importance_samples", "3", "--suite.seed", "5")
    assert list(found) == ["val", "test"]
    for split, columns in found.items():
        x, index = parts.data.tensors(split)[0], torch.arange(parts.data.rows[split])
        with torch.no_grad():
            wanted = model.eval().nats(x, index, 3, 5)
        assert columns.keys() == wanted.keys()
        for column, values in columns.items():
            assert values.dtype == torch.float64
            torch.testing.assert_close(values, wanted[column], atol=1e-4, rtol=1e-5)


def test_models_without_a_likelihood_have_none(request_of):
    assert nats_of(request_of, "autoencoder")[2] == {}


def test_nothing_is_computed_that_nobody_wants(request_of):
    assert nats_of(request_of, "vae", "--suite.metrics", "[probe]")[2] == {}


def test_rows_without_a_finite_likelihood_are_an_error(request_of, monkeypatch):
    parts = resolve(request_of("vae"))
    model = parts.make_model(parts.data.spec)
    with torch.no_grad():
        model.to_posterior.bias.fill_(torch.nan)
    with pytest.raises(RunError, match=r"val rows have a NaN or infinite likelihood; lower --model\.lr"):
        row_nats(make_embedder({"accelerator": "cpu", "devices": 1}), model, parts.data, parts.suite)

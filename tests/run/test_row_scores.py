"""Scores of each row, in the order of the split, of models that give some."""

import pytest
import torch

from embedbench.errors import RunError
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_embedder, make_trainer
from embedbench.run.row_scores import score_rows


def scores_of(request_of, name, *args):
    parts = resolve(request_of(name, "--data.batch_size", "7", *args))
    torch.manual_seed(0)
    model = parts.make_model(parts.data.spec)
    return parts, model, score_rows(make_embedder({"accelerator": "cpu", "devices": 1}), model, parts.data, parts.suite)


@pytest.mark.parametrize("name", ["vae", "linear_vae"])
def test_rows_are_scored_in_their_order(name, request_of):
    parts, model, found = scores_of(request_of, name, "--suite.importance_samples", "3", "--suite.seed", "5")
    assert list(found) == ["val", "test"]
    for split, said in found.items():
        ((family, columns),) = said.scores.items()
        assert said.clusters is None
        assert family == model.family
        x, index = parts.data.tensors(split)[0], torch.arange(parts.data.rows[split])
        with torch.no_grad():
            wanted = model.eval().row_scores(x, index, 3, 5)
        assert columns.keys() == wanted.keys()
        for column, values in columns.items():
            assert values.dtype == torch.float64
            torch.testing.assert_close(values, wanted[column], atol=1e-4, rtol=1e-5)


def test_models_that_score_no_rows_have_none(request_of):
    assert scores_of(request_of, "autoencoder")[2] == {}


def test_nothing_is_computed_that_nobody_wants(request_of):
    assert scores_of(request_of, "vae", "--suite.metrics", "[probe]")[2] == {}


def test_rows_without_a_finite_score_are_an_error(request_of, monkeypatch):
    parts = resolve(request_of("vae"))
    model = parts.make_model(parts.data.spec)
    with torch.no_grad():
        model.to_posterior.bias.fill_(torch.nan)
    with pytest.raises(RunError, match=r"val rows have a NaN or infinite generative score; lower --model\.lr"):
        score_rows(make_embedder({"accelerator": "cpu", "devices": 1}), model, parts.data, parts.suite)


def fitted_kmeans(request_of, tmp_path, *args):
    parts = resolve(request_of("kmeans", "--data.batch_size", "7", *args))
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    return parts, model


def test_clusters_come_in_the_order_of_the_rows(request_of, tmp_path):
    parts, model = fitted_kmeans(request_of, tmp_path)
    found = score_rows(make_embedder({"accelerator": "cpu", "devices": 1}), model, parts.data, parts.suite)
    for split in ("val", "test"):
        assert found[split].scores == {}
        assert found[split].clusters.dtype == torch.int64
        assert torch.equal(found[split].clusters, model.clusters(parts.data.tensors(split)[0]))


def test_a_model_may_give_scores_and_clusters(request_of):
    parts, model, found = scores_of(request_of, "categorical_vae")
    x = parts.data.tensors("val")[0]
    with torch.no_grad():
        wanted = model.eval().row_scores(x, torch.arange(len(x)), 1, 0)
        assert torch.equal(found["val"].clusters, model.clusters(x))
    torch.testing.assert_close(found["val"].scores["generative"]["elbo"], wanted["elbo"])
    only = scores_of(request_of, "categorical_vae", "--suite.metrics", "[clustering]")[2]
    assert only["val"].scores == {}
    assert torch.equal(only["val"].clusters, found["val"].clusters)


def test_no_clusters_where_nobody_scores_them(request_of, tmp_path):
    parts, model = fitted_kmeans(request_of, tmp_path, "--suite.metrics", "[probe]")
    trainer = make_embedder({"accelerator": "cpu", "devices": 1})
    assert score_rows(trainer, model, parts.data, parts.suite) == {}

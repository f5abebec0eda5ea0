"""Embeddings in the order of the rows, scored against train."""

import numpy as np
import pytest
import torch

from embedbench import evaluate
from embedbench.errors import UsageError
from embedbench.evaluation.suite import Suite
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import make_embedder
from embedbench.run.scoring import check_support, embed_splits, score


@pytest.fixture
def embedded(request_of):
    parts = resolve(request_of("raw", "--data.batch_size", "7"))
    model = parts.make_model(parts.data.spec)
    return parts, embed_splits(make_embedder({"accelerator": "cpu", "devices": 1}), model, parts.data), model


def test_rows_keep_their_order(embedded):
    parts, z, _ = embedded
    assert list(z) == ["train", "val", "test"]
    for split, rows in z.items():
        assert torch.equal(rows, parts.data.tensors(split)[0].flatten(1))


def test_train_is_the_gallery_of_both(embedded):
    parts, z, model = embedded
    scores = score(parts.suite, parts.data, z, {}, model)
    x, label = ({split: parts.data.tensors(split)[part] for split in z} for part in (0, 1))
    for split in ("val", "test"):
        gallery = z["train"], label["train"]
        expected = evaluate(z[split], label[split], gallery=gallery, suite=parts.suite, x=x[split])
        assert scores.metrics[split] == pytest.approx(expected, abs=1e-9)
    assert list(scores.metrics) == ["val", "test"]
    assert scores.seconds > 0


def test_an_input_that_is_its_embedding_has_its_geometry(embedded):
    parts, z, model = embedded
    found = score(parts.suite, parts.data, z, {}, model).metrics["test"]
    assert (found["geometry/trustworthiness"], found["geometry/rows"]) == (1, 60)


def test_relations_of_the_data_are_the_input_space(embedded, monkeypatch):
    parts, z, model = embedded
    turned = {split: torch.cdist(rows.flip(0), rows.flip(0)) for split, rows in z.items()}
    monkeypatch.setattr(parts.data, "relations", turned.__getitem__)
    found = score(parts.suite, parts.data, z, {}, model).metrics["test"]
    assert found["geometry/trustworthiness"] < 0.9


def test_geometry_is_not_prepared_where_nobody_asks(embedded, monkeypatch):
    parts, z, model = embedded
    monkeypatch.setattr(parts.data, "relations", None)  # not to be called
    score(Suite(["probe"]), parts.data, z, {}, model)


def test_words_are_the_input_space_of_texts(request_for):
    parts = resolve(request_for("tfidf_svd", "--suite.metrics", "[geometry]"))
    model = parts.make_model(parts.data.spec)
    words = {split: parts.data.tfidf(split) for split in ("val", "test")}
    z = {split: torch.from_numpy(x.toarray()).float() for split, x in words.items()}
    z["train"] = torch.zeros(parts.data.rows["train"], z["test"].shape[1])
    found = score(parts.suite, parts.data, z, {}, model).metrics["test"]
    assert found == evaluate(z["test"], gallery=(z["train"], None), suite=parts.suite, x=words["test"])
    assert found["geometry/stress"] < 1e-6
    assert found["geometry/pearson"] == pytest.approx(1, abs=1e-6)


def ranged(path, test_value):
    """Rows in [0, 1], the test rows but for one value."""
    x = np.random.default_rng(0).uniform(size=(60, 4))
    x[:2] = [0, 0.25, 0.5, 1], [0, 1, 0, 1]
    test = x[:9].copy()
    test[0, 0] = test_value
    np.savez(path, x_train=x, x_test=test)
    words = ["--model", "vae", "--model.likelihood", "bernoulli", "--model.encoder", "MLP", "--data", "arrays"]
    return resolve(build_request([*words, "--data.path", str(path), "--data.standardised", "false"]))


def test_train_rows_alone_say_what_range_a_model_has(tmp_path):
    spec = ranged(tmp_path / "x.npz", 1.5).data.spec
    assert (spec.low, spec.high, spec.whole) == (0, 1, False)


@pytest.mark.parametrize(("value", "fits"), [(0.75, True), (1.0, True), (1.5, False), (-0.25, False)])
def test_rows_outside_the_support_of_a_likelihood_are_refused_in_every_split(value, fits, tmp_path):
    parts = ranged(tmp_path / "x.npz", value)
    model = parts.make_model(parts.data.spec)
    if fits:
        check_support(model, parts.data)
    else:
        with pytest.raises(UsageError, match=rf"needs data in \[0, 1\], but the data are in .*{abs(value)}"):
            check_support(model, parts.data)

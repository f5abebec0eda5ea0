"""Live evaluation: what it measures, when, where it is written, and that the fit doesn't notice."""

import csv
import random

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint

from embedbench.catalog import names
from embedbench.errors import RunError
from embedbench.evaluation.space import Rows
from embedbench.request.options import Options
from embedbench.request.resolve import resolve
from embedbench.run.execute import execute
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.live.callback import LiveEvaluation
from embedbench.run.live.plan import make_plan
from embedbench.run.live.sampled_rows import draw_sample

pytestmark = pytest.mark.slow

FEW = ["--suite.metrics", "[probe, retrieval]"]  # 3 steps an epoch
PARADIGMS = ["vae", "contrastive", "supervised", "dec", "masked_image", "neighbor_embedding", "distance_preserving"]


def prepared(request, folder, callbacks=(), quiet=True):
    """A model, its data, a trainer and its live evaluation."""
    parts = resolve(request)
    seed_everything(request["seed_everything"], verbose=False)
    model = parts.make_model(parts.data.spec)
    plan = make_plan(parts)
    live = plan.live and LiveEvaluation(plan.live, plan.monitor, parts.data, folder, quiet)
    settings = {**parts.trainer, "callbacks": [*(parts.trainer.get("callbacks") or []), *callbacks]}
    return model, parts.data, make_trainer(settings, model, folder, live=live, monitor=plan.monitor), live


def curve(folder):
    with (folder / "live.csv").open(encoding="utf8", newline="") as stream:
        return list(csv.DictReader(stream))


class States(Callback):
    """Remembers the random states that follow each epoch."""

    def __init__(self):
        self.seen = []

    def on_train_epoch_start(self, trainer, pl_module):
        numpy = np.random.get_state()[1].tolist()  # noqa: NPY002 (the global one is what is looked at)
        self.seen.append((torch.get_rng_state().tolist(), numpy, random.getstate()))


@pytest.mark.parametrize("model", PARADIGMS)
def test_fit_is_the_same_to_the_bit(model, request_of, tmp_path):
    found = {}
    for every in ("null", "1"):
        request = request_of(model, "--trainer.max_steps", "8", "--evaluate_every", every, *FEW)
        states = States()
        built, data, trainer, live = prepared(request, tmp_path / every, [states])
        fit(trainer, built, data)
        found[every] = states.seen, built.state_dict()
        assert (live is None) == (every == "null")
    assert found["1"][0] == found["null"][0]
    assert set(found["1"][1]) == set(found["null"][1])
    for name, value in found["null"][1].items():
        assert torch.equal(found["1"][1][name], value), name


@pytest.mark.parametrize("model", ["vae", "pca", "kmeans"])
def test_last_value_is_the_suites_own(model, request_of, tmp_path):
    """On the embedding of all rows at once, of which the sample is taken afterwards."""
    request = request_of(model, "--evaluate_every", "1")
    built, data, trainer, live = prepared(request, tmp_path)
    trainer.fit(built, datamodule=data)
    built.eval()
    rows = {}
    for split, numbers in draw_sample(data, 1, 20).items():
        x, label = data.tensors(split)
        with torch.no_grad():
            z = built.embed(x)[numbers]
        rows[split] = Rows(z.numpy(), label[numbers].numpy(), x=x[numbers].flatten(1).numpy())
    suite = resolve(request).suite
    whole = suite.score(rows["train"], {"val": rows["val"]})["val"]
    assert set(live.looks[-1].values) == set(whole) & set(live.live.measures)
    assert live.looks[-1].values == pytest.approx({name: whole[name] for name in live.looks[-1].values}, abs=1e-4)


@pytest.mark.parametrize(
    ("every", "budget", "epochs", "steps"),
    [
        (1, ["--trainer.max_steps", "7"], [1, 2, 3], [3, 6, 7]),
        (2, ["--trainer.max_steps", "7"], [2, 3], [6, 7]),
        (2, ["--trainer.max_steps", "-1", "--trainer.max_epochs", "4"], [2, 4], [6, 12]),
        (9, ["--trainer.max_steps", "-1", "--trainer.max_epochs", "2"], [2], [6]),
    ],
)
def test_looks_come_every_n_epochs_and_at_the_end(every, budget, epochs, steps, request_of, tmp_path):
    request = request_of("autoencoder", *budget, "--evaluate_every", str(every), *FEW)
    model, data, trainer, live = prepared(request, tmp_path)
    fit(trainer, model, data)
    assert [look.epoch for look in live.looks] == epochs
    assert [look.step for look in live.looks] == steps
    lines = curve(tmp_path)
    assert [(int(line["epoch"]), int(line["step"])) for line in lines] == list(zip(epochs, steps, strict=True))
    assert all(
        float(line["retrieval/map@r"]) == look.values["retrieval/map@r"]
        for line, look in zip(lines, live.looks, strict=True)
    )
    seconds = [float(line["seconds"]) for line in lines]
    assert seconds == sorted(seconds)
    assert live.spent > 0


def test_losses_and_live_values_lie_in_one_history(request_of, tmp_path):
    request = request_of("autoencoder", "--trainer.max_steps", "6", "--evaluate_every", "1", *FEW)
    model, data, trainer, live = prepared(request, tmp_path)
    fit(trainer, model, data)
    with (tmp_path / "history" / "metrics.csv").open(encoding="utf8", newline="") as stream:
        lines = [line for line in csv.DictReader(stream) if line["live/retrieval/map@r"]]
    assert [int(line["step"]) for line in lines] == [2, 5]
    assert float(lines[-1]["live/retrieval/map@r"]) == pytest.approx(live.looks[-1].values["retrieval/map@r"])
    assert float(trainer.callback_metrics["live/probe/knn_accuracy"]) == pytest.approx(
        live.looks[-1].values["probe/knn_accuracy"]
    )


@pytest.mark.parametrize("model", ["pca", "ppmi_svd"])
def test_closed_form_is_looked_at_once_when_it_is_solved(model, request_for, tmp_path):
    request = request_for(model, "--evaluate_every", "1", "--suite.metrics", "[latent]")
    model, data, trainer, live = prepared(request, tmp_path)
    fit(trainer, model, data)
    assert [(look.epoch, look.step) for look in live.looks] == [(1, 0)]
    assert live.looks[0].values["latent/effective_rank"] > 1.5  # 0 before it is solved
    assert len(curve(tmp_path)) == 1


def test_texts(request_for, tmp_path):
    request = request_for("skip_gram", "--evaluate_every", "1", "--suite.metrics", "[geometry, latent]")
    model, data, trainer, live = prepared(request, tmp_path)
    fit(trainer, model, data)
    assert {"geometry/trustworthiness", "latent/effective_rank"} <= set(live.looks[-1].values)


def test_undefined_metrics_are_empty_cells(request_of, tmp_path):
    """Trustworthiness of 50 neighbours needs more than 100 query rows; there are 30."""
    request = request_of("pca", "--evaluate_every", "1", "--suite.metrics", "[geometry]")
    model, data, trainer, _ = prepared(request, tmp_path)
    fit(trainer, model, data)
    (line,) = curve(tmp_path)
    assert line["geometry/trustworthiness@50"] == ""
    assert 0.9 < float(line["geometry/trustworthiness"]) <= 1


def test_resumed_fit_goes_on_with_its_curve(request_of, tmp_path):
    """As far as the first part came, its lines are the same; then those of a fit that was never cut follow."""

    def started(epochs, folder, *callbacks):
        budget = ["--trainer.max_steps", "-1", "--trainer.max_epochs", str(epochs), "--evaluate_every", "1", *FEW]
        return prepared(request_of("autoencoder", *budget), folder, callbacks)

    keep = ModelCheckpoint(tmp_path / "kept", "last", save_on_train_epoch_end=True)
    model, data, trainer, live = started(2, tmp_path / "cut", keep)
    trainer.fit(model, datamodule=data)
    first = live.looks
    model, data, trainer, live = started(4, tmp_path / "cut")
    trainer.fit(model, datamodule=data, ckpt_path=tmp_path / "kept" / "last.ckpt", weights_only=False)
    assert live.looks[:2] == first
    assert [look.epoch for look in live.looks] == [1, 2, 3, 4]
    assert live.looks[2].seconds > first[1].seconds
    assert [int(line["step"]) for line in curve(tmp_path / "cut")] == [3, 6, 9, 12]


def test_one_line_a_look_on_the_screen(request_of, tmp_path, capsys):
    more = ["--evaluate_every", "1", "--monitor", "live/retrieval/mrr", *FEW]
    model, data, trainer, _ = prepared(request_of("autoencoder", *more), tmp_path, quiet=False)
    fit(trainer, model, data)
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("embedbench: epoch")]
    assert len(lines) == 2
    assert lines[1].startswith("embedbench: epoch 2, step 4: retrieval/mrr 0.")
    assert "probe/knn_accuracy 0." in lines[1]


def test_scoring_that_fails_fails_the_run(request_of, tmp_path, monkeypatch):
    model, data, trainer, live = prepared(request_of("autoencoder", "--evaluate_every", "1", *FEW), tmp_path)
    original = live._score

    def score(z):
        if z["val"].shape[1] > 2:  # not the random numbers
            raise ArithmeticError("bad")
        return original(z)

    monkeypatch.setattr(live, "_score", score)
    with pytest.raises(RunError, match="live evaluation failed: ArithmeticError: bad"):
        fit(trainer, model, data)


def test_record_knows_the_seconds_and_what_chose_the_weights(request_of, tmp_path):
    request = request_of("autoencoder", "--evaluate_every", "1", "--monitor", "live/retrieval/map@r", *FEW)
    result = execute(request, Options(tmp_path, run_id="one", quiet=True))
    assert result.status == "finished"
    assert 0 < result.timing["live_seconds"] < result.timing["fit_seconds"]
    assert "weights chosen by live/retrieval/map@r, by the labels of validation rows" in result.notes
    assert (result.config["evaluate_every"], result.config["monitor"]) == (1, "live/retrieval/map@r")
    assert len(curve(tmp_path / "one")) == 2
    without = execute(request_of("raw", "--evaluate_every", "1", *FEW), Options(tmp_path, run_id="raw", quiet=True))
    assert "nothing is fitted: no live evaluation took place" in without.notes
    assert not (tmp_path / "raw" / "live.csv").exists()


@pytest.mark.parametrize("name", sorted(names("conf/model")))
def test_every_model_has_a_curve_if_it_is_fitted(name, request_for, tmp_path):
    request = request_for(name, "--trainer.max_steps", "2", "--evaluate_every", "1", "--suite.metrics", "[latent]")
    model, data, trainer, live = prepared(request, tmp_path)
    fit(trainer, model, data)
    assert bool(live.looks) == (model.fitting != "none")
    assert all("latent/effective_rank" in look.values for look in live.looks)

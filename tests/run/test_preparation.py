"""Every model is given its rows before its first step, and every rank its own noise, whatever the model writes."""

from inspect import signature
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn

from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import Learned
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.preparation import Preparation


class Forgetful(Learned):
    """Overrides each hook of Lightning's without a word to its base."""

    kind = "self_supervised"

    def __init__(self, spec):
        super().__init__(spec, 4, None, 1e-3, 0.0)
        self.to_latent = nn.Linear(self.encoder.out_dim, 4)
        self.seen = []

    def prepare_fit(self, rows: FitRows):
        self.seen.append(("prepared", self.global_step, float(torch.rand(()))))
        self.rows, self.first = rows, rows.train.embeddings(self.embed)

    def on_fit_start(self):
        self.seen.append(("fit",))

    def on_train_start(self):
        self.seen.append(("start", self.global_step, float(torch.rand(()))))

    def on_train_batch_start(self, *_):
        self.seen.append(("step", self.global_step))

    def terms(self, batch):
        return {"size": self.embed(batch.x).square().mean()}

    def embed(self, x):
        return self.to_latent(self.encoder(x))


@pytest.fixture
def parts(request_of):
    return resolve(request_of("autoencoder", "--trainer.max_steps", "2"))


def prepared(parts, ranks=1, rank=0, fitting="gradient"):
    """A model after the preparation on one of several ranks."""
    seed_everything(0, verbose=False)
    model = Forgetful(parts.data.spec)
    model.fitting = fitting
    model._trainer = SimpleNamespace(global_step=0, world_size=ranks)
    trainer = SimpleNamespace(datamodule=parts.data, world_size=ranks, global_rank=rank)
    Preparation().on_train_start(trainer, model)
    model.on_train_start()
    return model


def test_rows_are_those_of_the_data_and_come_once_before_the_first_step(parts, tmp_path):
    seed_everything(0, verbose=False)
    model = Forgetful(parts.data.spec)
    start = model.embed(parts.data.tensors("train")[0]).detach()
    fitted = fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    assert [name for name, *_ in model.seen] == ["fit", "prepared", "start", "step", "step"]
    for name, split in (("train", model.rows.train), ("val", model.rows.val)):
        assert split.x is parts.data.tensors(name)[0]
        assert split.n_rows == parts.data.rows[name]
        assert sorted(i for batch in split.batches() for i in batch.index.tolist()) == list(range(split.n_rows))
    torch.testing.assert_close(model.first, start)
    # Also later, with the weights of that time.
    now = model.rows.train.embeddings(model.embed)
    torch.testing.assert_close(now, model.embed(parts.data.tensors("train")[0]).detach())
    assert not torch.allclose(now, start)
    assert fitted.seconds > 0


def test_a_resumed_fit_is_prepared_with_the_weights_it_goes_on_with(request_of, tmp_path):
    keep = ModelCheckpoint(tmp_path, "cut", every_n_train_steps=2)
    parts = resolve(request_of("autoencoder", "--trainer.max_steps", "2"))
    model = Forgetful(parts.data.spec)
    make_trainer({**parts.trainer, "callbacks": [keep]}, model, tmp_path).fit(model, datamodule=parts.data)
    resumed = Forgetful(parts.data.spec)
    trainer = make_trainer({**parts.trainer, "max_steps": 4}, resumed, tmp_path)
    asked = "weights_only" in signature(trainer.fit).parameters  # since Lightning 2.6
    whole = {"weights_only": False} if asked else {}
    trainer.fit(resumed, datamodule=parts.data, ckpt_path=tmp_path / "cut.ckpt", **whole)
    assert [step for name, step, *_ in resumed.seen[1:] if name != "fit"] == [2, 2, 2, 3]
    torch.testing.assert_close(resumed.first, model.rows.train.embeddings(model.embed))


def test_the_time_of_the_preparation_counts(parts, tmp_path, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(
        "embedbench.run.progress.time", SimpleNamespace(perf_counter=lambda: next(clock), process_time=float)
    )
    model = Forgetful(parts.data.spec)
    model.prepare_fit = lambda rows: next(clock)
    assert fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data).seconds == 2


def test_ranks_prepare_alike_and_then_draw_noise_of_their_own(parts):
    alone, first, second = (prepared(parts, *group).seen for group in ((1, 0), (2, 0), (2, 1)))
    assert alone[0] == first[0] == second[0]
    assert first[1] != second[1]
    seed_everything(0, verbose=False)
    torch.manual_seed(torch.initial_seed() + 1)
    assert second[1][-1] == float(torch.rand(()))


def test_ranks_of_a_solved_model_stay_alike(parts):
    first, second = (prepared(parts, 2, rank, "one_pass").seen for rank in (0, 1))
    assert first == second


def test_texts_come_in_batches(request_for):
    parts = resolve(request_for("skip_gram"))
    model = parts.make_model(parts.data.spec)
    trainer = SimpleNamespace(datamodule=parts.data, world_size=1, global_rank=0)
    Preparation().on_train_start(trainer, model)
    rows = model._fit_rows.train
    assert rows.arrays is None
    lengths = [batch.x.shape[1] for batch in rows.batches()]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]

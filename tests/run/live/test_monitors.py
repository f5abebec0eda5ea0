"""Weights and the end of a fit, decided by a live value."""

import pytest
import torch
from lightning.pytorch import Callback, seed_everything
from lightning.pytorch.callbacks import EarlyStopping

from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.live.callback import LiveEvaluation
from embedbench.run.live.plan import make_plan

NMI, BOULDIN = "live/clustering/nmi", "live/separation/davies_bouldin"


class Weights(Callback):
    """Keeps a copy of the weights after each epoch."""

    def __init__(self):
        self.after = {}

    def on_train_epoch_end(self, trainer, pl_module):
        self.after[trainer.current_epoch + 1] = {k: v.clone() for k, v in pl_module.state_dict().items()}


def fitted(request, folder, values, callbacks=()):
    """A fit whose live values by epoch are given, so that it is known what has to be decided."""
    parts = resolve(request)
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    plan = make_plan(parts)
    live = LiveEvaluation(plan.live, plan.monitor, parts.data, folder, quiet=True)
    given = iter(values)
    live._values = lambda trainer, model: dict(next(given))
    trainer = make_trainer({**parts.trainer, "callbacks": callbacks}, model, folder, live=live, monitor=plan.monitor)
    notes = fit(trainer, model, parts.data).notes
    return model, live, trainer, notes


def budget(epochs, *more):
    return ["--trainer.max_steps", "-1", "--trainer.max_epochs", str(epochs), "--evaluate_every", "1", *more]


def of(name, *values):
    return [{} if value is None else {name.removeprefix("live/"): value} for value in values]


@pytest.mark.parametrize(
    ("monitor", "values", "best"),
    [
        (NMI, (0.1, 0.7, 0.3, 0.7), 2),  # the first of equally good ones
        (BOULDIN, (3.0, 2.0, 0.5, 1.0), 3),
        (NMI, (0.5, None, 0.9), 3),  # where it is undefined, nothing is decided
        (NMI, (0.5, None, None), 1),
    ],
)
def test_best_weights_by_a_live_value_are_restored(monitor, values, best, request_of, tmp_path):
    weights = Weights()
    request = request_of("autoencoder", *budget(len(values), "--monitor", monitor))
    model, _, _, notes = fitted(request, tmp_path, of(monitor, *values), [weights])
    assert notes == []
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights.after[best][name]), name
        if value.is_floating_point():
            assert all(not torch.equal(value, weights.after[other][name]) for other in weights.after if other != best)


def test_old_value_decides_nothing(request_of, tmp_path):
    """Epochs without a look neither count for the patience nor make a checkpoint."""
    stop = EarlyStopping(NMI, patience=2)
    more = budget(9, "--evaluate_every", "2", "--monitor", NMI)
    _, live, trainer, _ = fitted(request_of("autoencoder", *more), tmp_path, of(NMI, 0.6, 0.5, 0.4, 0.3), [stop])
    assert [look.epoch for look in live.looks] == [2, 4, 6]
    assert trainer.current_epoch == 6
    assert float(trainer.checkpoint_callback.best_model_score) == pytest.approx(0.6)


def test_early_stop_has_the_mode_of_the_metric_whatever_was_asked(request_of, tmp_path):
    """Lightning's own default, less is better, would stop at the rising value."""
    stop = EarlyStopping(NMI, patience=1, mode="min", min_delta=0.01)
    values = of(NMI, 0.1, 0.2, 0.3, 0.305, 0.9)
    _, live, _, _ = fitted(request_of("autoencoder", *budget(5)), tmp_path, values, [stop])
    assert [look.epoch for look in live.looks] == [1, 2, 3, 4]


def test_early_stop_of_ones_own_class_keeps_what_is_its_own(request_of, tmp_path):
    class Patient(EarlyStopping):
        """Counts what it is asked, and never stops before the fourth."""

        def __init__(self, monitor, least):
            super().__init__(monitor, patience=1)
            self.least, self.asked = least, 0

        def _run_early_stopping_check(self, trainer):
            self.asked += 1
            if self.asked >= self.least:
                super()._run_early_stopping_check(trainer)

    stop = Patient(NMI, 4)
    values = of(NMI, 0.5, 0.4, 0.3, 0.9, 0.2, 0.1)
    _, live, trainer, _ = fitted(request_of("autoencoder", *budget(6)), tmp_path, values, [stop])
    (own,) = [callback for callback in trainer.callbacks if isinstance(callback, Patient)]
    assert (own.least, own.asked) == (4, 5)
    assert [look.epoch for look in live.looks] == [1, 2, 3, 4, 5]
    assert (stop.asked, stop.mode) == (0, "min")  # the one given is as it was


def test_early_stop_by_the_loss_stays_as_it_was(request_of, tmp_path):
    stop = EarlyStopping("val/loss", patience=9)
    request = request_of("autoencoder", *budget(2))
    _, _, trainer, _ = fitted(request, tmp_path, of(NMI, 0.5, 0.6), [stop])
    assert stop in trainer.callbacks


def test_stop_between_two_looks_is_followed_by_one(request_of, tmp_path):
    class Stop(Callback):
        def on_train_batch_end(self, trainer, *_):
            trainer.should_stop = trainer.global_step >= 4

    request = request_of("autoencoder", *budget(9, "--evaluate_every", "5", "--monitor", NMI))
    _, live, trainer, notes = fitted(request, tmp_path, of(NMI, 0.5), [Stop()])
    assert [(look.epoch, look.step) for look in live.looks] == [(2, 4)]
    assert trainer.checkpoint_callback.best_model_path
    assert notes == []

"""The steps that a run tells."""

import pytest

from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.progress import Stopwatch
from embedbench.run.row_scores import score_rows
from embedbench.run.scoring import embed_splits


@pytest.mark.parametrize(
    ("settings", "total"),
    [(["--trainer.max_steps=23"], 23), (["--trainer.max_steps=-1", "--trainer.max_epochs=9"], 27)],
)
def test_every_step_of_a_fit_is_told_with_the_last_loss(settings, total, request_of, tmp_path):
    told = []
    request = request_of("autoencoder", *settings)
    request["trainer"]["val_check_interval"] = None if total == 27 else 5
    request["trainer"]["check_val_every_n_epoch"] = 1 if total == 27 else None
    parts = resolve(request)
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, tmp_path, tell=told.append), model, parts.data)
    assert [(step.doing, step.done, step.total) for step in told] == [("fit", n, total) for n in range(total + 1)]
    assert told[0].note == ""
    assert told[-1].note.startswith("val/loss ")


def test_each_pass_over_rows_is_told_by_its_batches(request_of, tmp_path):
    told = []
    parts = resolve(request_of("vae", "--data.batch_size", "7", "--suite.importance_samples", "2"))
    model = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, model, tmp_path, tell=told.append)
    embed_splits(trainer, model, parts.data)
    score_rows(trainer, model, parts.data, parts.suite)
    batches = {split: -(-rows // 7) for split, rows in parts.data.rows.items()}
    embeds, scores = sum(batches.values()), batches["val"] + batches["test"]
    assert [(step.doing, step.done, step.total) for step in told] == [
        *(("embed", n, embeds) for n in range(embeds + 1)),
        *(("score rows", n, scores) for n in range(scores + 1)),
    ]


def test_a_fit_that_tells_nobody_is_silent(request_of, tmp_path, capsys):
    parts = resolve(request_of("autoencoder"))
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    assert capsys.readouterr() == ("", "")


def test_stopwatch_stands_still_before_the_fit():
    assert Stopwatch().seconds == 0

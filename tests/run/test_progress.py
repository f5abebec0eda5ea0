"""One bar over the whole fit."""

import pytest
from rich.progress import Progress

from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.run.progress import Stopwatch
from embedbench.run.row_scores import score_rows


@pytest.mark.parametrize(
    ("settings", "total"),
    [(["--trainer.max_steps=23"], 23), (["--trainer.max_steps=-1", "--trainer.max_epochs=9"], 27)],
)
def test_bar_counts_all_steps_and_is_taken_away(settings, total, request_of, tmp_path, monkeypatch, capsys):
    drawn = []
    request = request_of("autoencoder", *settings)
    request["trainer"]["val_check_interval"] = None if total == 27 else 5
    request["trainer"]["check_val_every_n_epoch"] = 1 if total == 27 else None
    parts = resolve(request)
    model = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, model, tmp_path, title="it")
    monkeypatch.setattr("embedbench.run.progress._SECONDS_A_REFRESH", 0)
    original = Progress.update

    def update(self, task_id, **fields):
        original(self, task_id, **fields)
        task = self.tasks[0]
        drawn.append((task.description, task.completed, task.total, task.fields["loss"]))

    monkeypatch.setattr(Progress, "update", update)
    fit(trainer, model, parts.data)
    assert {(description, steps) for description, _, steps, _ in drawn} == {("fit it", total)}
    assert max(done for _, done, _, _ in drawn) == total
    assert drawn[-1][3].startswith("val/loss ")
    assert "Traceback" not in capsys.readouterr().err


def scored(request_of, tmp_path, title):
    parts = resolve(request_of("vae", "--data.batch_size", "7", "--suite.importance_samples", "2"))
    model = parts.make_model(parts.data.spec)
    score_rows(make_trainer(parts.trainer, model, tmp_path, title=title), model, parts.data, parts.suite)
    return sum(-(-parts.data.rows[split] // 7) for split in ("val", "test"))


def test_without_a_terminal_the_scoring_of_rows_is_said(request_of, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("embedbench.run.progress._SECONDS_A_LINE", -1)
    steps = scored(request_of, tmp_path, "it")
    first, second, *_, last = capsys.readouterr().err.splitlines()
    assert first == f"embedbench: score rows of it: 0 of {steps} steps"
    assert second.startswith(f"embedbench: score rows of it: 1 of {steps} steps, about 0:00:")
    assert last == f"embedbench: score rows of it: {steps} of {steps} steps, about 0:00:00 left"


def test_a_short_scoring_is_one_line_and_none_if_quiet(request_of, tmp_path, capsys):
    scored(request_of, tmp_path, "it")
    assert len(capsys.readouterr().err.splitlines()) == 1
    scored(request_of, tmp_path, None)
    assert capsys.readouterr().err == ""


def test_quiet_fit_has_no_bar(request_of, tmp_path, capsys):
    parts = resolve(request_of("autoencoder"))
    model = parts.make_model(parts.data.spec)
    fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
    assert capsys.readouterr() == ("", "")


def test_stopwatch_stands_still_before_the_fit():
    assert Stopwatch().seconds == 0

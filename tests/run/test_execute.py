"""One run, whatever becomes of it: finished, failed or interrupted, it is on record."""

import json
import os
import signal

import numpy as np
import pytest
import torch

from embedbench.errors import UsageError
from embedbench.paradigms.baseline.raw import Raw
from embedbench.paradigms.classical.autoencoder import Autoencoder
from embedbench.request.options import Options
from embedbench.results import tracker
from embedbench.results.record import Result
from embedbench.run.again.reuse import rescore
from embedbench.run.execute import execute
from embedbench.run.store import folder
from embedbench.stopping import Stopped, listening


@pytest.fixture
def short(request_of):
    return lambda model, *more: request_of(model, "--suite.metrics", "[probe]", *more)


def on_disk(result, runs):
    return Result.read(runs / result.run_id / "result.json")


def test_result_is_what_lies_on_disk(short, tmp_path):
    result = execute(short("autoencoder"), Options(tmp_path, quiet=True))
    assert result == on_disk(result, tmp_path)
    assert result.status == "finished"
    assert (result.paradigm, result.model, result.dataset, result.latent_dim) == (
        "classical",
        "autoencoder",
        "digits",
        16,
    )
    assert result.splits == {"train": 270, "val": 30, "test": 60}
    assert (
        set(result.metrics["val"]) == set(result.metrics["test"]) == set(result.directions) & set(result.metrics["val"])
    )
    assert result.config["sees_labels"] is False
    assert len(result.dataset_fingerprint) == 16
    assert result.started_at < result.finished_at


def test_values_of_single_queries_are_kept(short, tmp_path):
    result = execute(short("autoencoder"), Options(tmp_path, quiet=True))
    for split, rows in (("val", 30), ("test", 60)):
        with np.load(tmp_path / result.run_id / "queries" / f"{split}.npz") as kept:
            np.testing.assert_array_equal(kept["index"], np.arange(rows))
            names = set(kept.files) - {"index"}
            assert names == result.uncertainty[split].keys() >= {"probe/knn_accuracy"}
            for name in names:
                assert kept[name].mean() == pytest.approx(result.metrics[split][name], abs=1e-6)


def test_rows_a_second_count_every_step(short, tmp_path):
    done = execute(short("autoencoder"), Options(tmp_path, quiet=True))
    timing = done.timing
    assert timing["fit_seconds"] > 0
    assert timing["fit_cpu_seconds"] > 0
    assert done.resources["train_rows_seen"] == 4 * 128
    assert timing["train_samples_per_second"] * timing["fit_seconds"] == pytest.approx(4 * 128)
    timing = execute(short("raw"), Options(tmp_path, quiet=True)).timing
    assert (timing["fit_seconds"], timing["train_samples_per_second"]) == (0, 0)


def test_seed_decides(short, tmp_path):
    first = execute(short("vae"), Options(tmp_path / "a", quiet=True))
    again = execute(short("vae"), Options(tmp_path / "b", quiet=True))
    other = execute(short("vae", "--seed_everything", "1"), Options(tmp_path / "a", quiet=True))
    assert first.metrics == again.metrics
    assert first.metrics != other.metrics


def test_majority_is_the_floor_of_probes(short, tmp_path):
    floor = execute(short("majority"), Options(tmp_path, quiet=True))
    found = {split: [one[f"probe/{by}_accuracy"] for by in ("knn", "linear")] for split, one in floor.metrics.items()}
    classes = json.loads((tmp_path / floor.run_id / "queries" / "test_classes.json").read_text(encoding="utf8"))
    share = max(one["rows"] for one in classes.values() if one["probe/knn_accuracy"] == 1) / floor.splits["test"]
    assert found["test"] == pytest.approx([share, share])
    assert floor.metrics["test"]["probe/linear_balanced_accuracy"] == pytest.approx(0.1)
    assert not [note for note in floor.notes if "collapse" in note]


def test_oracle_is_marked(short, tmp_path):
    assert execute(short("label_oracle"), Options(tmp_path, quiet=True)).config["sees_labels"] is True


def test_bad_input_writes_nothing(short, tmp_path):
    for more in (["--suite.neighbors", "0"], ["--model.latent_dim", "65"], ["--trainer.accelerator", "tpux"]):
        with pytest.raises(UsageError):
            execute(short("pca", *more), Options(tmp_path / "runs"))
    assert list(tmp_path.iterdir()) == []


def test_refused_rerun_leaves_the_first_alone(short, tmp_path):
    result = execute(short("raw"), Options(tmp_path, run_id="one", quiet=True))
    with pytest.raises(UsageError):
        execute(short("raw", "--suite.neighbors", "0"), Options(tmp_path, run_id="one", overwrite=True))
    assert on_disk(result, tmp_path) == result


@pytest.mark.parametrize(
    ("error", "said"), [(ValueError("too bad"), "ValueError: too bad"), (KeyboardInterrupt(), "interrupted")]
)
def test_error_in_the_middle_is_recorded(error, said, short, tmp_path, monkeypatch):
    def terms(self, batch):
        raise error

    monkeypatch.setattr(Autoencoder, "terms", terms)
    options = Options(tmp_path, run_id="one", quiet=True)
    if isinstance(error, Exception):
        assert execute(short("autoencoder"), options).status == "failed"
    else:
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            execute(short("autoencoder"), options)
    found = Result.read(tmp_path / "one" / "result.json")
    assert (found.status, found.error, found.metrics) == ("failed", said, {})
    assert found.finished_at is not None
    assert "Traceback" in (tmp_path / "one" / "traceback.txt").read_text(encoding="utf8")


def test_result_says_running_meanwhile(short, tmp_path, monkeypatch):
    seen = []
    original = Autoencoder.terms

    def terms(self, batch):
        seen.append(json.loads((tmp_path / "one" / "result.json").read_text(encoding="utf8"))["status"])
        return original(self, batch)

    monkeypatch.setattr(Autoencoder, "terms", terms)
    execute(short("autoencoder"), Options(tmp_path, run_id="one", quiet=True))
    assert set(seen) == {"running"}


def test_embedding_that_is_not_finite_fails(short, tmp_path, monkeypatch):
    def embed(self, x):
        z = self.to_latent(self.encoder(x))
        return torch.where(torch.arange(len(z))[:, None] == 0, torch.nan, z)

    monkeypatch.setattr(Autoencoder, "terms", lambda self, batch: {"any": self.to_latent.weight.square().sum()})
    monkeypatch.setattr(Autoencoder, "embed", embed)
    result = execute(short("autoencoder"), Options(tmp_path, quiet=True))
    assert result.status == "failed"
    assert "3 of 270 train rows have a NaN or infinite embedding; lower --model.lr." in result.error


def test_clusters_of_the_model_itself_are_scored_and_said_to_be(request_of, tmp_path):
    result = execute(request_of("kmeans", "--model.clusters", "4"), Options(tmp_path, run_id="four", quiet=True))
    assert "clustering/* scores the model's own clusters, not those of k-means" in result.notes
    assert "4 clusters" in result.notes
    assert result.metrics["test"]["clustering/accuracy"] < 0.6  # of ten classes four can be named
    assert rescore(tmp_path / "four", []).assessed["test"].metrics == pytest.approx(result.metrics["test"], abs=1e-6)
    without = execute(request_of("kmeans", "--suite.metrics", "[probe]"), Options(tmp_path, quiet=True))
    assert not [note for note in without.notes if "clustering/*" in note]


def test_sweep_is_noted(short, tmp_path):
    result = execute(short("raw"), Options(tmp_path, quiet=True, sweep={"id": "s", "trial": "t"}))
    assert result.sweep == {"id": "s", "trial": "t"}


def test_a_stop_while_a_run_begins_leaves_its_record(short, tmp_path, monkeypatch):
    """Whoever has seen that it runs finds later how it ended."""
    write = folder.write_bytes

    def stopped(*args):
        os.kill(os.getpid(), signal.SIGTERM)
        write(*args)

    monkeypatch.setattr(folder, "write_bytes", stopped)
    with listening(), pytest.raises(Stopped, match="terminated"):
        execute(short("raw"), Options(tmp_path, run_id="one", quiet=True))
    found = Result.read(tmp_path / "one" / "result.json")
    assert (found.status, found.error) == ("failed", "terminated")


def test_threads_are_those_asked_for_and_only_meanwhile(short, tmp_path, monkeypatch):
    before, seen = torch.get_num_threads(), []
    monkeypatch.setattr(Raw, "embed", lambda _, x: seen.append(torch.get_num_threads()) or x.flatten(1))
    execute(short("raw", "--threads", str(before + 1)), Options(tmp_path, quiet=True))
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before
    assert "LOCAL_RANK" not in os.environ


def test_trial_of_an_agent_takes_over_what_had_finished(short, tmp_path, monkeypatch, capsys):
    """A sweep begun again in one folder: its runs that had finished are told to W&B, and nothing is run or refused."""
    request, told = short("raw"), []
    first = execute(request, Options(tmp_path, quiet=True))
    monkeypatch.setenv("WANDB_SWEEP_ID", "sweep")
    monkeypatch.setattr(tracker, "open_run", lambda *words: words[2])
    monkeypatch.setattr(tracker, "close_run", lambda *words, failed: told.append((*words, failed)))
    written = (tmp_path / first.run_id / "result.json").stat().st_mtime_ns
    assert execute(request, Options(tmp_path, quiet=True)) == first
    assert (tmp_path / first.run_id / "result.json").stat().st_mtime_ns == written
    ((run, metrics, facts, failed),) = told
    assert (run, facts["status"], failed) == (first.run_id, "finished", False)
    assert metrics["val/probe/knn_accuracy"] == first.metrics["val"]["probe/knn_accuracy"]
    assert "had finished: its result is this trial's" in capsys.readouterr().err
    with pytest.raises(UsageError, match="exists; add --overwrite"):  # of a name that says nothing of what was asked
        execute(request, Options(tmp_path, run_id=first.run_id, quiet=True))

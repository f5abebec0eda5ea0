"""A run's request again: where its paths lead, and which rows are its own."""

from pathlib import Path

import pytest
import yaml

from embedbench.errors import UsageError
from embedbench.results.record import Result
from embedbench.run.again.reopened import reopen

ARRAYS, TABLE = "embedbench.data.tables.arrays.Arrays", "embedbench.data.tables.table.Table"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Leaves a run that was started in one folder, and goes to another."""
    for name in ("started", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "here")
    folder = tmp_path / "run"

    def make(class_path, model="embedbench.paradigms.clustering.kmeans.KMeans", on=None, **arguments):
        config = {
            "model": {"class_path": model, "init_args": {"on": on}},
            "data": {"class_path": class_path, "init_args": arguments},
            "model_name": "kmeans",
            "data_name": "arrays",
        }
        folder.mkdir(exist_ok=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf8")
        facts = {
            "paradigm": "clustering",
            "model": "kmeans",
            "dataset": "arrays",
            "seed": 0,
            "started_at": "2026-01-01",
        }
        environment = {"folder": str(tmp_path / "started")}
        Result(run_id="run", status="finished", environment=environment, **facts).write(folder)
        return folder

    return make


def arguments(reopened, group="data"):
    return reopened.request[group]["init_args"]


def test_paths_are_taken_from_here_and_then_from_where_the_run_was_started(run, tmp_path):
    folder = run(ARRAYS, path="x.npy", labels="y.npy", on="runs/base")
    (tmp_path / "started" / "x.npy").touch()
    (tmp_path / "started" / "y.npy").touch()
    (tmp_path / "started" / "runs" / "base").mkdir(parents=True)
    Path("y.npy").touch()
    found = reopen(folder, [])
    assert not found.is_other
    assert arguments(found) == {"path": str(tmp_path / "started" / "x.npy"), "labels": "y.npy"}
    assert arguments(found, "model")["on"] == str(tmp_path / "started" / "runs" / "base")


def test_words_that_are_no_paths_stay(run, tmp_path):
    folder = run(TABLE, path="x.csv", label="y")
    for name in ("x.csv", "y"):
        (tmp_path / "started" / name).touch()
    assert arguments(reopen(folder, []))["label"] == "y"


def test_own_rows_that_are_gone_are_said_to_be(run):
    folder = run(TABLE, path="x.csv")
    with pytest.raises(UsageError, match=r"aren't found: there is no 'x.csv' in the current folder, nor in .*started"):
        reopen(folder, [])
    assert reopen(folder, [], Path("new.csv")).is_other
    assert reopen(folder, ["--data.path", "new.csv"]).is_other


def test_labels_and_features_belong_to_the_files_that_they_came_with(run):
    folder = run(
        "embedbench.data.relations.relations.Relations", path="d.npy", labels="y.npy", features="x.npy", landmarks=9
    )
    found = reopen(folder, ["--data.labels", "new_y.npy"], Path("new_d.npy"))
    assert arguments(found) == {"path": "new_d.npy", "labels": "new_y.npy", "landmarks": 9}


def test_a_file_is_named_by_its_letters(run):
    assert arguments(reopen(run(TABLE, path="x.csv"), [], Path("2024")))["path"] == "2024"


def test_other_data_take_the_file(run):
    found = reopen(run(TABLE, path="x.csv", label="y"), ["--data", "image_folder"], Path("pictures"))
    assert arguments(found) == {"root": "pictures"}
    with pytest.raises(UsageError, match="read from no file, so that Wine takes none"):
        reopen(run("embedbench.data.tables.wine.Wine"), [], Path("x.csv"))


def test_other_arguments_leave_the_rows_the_runs_own(run):
    folder = run(TABLE, path="x.csv")
    Path("x.csv").touch()
    assert not reopen(folder, ["--data.batch_size", "7", "--data.split_seed", "3"]).is_other

"""`embedbench split`: a split as a file, and a run that follows it."""

import json

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """A folder with visits.csv: 30 patients of 6 visits."""
    folder = tmp_path_factory.mktemp("split")
    rng = np.random.default_rng(0)
    patient = rng.permutation(np.repeat(np.arange(30), 6))
    frame = pd.DataFrame({"visit": [f"v{n}" for n in range(180)], "patient": patient, "a": rng.normal(size=180)})
    frame.assign(b=rng.normal(size=180), y=np.array(list("no"))[patient % 2]).to_csv(folder / "visits.csv", index=False)
    return folder


DATA = ["--data", "table", "--data.path", "visits.csv", "--data.label", "y", "--data.id", "visit"]


def test_a_run_follows_the_file_that_split_wrote(visits, command, results_in):
    by = ["--data.split_by", "patient"]
    ended = command(visits, "split", *DATA, *by, "--output", "split.csv")
    assert ended.code == 0, ended.err
    assert "note: rows of one group stay together: " in ended.err
    table, frame = pd.read_csv(visits / "split.csv"), pd.read_csv(visits / "visits.csv")
    assert table.columns.tolist() == ["row", "id", "split"]
    assert table["id"].tolist() == frame["visit"].tolist()
    assert frame["patient"].groupby(table["split"]).nunique().sum() == 30
    counts = table["split"].value_counts()
    assert f"written split.csv: {counts['train']} rows train, {counts['val']} rows val" in ended.err
    run = ["run", "--model", "raw", *DATA, "--suite.metrics", "[latent]"]
    followed = ["--data.drop", "[patient]", "--data.split_file", "split.csv"]
    for folder, more in {"one": followed, "two": by}.items():
        ended = command(visits, *run, *more, "--runs", folder)
        assert ended.code == 0, ended.err
    one, two = (results_in(visits / name)["raw"] for name in ("one", "two"))
    assert one["splits"] == two["splits"] == counts.to_dict()
    assert one["dataset_fingerprint"] == two["dataset_fingerprint"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--output", "x.csv"], "no --data was given"),
        ([*DATA, "--output", "x.txt"], "--output must end in .csv, .jsonl or .parquet, got 'x.txt'"),
        ([*DATA, "--model", "pca", "--output", "x.csv"], "split takes --data and its arguments, and no --model"),
        ([*DATA, "--data.split_by", "patients", "--output", "x.csv"], "did you mean 'patient'"),
    ],
)
def test_what_can_t_be_split_is_refused_and_nothing_is_written(visits, command, words, message):
    before = {*visits.iterdir()}
    ended = command(visits, "split", *words)
    assert ended.code == 2
    assert message in ended.err
    assert {*visits.iterdir()} == before


def test_metrics_are_added_to_a_run_of_a_fold_and_of_disjoint_classes(visits, command):
    ways = {
        "fold": [*DATA, "--data.split_by", "patient", "--data.folds", "3", "--data.fold", "2"],
        "classes": ["--data", "digits", "--data.disjoint_classes", "true"],
    }
    for folder, way in ways.items():
        metrics = ["--suite.metrics", "[latent]", "--run_id", folder, "--keep_embeddings"]
        ended = command(visits, "run", "--model", "raw", *way, *metrics)
        assert ended.code == 0, ended.err
        ended = command(visits, "evaluate", "--run", f"runs/{folder}", "--metrics", "retrieval,probe")
        assert ended.code == 0, ended.err
    found = json.loads((visits / "runs" / "classes" / "result.json").read_text(encoding="utf8"))
    assert found["metrics"]["test"]["retrieval/recall@1"] > 0.9
    assert "probe/knn_accuracy" in found["metrics"]["val"]
    assert "probe/knn_accuracy" not in found["metrics"]["test"]

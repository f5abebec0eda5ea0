"""`embedbench evaluate --run --metrics`: what an old run doesn't have is added to its record, without embedding."""

import json

import numpy as np
import pytest

from embedbench.run.again.reuse import rescore

PCA = ["run", "--model", "pca", "--data", "digits"]


@pytest.fixture
def run(tmp_path, command, few):
    """A folder with a run of PCA that was scored by its probes alone."""
    assert command(tmp_path, *PCA, *few, "--run_id", "pca").code == 0
    return tmp_path / "runs" / "pca"


@pytest.fixture
def evaluate(run, command):
    def call(*more):
        return command(run.parents[1], "evaluate", "--run", "runs/pca", *more)

    return call


def record(run):
    return json.loads((run / "result.json").read_text(encoding="utf8"))


def test_what_is_new_is_added_and_the_rest_stays(run, evaluate):
    before = record(run)
    ended = evaluate("--metrics", "clustering,retrieval/map@r", "--output", "scores.json")
    assert ended.code == 0, ended.err
    assert "no row was embedded again" in ended.err
    after, shown = record(run), json.loads((run.parents[1] / "scores.json").read_text(encoding="utf8"))
    expected = rescore(run, ["--suite.metrics", "[clustering,retrieval/map@r]"]).assessed
    for split in ("val", "test"):
        assert after["metrics"][split] == {**shown[split], **before["metrics"][split]}
        assert shown[split] == expected[split].metrics
        assert after["uncertainty"][split] == {**expected[split].uncertainty, **before["uncertainty"][split]}
    assert after["directions"]["retrieval/map@r"] == "higher"
    (note,) = [note for note in after["notes"] if note not in before["notes"]]
    assert note.startswith("added later by embedbench ")
    assert "from kept embeddings: clustering/" in note
    assert note.endswith(", retrieval/map@r")
    changed = {"metrics", "uncertainty", "directions", "notes"}
    assert {name for name in after if after[name] != before[name]} == changed
    with np.load(run / "queries" / "test.npz") as queries:
        assert {"index", "retrieval/map@r", "probe/knn_accuracy"} <= set(queries)
        assert queries["retrieval/map@r"].mean() == pytest.approx(after["metrics"]["test"]["retrieval/map@r"])


def test_nothing_is_added_twice(run, evaluate):
    evaluate("--metrics", "separation")
    before = (run / "result.json").read_bytes()
    ended = evaluate("--metrics", "separation,probe")
    assert "added 0 metrics" in ended.err
    assert (run / "result.json").read_bytes() == before


def test_value_of_the_record_stays_where_it_would_be_another_now(run, evaluate):
    content = record(run)
    content["metrics"]["test"]["probe/knn_accuracy"] = 0.125
    (run / "result.json").write_text(json.dumps(content), encoding="utf8")
    ended = evaluate("--metrics", "probe,separation")
    assert "test probe/knn_accuracy is 0." in ended.err
    assert "and 0.125 in the record, which stays" in ended.err
    assert record(run)["metrics"]["test"]["probe/knn_accuracy"] == 0.125


def test_what_is_not_kept_is_embedded_said_and_kept(run, evaluate, tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "empty"))
    first, second = (evaluate("--metrics", name) for name in ("separation", "latent"))
    assert "embedded train, val, test, of which no embeddings are kept" in first.err
    assert "no row was embedded again" in second.err
    made, kept = record(run)["notes"][-2:]
    assert "from embeddings made again: separation/" in made
    assert "from kept embeddings: latent/" in kept


def test_file_of_vectors_takes_metrics_too(tmp_path, command):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "z.npz", z=rng.normal(size=(90, 4)), label=np.arange(90) % 3)
    assert command(tmp_path, "evaluate", "z.npz", "--metrics", "latent/effective_rank", "--output", "z.json").code == 0
    found = json.loads((tmp_path / "z.json").read_text(encoding="utf8"))
    assert list(found["test"]) == ["latent/effective_rank"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--metrics", "retrieval/map@s"], "did you mean 'retrieval/map@r'?"),
        (["--metrics", ","], "--metrics names nothing; give one name or more"),
        (
            ["--metrics", "latent", "--suite.neighbors", "7"],
            "which --suite.neighbors would not fit; leave it out, or look",
        ),
        (["--metrics", "latent", "--data.split_seed", "7"], 'without recording by --suite.metrics=["latent"].'),
        (["--metrics", "latent", "--trainer.precision", "64-true"], "which --trainer.precision would not fit"),
    ],
)
def test_refused(more, said, run, evaluate):
    before = (run / "result.json").read_bytes()
    ended = evaluate(*more)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert (run / "result.json").read_bytes() == before


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("dataset_fingerprint", "0123", "the data of runs/pca have changed since it ran (fingerprint 0123, now "),
        ("status", "failed", "the run runs/pca is failed, and only a finished one is added to"),
    ],
)
def test_record_that_nothing_fits(field, value, said, run, evaluate):
    (run / "result.json").write_text(json.dumps({**record(run), field: value}), encoding="utf8")
    ended = evaluate("--metrics", "latent")
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


def test_size_of_the_cache_that_is_none(evaluate, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "plenty")
    ended = evaluate("--metrics", "latent")
    assert ended.code == 2
    assert "EMBEDBENCH_CACHE_SIZE must be a size such as 20GB, or 0 for no cache, got 'plenty'." in ended.err

"""`embedbench evaluate`: vectors of any tool, and a run once more."""

import csv
import json
import re

import numpy as np
import pytest

from embedbench import assess, evaluate
from embedbench.evaluation.suite import Suite


@pytest.fixture(scope="module")
def done(tmp_path_factory, command, few):
    """A folder with a run of PCA on digits and one of an auto-encoder."""
    folder = tmp_path_factory.mktemp("evaluate")
    for model in ("pca", "autoencoder"):
        line = ["run", "--model", model, "--data", "digits", *few, "--run_id", model]
        assert command(folder, *line).code == 0
    return folder


@pytest.fixture
def vectors(tmp_path):
    """Vectors with labels, the first hundred for the gallery."""
    rng = np.random.default_rng(3)
    label = np.arange(150) % 3
    z = (rng.normal(size=(150, 5)) + 2 * np.eye(3, 5)[label]).astype(np.float32)
    np.savez(tmp_path / "all.npz", z=z, label=label, split=np.repeat(["train", "test"], [100, 50]))
    np.savez(tmp_path / "gallery.npz", z=z[:100], label=label[:100])
    np.savez(tmp_path / "query.npz", z=z[100:], label=label[100:])
    return z, label


def read(path):
    return json.loads(path.read_text(encoding="utf8"))


@pytest.mark.parametrize("line", ["all.npz", "query.npz --gallery gallery.npz", "--suite.neighbors 7 all.npz"])
def test_scores_of_a_file_are_those_of_its_arrays(line, vectors, tmp_path, command):
    z, label = vectors
    ended = command(tmp_path, "evaluate", *line.split(), "--suite.neighbors", "7", "--output", "scores.json")
    assert ended.code == 0, ended.err
    expected = evaluate(z[100:], label[100:], gallery=(z[:100], label[:100]), suite=Suite(neighbors=7))
    found = read(tmp_path / "scores.json")
    assert found == {"test": pytest.approx(expected, abs=1e-9)}
    for value in expected.values():
        assert f"{value:.4f}" in ended.out
    said = assess(z[100:], label[100:], gallery=(z[:100], label[:100]), suite=Suite(neighbors=7)).uncertainty
    for name, one in said.items():
        assert f"{expected[name]:.4f} [{one['low']:.3f}, {one['high']:.3f}]" in ended.out
    assert "95 % bootstrap interval over the query rows" in ended.out
    assert not (tmp_path / "runs").exists()


def test_what_is_approximate_is_printed_and_recorded(command, vectors, tmp_path):
    z, label = vectors
    np.savez(tmp_path / "gallery.npz", z=np.tile(z[:100], (14, 1)), label=np.tile(label[:100], 14))
    line = ["evaluate", "query.npz", "--gallery", "gallery.npz", "--suite.index", "ivf", "--dataset", "digits"]
    ended = command(tmp_path, *line)
    assert ended.code == 0, ended.err
    (path,) = tmp_path.glob("runs/*/result.json")
    found = read(path)
    (note,) = found["notes"]
    assert note.startswith("test: the neighbours of 50 query rows are approximate, from faiss' IVF32,Flat with nprobe")
    assert f"embedbench: note: {note}" in ended.err
    assert found["metrics"]["test"]["latent/search_recall"] >= 0.95


@pytest.fixture
def of_digits(done):
    """Vectors of as many rows as the runs have, and the same but for five rows."""
    rng = np.random.default_rng(0)
    label = np.arange(330) % 3
    z = (rng.normal(size=(330, 5)) + 2 * np.eye(3, 5)[label]).astype(np.float32)
    split = np.repeat(["train", "test"], [270, 60])
    ids = [f"r{i}" for i in range(330)]
    np.savez(done / "all.npz", z=z, label=label, split=split, id=ids)
    np.savez(done / "turned.npz", z=z[::-1], label=label[::-1], split=split[::-1], id=ids[::-1])
    np.savez(done / "less.npz", z=z[5:], label=label[5:], split=split[5:])
    np.savez(done / "drawn.npz", z=np.concatenate([z, z[:30]]), label=np.concatenate([label, label[:30]]))
    return done


def test_file_ranks_beside_the_runs(done, command, of_digits):
    line = ["evaluate", "all.npz", "--dataset", "digits", "--name", "mytool"]
    first, second = command(done, *line), command(done, *line)
    assert (first.code, second.code) == (0, 0)
    (path,) = done.glob("runs/digits-mytool-*/result.json")
    result = read(path)
    assert (result["paradigm"], result["model"], result["latent_dim"]) == ("external", "mytool", 5)
    assert result["splits"] == {"train": 270, "test": 60}
    kept = np.load(path.parent / "queries" / "test.npz")
    assert kept["index"].tolist() == list(range(270, 330))
    assert kept["probe/knn_accuracy"].mean() == pytest.approx(result["metrics"]["test"]["probe/knn_accuracy"], abs=1e-6)
    assert result["uncertainty"]["test"].keys() == set(kept.files) - {"index"}
    classes = read(path.parent / "queries" / "test_classes.json")
    assert {name: one["rows"] for name, one in classes.items()} == {"0": 20, "1": 20, "2": 20}
    recall = [one["probe/knn_accuracy"] for one in classes.values()]
    assert np.average(recall, weights=[20, 20, 20]) == pytest.approx(kept["probe/knn_accuracy"].mean())
    assert np.mean(recall) == pytest.approx(result["metrics"]["test"]["probe/knn_balanced_accuracy"])
    assert f"recorded in {path.parent.relative_to(done)}" in first.err
    board = command(done, "leaderboard", "--format", "csv")
    rows = list(csv.DictReader(board.out.splitlines()))
    assert {row["model"] for row in rows} == {"mytool", "pca", "autoencoder"}
    assert {row["dataset"] for row in rows} == {"digits"}
    assert "mytool" in command(done, "leaderboard").out


def test_several_files_stand_side_by_side(done, command, of_digits, tmp_path):
    line = [
        "evaluate",
        "all.npz",
        "turned.npz",
        "--dataset",
        "digits",
        "--runs",
        tmp_path / "runs",
        "--metrics",
        "probe",
    ]
    ended = command(done, *line, "--output", tmp_path / "scores.json")
    assert ended.code == 0, ended.err
    assert "all test" in ended.out
    assert "turned test" in ended.out
    scores = read(tmp_path / "scores.json")
    assert scores.keys() == {"all", "turned"}
    assert scores["turned"]["test"]["probe/knn_accuracy"] == scores["all"]["test"]["probe/knn_accuracy"]
    assert len(list(tmp_path.glob("runs/digits-*/result.json"))) == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "less.npz",
            r"less.npz has other rows \(265 train, 60 test\) than the results on 'digits' in runs \(270 train",
        ),
        ("all.npz less.npz", "less.npz has 325 rows and all.npz has 330; score files of the same rows together"),
        ("all.npz turned.npz --name one", "--name is for one FILE, got 2"),
        ("all.npz all.npz", "2 files are called 'all'; give each a name of its own"),
        ("all.npz --qrels nowhere.tsv", "--qrels judges queries in FILE and documents in --gallery FILE; give both"),
    ],
)
def test_other_rows_than_the_runs_have_are_refused(done, command, of_digits, line, reason):
    before = sorted(done.rglob("*"))
    ended = command(done, "evaluate", *line.split(), "--dataset", "digits")
    assert ended.code == 2
    assert re.search(reason, ended.err), ended.err
    assert len(ended.err.splitlines()) == 1
    assert sorted(done.rglob("*")) == before


def test_ids_are_those_of_what_was_recorded(command, of_digits, tmp_path):
    line = ["--dataset", "digits", "--runs", tmp_path / "runs", "--metrics", "probe"]
    assert command(of_digits, "evaluate", "all.npz", *line).code == 0
    held = dict(np.load(of_digits / "all.npz"))
    np.savez(tmp_path / "others.npz", **{**held, "id": np.char.add("x", held["id"])})
    ended = command(of_digits, "evaluate", tmp_path / "others.npz", *line)
    assert ended.code == 2
    assert "aren't those of all.npz, recorded as digits-all-" in ended.err


def test_rows_drawn_at_random_are_said_to_be_beside_runs(command, of_digits):
    ended = command(of_digits, "evaluate", "drawn.npz", "--dataset", "digits", "--metrics", "probe", "--name", "drawn")
    assert ended.code == 0, ended.err
    assert "note: a random fifth of drawn.npz was scored, not the test rows of the runs on digits" in ended.err


def test_judged_documents_are_ranked(command, tmp_path):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(40, 4))
    np.savez(tmp_path / "documents.npz", z=z, id=[f"d{i}" for i in range(40)])
    np.savez(tmp_path / "queries.npz", z=z[:3] + 1e-3, id=["q0", "q1", "q2"])
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq0\td0\t1\nq1\td1\t2\n", encoding="utf8")
    line = ["evaluate", "queries.npz", "--gallery", "documents.npz", "--qrels", "qrels.tsv", "--metrics", "relevance"]
    ended = command(tmp_path, *line, "--output", "scores.json")
    assert ended.code == 0, ended.err
    assert read(tmp_path / "scores.json")["test"]["relevance/ndcg@10"] == 1
    assert "note: 1 of 3 queries have no relevant document and are left out: q2" in ended.err


def test_other_content_of_one_name_is_another_record(command, vectors, tmp_path):
    z, label = vectors
    for shift in (0, 1):
        np.savez(tmp_path / "z.npz", z=np.roll(z, shift, axis=1) * (1 + shift), label=label)
        assert command(tmp_path, "evaluate", "z.npz", "--dataset", "digits").code == 0
    assert len(list(tmp_path.glob("runs/digits-z-*/result.json"))) == 2


def test_another_protocol_is_another_record_and_the_same_one_replaces_it(command, vectors, tmp_path):
    line = ["evaluate", "all.npz", "--dataset", "digits"]
    for words in ([], ["--suite.distance", "cosine", "--suite.neighbors", "3"], ["--suite.seed", "1"], []):
        assert command(tmp_path, *line, *words).code == 0
    found = [read(path) for path in tmp_path.glob("runs/digits-all-*/result.json")]
    asked = {
        (one["seed"], *(one["config"]["suite"]["init_args"][key] for key in ("distance", "neighbors"))) for one in found
    }
    assert len(found) == 3
    assert asked == {(0, "euclidean", 20), (0, "cosine", 3), (1, "euclidean", 20)}
    board = json.loads(command(tmp_path, "leaderboard", "--format", "json").out)
    rows = {row["label"]: row["n"] for row in board["tables"][0]["rows"]}
    assert rows == {"all (distance=euclidean, neighbors=20)": 2, "all (distance=cosine, neighbors=3)": 1}


def test_fewer_metrics_take_nothing_from_the_record_of_a_file(command, vectors, tmp_path):
    line = ["evaluate", "all.npz", "--dataset", "digits"]
    assert command(tmp_path, *line, "--metrics", "retrieval").code == 0
    (path,) = tmp_path.glob("runs/*/result.json")
    before = read(path)
    ended = command(tmp_path, *line, "--metrics", "retrieval/map@r,probe")
    assert ended.code == 0, ended.err
    after, added = read(path), "probe/knn_accuracy"
    others = len(before["metrics"]["test"]) - 1
    assert others > 0
    assert f"embedbench: {others} metrics of before stay in the record" in ended.err
    for part in ("metrics", "uncertainty"):
        assert after[part]["test"].items() >= before[part]["test"].items()
        assert added in after[part]["test"]
    assert {added, "retrieval/map@r"} <= after["directions"].keys()
    assert np.load(path.parent / "queries" / "test.npz").files.count("retrieval/map@r") == 1
    assert after["uncertainty"]["test"].keys() == set(np.load(path.parent / "queries" / "test.npz").files) - {"index"}
    after["environment"]["embedbench"] = "0"
    path.write_text(json.dumps(after), encoding="utf8")
    ended = command(tmp_path, *line, "--metrics", "retrieval/map@r")
    assert list(read(path)["metrics"]["test"]) == ["retrieval/map@r"]
    assert f"embedbench: {len(after['metrics']['test']) - 1} metrics of before are of another embedbench" in ended.err


@pytest.mark.parametrize("model", ["pca", "autoencoder"])
def test_run_scored_again_is_the_same_and_left_alone(model, done, command, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "0")  # so that it is embedded again
    folder = done / "runs" / model
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.rglob("*"))}
    ended = command(done, "evaluate", "--run", f"runs/{model}", "--output", "again.json")
    assert ended.code == 0, ended.err
    found, recorded = read(done / "again.json"), read(folder / "result.json")["metrics"]
    assert sorted(found) == ["test", "val"]
    for split, values in recorded.items():
        assert found[split] == pytest.approx(values, abs=1e-6)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.rglob("*"))} == before
    assert not (done / "lightning_logs").exists()


def test_run_scored_by_another_suite(done, command):
    line = ["--suite.metrics", "[latent/effective_rank]", "--output", "rank.json"]
    assert command(done, "evaluate", "--run", "runs/pca", *line).code == 0
    assert list(read(done / "rank.json")["test"]) == ["latent/effective_rank"]

"""`embedbench agreement`: how far runs on the same rows agree, and what takes no part."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from sklearn.neighbors import NearestNeighbors


@pytest.fixture(scope="module")
def done(tmp_path_factory, command):
    """Runs on rows without labels: two models of two seeds, and vectors made elsewhere."""
    folder = tmp_path_factory.mktemp("agreement")
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 6, (4, 8))
    np.savez(folder / "rows.npz", x=(centres[rng.integers(0, 4, 400)] + rng.normal(size=(400, 8))).astype(np.float32))
    few = ["--data", "rows.npz", "--threads", "1", "--trainer.max_steps", "4", "--suite.metrics", "[clustering]"]
    for model in ("random", "pca"):
        for seed in (0, 1):
            ended = command(folder, "run", "--model", model, "--model.latent_dim", 3, *few, "--seed_everything", seed)
            assert ended.code == 0, ended.err
    np.save(folder / "z.npy", rng.normal(size=(400, 4)))
    assert command(folder, "evaluate", "z.npy", "--dataset", "rows").code == 0
    return folder


def reference(folder, command, k):
    """The agreement of all runs from the vectors that `embed` writes: clusters apart, by scikit-learn and loops."""
    found = {}
    for path in sorted((folder / "runs").glob("rows-*-s?-*")):
        name, seed = path.name.split("-")[1:3]
        assert command(folder, "embed", path, "--output", "z.npz", "--split", "test").code == 0
        z = np.load(folder / "z.npz")["z"]
        cluster = KMeans(k, n_init=20, random_state=7 + int(seed[1:])).fit_predict(z)
        near = NearestNeighbors(n_neighbors=10).fit(z).kneighbors(return_distance=False)
        found.setdefault(name, []).append((cluster, near))
    return found


def test_pairs_agree_as_references_say(done, command):
    ended = command(done, "agreement", "--format", "json", "--clusters", "4")
    (table,) = json.loads(ended.out)["tables"]
    assert (table["clusters"], table["neighbors"], table["rows"]) == (4, 10, 80)
    runs = reference(done, command, 4)
    seen = {(pair["model"], pair["other"]): pair["measures"] for pair in table["pairs"]}
    assert sorted(sorted({*pair}) for pair in seen) == [["pca"], ["pca", "random"], ["random"]]
    for (one, other), measures in seen.items():
        pairs = [(runs[one][0], runs[one][1])] if one == other else [(a, b) for a in runs[one] for b in runs[other]]
        expected = {
            "ari": [adjusted_rand_score(a[0], b[0]) for a, b in pairs],
            "ami": [adjusted_mutual_info_score(a[0], b[0]) for a, b in pairs],
            "neighbors": [
                np.mean([len({*x} & {*y}) / 10 for x, y in zip(a[1].tolist(), b[1].tolist(), strict=True)])
                for a, b in pairs
            ],
        }
        for name, values in expected.items():
            spread = measures[name]
            assert spread["pairs"] == len(values)
            assert spread["mean"] == pytest.approx(np.mean(values), abs=0.02 if name != "neighbors" else 1e-3)
            assert (spread["sd"] is None) == (len(values) == 1)


def test_number_of_clusters_is_what_most_runs_chose(done, command):
    chosen = [
        json.loads(path.read_text(encoding="utf8"))["metrics"]["test"]["clustering/k"]
        for path in (done / "runs").glob("rows-*-s?-*/result.json")
    ]
    ended = command(done, "agreement", "--format", "json")
    (table,) = json.loads(ended.out)["tables"]
    values, counts = np.unique(chosen, return_counts=True)
    assert table["clusters"] == values[counts.argmax()]
    assert f"k-means with {table['clusters']} clusters" in table["notes"][0]
    assert "left out: z (vectors made elsewhere, which are not kept)" in ended.err


def test_formats_hold_the_same(done, command):
    shown = command(done, "agreement", "--clusters", "3")
    assert "rows, agreement on clusters (adjusted Rand index)" in shown.out
    assert "10 nearest are compared: 0.127 are in common by chance" in shown.out
    assert command(done, "agreement", "--clusters", "3", "--output", "a.csv").code == 0
    lines = list(csv.DictReader(io.StringIO((done / "a.csv").read_text(encoding="utf8"))))
    assert len(lines) == 3 * 3
    assert command(done, "agreement", "--clusters", "3", "--output", "a.md").code == 0
    written = (done / "a.md").read_text(encoding="utf8")
    for line in lines:
        if line["measure"] != "ami":
            assert f"{float(line['mean']):.3f}" in shown.out
            assert f"{float(line['mean']):.3f}" in written


def test_ceiling_and_floor_take_no_part_and_folds_are_apart(tmp_path, command, few):
    for model in ("label_oracle", "majority", "pca"):
        assert command(tmp_path, "run", "--model", model, "--data", "wine", *few[4:]).code == 0
    ended = command(tmp_path, "agreement")
    assert ended.code == 2
    assert "left out: label_oracle (sees the labels)" in ended.err
    assert "left out: majority (embeds all rows alike)" in ended.err
    assert "no two runs under 'runs' can be compared by the same test rows (models: 3 on wine)" in ended.err
    for fold in (1, 2):
        folds = ["--data.folds", 2, "--data.fold", fold]
        for model in ("pca", "raw"):
            done = command(tmp_path, "run", "--model", model, "--data", "wine", *few[4:], *folds)
            assert done.code == 0, done.err
    ended = command(tmp_path, "agreement", "--format", "json")
    (table,) = json.loads(ended.out)["tables"]
    assert table["clusters"] == 3
    (pair,) = table["pairs"]
    assert (pair["measures"]["ari"]["pairs"], {pair["model"], pair["other"]}) == (2, {"pca", "raw"})


def test_runs_that_cannot_be_used_are_named(done, tmp_path, command):
    shutil.copytree(done, tmp_path / "there")
    folder = tmp_path / "there"
    (broken,) = (folder / "runs").glob("rows-random-s1-*")
    (weights,) = (broken / "checkpoints").iterdir()
    weights.write_bytes(b"torn")
    ended = command(folder, "agreement", "--format", "json", "--clusters", "4")
    assert ended.code == 0
    assert f"left out: runs/{broken.name}: " in ended.err
    pairs = json.loads(ended.out)["tables"][0]["pairs"]
    assert sorted(pair["measures"]["ari"]["pairs"] for pair in pairs) == [1, 2]
    with np.load(folder / "rows.npz") as held:
        np.savez(folder / "rows.npz", x=held["x"] + np.arange(400)[:, None])
    ended = command(folder, "agreement")
    assert ended.code == 2
    assert ended.err.count("its data have changed since it ran") == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--clusters 1", "--clusters must be 2 or more, got 1."),
        ("--clusters 80", "--clusters must be below the 80 test rows of rows, got 80; lower it."),
        ("--format html", "unknown format 'html'; did you mean 'terminal'? Known: csv, json, md, terminal."),
        ("--output a.tex", "--output must end in .md, .csv or .json, got 'a.tex'."),
        ("--format csv --output a.md", "--format csv and --output a.md differ"),
        ("--dataset row", "did you mean 'rows'?"),
        ("nowhere", "there is no folder or file 'nowhere'"),
        ("--by ari", "agreement takes no argument '--by'"),
    ],
)
def test_wrong_argument(line, said, done, command):
    ended = command(done, "agreement", *line.split())
    assert ended.code == 2
    assert said in ended.err
    assert ended.out == ""


def test_number_of_clusters_has_to_be_known(tmp_path, command, few):
    np.savez(tmp_path / "rows.npz", x=np.random.default_rng(0).normal(size=(60, 4)))
    for seed in (0, 1):
        more = ["--model", "random", "--data", "rows.npz", "--suite.metrics", "[latent]", "--seed_everything", seed]
        assert command(tmp_path, "run", *more).code == 0
    ended = command(tmp_path, "agreement")
    assert ended.code == 2
    assert "have no classes, and no run has the metric clustering/k; say how many clusters" in ended.err
    assert command(tmp_path, "agreement", "--clusters", "2").code == 0

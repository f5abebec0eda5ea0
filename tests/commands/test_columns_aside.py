"""Columns that are set aside, by the command line: the same scores as by labels, and runs that live on without them."""

import json

import numpy as np
import own_data
import pandas as pd
import pytest

COLUMNS = ["--data.split", "part", "--data.drop", "[tag]"]
FAMILIES = ["--suite.metrics", "[probe, retrieval, clustering]"]


def record(folder, name):
    return json.loads((folder / "runs" / name / "result.json").read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def ran(tmp_path_factory, command):
    """A folder with animals, some of an unknown site, and a run on them that set three columns aside."""
    folder = tmp_path_factory.mktemp("aside")
    path = own_data.animals(folder)
    frame = pd.read_csv(path)
    frame.loc[frame.index % 7 == 0, "site"] = None
    frame.to_csv(path, index=False)
    aside = ["--data.levels", "[order, family]", "--data.probe", "[site, tail]"]
    ended = command(
        folder, *run("pca"), path, "--data.label", "species", *aside, *COLUMNS, *FAMILIES, "--run_id", "aside"
    )
    assert ended.code == 0, ended.err
    return folder


def run(model):
    return ["run", "--model", model, "--threads", "1", "--data"]


@pytest.mark.parametrize(("column", "families"), [("tail", ("probe/",)), ("order", ("probe/", "retr", "clus"))])
def test_scores_are_those_of_a_run_with_the_column_as_label(ran, command, column, families):
    others = ", ".join(name for name in ("tag", "site", "tail", "family", "order", "species") if name != column)
    drop = ["--data.split", "part", "--data.drop", f"[{others}]"]
    ended = command(ran, *run("pca"), "animals.csv", "--data.label", column, *drop, *FAMILIES, "--run_id", column)
    assert ended.code == 0, ended.err
    found, reference = record(ran, "aside"), record(ran, column)
    assert found["splits"] == reference["splits"]
    for split in ("val", "test"):
        scores = {name: one for name, one in reference["metrics"][split].items() if name.startswith(families)}
        own = {name: value for name, value in found["metrics"][split].items() if name.endswith(f":{column}")}
        assert own == pytest.approx({f"{name}:{column}": one for name, one in scores.items()}, abs=1e-6)
        assert all(found["directions"][f"{name}:{column}"] == reference["directions"][name] for name in scores)


def test_the_record_says_what_was_set_aside_and_values_of_rows_have_their_gaps(ran):
    found = record(ran, "aside")
    assert found["config"]["data"]["init_args"]["probe"] == ["site", "tail"]
    assert "no model sees 'order', 'family', levels above the label" in found["notes"]
    frame = pd.read_csv(ran / "animals.csv")
    there = frame.loc[frame["part"] == "test", "site"].notna().to_numpy()
    with np.load(ran / "runs" / "aside" / "queries" / "test.npz") as held:
        np.testing.assert_array_equal(np.isfinite(held["probe/brier:site"]), there)
        assert np.isfinite(held["retrieval/lca_height@1"]).all()
        height = held["retrieval/lca_height@1"].mean()
    assert height == pytest.approx(found["metrics"]["test"]["retrieval/lca_height@1"])


def test_rows_to_embed_need_no_column_that_was_set_aside(ran, command):
    frame = pd.read_csv(ran / "animals.csv")
    frame[["length", "mass", "ear", "tooth"]].head(9).to_csv(ran / "new.csv", index=False)
    assert command(ran, "embed", "runs/aside", "animals.csv", "--output", "all.npz").code == 0
    ended = command(ran, "embed", "runs/aside", "new.csv", "--output", "new.npz")
    assert ended.code == 0, ended.err
    with np.load(ran / "all.npz") as whole, np.load(ran / "new.npz") as new:
        np.testing.assert_allclose(new["z"], whole["z"][:9], atol=1e-6)


def test_a_run_is_scored_again_and_added_to(ran, command):
    before = record(ran, "aside")["metrics"]["test"]
    ended = command(ran, "evaluate", "--run", "runs/aside", "--output", "again.json")
    assert ended.code == 0, ended.err
    again = json.loads((ran / "again.json").read_text(encoding="utf8"))
    assert again["test"] == pytest.approx(before, abs=1e-9)
    probe = ["--data.probe", "[site]", "--suite.metrics", "[probe/knn_accuracy:site]"]
    ended = command(ran, *run("pca"), "animals.csv", *probe, *COLUMNS, "--run_id", "one")
    assert ended.code == 0, ended.err
    assert record(ran, "one")["metrics"]["test"].keys() == {"probe/knn_accuracy:site"}
    ended = command(ran, "evaluate", "--run", "runs/one", "--metrics", "probe/linear_c,probe/brier:site")
    assert ended.code == 0, ended.err
    found = record(ran, "one")
    names = {"probe/knn_accuracy:site", "probe/linear_c:site", "probe/brier:site"}
    assert found["metrics"]["test"].keys() == names
    assert found["directions"]["probe/brier:site"] == "lower"


@pytest.mark.slow
def test_tables_show_one_metric_of_each_column(ran, command, tmp_path):
    aside = ["--data.probe", "[site, tail]", *COLUMNS]
    line = ["compare", "--data", ran / "animals.csv", "--models", "raw,pca", "--seeds", "1", *aside]
    ended = command(tmp_path, *line, "--suite.metrics", "[probe:site, probe:tail, geometry/knn_overlap]")
    assert ended.code == 0, ended.err
    shown = json.loads((tmp_path / "runs" / "leaderboard.json").read_text(encoding="utf8"))
    assert "sorted by geometry/knn_overlap" in ended.out
    assert "linear_balanced_accuracy:site" in ended.out
    assert "linear_r2:tail" in ended.out
    assert "knn_r2:tail" not in ended.out
    assert "probe/knn_r2:tail" in json.dumps(shown)
    ended = command(tmp_path, "leaderboard", "runs", "--metrics", "probe:tail", "--by", "probe/knn_r2:tail")
    assert ended.code == 0, ended.err
    assert "sorted by probe/knn_r2:tail" in ended.out
    assert ":site" not in ended.out


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("--data.probe [sight]", "unknown probe column 'sight'; did you mean 'site'"),
        ("--data.label species --data.levels [famly]", "unknown levels column 'famly'; did you mean 'family'"),
        ("--data.label site --data.probe [site]", "column 'site' is named by both `label` and `probe`; keep one"),
        ("--data.probe [tag]", "column 'tag' of `probe` has another class in each of 240 rows"),
        ("--data.label species --data.levels [site]", "level 'site' can't stand above the label: 12 of its 12 classes"),
        ("--data.levels [family]", "but there is no label; name that column as the label"),
        (
            "--data.probe [site] --by probe/knn_r2:sight",
            "'probe/knn_r2:sight'; did you mean 'probe/knn_r2:site'",
        ),
        ("--data.probe [site] --suite.metrics [probe:site] --by latent/k:site", "unknown metric 'latent/k:site'"),
        ("--data.probe [site] --suite.metrics [probe:order]", "unknown column of --suite.metrics 'order'"),
    ],
)
def test_what_can_not_be_set_aside_is_refused_at_once(ran, command, tmp_path, asked, said):
    line = ["compare", "--data", ran / "animals.csv", "--models", "raw,pca", "--seeds", "1", "--data.split", "part"]
    ended = command(tmp_path, *line, *asked.split())
    assert ended.code == 2
    assert said in ended.err
    assert not (tmp_path / "runs").exists()

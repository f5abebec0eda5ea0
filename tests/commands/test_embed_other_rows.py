"""`embedbench embed` of rows that come later: from another folder, by a run that was moved, and what is refused."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

FEW = ["--trainer.max_steps", "2", "--threads", "1", "--suite.metrics", "[probe]"]


@pytest.fixture(scope="module")
def started(tmp_path_factory, command):
    """A folder with a table of customers and a run on it, named by a relative path."""
    folder = tmp_path_factory.mktemp("started")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"age": rng.normal(50, 9, 90), "income": rng.lognormal(8, 1, 90), "kind": [*"pqr"] * 30})
    frame.assign(name=[f"{i:02}" for i in range(90)], y=[*"uv"] * 45).to_csv(folder / "own.csv", index=False)
    data = ["--data", "table", "--data.path", "own.csv", "--data.label", "y", "--data.drop", "[name]"]
    ended = command(folder, "run", "--model", "pca", *data, *FEW, "--run_id", "pca")
    assert ended.code == 0, ended.err
    return folder


@pytest.fixture
def place(started, tmp_path):
    """Another folder, into which a copy of the run was moved."""
    shutil.copytree(started / "runs" / "pca", tmp_path / "moved")
    return tmp_path


def load(path):
    with np.load(path) as found:
        return dict(found)


def test_moved_run_finds_its_own_rows_again(place, started, command):
    for folder, run in ((started, "runs/pca"), (place, "moved")):
        ended = command(folder, "embed", run, "--split", "train", "--output", place / f"{folder.name}.npz")
        assert ended.code == 0, ended.err
    here, there = (load(place / f"{folder.name}.npz") for folder in (place, started))
    np.testing.assert_array_equal(here["z"], there["z"])
    assert here["label"].tolist() == there["label"].tolist()


def test_new_rows_of_a_file_need_no_own_rows(started, tmp_path, command):
    shutil.copytree(started, tmp_path / "there")
    own = pd.read_csv(tmp_path / "there" / "own.csv", dtype={"name": str})
    shutil.move(tmp_path / "there" / "runs" / "pca", tmp_path / "pca")
    assert command(tmp_path, "embed", "pca", "there/own.csv", "--output", "own.npz").code == 0
    record = json.loads((tmp_path / "pca" / "result.json").read_text(encoding="utf8"))
    record["environment"]["folder"] = str(tmp_path / "nowhere")
    (tmp_path / "pca" / "result.json").write_text(json.dumps(record), encoding="utf8")
    own.iloc[[5]].drop(columns="y").assign(extra="x").to_csv(tmp_path / "new.csv", index=False)
    ended = command(tmp_path, "embed", "pca", "--id", "name", "--output", "new.npz", "new.csv")
    assert ended.code == 0, ended.err
    assert "columns that the run doesn't know are left out: 'extra'" in ended.err
    assert "written new.npz: 1 rows of 2 numbers" in ended.err
    new, whole = load(tmp_path / "new.npz"), load(tmp_path / "own.npz")
    np.testing.assert_allclose(new["z"], whole["z"][[5]], atol=1e-6)
    assert (new["index"].tolist(), new["id"].tolist(), "label" in new) == ([0], ["05"], False)
    ended = command(tmp_path, "embed", "pca", "--output", "no.npz")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "the data of the run pca aren't found: there is no 'own.csv' in the current folder, nor in " in ended.err
    assert not (tmp_path / "no.npz").exists()


@pytest.mark.parametrize("words", [["new.csv"], ["--data.path", "new.csv"], ["--data.path=new.csv"]])
def test_all_rows_of_another_file_come_in_its_order_unless_told(words, place, started, command):
    own = pd.read_csv(started / "own.csv")
    own.iloc[::-1].to_csv(place / "new.csv", index=False)
    assert command(place, "embed", "moved", "--split", "all", "--output", "own.npz").code == 0
    assert command(place, "embed", "moved", *words, "--output", "new.csv.npz").code == 0
    assert command(place, "embed", "moved", *words, "--split", "test", "--output", "test.npz").code == 0
    whole, new, test = (load(place / name) for name in ("own.npz", "new.csv.npz", "test.npz"))
    np.testing.assert_allclose(new["z"], whole["z"][::-1], atol=1e-6)
    assert new["index"].tolist() == list(range(90))
    assert len(test["z"]) == 18


@pytest.mark.parametrize(
    "words", [["evaluate", "--run", "moved"], ["embed", "moved", "--split", "test", "--output", "z.npz"]]
)
def test_what_is_said_of_other_rows_is_shown_wherever_they_are_cut(words, place, started, command):
    own = pd.read_csv(started / "own.csv")
    own.loc[:4, "kind"], own.loc[7, "y"] = "P", "w"
    own.to_csv(place / "new.csv", index=False)
    more = ["--suite.metrics", "[probe]"] if words[0] == "evaluate" else []
    ended = command(place, *words, "--data.path", "new.csv", *more)
    assert ended.code == 0, ended.err
    assert "note: column 'kind': 5 values are of categories that the run doesn't know" in ended.err
    assert "note: 1 rows are of classes that the run doesn't know: 'w'" in ended.err
    assert "note: 1 rows without a label left out" in ended.err
    ended = command(place, *words, "--data.path", str(started / "own.csv"), *more)
    assert (ended.code, "note" in ended.err) == (0, False)


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz"])
def test_what_is_written_can_be_evaluated(ending, place, command):
    for split in ("train", "test"):
        assert command(place, "embed", "moved", "--split", split, "--output", f"{split}.{ending}").code == 0
    line = ["evaluate", f"test.{ending}", "--gallery", f"train.{ending}", "--suite.metrics", "[probe]"]
    assert command(place, *line, "--output", "scores.json").code == 0
    recorded = json.loads((place / "moved" / "result.json").read_text(encoding="utf8"))["metrics"]["test"]
    scores = json.loads((place / "scores.json").read_text(encoding="utf8"))["test"]
    assert scores == pytest.approx(recorded, abs=1e-6)


def test_other_rows_are_scored_as_the_run_reads_them(place, started, command):
    """A column in other units is another column, and no longer the same once it is standardised anew."""
    own = pd.read_csv(started / "own.csv")
    own.assign(age=own["age"] * 100).to_csv(place / "hundred.csv", index=False)
    for name, words in (("own", []), ("hundred", ["--data.path", "hundred.csv"])):
        line = ["evaluate", "--run", "moved", *words, "--suite.metrics", "[latent]", "--output", f"{name}.json"]
        assert command(place, *line).code == 0
    one, other = (json.loads((place / f"{name}.json").read_text())["test"] for name in ("own", "hundred"))
    assert one["latent/effective_rank"] != pytest.approx(other["latent/effective_rank"], abs=0.1)


@pytest.mark.parametrize("name", ["checkpoints/model.safetensors", "preprocessing.safetensors"])
@pytest.mark.parametrize("words", [["embed", "moved", "--output", "z.npz"], ["evaluate", "--run", "moved"]])
def test_files_that_were_not_scored_are_refused(name, words, place, command):
    path = place / "moved" / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    ended = command(place, *words, *(["--metrics", "latent"] if words[0] == "evaluate" else []))
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert f"moved/{name} isn't the one that was scored, by its digest in result.json; bring it back" in ended.err
    path.unlink()
    assert command(place, *words).code == 2


def test_run_of_before_still_embeds_its_own_rows_but_no_others(place, started, command):
    shutil.copy(started / "own.csv", place / "own.csv")
    expected = command(place, "embed", "moved", "--split", "all", "--output", "new.npz")
    assert expected.code == 0
    (place / "moved" / "preprocessing.safetensors").unlink()
    record = json.loads((place / "moved" / "result.json").read_text(encoding="utf8"))
    del record["digests"], record["scales"], record["environment"]["folder"]
    (place / "moved" / "result.json").write_text(json.dumps({**record, "schema_version": 2}), encoding="utf8")
    ended = command(place, "embed", "moved", "--split", "all", "--output", "old.npz")
    assert ended.code == 0, ended.err
    np.testing.assert_array_equal(load(place / "new.npz")["z"], load(place / "old.npz")["z"])
    assert command(place, "embed", "moved", "--output", "test.npz").code == 0
    ended = command(place, "embed", "moved", "own.csv", "--output", "z.npz")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "the run moved is of before runs kept what they learned of their data" in ended.err
    assert "run it again with --overwrite" in ended.err


@pytest.mark.parametrize("model", ["kmeans", "relational_distillation"])
def test_model_on_another_run_reads_rows_as_that_run_does(model, place, started, command):
    own = pd.read_csv(started / "own.csv")
    own.assign(age=own["age"] * 100 - 7)[["kind", "income", "age", "y"]].to_csv(place / "hundred.csv", index=False)
    base = {"kmeans": ["--model.on", "moved", "--model.embedding", "latent"]}.get(model, ["--model.teacher", "moved"])
    data = ["--data", "table", "--data.path", "hundred.csv", "--data.label", "y"]
    ended = command(place, "run", "--model", model, *base, *data, *FEW, "--run_id", "on")
    assert ended.code == 0, ended.err
    kept = [(place / run / "preprocessing.safetensors").read_bytes() for run in ("moved", "runs/on")]
    assert kept[0] == kept[1]
    if model == "kmeans":
        for run in ("moved", "runs/on"):
            assert command(place, "embed", run, "hundred.csv", "--output", f"{run[-2:]}.npz").code == 0
        np.testing.assert_allclose(load(place / "on.npz")["z"], load(place / "ed.npz")["z"], atol=1e-5)


def test_data_that_are_read_from_no_file_say_so(tmp_path, command, few):
    assert command(tmp_path, "run", "--model", "raw", "--data", "wine", *FEW, "--run_id", "raw").code == 0
    ended = command(tmp_path, "embed", "raw", "x.npz", "--output", "z.npz")
    assert ended.code == 2
    ended = command(tmp_path, "embed", "runs/raw", "x.npz", "--output", "z.npz")
    assert "the data of the run runs/raw are read from no file, so that Wine takes none" in ended.err
    rows = np.random.default_rng(0).normal(size=(2, 13))
    np.savez(tmp_path / "x.npz", x=rows)
    ended = command(tmp_path, "embed", "runs/raw", "x.npz", "--data", "arrays", "--output", "z.npz")
    assert ended.code == 0, ended.err
    config = yaml.safe_load((tmp_path / "runs" / "raw" / "config.yaml").read_text(encoding="utf8"))
    assert config["data"]["class_path"].endswith("Wine")
    assert load(tmp_path / "z.npz")["z"].shape == (2, 13)

"""Texts on the command line are what was typed, from the shell to the record and back."""

import csv
import json

import numpy as np
import pytest
import yaml

ODD = ["2020", "no", "1e5", "12:30", "null", "~", "None"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A table whose columns have names that YAML takes for something else, in a file that it would cut short."""
    folder = tmp_path_factory.mktemp("odd")
    rng = np.random.default_rng(0)
    with (folder / "my #1.csv").open("w", encoding="utf8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["a", "b", *ODD])
        for number in range(60):
            rows.writerow([*(f"{value:.4f}" for value in rng.normal(size=2)), *["xy"[number % 2]] * len(ODD)])
    return folder


def words(label, *more):
    drop = json.dumps([name for name in ODD if name != label])
    return ["--data", "table", "--data.path", "my #1.csv", "--data.label", label, "--data.drop", drop, *more]


SHORT = ["--suite.metrics", "[probe]", "--suite.neighbors", "3", "--threads", "1"]


def test_run_records_and_reads_back_what_was_typed(place, command):
    named = ["--model_name", "no", "--data_name", "1e3", "--run_id", "odd", *SHORT]
    ended = command(place, "run", "--model", "raw", *words("null"), *named)
    assert ended.code == 0, ended.err
    record = json.loads((place / "runs" / "odd" / "result.json").read_text(encoding="utf8"))
    config = yaml.safe_load((place / "runs" / "odd" / "config.yaml").read_text(encoding="utf8"))
    for kept in (record["config"], config):
        given = kept["data"]["init_args"]
        assert (given["label"], given["path"], kept["model_name"]) == ("null", "my #1.csv", "no")
        assert given["drop"] == [name for name in ODD if name != "null"]
    assert (record["model"], record["dataset"]) == ("no", "1e3")
    again = command(place, "run", "--config", "runs/odd/config.yaml", "--run_id", "again")
    assert again.code == 0, again.err
    second = json.loads((place / "runs" / "again" / "result.json").read_text(encoding="utf8"))
    assert second["metrics"] == record["metrics"]
    assert second["config"] == record["config"]
    assert command(place, "evaluate", "--run", "runs/odd").code == 0
    out = command(place, "embed", "runs/odd", "my #1.csv", "--output", "z.csv", "--id", "12:30")
    assert out.code == 0, out.err
    assert (place / "z.csv").read_text(encoding="utf8").splitlines()[1].endswith(",x,x")


@pytest.mark.parametrize("label", ["", "NULL", "2021"])
def test_column_that_is_not_there_is_named_as_it_was_typed(label, place, command):
    ended = command(place, "run", "--model", "raw", *words(label), *SHORT)
    assert ended.code == 2
    assert repr(label) in ended.err


def test_names_of_vectors(place, command):
    rng = np.random.default_rng(0)
    np.savez(place / "z.npz", z=rng.normal(size=(60, 3)), label=np.arange(60) % 2)
    ended = command(
        place, "evaluate", "z.npz", "--name", "1e3", "--dataset", "no", "--suite.metrics=[probe]", "--suite.neighbors=3"
    )
    assert ended.code == 0, ended.err
    (path,) = place.glob("runs/no-1e3-*/result.json")
    assert json.loads(path.read_text(encoding="utf8"))["model"] == "1e3"


def test_sweep_keeps_the_texts_of_its_file(place, command):
    sweep = {"method": "grid", "parameters": {"model": {"value": "raw"}, "data": {"value": "table"},
             "data.path": {"value": "my #1.csv"}, "data.label": {"values": ["no", "1e5"]}}}  # fmt: skip
    (place / "grid.yaml").write_text(yaml.safe_dump(sweep), encoding="utf8")
    drop = json.dumps(["2020", "12:30", "null", "~", "None"])
    ended = command(place, "sweep", "grid.yaml", "--runs", "swept", "--workers", "1", "--data.drop", drop, *SHORT)
    assert ended.code == 0, ended.err
    records = [json.loads(path.read_text(encoding="utf8")) for path in place.glob("swept/*/result.json")]
    assert {one["config"]["data"]["init_args"]["label"] for one in records} == {"no", "1e5"}


def test_value_that_yaml_takes_for_no_text_is_refused_in_a_file(place, command):
    (place / "bad.yaml").write_text("data.label: no\n", encoding="utf8")
    args = ["--model", "raw", "--data", "table", "--data.path", "my #1.csv", "--config", "bad.yaml"]
    ended = command(place, "run", *args)
    assert ended.code == 2
    assert "--data.label must be text or null, got False; in YAML, put it in quotes." in ended.err

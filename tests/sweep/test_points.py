"""From a sweep file to trials."""

import pytest
import yaml

from embedbench.catalog import names
from embedbench.errors import UsageError
from embedbench.request.request import build_request
from embedbench.sweep.candidates import KINDS
from embedbench.sweep.points import load_grid, make_trials, sweep_id


@pytest.fixture
def sweep(tmp_path):
    """Writes a sweep file and reads its grid."""

    def read(**content):
        path = tmp_path / "sweep.yaml"
        path.write_text(yaml.safe_dump({"method": "grid", **content}), encoding="utf8")
        return load_grid(str(path))

    return read


def test_shipped_sweep_is_one_of_each_on_digits():
    grid = load_grid("compare")
    assert list(grid) == ["data", "model", "seed_everything", "trainer"]
    assert (grid["data"], grid["seed_everything"], grid["trainer"]) == (["digits"], [0, 1, 2], ["fast"])
    trials = make_trials(grid, [])
    assert len(trials) == len({trial.run_id for trial in trials}) == 3 * len(grid["model"])
    assert {trial.request["trainer"]["devices"] for trial in trials} == {1}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if f"compare_{kind}" in names("sweeps")])
def test_shipped_sweeps_of_other_kinds_differ_in_data_and_models_alone(kind):
    """So that a model that is named runs by the same settings as one that is found."""
    grid, usual = load_grid(f"compare_{kind}"), load_grid("compare")
    assert {**grid, "data": 0, "model": 0} == {**usual, "data": 0, "model": 0}


def test_nested_parameters_and_single_values(sweep):
    grid = sweep(parameters={"model": {"value": "vae"}, "data": {"values": ["digits", "wine"]},
                             "trainer": {"parameters": {"max_steps": {"values": [2, 3]}}}})  # fmt: skip
    assert grid == {"data": ["digits", "wine"], "model": ["vae"], "trainer.max_steps": [2, 3]}
    trials = make_trials(grid, ["--model.lr", "0.5"])
    assert [(t.request["data_name"], t.request["trainer"]["max_steps"]) for t in trials] == [
        ("digits", 2),
        ("digits", 3),
        ("wine", 2),
        ("wine", 3),
    ]
    assert all(trial.request["model"]["init_args"] == {"lr": 0.5} for trial in trials)


def test_arguments_of_a_trial_make_its_request(sweep):
    grid = sweep(parameters={"model": {"value": "vae"}, "data": {"value": "digits"}, "model.lr": {"value": 1e-5},
                             "suite.metrics": {"value": ["probe"]}, "model.latent_dim": {"value": None}})  # fmt: skip
    (trial,) = make_trials(grid, ["--trainer.devices", "1"])
    assert build_request(trial.args) == trial.request
    assert trial.request["model"]["init_args"] == {"lr": 1e-5, "latent_dim": None}
    assert trial.request["suite"]["init_args"] == {"metrics": ["probe"]}


def test_texts_stay_texts_and_all_else_is_read_by_its_type(sweep):
    """Also what ``compare`` puts into a grid, and what YAML 1.1 takes for a text: 1e-5."""
    grid = sweep(parameters={"model": {"value": "vae"}, "data": {"value": "table"}, "data.path": {"value": "2024"},
                             "data.label": {"values": ["no", "1e5", "null", "2020-01-01"]},
                             "model.lr": {"value": "1e-5"}, "model.latent_dim": {"value": "None"}})  # fmt: skip
    trials = make_trials(grid, ["--data.drop", "[no, 2020]", "--model_name", "1e3", "--trainer.devices", "1"])
    found = [trial.request["data"]["init_args"] for trial in trials]
    assert [one["label"] for one in found] == ["no", "1e5", "null", "2020-01-01"]
    assert all(one["path"] == "2024" and one["drop"] == ["no", "2020"] for one in found)
    assert {trial.request["model_name"] for trial in trials} == {"1e3"}
    assert trials[0].request["model"]["init_args"] == {"lr": 1e-5, "latent_dim": None}
    assert all(build_request(trial.args) == trial.request for trial in trials)


def test_further_arguments_win_and_equal_requests_are_one(sweep):
    grid = sweep(parameters={"model": {"values": ["raw", "pca"]}, "data": {"value": "digits"}})
    assert [trial.request["model_name"] for trial in make_trials(grid, ["--model", "vae"])] == ["vae"]


def test_sweep_has_the_name_of_its_trials(sweep):
    grid = sweep(parameters={"model": {"values": ["raw", "pca"]}, "data": {"value": "digits"}})
    assert sweep_id(make_trials(grid, [])) == sweep_id(make_trials(grid, []))
    assert sweep_id(make_trials(grid, [])) != sweep_id(make_trials(grid, ["--seed_everything", "1"]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"method": "bayes", "parameters": {"a": {"value": 1}}}, "`method` must be grid to be run here, got 'bayes'"),
        ({"parameters": {}}, "`parameters` must name at least one parameter"),
        ({}, "`parameters` must name at least one parameter"),
        ({"parameters": {"model": "pca"}}, "parameter 'model' must be a mapping with `value` or `values`, got 'pca'"),
        ({"parameters": {"model": {"valeus": [1]}}}, "parameter 'model' in a grid 'valeus'; did you mean 'values'"),
        ({"parameters": {"model": {"values": []}}}, r"`values` of 'model' must be a list of one or more, got \[\]"),
        ({"parameters": {"model": {"min": 0, "max": 1}}}, "unknown setting of parameter 'model' in a grid"),
    ],
)
def test_refused(content, said, sweep):
    with pytest.raises(UsageError, match=said):
        sweep(**content)


def test_unknown_sweep():
    with pytest.raises(UsageError, match="did you mean 'compare'"):
        load_grid("compair")


def test_grid_without_end_is_refused_at_once():
    grid = {f"model.a{number}": list(range(30)) for number in range(10)}
    with pytest.raises(UsageError, match=r"the grid has 590,490,000,000,000 points, and 100,000 are the most"):
        make_trials(grid, [])

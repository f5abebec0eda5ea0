"""`embedbench sweep`: a W&B grid file is run, ranked, and gone on with."""

import json

import pytest
import yaml


@pytest.fixture
def grid(tmp_path):
    sweep = {
        "program": "embedbench",
        "method": "grid",
        "metric": {"name": "val/probe/knn_accuracy", "goal": "maximize"},
        "parameters": {"data": {"value": "digits"}, "model": {"value": "pca"}, "model.latent_dim": {"values": [2, 5]}},
    }
    path = tmp_path / "grid.yaml"
    path.write_text(yaml.safe_dump(sweep), encoding="utf8")
    return path


@pytest.mark.slow
def test_every_point_is_run_once_and_ranked(grid, tmp_path, command, few):
    ended = command(tmp_path, "sweep", "grid.yaml", "--workers", "1", *few)
    assert ended.code == 0, ended.err
    found = [json.loads(path.read_text(encoding="utf8")) for path in tmp_path.glob("runs/*/result.json")]
    assert {result["latent_dim"] for result in found} == {2, 5}
    assert len({result["sweep"]["id"] for result in found}) == 1
    assert "pca (latent_dim=5)" in (tmp_path / "runs" / "leaderboard.md").read_text(encoding="utf8").replace("\\", "")
    again = command(tmp_path, "sweep", "grid.yaml", "--workers", "1", *few)
    assert "2 of 2 runs had finished before." in again.err


def test_further_arguments_win_over_the_file(grid, tmp_path, command, few):
    """Both points become the same request, which is run once."""
    ended = command(tmp_path, "sweep", "grid.yaml", "--workers", "1", *few, "--model.latent_dim", "3")
    assert ended.code == 0, ended.err
    (path,) = tmp_path.glob("runs/*/result.json")
    assert json.loads(path.read_text(encoding="utf8"))["latent_dim"] == 3


def test_one_bad_point_costs_the_exit_code_and_not_the_others(grid, tmp_path, command, few):
    text = grid.read_text(encoding="utf8")
    grid.write_text(text.replace("- 5", "- 500"), encoding="utf8")  # digits have 64 pixels
    ended = command(tmp_path, "sweep", "grid.yaml", "--workers", "1", *few)
    found = [json.loads(path.read_text(encoding="utf8")) for path in tmp_path.glob("runs/*/result.json")]
    assert ended.code == 1
    assert sorted(result["status"] for result in found) == ["failed", "finished"]
    assert "500" in ended.err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["sweep", "nowhere"], "nowhere"),
        (["sweep", "random.yaml"], "`method` must be grid to be run here, got 'random'; the others need W&B's agent"),
        (["sweep", "grid.yaml", "--workers", "0"], "--workers must be 1 or more, got 0"),
        (["sweep", "grid.yaml", "--by", "probe/knn"], "unknown metric 'probe/knn'"),
        (["sweep", "grid.yaml", "--model.latent_dm", "3"], "latent_dm"),
    ],
)
@pytest.mark.usefixtures("grid")
def test_bad_input_is_one_sentence_and_leaves_nothing(argv, message, tmp_path, refused):
    (tmp_path / "random.yaml").write_text("method: random\nparameters: {model: {values: [pca]}}\n", encoding="utf8")
    assert message in refused(*argv)

"""A paradigm, a data set and a metric family from a user's own folder: a file and a YAML each, nothing else."""

import shutil
from pathlib import Path

import pytest

PARTS = Path(__file__).parents[1] / "support" / "own_parts"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(PARTS, tmp_path / "own", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.mark.slow
def test_they_are_compared_like_those_that_are_shipped(folder, command_apart, results_in):
    """Also by workers, which have to find the working directory themselves."""
    words = ["--models", "byol,pca", "--data", "bars", "--seeds", "2", "--workers", "2", "--trainer.max_steps", "60"]
    ended = command_apart(folder, "compare", *words)
    assert ended.code == 0, ended.err
    found = results_in(folder)
    assert found.keys() == {"byol", "pca"}
    for result in found.values():
        assert result["status"] == "finished"
        assert 0.1 < result["metrics"]["test"]["reach/gallery"] <= 1
        assert result["directions"]["reach/gallery"] == "higher"
    assert found["byol"]["metrics"]["test"]["probe/knn_accuracy"] > 0.6  # an eighth by chance
    table = (folder / "runs" / "leaderboard.md").read_text(encoding="utf8")
    assert "reach<br>gallery" in table


def test_they_are_listed(folder, command):
    listed = {what: command(folder, "list", what).out for what in ("models", "data", "metrics")}
    assert "Bootstrap your own latent" in listed["models"]
    assert "Pictures of bars" in listed["data"]
    assert "reach/gallery" in listed["metrics"]


def test_the_name_of_a_shipped_family_is_taken(folder, command):
    (folder / "conf" / "metric" / "latent.yaml").write_text("family: own_latent.latent\n", encoding="utf8")
    code = (folder / "reach.py").read_text(encoding="utf8").replace("reach", "latent")
    (folder / "own_latent.py").write_text(code, encoding="utf8")
    ended = command(folder, "list", "metrics")
    assert (ended.code, ended.err.count("\n")) == (2, 1)
    assert "there is a metric family 'latent' already; give yours another name" in ended.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("family: nowhere.reach\n", "'nowhere.reach', which can't be imported: No module named 'nowhere'"),
        ("family: reach.nothing\n", "'reach.nothing', which can't be imported"),
        ("family: bars.Bars\n", "which is no metric family; declare it by @family"),
        ("family: reach\n", "must say where the family is; write `family: my_module.reach`"),
        ("class_path: reach.reach\n", "unknown key in"),
        ("family: embedbench.evaluation.metrics.latent.latent\n", "give the file and the family one name"),
    ],
)
def test_what_is_no_family_is_refused(text, said, folder, command):
    (folder / "conf" / "metric" / "reach.yaml").write_text(text, encoding="utf8")
    ended = command(folder, "list", "metrics")
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1

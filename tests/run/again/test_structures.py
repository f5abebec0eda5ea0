"""Finished runs' clusters and neighbours, beyond what the command's tests see."""

import numpy as np
import pytest

from embedbench.evaluation import common_structure
from embedbench.request.options import Options
from embedbench.results.read import read_results
from embedbench.results.table.board import Leaderboard
from embedbench.run.again.reuse import embed
from embedbench.run.again.structures import structures
from embedbench.run.execute import execute


@pytest.fixture
def runs(request_of, tmp_path):
    """A model that gives clusters itself, and one that doesn't."""
    folder = tmp_path / "runs"
    for name, more in (("kmeans", ["--model.clusters", "4"]), ("pca", [])):
        execute(request_of(name, "--suite.metrics", "[probe]", *more), Options(folder, run_id=name, quiet=True))
    return folder


def found_in(folder, clusters=None):
    found = read_results(folder)
    (table,) = Leaderboard(found.results).tables
    return structures(table, dict(zip(map(id, found.results), found.folders, strict=True)), clusters)


def test_own_clusters_are_the_likeliest_of_the_assignment(runs, tmp_path):
    found = found_in(runs)
    assert found.own == ["kmeans"]
    ((fold, kmeans),) = found.runs["kmeans"]
    embed(runs / "kmeans", [], "test", tmp_path / "z.npy")
    assert fold is None
    np.testing.assert_array_equal(kmeans.clusters, np.load(tmp_path / "z.npy").argmax(1))
    ((_, pca),) = found.runs["pca"]
    assert found.clusters == len(np.unique(pca.clusters)) == 10  # classes
    assert (found.rows, found.test_rows, found.left_out) == (60, 60, [])


def test_number_of_clusters_may_be_asked_for(runs):
    found = found_in(runs, 3)
    assert [len(np.unique(found.runs[model][0][1].clusters)) for model in ("kmeans", "pca")] == [4, 3]


def test_many_rows_are_sampled(runs, monkeypatch):
    whole = found_in(runs).runs["kmeans"][0][1]
    monkeypatch.setattr(common_structure, "MOST_ROWS", 25)
    found = found_in(runs)
    assert (found.rows, found.test_rows) == (25, 60)
    np.testing.assert_array_equal(
        found.runs["kmeans"][0][1].clusters, whole.clusters[common_structure.compared_rows(60)]
    )

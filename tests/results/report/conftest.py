from __future__ import annotations

import pytest

from embedbench.results.table.board import Leaderboard


@pytest.fixture(scope="session")
def board(some_results):
    return Leaderboard(some_results, problems=["cannot read runs/<x>_&/result.json: it is not valid JSON."])


@pytest.fixture(scope="session")
def two_tables(some_results, make_result):
    wine = make_result("pca", 0, {"probe/knn_accuracy": 0.5}, dataset="wine_&_co", dataset_fingerprint="w")
    return Leaderboard([*some_results, wine])


@pytest.fixture(scope="session")
def empty():
    return Leaderboard([])

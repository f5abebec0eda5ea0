"""A comparison's files keep those of other data."""

import pytest

from embedbench.results.report import write_all
from embedbench.results.report.stem import free_stem
from embedbench.results.table.board import Leaderboard


@pytest.fixture
def written(make_result, tmp_path):
    """Writes the board of a data set where it may, and gives the name of the files."""

    def write(dataset, mark, *models):
        results = [make_result(model, 0, dataset=dataset, dataset_fingerprint=mark) for model in models]
        board = Leaderboard(results)
        stem = free_stem(board, tmp_path)
        write_all(board, tmp_path, stem)
        return stem

    return write


def test_other_data_have_files_of_their_own_and_the_same_data_are_replaced(written, tmp_path):
    assert written("digits", "a" * 16, "pca") == "leaderboard"
    assert written("wine", "b" * 16, "pca") == "leaderboard-wine"
    assert written("wine", "c" * 16, "pca") == "leaderboard-wine-cccccccc"
    assert written("digits", "a" * 16, "pca", "vae") == "leaderboard"
    assert written("wine", "b" * 16, "vae") == "leaderboard-wine"
    assert "vae" in (tmp_path / "leaderboard.md").read_text(encoding="utf8")
    assert "wine" in (tmp_path / "leaderboard-wine.tex").read_text(encoding="utf8")


def test_names_of_data_are_no_paths(written):
    written("digits", "a" * 16, "pca")
    assert written("../my data", "b" * 16, "pca") == "leaderboard-.._my_data"


@pytest.mark.parametrize("text", ["", "[]", '{"tables": 3}', '{"tables": []}'])
def test_what_is_no_board_is_replaced(text, written, tmp_path):
    (tmp_path / "leaderboard.json").write_text(text, encoding="utf8")
    assert written("digits", "a" * 16, "pca") == "leaderboard"

from embedbench.results.report.base import TextCell, grids
from embedbench.results.table.board import Leaderboard

KNN, NMI = "probe/knn_accuracy", "clustering/nmi"


def column(grid, name):
    at = [header.name for header in grid.headers].index(name)
    return {row[0].value: row[at] for row in grid.rows}


def test_texts_of_a_board(board, some_results):
    (grid,) = grids(board)
    assert grid.title == "digits, test split, sorted by probe/knn_accuracy"
    assert [header.name for header in grid.headers[:3]] == ["model", "knn_accuracy ↑", "linear_accuracy ↑"]
    assert {len(row) for row in grid.rows} == {len(grid.headers)}
    accuracy = column(grid, "knn_accuracy ↑")
    assert accuracy["vae"] == TextCell("0.930 ± 0.020", "best", accuracy["vae"].value)
    assert accuracy["pca"].text == "0.910 ± 0.010"
    assert accuracy["label_oracle"] == TextCell("1.000", "", 1.0)
    assert accuracy["supervised"] == TextCell("–", "", None)
    assert column(grid, "effective_rank")["pca"].text == "11.50 ± 0.00"
    assert column(grid, "parameters")["pca"].text == "1,088"
    assert column(grid, "fit seconds")["pca"].text == "1.25"
    assert column(grid, "latent size")["supervised"].text == "–"
    marked = [row[0].text for row in grid.rows]
    assert "label_oracle *" in marked
    assert f"{some_results[-1].model} †" in marked


def test_the_n_of_a_cell_is_said_where_it_is_not_the_rows(make_result):
    results = [make_result("a", 0, {KNN: 0.5, NMI: 0.25}), make_result("a", 1, {KNN: 0.5})]
    (grid,) = grids(Leaderboard(results))
    assert column(grid, "nmi ↑")["a"].text == "0.250 (1)"
    assert column(grid, "knn_accuracy ↑")["a"].text == "0.500 ± 0.000"
    assert column(grid, "n")["a"].text == "2"


def test_a_single_seed_shows_the_error_over_queries(make_result):
    said = {"test": {KNN: {"se": 0.0125, "low": 0.475, "high": 0.525}}}
    results = [
        make_result("a", 0, {KNN: 0.5, NMI: 0.25}, uncertainty=said),
        *(make_result("b", seed, {KNN: 0.5}, uncertainty=said) for seed in range(2)),
    ]
    (grid,) = grids(Leaderboard(results))
    assert column(grid, "knn_accuracy ↑")["a"].text == "0.500 ± 0.013"
    assert column(grid, "knn_accuracy ↑")["b"].text == "0.500 ± 0.000"
    assert column(grid, "nmi ↑")["a"].text == "0.250"
    assert grid.legend == "mean ± sd over n seeds; where n = 1, ± is the standard error over queries"
    for shown in (Leaderboard(results, metrics=["clustering"]), Leaderboard(results[1:])):
        assert grids(shown)[0].legend == "mean ± sd over n seeds"


def test_arrows_and_decimals(make_result):
    values = {"own/up": 0.12345, "own/down": 1234.567, "own/none": 12.3456}
    directions = {"own/up": "higher", "own/down": "lower", "own/none": "none"}
    timing = {"fit_seconds": 1234.5}
    (grid,) = grids(Leaderboard([make_result("a", 0, values, directions=directions, timing=timing)]))
    assert [header.name for header in grid.headers[1:4]] == ["up ↑", "down ↓", "none"]
    assert [cell.text for cell in grid.rows[0][1:4]] == ["0.123", "1234.6", "12.35"]
    assert column(grid, "fit seconds")["a"].text == "1,234"

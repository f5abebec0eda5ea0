import re
import sys

import pytest
from rich.cells import cell_len

from embedbench.results.report.base import grids
from embedbench.results.report.terminal import render
from embedbench.results.table.board import Leaderboard

ESCAPE = re.compile("\x1b\\[[0-9;]*m")


@pytest.fixture
def on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)


def test_a_pipe_gets_plain_text_that_still_says_the_best(board, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    text = render(board)
    assert "\x1b" not in text
    assert "**0.930 ± 0.020**" in text
    assert "**best**, _within one standard error of the best_" in text


def test_a_terminal_gets_bold_and_underline(make_result, on_a_terminal):
    accuracy = {"a": [0.8, 1.0], "b": [0.85]}
    results = [
        make_result(model, seed, {"probe/knn_accuracy": value})
        for model, values in accuracy.items()
        for seed, value in enumerate(values)
    ]
    text = render(Leaderboard(results))
    assert "\x1b[1m0.900 ± 0.141\x1b[0m" in text
    assert "\x1b[4m0.850\x1b[0m" in text
    assert "**" not in text


@pytest.mark.parametrize("metrics", [None, ["probe", "retrieval", "clustering", "separation", "latent"]])
def test_no_line_is_wider_than_the_terminal_and_no_value_is_cut(some_results, metrics):
    board = Leaderboard(some_results, metrics=metrics)
    text = render(board)
    assert max(len(ESCAPE.sub("", line)) for line in text.splitlines()) <= 120
    assert "…" not in text
    headings = re.findall(r"[\w@]+ ?[↑↓]", text)
    assert headings == [
        c.short + {"higher": " ↑", "lower": " ↓"}[c.better] for c in board.shown(board.tables[0]) if c.better != "none"
    ]


def test_a_family_wider_than_the_terminal_is_cut_between_columns(make_result):
    values = {f"own/a_rather_long_metric_name_{number}": 0.5 for number in range(8)}
    text = render(Leaderboard([make_result("a", 0, values)]))
    assert max(map(len, text.splitlines())) <= 120
    assert all(name.partition("/")[2] in text for name in values)


def test_names_and_notes_are_shown_as_they_are(make_result):
    result = make_result("[bold]a[/bold] :smile:", 0, {"probe/knn_accuracy": 0.5}, notes=["[red]b[/red] :cat:"])
    text = render(Leaderboard([result], problems=["[red]c[/red] :dog:"]))
    for word in ("[bold]a[/bold] :smile:", "[red]b[/red] :cat:", "[red]c[/red] :dog:"):
        assert word in text


@pytest.mark.parametrize(
    "name", ["n" * length for length in range(20, 49, 4)] + ["nn" + "中" * n for n in range(8, 23, 2)]
)
def test_a_name_that_fits_is_never_folded(some_results, make_result, name):
    values = some_results[0].metrics["test"]
    text = render(Leaderboard([make_result(name, 0, values)], metrics=["probe", "retrieval", "clustering"]))
    assert max(map(len, text.splitlines())) <= 120
    assert {word for word in text.split() if word.startswith("nn")} == {name}


def test_a_long_name_is_folded_not_cut_and_the_columns_stay_together(some_results, make_result):
    name = "".join(chr(ord("a") + number % 26) for number in range(130)) + "中" * 20
    text = render(Leaderboard([*some_results[:6], make_result(name, 0, {"probe/knn_accuracy": 0.5})]))
    assert max(map(cell_len, text.splitlines())) <= 120
    first = text.split("\n\n")[0]
    assert name in "".join(line.split()[0] for line in first.splitlines()[4:] if line.strip())
    assert "linear_accuracy" in first


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 120, 200])
def test_every_width_shows_every_value(width, some_results, monkeypatch):
    """No line is wider, and what is folded is folded between words, so that no value is broken."""
    monkeypatch.setenv("COLUMNS", str(width))
    board = Leaderboard(some_results)
    text = render(board)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "…" not in text
    (grid,) = grids(board)
    for row in grid.rows:
        for cell in row[1:]:
            assert cell.text in text


def test_narrowest_names_each_value(make_result, monkeypatch):
    monkeypatch.setenv("COLUMNS", "23")
    text = render(Leaderboard([make_result("a_model_of_a_long_name", 0, {"probe/knn_accuracy": 0.5})]))
    assert "a_model_of_a_long_name\nprobe/knn_accuracy ↑\n  **0.500**" in text
    monkeypatch.setenv("COLUMNS", "20")
    assert "\n  0.500" in render(Leaderboard([make_result("a" * 50, 0, {"probe/" + "k" * 50: 0.5})]))

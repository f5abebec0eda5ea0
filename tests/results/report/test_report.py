import os

import pytest

from embedbench.errors import UsageError
from embedbench.results.report import FORMATS, render, write_all
from embedbench.results.table.board import Leaderboard


@pytest.mark.parametrize("fmt", list(FORMATS))
def test_every_format_shows_every_model_and_nothing_twice_in_a_row(board, empty, fmt):
    text = render(board, fmt)
    assert text.endswith("\n")
    for word in ("pca", "vae", "supervised", "loss became NaN at step 12"):
        assert word in text or (fmt == "csv" and word.startswith("loss"))
    assert render(empty, fmt)


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if fmt != "csv"])
def test_skipped_files_are_named(board, fmt):
    assert "is not valid JSON" in " ".join(render(board, fmt).split())


def test_an_unknown_format_names_the_known_ones(board):
    with pytest.raises(UsageError, match="unknown format 'htm'; did you mean 'html'"):
        render(board, "htm")


def test_write_all_writes_every_file_format(board, tmp_path):
    paths = write_all(board, tmp_path / "new")
    assert sorted(os.listdir(tmp_path / "new")) == [
        f"leaderboard.{end}" for end in ("csv", "html", "json", "md", "tex")
    ]
    for path in paths:
        assert path.read_text(encoding="utf8") == render(board, path.suffix[1:])


@pytest.mark.parametrize("fmt", list(FORMATS))
def test_another_protocol_shows_in_every_format(make_result, fmt):
    cosine = {**make_result().config, "suite": {"init_args": {"distance": "cosine"}}}
    metrics = {"probe/knn_accuracy": 0.5}
    results = [make_result("pca", 0, metrics), make_result("ppca", 0, metrics)]
    board = Leaderboard([*results, make_result("vae", 0, metrics, config=cosine)])
    text = " ".join(render(board, fmt).split())
    assert "vae (distance=cosine)" in text
    assert fmt == "csv" or "scored by another protocol than the rows without this mark (distance=euclidean)" in text
    assert fmt in ("csv", "json") or ("textdaggerdbl" if fmt == "tex" else "‡") in text


HOSTILE = "a\x1b[31m|<b>&_%\u202e[/x]"


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if fmt != "csv"])
def test_names_that_steer_a_terminal_are_written_out(fmt, make_result):
    """Model, data set, error, note and what was skipped; a name that is markup of any format is only a name."""
    odd = make_result(HOSTILE, 0, {"probe/knn_accuracy": 0.5}, dataset=HOSTILE, notes=[HOSTILE], paradigm=HOSTILE)
    lost = make_result("b", 0, None, status="failed", error=HOSTILE, dataset=HOSTILE)
    text = render(Leaderboard([odd, lost], problems=[HOSTILE]), fmt)
    assert "\x1b" not in text
    assert "\u202e" not in text
    raw = {"md": "<b>", "html": "<b>", "tex": "<b>", "terminal": None, "json": None}[fmt]
    assert raw is None or raw not in text.replace("</b>", "")
    assert fmt != "tex" or "&_%" not in text

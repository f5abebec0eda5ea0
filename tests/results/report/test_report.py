import os

import pytest

from embedbench.errors import UsageError
from embedbench.results.report import FORMATS, render, write_all


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

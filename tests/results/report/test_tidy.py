import io

import pandas as pd
import pytest

from embedbench.results.report.tidy import HEADER, render
from embedbench.results.table.board import Leaderboard


def test_pandas_reads_back_the_raw_values(some_results):
    frame = pd.read_csv(io.StringIO(render(Leaderboard(some_results))), dtype={"value": str})
    assert tuple(frame.columns) == HEADER
    for result in some_results:
        lines = frame[(frame["model"] == result.model) & (frame["seed"] == result.seed)]
        assert set(lines["status"]) == {result.status}
        if result.status == "finished":
            assert dict(zip(lines["metric"], lines["value"].map(float), strict=True)) == result.metrics["test"]
            assert dict(zip(lines["metric"], lines["direction"], strict=True)) == result.directions
    failed = frame[frame["status"] == "failed"]
    assert len(failed) == 1
    assert failed["error"].item() == "loss became NaN\nat step 12"
    assert failed["value"].isna().all()


def test_text_that_is_a_formula_is_none_in_a_spreadsheet(make_result):
    odd = make_result("=1+1", 0, {"probe/knn_accuracy": -0.5}, dataset="@sum", notes=[])
    frame = pd.read_csv(io.StringIO(render(Leaderboard([odd]))))
    assert frame[["model", "label", "dataset", "table"]].iloc[0].tolist() == ["'=1+1", "'=1+1", "'@sum", "'@sum"]
    assert frame["value"].item() == -0.5


def test_every_split_and_every_run_is_there(make_result):
    old = make_result("a", 0, {"x": 0.1}, run_id="old", finished_at="2025-01-01T00:00:00.000000+00:00")
    said = {"test": {"x": {"se": 1 / 7, "low": 0.1, "high": 0.9}}}
    new = make_result("a", 0, {"x": 1 / 3}, val={"x": 2 / 3}, run_id="new", uncertainty=said)
    frame = pd.read_csv(io.StringIO(render(Leaderboard([old, new]))), dtype={"value": str})
    frame["value"] = frame["value"].map(float)
    kept = [tuple(line) for line in frame[["run_id", "counts", "split", "value"]].itertuples(index=False)]
    assert kept == [("old", 0, "test", 0.1), ("new", 1, "val", 2 / 3), ("new", 1, "test", 1 / 3)]
    assert frame[["se", "low", "high"]].iloc[-1].tolist() == pytest.approx([1 / 7, 0.1, 0.9])
    assert frame[["se", "low", "high"]].iloc[:-1].isna().all(axis=None)


def test_folds_are_told_apart(make_result):
    def fold(number):
        data = {"class_path": "embedbench.data.images.digits.Digits", "init_args": {"folds": 3, "fold": number}}
        return make_result(
            "a", 0, {"x": number / 3}, run_id=f"f{number}", config={**make_result().config, "data": data}
        )

    frame = pd.read_csv(io.StringIO(render(Leaderboard([fold(1), fold(3), make_result("b", 0, {"x": 0.5})]))))
    assert list(zip(frame["run_id"], frame["fold"], frame["counts"], strict=True))[:2] == [("f1", 1, 1), ("f3", 3, 1)]
    assert frame["fold"].isna().tolist() == [False, False, True]

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import embedbench
from embedbench.errors import UsageError
from embedbench.results.table.board import Leaderboard

KNN, NMI = "probe/knn_accuracy", "clustering/nmi"


def write(results, folder):
    for number, result in enumerate(results):
        result.write(folder / str(number))


def test_one_table_a_data_set(make_result):
    results = [
        make_result("a", 0, {KNN: 0.5}, dataset="wine", dataset_fingerprint="w"),
        make_result("a", 0, {KNN: 0.6}),
        make_result("mine", 0, {KNN: 0.7}, dataset_fingerprint=""),
    ]
    digits, wine = Leaderboard(results).tables
    assert (digits.name, digits.dataset, digits.fingerprint) == ("digits", "digits", "0123456789abcdef")
    assert [row.label for row in digits.rows] == ["mine", "a"]
    assert (wine.name, [row.label for row in wine.rows]) == ("wine", ["a"])


def test_two_contents_under_one_name_are_two_tables(make_result):
    prints = ["a" * 64, "b" * 64, ""]
    results = [make_result(f"m{i}", 0, {KNN: 0.5}, dataset_fingerprint=mark) for i, mark in enumerate(prints)]
    tables = Leaderboard(results).tables
    assert {table.name: [row.label for row in table.rows] for table in tables} == {
        "digits (fingerprint aaaaaaaaaaaa)": ["m0"],
        "digits (fingerprint bbbbbbbbbbbb)": ["m1"],
        "digits (fingerprint unknown)": ["m2"],
    }


def test_the_order_of_results_does_not_matter(some_results):
    board, turned = Leaderboard(some_results), Leaderboard(reversed(some_results))
    assert [row.label for table in board.tables for row in table.rows] == [
        row.label for table in turned.tables for row in table.rows
    ]
    assert [row.cells for row in board.tables[0].rows] == [row.cells for row in turned.tables[0].rows]


def test_sorting_and_choosing_metrics(some_results):
    board = Leaderboard(some_results, by=NMI, metrics=["clustering/davies_bouldin", "probe"])
    (table,) = board.tables
    assert table.by == NMI
    assert [row.label for row in table.rows][:3] == ["label_oracle", "vae", "pca"]
    shown = [column.name for column in board.shown(table)]
    assert shown == ["clustering/davies_bouldin", "probe/knn_accuracy", "probe/linear_accuracy"]
    default = [column.name for column in Leaderboard(some_results).shown(table)]
    assert "clustering/davies_bouldin" not in default
    assert len(default) == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"by": "clustering/nmj"}, "unknown metric 'clustering/nmj'; did you mean 'clustering/nmi'"),
        ({"metrics": ["probe/knn"]}, "unknown metric 'probe/knn'"),
        ({"split": "train"}, "unknown split 'train'.*test, val"),
    ],
)
def test_unknown_names_are_bad_input(some_results, arguments, message):
    with pytest.raises(UsageError, match=message):
        Leaderboard(some_results, **arguments)


def test_runs_that_all_failed_still_make_a_table(make_result):
    board = Leaderboard([make_result("a", 0, status="failed", error="x")], by=KNN, metrics=["probe"])
    assert [row.label for row in board.tables[0].rows] == ["a"]
    assert board.tables[0].by is None
    assert Leaderboard([]).tables == []


def test_reading_a_folder(some_results, tmp_path):
    write(some_results, tmp_path)
    (tmp_path / "0" / "result.json").write_text("{")
    board = Leaderboard.read(tmp_path)
    assert len(board.problems) == 1
    assert next(row for row in board.tables[0].rows if row.label == "pca").n == 2


def test_a_folder_without_results_is_bad_input(tmp_path):
    with pytest.raises(UsageError, match=r"no readable result\.json under"):
        Leaderboard.read(tmp_path)
    (tmp_path / "result.json").write_text("{")
    with pytest.raises(UsageError, match=r"run something first\. Skipped: cannot read .*result\.json"):
        Leaderboard.read(tmp_path)


def test_the_pandas_table_equals_pandas_own_summary(some_results, tmp_path):
    write(some_results, tmp_path)
    frame = embedbench.leaderboard(tmp_path)
    finished = [result for result in some_results if result.status == "finished"]
    raw = pd.DataFrame([{"model": r.model, **r.metrics["test"]} for r in finished]).groupby("model")
    by_model = frame.set_index("model")
    for metric in finished[0].metrics["test"]:
        for suffix, expected in (("", raw[metric].mean()), (" (sd)", raw[metric].std()), (" (n)", raw[metric].count())):
            got = by_model[metric + suffix].dropna() if suffix != "" else by_model[metric].dropna()
            np.testing.assert_allclose(got, expected.reindex(got.index).astype(float), rtol=1e-12, atol=1e-15)
    about = ["dataset", "model", "paradigm", "latent_dim", "n", "failed", "parameters", "fit_seconds", "sees_labels"]
    assert list(frame.columns[:9]) == about
    assert frame[KNN].dropna().is_monotonic_decreasing
    failed = by_model.loc["supervised"]
    assert (failed["n"], failed["failed"]) == (0, 1)
    assert np.isnan(failed[KNN])
    assert np.isnan(by_model.loc["label_oracle", f"{KNN} (sd)"])
    assert by_model.loc["label_oracle", "sees_labels"]


def test_the_pandas_table_warns_of_skipped_files(make_result, tmp_path):
    make_result("a", 0, {KNN: 0.5}).write(tmp_path / "a")
    newer = replace(make_result("b"), schema_version=99)
    newer.write(tmp_path / "b")
    with pytest.warns(UserWarning, match="skipped: .*schema_version 99 is newer"):
        frame = embedbench.leaderboard(str(tmp_path), by=KNN, split="test")
    assert list(frame["model"]) == ["a"]


def test_building_and_rendering_import_nothing_heavy(some_results, tmp_path):
    write(some_results, tmp_path)
    code = (
        "import sys\n"
        "from embedbench.results.table.board import Leaderboard\n"
        "from embedbench.results.report import FORMATS, render\n"
        "from embedbench.results.environment import environment\n"
        f"board = Leaderboard.read({str(tmp_path)!r})\n"
        "[render(board, fmt) for fmt in FORMATS], environment()\n"
        "heavy = {'torch', 'lightning', 'transformers', 'wandb', 'pandas', 'numpy', 'sklearn', 'faiss', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)), any(name.startswith('embedbench.evaluation') for name in sys.modules))"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[] False"

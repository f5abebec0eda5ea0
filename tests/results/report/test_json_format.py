import json

from embedbench.results.report.json_format import render


def test_every_metric_is_there_unrounded(board, some_results):
    content = json.loads(render(board))
    (table,) = content["tables"]
    assert (content["schema_version"], content["split"], table["by"]) == (1, "test", "probe/knn_accuracy")
    assert content["problems"] == board.problems
    rows = {row["label"]: row for row in table["rows"]}
    assert list(rows) == [row.label for row in board.tables[0].rows]
    assert set(rows["pca"]["metrics"]) == set(some_results[0].metrics["test"])
    vae = board.tables[0].rows[1].cells["probe/knn_accuracy"]
    assert rows["vae"]["metrics"]["probe/knn_accuracy"] == {
        "mean": vae.mean,
        "sd": vae.sd,
        "n": 3,
        "best": True,
        "tied": False,
        "se": None,
    }
    assert rows["label_oracle"]["metrics"]["probe/knn_accuracy"]["sd"] is None
    assert rows["supervised"]["metrics"] == {}
    assert [run["run_id"] for run in rows["pca"]["runs"]] == [f"digits-pca-s{seed}" for seed in range(3)]
    assert table["directions"]["clustering/davies_bouldin"] == "lower"

"""Goals: what is measured, sorted by and shown first."""

import pytest

from embedbench.catalog import names
from embedbench.errors import UsageError
from embedbench.request.request import read_args
from embedbench.request.suite_request import make_suite
from embedbench.results.table.board import Leaderboard
from embedbench.results.table.goals import read_goal

MEASURES = make_suite(read_args([])["suite"]).measures()
GOALS = ["classes", "clusters", "compression", "distances", "neighbours", "overview", "regression"]


def test_goals_there_are():
    assert sorted(names("conf/goal")) == GOALS


@pytest.mark.parametrize("name", GOALS)
def test_shipped_goal_sorts_by_what_it_measures_and_its_suite_takes(name):
    goal = read_goal(name)
    metrics = goal.measured(MEASURES)
    make_suite({"class_path": "embedbench.evaluation.suite.Suite", "init_args": {"metrics": metrics or None}})
    measured = {one for one in MEASURES if not metrics or {one, one.partition("/")[0]} & {*metrics}}
    assert measured & {*goal.by}
    assert len(goal.sentence) > 20
    assert {*goal.by, *goal.show} <= MEASURES.keys()
    ends = {MEASURES[one].better for one in goal.by if one in MEASURES}
    assert ends <= {"higher", "lower"} or name == "overview"


def test_unknown_goal_and_key_are_named(tmp_path):
    with pytest.raises(UsageError, match="unknown goal 'cluster'; did you mean 'clusters'"):
        read_goal("cluster")
    path = tmp_path / "mine.yaml"
    path.write_text("# Mine\nby: [probe/knn_accuracy]\nsort: [a]\n", encoding="utf8")
    with pytest.raises(UsageError, match=r"unknown key in .*'sort'; did you mean"):
        read_goal(str(path))
    for content, said in [("metrics: [a]", "must say what to sort by"), ("by: a", "must be a list of metrics")]:
        path.write_text(content, encoding="utf8")
        with pytest.raises(UsageError, match=said):
            read_goal(str(path))


def test_metrics_that_a_suite_lacks_are_passed_over():
    goal = read_goal(None)._replace(name="mine", metrics=["probe", "own/z", "retrieval/map@r"])
    assert goal.measured(["probe/knn_accuracy", "retrieval/map@r"]) == ["probe", "retrieval/map@r"]
    with pytest.raises(UsageError, match=r"the goal 'mine' measures .* and the suite none"):
        goal.measured(["latent/hubness"])


def test_goal_sorts_and_puts_its_columns_first(make_result):
    metrics = {"probe/knn_accuracy": 0.9, "clustering/nmi": 0.2, "clustering/ami": 0.1}
    results = [make_result("a", 0, metrics), make_result("b", 0, {**metrics, "clustering/nmi": 0.3})]
    board = Leaderboard(results, goal="clusters")
    assert board.tables[0].by == "clustering/nmi"
    assert [row.label for row in board.tables[0].rows] == ["b", "a"]
    shown = [column.name for column in board.shown(board.tables[0])]
    assert shown == ["clustering/nmi", "clustering/ami", "probe/knn_accuracy"]


def test_without_labels_the_input_is_the_reference_and_never_the_best(make_result):
    kept, ends = "geometry/knn_overlap", {"geometry/knn_overlap": "higher", "latent/effective_rank": "none"}
    raw = make_result("raw", 0, {kept: 1.0, "latent/effective_rank": 9.0}, config={"is_input": True}, directions=ends)
    others = [
        make_result(name, 0, {kept: value}, directions=ends) for name, value in {"pca": 0.7, "random": 0.2}.items()
    ]
    (table,) = Leaderboard([raw, *others]).tables
    assert table.by == kept
    assert {row.label: row.cells[kept].best for row in table.rows} == {"raw": False, "pca": True, "random": False}
    assert table.notes[0] == "§ the input itself: the reference of geometry/*, no competitor there."
    assert "can't be known without labels" in table.notes[-1]
    assert kept in [column.name for column in Leaderboard([raw, *others]).shown(table)]


def test_input_competes_in_what_does_not_compare_with_it(make_result):
    raw = make_result("raw", 0, {"probe/knn_accuracy": 0.9}, config={"is_input": True})
    (table,) = Leaderboard([raw, make_result("pca", 0, {"probe/knn_accuracy": 0.8})]).tables
    assert table.rows[0].cells["probe/knn_accuracy"].best
    assert not [note for note in table.notes if "§" in note or "without labels" in note]

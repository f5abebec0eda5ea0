import pytest

from embedbench.errors import UsageError
from embedbench.results.columns import HEADLINE, MetricColumn, metric_columns, shown_columns


def names(chosen):
    return [column.name for column in chosen]


def test_columns_are_grouped_by_family_in_recorded_order(make_result):
    first = make_result(metrics={"own/z": 1.0, "latent/effective_rank": 2.0, "clustering/nmi": 0.1})
    second = make_result(metrics={"clustering/davies_bouldin": 1.0, "probe/knn_accuracy": 0.5, "clustering/nmi": 0.2})
    found = metric_columns([first, second], "test")
    expected = ["probe/knn_accuracy", "clustering/nmi", "clustering/davies_bouldin", "latent/effective_rank", "own/z"]
    assert names(found) == expected
    assert [column.better for column in found] == ["higher", "higher", "lower", "none", "none"]
    assert metric_columns([first], "val") == []


def test_a_direction_said_by_one_run_holds_for_all(make_result):
    silent = make_result(metrics={"clustering/nmi": 0.1}, directions={})
    assert metric_columns([silent, make_result(metrics={"clustering/nmi": 0.1})], "test") == [
        MetricColumn("clustering/nmi", "higher")
    ]


KNOWN = [
    MetricColumn(name, "higher") for name in ("probe/knn_accuracy", "probe/other", "clustering/nmi", "clustering/ami")
]


def test_the_headline_is_shown_unless_others_are_asked_for():
    assert names(shown_columns(KNOWN, None)) == ["probe/knn_accuracy", "clustering/nmi"]
    assert names(shown_columns(KNOWN, ["clustering", "probe/other"])) == [
        "clustering/nmi",
        "clustering/ami",
        "probe/other",
    ]
    assert names(shown_columns(KNOWN, ["clustering/ami", "clustering"])) == ["clustering/ami", "clustering/nmi"]
    assert len(set(HEADLINE)) == len(HEADLINE)


def test_all_columns_are_shown_where_no_headline_was_measured():
    own = [MetricColumn("own/a", "none"), MetricColumn("own/b", "none")]
    assert shown_columns(own, None) == own


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(UsageError, match="unknown metric 'clustering/nmj'; did you mean 'clustering/nmi'"):
        shown_columns(KNOWN, ["clustering/nmj"])

import pytest

from embedbench.errors import UsageError
from embedbench.evaluation.metrics.base import discover
from embedbench.results.table.columns import MetricColumn, headline, metric_columns, shown_columns


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


def test_headlines_are_of_measures_that_there_are_in_the_order_of_the_table():
    known = {f"{family.name}/{name}" for family in discover() for name in family.measures}
    assert set(headline()) <= known
    assert headline()[:4] == ["probe/knn_accuracy", "probe/linear_accuracy", "probe/knn_r2", "probe/linear_r2"]
    assert headline()[-2:] == ["disentanglement/mig", "disentanglement/dci"]
    assert len(set(headline())) == len(headline())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", ["clustering/nmi", "latent/effective_rank", "own/b", "own/a"]),  # all that have a better end
        ("rank: 0", ["own/b", "own/a", "clustering/nmi", "latent/effective_rank"]),
        ("headline: [a, c]", ["clustering/nmi", "latent/effective_rank", "own/a", "own/c"]),
        ("rank: 3.5\nheadline: []", ["clustering/nmi", "latent/effective_rank"]),
    ],
)
def test_a_family_of_ones_own_says_its_headline_and_rank(said, shown, tmp_path, monkeypatch):
    (tmp_path / "conf" / "metric").mkdir(parents=True)
    (tmp_path / "conf" / "metric" / "own.yaml").write_text(f"family: nowhere.own\n{said}\n", encoding="utf8")
    monkeypatch.chdir(tmp_path)
    ends = {"latent/effective_rank": "none", "clustering/nmi": "higher", "own/b": "higher", "own/a": "lower"}
    known = [MetricColumn(name, end) for name, end in {**ends, "own/c": "none"}.items()]
    assert names(shown_columns(known, None)) == shown  # without an import of what may have gone


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("family: a.b\nheadlin: [a]\n", "unknown key in .*own.yaml: 'headlin'; did you mean 'headline'"),
        ("family: a.b\nheadline: a\n", "`headline` of .*own.yaml must be a list"),
        ("family: a.b\nheadline: [1]\n", "`headline` of .*own.yaml must be a list"),
        ("family: a.b\nrank: first\n", "`rank` of .*own.yaml must be a number, got 'first'"),
        ("family: a.b\nrank: true\n", "`rank` of .*own.yaml must be a number, got True"),
        ("family: []\n", "own.yaml must say where the family is; write `family: my_module.own`"),
    ],
)
def test_what_says_no_headline_is_refused(text, message, tmp_path, monkeypatch):
    (tmp_path / "conf" / "metric").mkdir(parents=True)
    (tmp_path / "conf" / "metric" / "own.yaml").write_text(text, encoding="utf8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        shown_columns(KNOWN, None)


def test_all_columns_are_shown_where_no_headline_was_measured():
    own = [MetricColumn("own/a", "none"), MetricColumn("own/b", "none")]
    assert shown_columns(own, None) == own


def test_an_unknown_metric_names_the_nearest():
    with pytest.raises(UsageError, match="unknown metric 'clustering/nmj'; did you mean 'clustering/nmi'"):
        shown_columns(KNOWN, ["clustering/nmj"])


FURTHER = [
    MetricColumn(name, "higher")
    for name in (
        *("probe/knn_accuracy", "geometry/trustworthiness", "latent/hubness"),
        *("probe/knn_accuracy:a/b", "probe/linear_balanced_accuracy:a/b", "probe/knn_r2:c:d", "probe/linear_r2:c:d"),
        *("probe/linear_balanced_accuracy:level", "retrieval/recall@1:level", "clustering/nmi:level"),
    )
]


def test_columns_of_further_labels_are_of_their_family_whatever_they_are_called():
    assert [(column.family, column.short, column.further) for column in FURTHER[3:6]] == [
        ("probe", "knn_accuracy:a/b", "a/b"),
        ("probe", "linear_balanced_accuracy:a/b", "a/b"),
        ("probe", "knn_r2:c:d", "c:d"),
    ]


@pytest.mark.parametrize(
    ("first", "shown"),
    [
        ([], ["probe/linear_balanced_accuracy:a/b", "probe/linear_r2:c:d", "probe/linear_balanced_accuracy:level"]),
        (
            ["probe/knn_accuracy", "retrieval/recall@1"],
            ["probe/knn_accuracy:a/b", "probe/linear_r2:c:d", "retrieval/recall@1:level"],
        ),
    ],
)
def test_one_metric_of_each_further_column_is_shown(first, shown):
    found = [name for name in names(shown_columns(FURTHER, None, first)) if ":" in name]
    assert found == shown
    without = [column for column in FURTHER if not column.further]
    plain = [name for name in names(shown_columns(FURTHER, None, first)) if ":" not in name]
    assert plain == names(shown_columns(without, None, first))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["probe/knn_accuracy"], ["probe/knn_accuracy", "probe/knn_accuracy:a/b"]),
        (["probe:c:d"], ["probe/knn_r2:c:d", "probe/linear_r2:c:d"]),
        (["clustering/nmi:level"], ["clustering/nmi:level"]),
        (["retrieval", "latent"], ["retrieval/recall@1:level", "latent/hubness"]),
    ],
)
def test_names_of_metrics_ask_for_those_of_further_columns_too(asked, expected):
    assert names(shown_columns(FURTHER, asked)) == expected


def test_metrics_of_a_further_column_that_there_is_not_are_refused():
    with pytest.raises(UsageError, match="unknown metric 'probe/knn_r2:c'"):
        shown_columns(FURTHER, ["probe/knn_r2:c"])


def test_metrics_that_files_name_for_further_columns_are_there():
    from embedbench.catalog import metric_entries

    known = {f"{family.name}/{name}" for family in discover() for name in family.measures}
    named = {f"{name}/{inner}" for name, entry in metric_entries().items() for inner in entry.further}
    assert named == {"probe/linear_balanced_accuracy", "probe/linear_r2"}
    assert named <= known

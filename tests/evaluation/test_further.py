"""Further columns of labels: scored as a label of their rows alone is, on what was searched already."""

import math

import numpy as np
import pytest

from embedbench.errors import UsageError
from embedbench.evaluation import space as module
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Suite
from embedbench.neighbors import k_means
from embedbench.types import FurtherLabel

NAMES = ("a", "b", "c")


def columns(n_rows, seed, *, gaps):
    """A class column, a real one and a level above the label, a quarter of their values missing if asked."""
    rng = np.random.default_rng(seed)
    kind, real = rng.integers(0, 3, n_rows), rng.normal(size=n_rows)
    if gaps:
        gone = rng.random(n_rows) < 0.25
        kind, real = np.where(gone, -1, kind), np.where(np.roll(gone, 1), np.nan, real)
    return {"kind": FurtherLabel(kind, NAMES), "real": FurtherLabel(real)}


@pytest.fixture
def rows(random_pair):
    """Gallery and queries as `make` gives them, without columns of their own."""
    (z, label), (z_query, label_query) = random_pair

    def make(*, gaps=False, labelled=True):
        further = [columns(len(one), seed, gaps=gaps) for seed, one in enumerate((z, z_query))]
        for one, of in zip(further, (label, label_query), strict=True):
            if labelled:
                level = np.where(np.roll(one["kind"].there, 2), of // 2, -1)
                one["level"] = FurtherLabel(level, ("low", "mid", "high"), 1)
        labels = (label, label_query) if labelled else (None, None)
        return Rows(z, labels[0], further=further[0]), Rows(z_query, labels[1], further=further[1])

    return make


def alone(gallery, query, column):
    """The rows with a value in a column, as rows that never had another label."""
    found = []
    for one in (gallery, query):
        by = one.further[column]
        found.append(Rows(one.z[by.there], by.label[by.there], classes=by.classes))
    return found


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("labelled", [False, True])
def test_scores_are_those_of_the_column_as_a_label_of_its_rows(rows, gaps, labelled):
    gallery, query = rows(gaps=gaps, labelled=labelled)
    found = Suite().score(gallery, {"test": query})["test"]
    families = {"kind": ("probe/",), "real": ("probe/",), "level": ("probe/", "retrieval/", "clustering/")}
    for column in gallery.further:
        one, other = alone(gallery, query, column)
        reference = Suite().score(one, {"test": other})["test"]
        expected = {f"{name}:{column}": v for name, v in reference.items() if name.startswith(families[column])}
        own = {name: value for name, value in found.items() if name.endswith(f":{column}")}
        assert own.keys() == expected.keys()
        assert own == pytest.approx(expected, abs=1e-6)
    bare = Suite().score(Rows(gallery.z, gallery.label), {"test": Rows(query.z, query.label)})["test"]
    plain = {name: value for name, value in found.items() if ":" not in name}
    assert plain.keys() - bare.keys() == ({"retrieval/lca_height@1"} if labelled else set())
    assert plain.items() >= bare.items()  # further columns move no other number


@pytest.mark.parametrize("labelled", [False, True])
def test_neighbours_are_searched_and_clusters_fitted_once_for_all_columns_without_gaps(rows, monkeypatch, labelled):
    gallery, query = rows(labelled=labelled)
    searched, fitted = [], []
    monkeypatch.setattr(module, "nearest", lambda *args: searched.append(args[2]) or nearest(*args))
    monkeypatch.setattr(k_means, "kmeans", lambda *args: fitted.append(args[1]) or kmeans(*args))
    more = {name: {**one.further, "again": one.further["kind"]} for name, one in (("g", gallery), ("q", query))}
    if labelled:  # a level of as many classes as another
        for of, one in zip(more.values(), (gallery, query), strict=True):
            of["level 2"] = one.further["level"]._replace(height=2)
    gallery, query = (
        Rows(one.z, one.label, further=of) for one, of in zip((gallery, query), more.values(), strict=True)
    )
    Suite(["probe", "retrieval", "clustering/nmi"]).score(gallery, {"test": query})
    assert len(searched) == 1
    assert sorted(fitted) == (sorted({len(np.unique(gallery.label)), 3}) if labelled else [])


nearest, kmeans = module.nearest, k_means.kmeans


def test_columns_with_the_same_gaps_share_a_search(rows, monkeypatch):
    gallery, query = rows(gaps=True, labelled=False)
    further = [{"kind": one.further["kind"], "twin": one.further["kind"]} for one in (gallery, query)]
    searched = []
    monkeypatch.setattr(module, "nearest", lambda *args: searched.append(args[2]) or nearest(*args))
    Suite(["probe"]).score(Rows(gallery.z, further=further[0]), {"test": Rows(query.z, further=further[1])})
    assert len(searched) == 1


def test_rows_without_a_value_are_out_of_that_columns_scores_alone(rows):
    gallery, query = rows(gaps=True)
    found = Suite().assess(gallery, {"test": query})["test"]
    for column in ("kind", "real", "level"):
        own = {name: one for name, one in found.queries.items() if name.endswith(f":{column}")}
        assert own
        for name, values in own.items():
            assert values.shape == (len(query),)
            np.testing.assert_array_equal(np.isfinite(values), query.further[column].there, err_msg=name)
            assert np.nanmean(values.astype(np.float64)) == pytest.approx(found.metrics[name], abs=1e-5)
            there = values[query.further[column].there].astype(np.float64)
            assert found.uncertainty[name]["se"] == pytest.approx(there.std(ddof=1) / math.sqrt(len(there)), abs=1e-6)
    plain = [values for name, values in found.queries.items() if ":" not in name]
    assert all(np.isfinite(values).all() for values in plain)
    assert set(found.classes["0"]) & set(found.queries) == {name for name in found.classes["0"] if name != "rows"}
    assert not any(":" in name for name in found.classes["0"])


def test_every_value_has_a_measure_of_its_own_and_lies_in_it(rows):
    gallery, query = rows(gaps=True)
    for seeds in (1, 2):
        suite = Suite(kmeans_seeds=seeds, kmeans_restarts=1)
        found = suite.assess(gallery, {"test": query})["test"]
        measures = suite.measures(gallery.further)
        assert found.metrics.keys() <= measures.keys()
        assert all(measures[name].low <= value <= measures[name].high for name, value in found.metrics.items())
        assert ("clustering/nmi_sd:level" in found.metrics) == (seeds == 2)
    assert measures["probe/linear_mae:real"] == measures["probe/linear_mae"]
    assert "probe/knn_accuracy:real" not in measures
    assert "retrieval/recall@1:kind" not in measures


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["probe/knn_accuracy"], {"probe/knn_accuracy", "probe/knn_accuracy:kind", "probe/knn_accuracy:level"}),
        (["probe/knn_accuracy:kind"], {"probe/knn_accuracy:kind"}),
        (["latent/hubness", "probe/knn_r2:real"], {"latent/hubness", "probe/knn_r2:real"}),
        (
            ["retrieval/mrr:level", "probe/linear_c"],
            {"retrieval/mrr:level", *(f"probe/linear_c{c}" for c in ("", ":kind", ":level"))},
        ),
    ],
)
def test_names_choose_metrics_of_all_columns_or_of_one(rows, asked, expected):
    gallery, query = rows()
    assert Suite(asked).score(gallery, {"test": query})["test"].keys() == expected


def test_a_column_that_nobody_set_aside_is_refused(rows):
    gallery, query = rows()
    with pytest.raises(UsageError, match=r"unknown column of --suite.metrics 'knid'; did you mean 'kind'"):
        Suite(["probe:knid"]).score(gallery, {"test": query})
    with pytest.raises(UsageError, match=r"no column is set aside; add --data.probe \[kind\]"):
        Suite(["probe:kind"]).check({"train": 30}, "classes", 3)
    with pytest.raises(UsageError, match="unknown metric 'prob:kind'"):
        Suite(["prob:kind"])


def test_data_without_labels_can_be_scored_by_probes_alone(rows):
    gallery, query = rows(labelled=False)
    assert Suite(["probe/linear_r2"]).score(gallery, {"test": query})["test"].keys() == {"probe/linear_r2:real"}
    bare = Rows(gallery.z), Rows(query.z)
    with pytest.raises(UsageError, match="none of the metrics probe/linear_r2 can be had"):
        Suite(["probe/linear_r2"]).score(bare[0], {"test": bare[1]})


def test_what_a_reader_should_know_names_the_column(rows):
    gallery, query = rows(labelled=False)
    few = np.full(len(gallery), -1)
    few[:7] = [0, 1, 0, 1, 0, 1, 2]
    none = FurtherLabel(np.full(len(query), np.nan))
    gallery = Rows(gallery.z, further={**gallery.further, "few": FurtherLabel(few, NAMES)})
    further = {**query.further, "real": none, "few": FurtherLabel(np.arange(len(query)) % 2, NAMES)}
    query = Rows(query.z, further=further)
    notes = Suite().assess(gallery, {"test": query})["test"].notes
    assert any(
        note.startswith("test: column 'few': the nearest-neighbour probe has k = 7 in place of 20") for note in notes
    )
    assert any(note.startswith("test: column 'few': 1 of 3 gallery classes have a single row") for note in notes)
    assert "test: no score by 'real': no row has a value, or none of the metrics asked for fits" in notes
    assert "test: no score by 'kind', 'real', 'few'" in " ".join(
        Suite(["latent"]).assess(gallery, {"test": query})["test"].notes
    )


def test_lengths_are_checked():
    with pytest.raises(UsageError, match="z has 4 rows and column 'kind' has 3"):
        Rows(np.zeros((4, 2)), further={"kind": FurtherLabel(np.zeros(3, np.int64), NAMES)})

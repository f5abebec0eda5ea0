import math

import numpy as np
import pandas as pd
import pytest

from embedbench.results.table.goals import read_goal
from embedbench.results.table.summary import build_table

KNN, NMI, BOULDIN, RANK = "probe/knn_accuracy", "clustering/nmi", "clustering/davies_bouldin", "latent/effective_rank"


def table(results, split="test", by=None):
    return build_table("digits", "0123", results, split, by, read_goal(None))


def marks(built, metric):
    return {row.label: (row.cells[metric].best, row.cells[metric].tied) for row in built.rows if metric in row.cells}


@pytest.fixture
def seeds(make_result):
    """Runs of one model, one seed for each value of one metric."""

    def make(model, metric, values, **changes):
        return [make_result(model, seed, {metric: value}, **changes) for seed, value in enumerate(values)]

    return make


def test_mean_and_sd_equal_numpy_and_pandas(make_result):
    draw = np.random.default_rng(0)
    values = draw.normal(100, 1e-3, (7, 2))  # a small spread on a large mean: a one-pass variance would lose it
    results = [make_result("pca", seed, {KNN: a, NMI: b}) for seed, (a, b) in enumerate(values.tolist())]
    (row,) = table(results).rows
    for cell, column in zip((row.cells[KNN], row.cells[NMI]), values.T, strict=True):
        assert cell.mean == pytest.approx(column.mean(), rel=1e-14)
        assert cell.sd == pytest.approx(pd.Series(column).std(), rel=1e-9)
        assert cell.n == 7
    assert row.fit_seconds == pytest.approx(np.mean([0.25 + seed for seed in range(7)]))
    assert (row.n, row.parameters, row.latent_dim, row.paradigm) == (7, 1088, 16, "classical")


def test_one_seed_has_no_spread(seeds):
    (row,) = table(seeds("pca", KNN, [0.5])).rows
    assert row.cells[KNN] == (0.5, None, 1, True, False, None)


def test_best_and_tied_by_hand(seeds):
    """Best .90 with sd .02 over 4 seeds: standard error .01, so .89 is tied and .8899 is not, whatever their own sd."""
    wide = math.sqrt(3) / 2 * 0.02  # ± this on 4 values has an sd of .02
    best = [0.9 - wide, 0.9 + wide, 0.9 - wide, 0.9 + wide]
    results = [
        *seeds("best", KNN, best),
        *seeds("tied", KNN, [0.8901, 0.8901]),
        *seeds("near", KNN, [0.7899, 0.9899]),
        *seeds("single", KNN, [0.8902]),
    ]
    built = table(results)
    assert built.rows[0].cells[KNN].sd == pytest.approx(0.02)
    expected = {"best": (True, False), "tied": (False, True), "near": (False, False), "single": (False, True)}
    assert marks(built, KNN) == expected


def test_the_standard_error_is_the_bests_not_the_rivals(seeds):
    results = [*seeds("best", KNN, [0.9, 0.9]), *seeds("wide", KNN, [0.5, 1.2])]
    assert marks(table(results), KNN) == {"best": (True, False), "wide": (False, False)}


def test_one_seed_ties_by_equality_alone(seeds):
    results = [*seeds("a", KNN, [0.9]), *seeds("b", KNN, [0.9]), *seeds("c", KNN, [0.9 - 1e-9])]
    assert marks(table(results), KNN) == {"a": (True, False), "b": (True, False), "c": (False, False)}


def test_one_seed_has_the_error_over_its_queries(seeds):
    """It ties what lies within it; of several seeds it isn't shown, and their own spread counts."""

    def said(error):
        return {"uncertainty": {"test": {KNN: {"se": error, "low": 0.0, "high": 1.0}}}}

    built = table(
        [*seeds("a", KNN, [0.9], **said(0.02)), *seeds("b", KNN, [0.885], **said(0.1)), *seeds("c", KNN, [0.87])]
    )
    assert marks(built, KNN) == {"a": (True, False), "b": (False, True), "c": (False, False)}
    assert [row.cells[KNN].se for row in built.rows] == [0.02, 0.1, None]
    (row,) = table(seeds("a", KNN, [0.9, 0.9], **said(0.02))).rows
    assert (row.cells[KNN].se, row.cells[KNN].sd, row.cells[KNN].error) == (None, 0, 0)
    (row,) = table(seeds("a", KNN, [0.9], **said(0.02)), split="val", by=NMI).rows
    assert row.cells == {}


def test_equal_up_to_the_rounding_of_the_mean_is_equal(seeds):
    results = [*seeds("a", KNN, [0.1]), *seeds("b", KNN, [0.1, 0.1, 0.1])]
    assert all(best for best, _ in marks(table(results), KNN).values())


def test_of_several_best_the_largest_standard_error_counts(seeds):
    results = [*seeds("sure", KNN, [0.5, 0.5]), *seeds("unsure", KNN, [0.25, 0.75]), *seeds("near", KNN, [0.3])]
    expected = {"sure": (True, False), "unsure": (True, False), "near": (False, True)}  # standard errors 0 and .25
    assert marks(table(results), KNN) == expected
    assert marks(table(results[::-1]), KNN) == expected


def test_lower_is_better_where_the_metric_says_so(seeds):
    results = [*seeds("low", BOULDIN, [0.5, 0.7]), *seeds("tied", BOULDIN, [0.7]), *seeds("high", BOULDIN, [2.0])]
    built = table(results, by=BOULDIN)
    assert marks(built, BOULDIN) == {"low": (True, False), "tied": (False, True), "high": (False, False)}
    assert [row.label for row in built.rows] == ["low", "tied", "high"]


@pytest.mark.parametrize(("metric", "values"), [(NMI, [-0.2, -0.3]), (BOULDIN, [0.5, 2.0])])
def test_a_missing_value_is_last_and_no_zero(seeds, metric, values):
    results = [*seeds("none", "own/x", [1.0]), *seeds("a", metric, values[:1]), *seeds("b", metric, values[1:])]
    assert [row.label for row in table(results, by=metric).rows] == ["a", "b", "none"]


def test_a_negative_best_keeps_its_rivals_apart(seeds):
    results = [*seeds("a", NMI, [-0.2]), *seeds("b", NMI, [-0.3])]
    assert marks(table(results), NMI) == {"a": (True, False), "b": (False, False)}


def test_no_direction_has_no_best(seeds):
    built = table([*seeds("a", RANK, [3.0]), *seeds("b", RANK, [5.0])])
    assert marks(built, RANK) == {"a": (False, False), "b": (False, False)}
    assert built.by == RANK


def test_who_sees_the_labels_is_never_best(make_result, seeds):
    ceiling = {**make_result().config, "sees_labels": True}
    results = [*seeds("oracle", KNN, [1.0], config=ceiling), *seeds("a", KNN, [0.9]), *seeds("b", KNN, [0.8])]
    built = table(results)
    assert marks(built, KNN) == {"oracle": (False, False), "a": (True, False), "b": (False, False)}
    assert [row.label for row in built.rows] == ["oracle", "a", "b"]
    assert built.notes == ["* sees the labels: a ceiling, not a competitor."]
    alone = table(seeds("oracle", KNN, [1.0], config=ceiling))
    assert marks(alone, KNN) == {"oracle": (False, False)}


NATS = "generative/log_likelihood"
DENSITY, CHANCE = "density over 64 features", "probability over 64 features"


def test_each_scale_has_its_best_and_is_said(make_result):
    """A probability is no larger for being a probability: rows come scale by scale, that of most rows first."""

    def said(model, nats, scale):
        scales = {"generative": scale} if scale else {}
        given = {"directions": {**make_result().directions, NATS: "higher"}, "scales": scales}
        return make_result(model, 0, {NATS: nats, KNN: nats / 100}, **given)

    rows = [said("ppca", -150, DENSITY), said("vae", -90, DENSITY), said("counts", -20, CHANCE)]
    built = table(rows, by=NATS)
    assert [row.label for row in built.rows] == ["vae", "ppca", "counts"]
    assert [row.cells[NATS].best for row in built.rows] == [True, False, True]
    assert [row.cells[KNN].best for row in built.rows] == [False, False, True]
    two = "generative/* of two scales don't compare, and each has its best ({}: vae, ppca; {}: counts)."
    assert built.notes[0] == two.format(DENSITY, CHANCE)
    assert table(rows[:2], by=NATS).notes == []


def test_missing_cells_stay_missing_and_sort_last(make_result):
    results = [
        make_result("a", 0, {NMI: 0.9}),
        make_result("b", 0, {KNN: 0.1}),
        make_result("c", 0, {KNN: 0.2, NMI: 0.1}),
        make_result("c", 1, {KNN: 0.2}),
    ]
    built = table(results)
    assert [row.label for row in built.rows] == ["c", "b", "a"]
    assert [column.name for column in built.columns] == [KNN, NMI]
    assert [set(row.cells) for row in built.rows] == [{KNN, NMI}, {KNN}, {NMI}]
    assert (built.rows[0].n, built.rows[0].cells[NMI].n) == (2, 1)


@pytest.mark.parametrize(
    ("measured", "by", "expected"),
    [
        ([KNN, NMI], None, KNN),
        ([NMI, "probe/knn_r2"], None, "probe/knn_r2"),
        ([RANK, NMI], None, NMI),
        (["own/x"], None, None),
        ([KNN, NMI], NMI, NMI),
        ([KNN], NMI, KNN),
    ],
)
def test_what_rows_are_sorted_by(make_result, measured, by, expected):
    low, high = (dict.fromkeys(measured, value) for value in (0.2, 0.7))
    built = table([make_result("low", 0, low), make_result("high", 0, high)], by=by)
    assert built.by == expected
    assert [row.label for row in built.rows] == ["high", "low"]


def test_the_split_asked_for_is_shown(make_result):
    result = make_result("a", 0, {KNN: 0.1}, val={KNN: 0.2})
    assert table([result]).rows[0].cells[KNN].mean == 0.1
    assert table([result], split="val").rows[0].cells[KNN].mean == 0.2


def test_failed_and_running_seeds_are_counted_in_notes(make_result):
    results = [
        make_result("a", 0, {KNN: 0.5}),
        make_result("a", 1, status="failed", error="loss became NaN\n at step 3."),
        make_result("b", 0, status="failed", error="out of memory"),
        make_result("b", 1, status="failed", error="still out of memory"),
        make_result("c", 0, {KNN: 0.4}, status="running"),
    ]
    built = table(results)
    assert [(row.label, row.n, len(row.cells)) for row in built.rows] == [("a", 1, 1), ("b", 0, 0), ("c", 0, 0)]
    assert built.notes == [
        "a: failed: 1 (last error: loss became NaN at step 3).",
        "b: failed: 2 (last error: still out of memory).",
        "c: running or broken off: 1.",
    ]
    assert (built.rows[1].parameters, built.rows[1].fit_seconds) == (None, None)


def test_the_paradigm_is_that_of_a_finished_run(make_result):
    refused = make_result("a", 1, status="failed", paradigm="unknown")
    assert [row.paradigm for row in table([make_result("a", 0, {KNN: 0.5}), refused]).rows] == ["classical"]


def test_a_failure_that_a_later_run_mended_is_forgotten(make_result):
    failed = make_result("a", 0, status="failed", error="x", run_id="r1")
    built = table([failed, make_result("a", 0, {KNN: 0.5}, run_id="r2")])
    assert built.notes == []
    assert built.rows[0].n == 1


def test_a_repeated_seed_counts_once(make_result):
    old = make_result("a", 0, {KNN: 0.1}, finished_at="2025-01-01T00:00:00.000000+00:00", run_id="old")
    cell = table([make_result("a", 0, {KNN: 0.5}), old]).rows[0].cells[KNN]
    assert (cell.mean, cell.n) == (0.5, 1)


def test_notes_of_runs_are_said_once(make_result):
    results = [
        *(make_result("a", seed, {KNN: 0.5}, notes=["3 missing values were filled."]) for seed in range(2)),
        make_result("b", 0, {KNN: 0.4}, notes=["3 missing values were filled.", "sampled"]),
    ]
    assert table(results).notes == ["3 missing values were filled.", "b: sampled."]


def test_vectors_without_a_fingerprint_are_marked(make_result):
    built = table([make_result("a", 0, {KNN: 0.5}), make_result("mine", 0, {KNN: 0.6}, dataset_fingerprint="")])
    assert [(row.label, row.verified) for row in built.rows] == [("mine", False), ("a", True)]
    assert built.notes == ["† vectors made elsewhere: not verified to come from the same data."]


def scored_by(make_result, model, value, seed=0, **settings):
    config = make_result().config
    return make_result(model, seed, {KNN: value}, config={**config, "suite": {"init_args": {"seed": seed, **settings}}})


def test_another_protocol_is_named_marked_and_never_best(make_result):
    built = table(
        [
            scored_by(make_result, "a", 0.5),
            scored_by(make_result, "b", 0.6, neighbors=20),
            scored_by(make_result, "c", 0.9, distance="cosine", neighbors=3),
        ]
    )
    assert [(row.label, row.protocol, row.cells[KNN].best) for row in built.rows] == [
        ("c (distance=cosine, neighbors=3)", {"distance": "cosine", "neighbors": "3"}, False),
        ("b", {}, True),
        ("a", {}, False),
    ]
    (note,) = built.notes
    assert note == (
        "‡ scored by another protocol than the rows without this mark (distance=euclidean, neighbors=20), so that "
        "numbers don't compare: c (distance=cosine, neighbors=3)."
    )


def test_seeds_of_different_protocols_are_not_averaged(make_result):
    """And the protocol of most rows is the one that needs no mark, be it the default or not."""
    built = table(
        [
            *(scored_by(make_result, "a", value, seed, distance="cosine") for seed, value in enumerate((0.2, 0.4))),
            scored_by(make_result, "a", 0.9, 2),
            scored_by(make_result, "b", 0.1, distance="cosine"),
        ]
    )
    assert {row.label: (row.cells[KNN].mean, row.n, row.protocol) for row in built.rows} == {
        "a (distance=euclidean)": (0.9, 1, {"distance": "euclidean"}),
        "a (distance=cosine)": (pytest.approx(0.3), 2, {}),
        "b": (0.1, 1, {}),
    }


def test_records_from_before_protocols_join_the_default(make_result):
    now = {"file": "a.npz", "suite": {"init_args": {"neighbors": 20, "seed": 1}}}
    before = make_result("a", 0, {KNN: 0.5}, config={"file": "a.npz"})
    built = table([before, make_result("a", 1, {KNN: 0.7}, config=now)])
    assert [(row.label, row.n, row.cells[KNN].mean) for row in built.rows] == [("a", 2, 0.6)]
    assert built.notes == []


def test_folds_are_runs_of_a_row_and_said(make_result):
    def tested(model, fold, value):
        data = {"class_path": "embedbench.data.images.digits.Digits", "init_args": {"folds": 2, "fold": fold}}
        config = {**make_result(model).config, "data": data}
        return make_result(model, 0, {KNN: value}, config=config, run_id=f"{model}{fold}")

    built = table([tested("pca", 1, 0.5), tested("pca", 2, 0.7), tested("vae", 2, 0.9)])
    pca = next(row for row in built.rows if row.label == "pca")
    assert (pca.n, pca.cells[KNN].mean, pca.cells[KNN].n) == (2, pytest.approx(0.6), 2)
    assert [note for note in built.notes if "fold" in note] == [
        "n counts folds × seeds of 2 folds; they share train rows, so that sd/√n is less than the error.",
        "not in all of these folds: vae.",
    ]

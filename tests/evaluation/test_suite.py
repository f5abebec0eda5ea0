from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from embedbench import catalog
from embedbench.errors import UsageError
from embedbench.evaluation import space
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Suite, notes_of
from embedbench.neighbors import internal_indices

UNLABELLED = {f"clustering/{name}" for name in ("stability", "best_silhouette", "best_silhouette_se", "k")}
OF_LEVELS = {"retrieval/lca_height@1"}
OF_TARGETS = {"retrieval/target_difference@10", "retrieval/target_ndcg@10"}
OF_LABELS = {f"probe/{by}_{name}" for by in ("knn", "linear") for name in ("micro_f1", "map", "subset_accuracy")} | {
    "probe/knn_hamming_loss",
    "probe/linear_hamming_loss",
    *(f"retrieval/shared{name}" for name in ("@1", "_ndcg@10", "_map@100")),
}
CLASS_FAMILIES = {"clustering", "separation", "retrieval", "probe"}


@pytest.fixture
def rows(random_pair):
    gallery, query = random_pair
    return Rows(*gallery), {"val": Rows(query[0][:40], query[1][:40]), "test": Rows(query[0][40:], query[1][40:])}


def test_scores_each_split_by_every_family(rows):
    found = Suite().score(*rows)
    assert found.keys() == {"val", "test"}
    for split, scores in found.items():
        assert {name.partition("/")[0] for name in scores} == CLASS_FAMILIES | {"latent"}
        assert all(type(value) is float and math.isfinite(value) for value in scores.values())
        # what real labels, many rows, other models, known factors or an input space give
        special = {f"probe/{by}_{name}" for by in ("knn", "linear") for name in ("r2", "mae", "rmse", "spearman")}
        special |= {"latent/uniformity_se", "latent/search_recall", *OF_TARGETS, *OF_LABELS, *OF_LEVELS, *UNLABELLED}
        special |= {"probe/log_loss"} if split == "val" else set()  # where a class of the query is lost
        special |= {"separation/silhouette_se", "clustering/silhouette_se"}
        left_out = ("generative/", "masked/", "disentanglement/", "words/", "geometry/", "relevance/")
        others = {name for name in Suite().measures() if name.startswith(left_out)}
        assert scores.keys() == Suite().measures().keys() - special - others
    assert found["val"] != found["test"]
    assert found["val"] == Suite().score(rows[0], {"val": rows[1]["val"]})["val"]  # splits don't influence each other


def test_label_metrics_are_left_out_without_labels(rows):
    gallery, queries = rows
    bare = {name: Rows(query.z) for name, query in queries.items()}
    for one, other in ((gallery, bare), (Rows(gallery.z), queries)):
        assert {name.partition("/")[0] for name in Suite().score(one, other)["test"]} == {"latent", "clustering"}


def test_real_targets_get_real_probes(rows):
    gallery, queries = rows
    real = Rows(gallery.z, gallery.z[:, 0] * 2.0), {"test": Rows(queries["test"].z, queries["test"].z[:, 0] * 2.0)}
    found = Suite().score(*real)["test"]
    assert {name for name in found if not name.startswith("latent/")} == {
        f"probe/{by}_{name}" for by in ("knn", "linear") for name in ("r2", "mae", "rmse", "spearman")
    } | OF_TARGETS
    assert found["probe/linear_r2"] > 0.99


def test_several_labels_a_row_get_probes_of_each_label(rows):
    gallery, queries = rows
    hot = {
        name: np.eye(8, dtype=bool)[one.known] | (one.z[:, :1] > 0)
        for name, one in {"train": gallery, **queries}.items()
    }
    parts = {
        name: Rows(one.z, hot[name], classes=list("abcdefgh")) for name, one in {"train": gallery, **queries}.items()
    }
    train, test = parts.pop("train"), parts["test"]
    found = Suite().assess(train, parts)["test"]
    shared = {"probe/linear_c", "probe/knn_macro_f1", "probe/linear_macro_f1"}
    named = {name for name in found.metrics if not name.startswith("latent/")}
    assert named == OF_LABELS | shared | UNLABELLED - {"clustering/best_silhouette_se"}
    assert found.uncertainty.keys() >= {"probe/linear_macro_f1", "retrieval/shared@1"}
    for label, one in found.classes.items():
        has = test.known[:, "abcdefgh".index(label)] > 0
        assert one["rows"] == has.sum()
        assert one["retrieval/shared@1"] == pytest.approx(found.queries["retrieval/shared@1"][has].mean(), abs=1e-6)


def test_gallery_and_query_have_the_same_labels(rows):
    z = rows[0].z
    with pytest.raises(UsageError, match="gallery and query have 2 and 3 labels; give both the same"):
        Suite().score(Rows(z, np.ones((len(z), 2), int)), {"test": Rows(z, np.ones((len(z), 3), int))})


def test_named_metrics_alone_are_scored(rows):
    suite = Suite(metrics=["retrieval", "clustering/nmi"])
    assert suite.measures().keys() - OF_TARGETS - OF_LABELS - OF_LEVELS == suite.score(*rows)["val"].keys()
    assert "clustering/nmi" in suite.measures()
    assert len(suite.measures()) == 15
    assert suite.score(*rows)["val"].items() <= Suite().score(*rows)["val"].items()


def test_it_knows_which_families_are_wanted():
    assert Suite().wants("generative")
    assert Suite(["generative/elbo"]).wants("generative")
    assert not Suite(["probe"]).wants("generative")


def test_spread_over_seeds_is_reported(rows):
    gallery, queries = rows
    single = [
        Suite(["clustering"], kmeans_restarts=1, seed=seed).score(gallery, queries)["test"]["clustering/nmi"]
        for seed in (3, 4, 5)
    ]
    suite = Suite(["clustering"], kmeans_restarts=1, kmeans_seeds=3, seed=3)
    found = suite.score(gallery, queries)["test"]
    assert found["clustering/nmi"] == pytest.approx(np.mean(single))
    assert found["clustering/nmi_sd"] == pytest.approx(np.std(single, ddof=1))
    assert found["clustering/nmi_sd"] > 0
    others = {"clustering/silhouette_se", *UNLABELLED, *(f"{name}_sd" for name in UNLABELLED)}
    assert found.keys() == suite.measures().keys() - others


def test_same_seed_same_scores_and_cosine_is_another_geometry(rows):
    assert Suite(seed=1).score(*rows) == Suite(seed=1).score(*rows)
    gallery, queries = rows
    factor = np.random.default_rng(0).choice([0.5, 2, 8], (len(gallery), 1)).astype(np.float32)  # exact, so ties stay
    longer = Rows(gallery.z * factor, gallery.label)
    names = ["retrieval/map@r", "clustering/nmi", "separation/silhouette", "probe"]
    plain = Suite(names, distance="cosine").score(gallery, queries)["test"]
    assert Suite(names, distance="cosine").score(longer, queries)["test"] == pytest.approx(plain, abs=1e-5)
    assert Suite(names).score(longer, queries)["test"] != pytest.approx(plain, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"neighbors": 0}, "`neighbors` must be a whole number of at least 1, got 0"),
        ({"kmeans_restarts": 0}, "`kmeans_restarts` must be a whole number of at least 1, got 0"),
        ({"kmeans_seeds": -1}, "`kmeans_seeds` must be a whole number of at least 1, got -1"),
        ({"seed": -1}, "`seed` must be a whole number of at least 0, got -1"),
        ({"distance": "cosin"}, "`distance` must be one of euclidean, cosine, got 'cosin'"),
        ({"index": "flatt"}, "`index` must be one of auto, flat, ivf, hnsw, got 'flatt'"),
        ({"metrics": ["clusterin"]}, "unknown metric 'clusterin'; did you mean 'clustering'"),
        ({"metrics": ["clustering/nmo"]}, "unknown metric 'clustering/nmo'; did you mean 'clustering/nmi'"),
        ({"metrics": []}, "`metrics` must name at least one"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(UsageError, match=message):
        Suite(**arguments)


def test_check_refuses_before_training():
    suite = Suite()
    suite.check({"train": 20, "val": 1, "test": 1}, "classes", 2)
    suite.check({"train": 3}, "none", 0)
    with pytest.raises(UsageError, match="at least 2 classes, got 1"):
        suite.check({"train": 20}, "classes", 1)
    Suite(["latent"]).check({"train": 20}, "classes", 1)
    with pytest.raises(UsageError, match="none of the metrics clustering/nmi can be had with labels of kind 'none'"):
        Suite(["clustering/nmi"]).check({"train": 20}, "none", 0)
    with pytest.raises(UsageError, match="`index` ivf needs 312 gallery rows, 39 for each of 8 lists, got 100"):
        Suite(index="ivf").check({"train": 100, "val": 1, "test": 1}, "classes", 3)


def test_score_refuses_what_check_refuses(rows):
    gallery, queries = rows
    with pytest.raises(UsageError, match="at least 2 classes, got 1"):
        Suite().score(Rows(gallery.z, np.ones(300, int)), queries)


def test_a_value_that_is_not_finite_is_never_reported(rows, monkeypatch):
    suite = Suite(["latent"])
    (latent,) = suite._fitting("none")
    for value in (math.nan, np.array([0.0] * 39 + [math.nan])):
        found = replace(latent, compute=lambda space, value=value: {"hubness": value})
        monkeypatch.setattr(suite, "_families", [found])
        with pytest.raises(ArithmeticError, match="latent/hubness is nan"):
            suite.score(*rows)


def test_a_family_gives_one_value_a_query_row(rows, monkeypatch):
    suite = Suite(["latent"])
    (latent,) = suite._fitting("none")
    monkeypatch.setattr(suite, "_families", [replace(latent, compute=lambda space: {"hubness": np.zeros(3)})])
    with pytest.raises(ValueError, match=r"latent/hubness has shape \(3,\)"):
        suite.score(*rows)


def test_metrics_are_the_means_of_what_is_kept_of_each_query(rows):
    gallery, queries = rows
    found = Suite().assess(gallery, queries)
    assert {split: one.metrics for split, one in found.items()} == Suite().score(gallery, queries)
    for split, one in found.items():
        names = {name for name in one.metrics if name.startswith(("retrieval/", "probe/"))}
        names |= {name for name in one.metrics if name.endswith("/silhouette")}
        names.remove("probe/linear_c")
        assert one.queries.keys() == one.uncertainty.keys() == names
        np.testing.assert_array_equal(one.index, queries[split].index)
        for name, values in one.queries.items():
            assert (values.dtype, values.shape) == (np.float32, (40,))
            assert values.mean() == pytest.approx(one.metrics[name], abs=1e-6)
            said = one.uncertainty[name]
            assert said["se"] == pytest.approx(values.std(ddof=1) / np.sqrt(40), abs=1e-6)
            assert said["low"] <= one.metrics[name] <= said["high"]


def test_a_metric_that_was_not_asked_for_has_no_uncertainty(rows):
    found = Suite(["retrieval/mrr", "clustering/nmi"]).assess(*rows)["test"]
    assert found.queries.keys() == found.uncertainty.keys() == {"retrieval/mrr"}


def test_the_bootstrap_has_the_seed_of_the_suite(rows):
    said = [Suite(["retrieval"], seed=seed).assess(*rows)["test"].uncertainty["retrieval/map@r"] for seed in (0, 0, 1)]
    assert said[0] == said[1] != said[2]
    assert said[0]["se"] == said[2]["se"]


def test_values_of_a_single_query_stand_by_its_place(rows):
    gallery, queries = rows
    order = np.random.default_rng(0).permutation(40)
    query = queries["test"]
    turned = Rows(query.z[order], query.label[order], index=order)
    plain, found = (Suite(["probe", "retrieval"]).assess(gallery, {"test": one})["test"] for one in (query, turned))
    for name, values in plain.queries.items():
        np.testing.assert_allclose(found.queries[name], values[found.index], atol=1e-6)


def test_what_is_approximate_is_said_beside_the_scores(rows, monkeypatch):
    gallery = Rows(np.tile(rows[0].z, (5, 1)), np.tile(rows[0].label, 5))  # rows that are enough for lists
    flat = Suite(["latent", "probe"]).assess(gallery, rows[1])
    doubts = notes_of(flat)
    assert all("have no row in the gallery" in note for note in doubts)
    monkeypatch.setattr(space, "_FITTED", 1000)
    found = Suite(["latent", "probe"], index="ivf").assess(gallery, rows[1])
    sampled = "k-means and the linear probe are fitted on 1000 random rows of the 1500 to search"
    for split, one in found.items():
        assert one.metrics["latent/search_recall"] >= 0.95
        assert one.metrics.keys() == flat[split].metrics.keys() | {"latent/search_recall"}
        searched = next(note for note in one.notes if note not in (sampled, *doubts))
        assert searched.startswith(f"{split}: the neighbours of 40 query rows are approximate, from faiss' IVF32,Flat")
        assert f"recall@10 is {one.metrics['latent/search_recall']:.3f}" in searched
    assert len(set(notes_of(found)) - set(doubts)) == 3
    assert sampled in notes_of(found)
    with pytest.raises(UsageError, match="`index` ivf needs 624 gallery rows"):
        Suite(["latent"], index="ivf").score(rows[0], rows[1])


def test_silhouettes_of_a_sample_say_so_with_their_error(rows, monkeypatch):
    gallery, queries = rows
    names = ["clustering", "separation/silhouette", "separation/silhouette_se"]
    exact = Suite(names).assess(gallery, queries)["test"]
    monkeypatch.setattr(internal_indices, "_EXACT", 39)
    monkeypatch.setattr(internal_indices, "SAMPLE", 30)
    for seeds in (1, 2):
        found = Suite(names, kmeans_seeds=seeds, kmeans_restarts=1).assess(gallery, queries)["test"]
        errors = {name: found.metrics[f"{name}/silhouette_se"] for name in ("clustering", "separation")}
        assert not {name for name in found.queries | found.uncertainty if name.endswith("silhouette")}
        assert "clustering/silhouette_se_sd" not in found.metrics
        notes = [
            f"test: the silhouette of {what} is the mean over 30 random query rows of the 40, each among all rows, ± "
            for what in ("clusters", "classes")
        ]
        said = [note for note in found.notes if note not in exact.notes]
        assert [note[: len(start)] for note, start in zip(said, notes, strict=True)] == notes
        assert said[1].endswith(f"± {errors['separation']:.2g} (standard error)")
        difference = abs(found.metrics["separation/silhouette"] - exact.metrics["separation/silhouette"])
        assert 0 < difference < 4 * errors["separation"]
    assert not any("silhouette" in note for note in exact.notes)


def test_default_suite_file_builds_the_default_suite():
    path = catalog.find("conf/suite", "default")
    assert catalog.describe(path)
    assert catalog.load_yaml(path) == {"class_path": "embedbench.evaluation.suite.Suite"}


def test_each_family_is_told_before_it_scores_a_split():
    rng = np.random.default_rng(0)
    gallery, *queries = (Rows(rng.random((40, 3)), np.arange(40) % 2) for _ in range(3))
    suite, told = Suite(["latent", "probe/knn_accuracy"], neighbors=3), []
    silent = suite.score(gallery, {"val": queries[0], "test": queries[1]})
    suite.tell = told.append
    assert suite.score(gallery, {"val": queries[0], "test": queries[1]}) == silent
    assert [str(step) for step in told] == [
        "score latent: val (1 of 4)",
        "score probe: val (2 of 4)",
        "score latent: test (3 of 4)",
        "score probe: test (4 of 4)",
    ]

from __future__ import annotations

import math

import numpy as np
import pytest

from embedbench import catalog
from embedbench.errors import UsageError
from embedbench.evaluation.space import Rows
from embedbench.evaluation.suite import Suite

CLASS_FAMILIES = {"clustering", "separation", "retrieval", "probe"}


@pytest.fixture
def rows(random_pair):
    gallery, query = random_pair
    return Rows(*gallery), {"val": Rows(query[0][:40], query[1][:40]), "test": Rows(query[0][40:], query[1][40:])}


def test_scores_each_split_by_every_family(rows):
    found = Suite().score(*rows)
    assert found.keys() == {"val", "test"}
    for scores in found.values():
        assert {name.partition("/")[0] for name in scores} == CLASS_FAMILIES | {"latent"}
        assert all(type(value) is float and math.isfinite(value) for value in scores.values())
        special = {"probe/knn_r2", "probe/linear_r2"}  # and what other models, known factors or an input space give
        left_out = ("generative/", "masked/", "disentanglement/", "words/", "geometry/")
        others = {name for name in Suite().measures() if name.startswith(left_out)}
        assert scores.keys() == Suite().measures().keys() - special - others
    assert found["val"] != found["test"]
    assert found["val"] == Suite().score(rows[0], {"val": rows[1]["val"]})["val"]  # splits don't influence each other


def test_label_metrics_are_left_out_without_labels(rows):
    gallery, queries = rows
    bare = {name: Rows(query.z) for name, query in queries.items()}
    for one, other in ((gallery, bare), (Rows(gallery.z), queries)):
        assert {name.partition("/")[0] for name in Suite().score(one, other)["test"]} == {"latent"}


def test_real_targets_get_real_probes(rows):
    gallery, queries = rows
    real = Rows(gallery.z, gallery.z[:, 0] * 2.0), {"test": Rows(queries["test"].z, queries["test"].z[:, 0] * 2.0)}
    found = Suite().score(*real)["test"]
    assert {name for name in found if not name.startswith("latent/")} == {"probe/knn_r2", "probe/linear_r2"}
    assert found["probe/linear_r2"] > 0.99


def test_named_metrics_alone_are_scored(rows):
    suite = Suite(metrics=["retrieval", "clustering/nmi"])
    assert suite.measures().keys() == suite.score(*rows)["val"].keys()
    assert "clustering/nmi" in suite.measures()
    assert len(suite.measures()) == 9
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
    assert found.keys() == suite.measures().keys()


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
        ({"neighbors": 0}, "`neighbors` must be at least 1, got 0"),
        ({"kmeans_restarts": 0}, "`kmeans_restarts` must be at least 1, got 0"),
        ({"kmeans_seeds": -1}, "`kmeans_seeds` must be at least 1, got -1"),
        ({"seed": -1}, r"`seed` must be in \[0, 2147483646\], got -1"),
        ({"distance": "cosin"}, "unknown distance 'cosin'; did you mean 'cosine'"),
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
    suite.check({"train": 20}, "none", 0)
    with pytest.raises(UsageError, match=r"`neighbors` must be in \[1, 19\] for 19 gallery rows, got 20"):
        suite.check({"train": 19}, "classes", 2)
    with pytest.raises(UsageError, match="at least 2 classes, got 1"):
        suite.check({"train": 20}, "classes", 1)
    Suite(["latent"]).check({"train": 20}, "classes", 1)
    with pytest.raises(UsageError, match="none of the metrics clustering/nmi can be had with labels of kind 'none'"):
        Suite(["clustering/nmi"]).check({"train": 20}, "none", 0)


def test_score_refuses_what_check_refuses(rows):
    gallery, queries = rows
    with pytest.raises(UsageError, match="got 301"):
        Suite(neighbors=301).score(gallery, queries)
    with pytest.raises(UsageError, match="at least 2 classes, got 1"):
        Suite().score(Rows(gallery.z, np.ones(300, int)), queries)


def test_a_value_that_is_not_finite_is_never_reported(rows, monkeypatch):
    suite = Suite(["latent"])
    broken = suite._families[0]
    monkeypatch.setattr(type(broken), "__call__", lambda self, space: {"hubness": math.nan})
    with pytest.raises(ArithmeticError, match="latent/hubness is nan"):
        suite.score(*rows)


def test_default_suite_file_builds_the_default_suite():
    path = catalog.find("conf/suite", "default")
    assert catalog.describe(path)
    assert catalog.load_yaml(path) == {"class_path": "embedbench.evaluation.suite.Suite"}

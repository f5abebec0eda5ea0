"""What a fit is watched by, and what can't be asked of it."""

from types import SimpleNamespace

import pytest
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from embedbench.errors import UsageError
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.baseline.raw import Raw
from embedbench.paradigms.classical.autoencoder import Autoencoder
from embedbench.paradigms.classical.pca import PCA
from embedbench.paradigms.clustering.dec import DEC
from embedbench.request.resolve import resolve
from embedbench.run.live.plan import make_plan, watching_notes


@pytest.fixture
def plan(request_of):
    return lambda *more, model="autoencoder": make_plan(resolve(request_of(model, *more)))


def parts(target="classes", monitor=None, metrics=None, callbacks=(), weights=None):
    """What a plan is made of, without a request."""
    config = {
        "evaluate_every": 1,
        "monitor": monitor,
        "weights": weights,
        "suite": {"class_path": "embedbench.evaluation.suite.Suite", "init_args": {"metrics": metrics}},
    }
    data = SimpleNamespace(spec=SimpleNamespace(target=target))
    return SimpleNamespace(config=config, data=data, suite=Suite(metrics), trainer={"callbacks": list(callbacks)})


def test_nothing_watches_but_the_loss_unless_asked(plan):
    assert plan() == (None, "val/loss", False)
    assert plan("--monitor", "val/loss") == (None, "val/loss", False)
    assert plan("--weights", "last") == (None, "val/loss", True)


def test_what_is_reported_needs_nothing_but_the_embedding(plan):
    live = plan("--evaluate_every", "3").live
    assert live.every == 3
    assert {name.partition("/")[0] for name in live.measures} == {
        "probe",
        "retrieval",
        "clustering",
        "separation",
        "geometry",
        "latent",
    }
    assert live.measures == live.suite.measures()
    assert {"probe/knn_accuracy", "clustering/nmi", "latent/effective_rank"} < set(live.measures)
    assert not [name for name in live.measures if name.endswith("_se") or name == "geometry/pairs"]


def test_settings_of_the_suite_hold_live_too(plan):
    more = ["--suite.neighbors", "3", "--suite.distance", "cosine", "--suite.seed", "5", "--suite.kmeans_seeds", "2"]
    suite = plan("--evaluate_every", "1", "--suite.metrics", "[probe, clustering/nmi]", *more).live.suite
    assert (suite.protocol.neighbors, suite.distance, suite.protocol.seed, suite.kmeans_seeds) == (3, "cosine", 5, 1)
    probes = {
        f"probe/{by}_{name}" for by in ("knn", "linear") for name in ("accuracy", "balanced_accuracy", "macro_f1")
    }
    assert set(suite.measures()) == {*probes, "probe/log_loss", "probe/brier", "clustering/nmi"}


def test_better_end_is_the_measures_own(plan):
    live = plan("--evaluate_every", "1").live
    ends = {"live/retrieval/map@r": "max", "live/clustering/davies_bouldin": "min", "live/latent/hubness": "min"}
    assert {name: live.mode(name) for name in ends} == ends


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--monitor", "live/retrieval/map@r"], "is known by live evaluation alone; add --evaluate_every N."),
        (["--monitor", "loss"], "--monitor must be val/loss, or live/ and the name of a metric, got 'loss'."),
        (["--monitor", "live/retrieval/map"], "did you mean 'live/retrieval/map@r'?"),
        (["--monitor", "live/generative/elbo"], "can't be had: only clustering, geometry, .* are evaluated live;"),
        (["--monitor", "live/probe/knn_r2"], "it needs real-valued labels, but the data have class labels;"),
        (["--monitor", "live/geometry/rows"], "not among the suite's metrics that live evaluation reports;"),
        (["--monitor", "live/latent/effective_rank"], "neither more nor less of it is better; choose another metric."),
        (["--suite.metrics", "[generative]"], "--evaluate_every has nothing to report: of --suite.metrics none is of"),
        (["--suite.metrics", "[probe]", "--monitor", "live/clustering/nmi"], "is not among the suite's metrics"),
    ],
)
def test_refusals(more, said, plan):
    every = [] if "add --evaluate_every" in said else ["--evaluate_every", "1"]
    with pytest.raises(UsageError, match=said):
        plan(*every, *more)


def test_class_metrics_of_real_valued_labels_are_refused():
    assert "probe/knn_r2" in make_plan(parts("real", "live/probe/knn_r2")).live.measures
    with pytest.raises(UsageError, match="it needs class labels, but the data have real-valued labels;"):
        make_plan(parts("real", "live/retrieval/map@r"))
    with pytest.raises(UsageError, match=r"nothing to report: .* and fits no labels;"):
        make_plan(parts("none", metrics=["retrieval", "masked"]))


def test_callbacks_of_the_user_are_looked_at():
    make_plan(parts(callbacks=[EarlyStopping("live/retrieval/map@r"), ModelCheckpoint(monitor="val/loss")]))
    with pytest.raises(UsageError, match="the early stop's monitor live/words/analogies can't be had"):
        make_plan(parts(callbacks=[EarlyStopping("live/words/analogies")]))
    with pytest.raises(UsageError, match="can't monitor live/clustering/nmi; give --monitor live/clustering/nmi"):
        make_plan(parts(callbacks=[ModelCheckpoint(monitor="live/clustering/nmi")]))


def test_notes_say_what_chose_the_weights():
    by_labels, without = (
        make_plan(parts(monitor="live/clustering/nmi")),
        make_plan(parts(monitor="live/latent/hubness")),
    )
    assert watching_notes(by_labels, Autoencoder) == [
        "weights chosen by live/clustering/nmi, by the labels of validation rows"
    ]
    assert watching_notes(without, Autoencoder) == ["weights chosen by live/latent/hubness"]
    assert watching_notes(by_labels, DEC) == [
        "--monitor live/clustering/nmi chose nothing: this model keeps its last weights"
    ]
    assert watching_notes(by_labels, PCA) == []
    assert watching_notes(by_labels, Raw) == ["nothing is fitted: no live evaluation took place"]
    assert watching_notes(make_plan(parts()), Autoencoder) == []
    last = make_plan(parts(weights="last"))
    assert watching_notes(last, Autoencoder) == ["the weights after the last step were scored"]
    assert watching_notes(last, PCA) == ["--weights did nothing: this model is learned by no gradient steps"]


def test_last_weights_leave_nothing_to_choose():
    wanted = "--weights last scores the last weights, so that --monitor live/clustering/nmi has no choice; drop one"
    with pytest.raises(UsageError, match=wanted):
        make_plan(parts(monitor="live/clustering/nmi", weights="last"))

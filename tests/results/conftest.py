"""Results as runs write them, with numbers chosen by hand."""

from __future__ import annotations

from typing import Any

import pytest

from embedbench.results.record import Result

DIRECTIONS = {
    "probe/knn_accuracy": "higher",
    "probe/linear_accuracy": "higher",
    "retrieval/recall@1": "higher",
    "retrieval/map@r": "higher",
    "clustering/nmi": "higher",
    "clustering/ari": "higher",
    "clustering/accuracy": "higher",
    "clustering/davies_bouldin": "lower",
    "separation/silhouette": "higher",
    "latent/effective_rank": "none",
}


def _result(model="pca", seed=0, metrics=None, val=None, settings=None, **changes: Any) -> Result:
    """A finished run; ``metrics`` are those of test, ``settings`` the model's arguments."""
    scored = {name: {**kind} for name, kind in (("val", val), ("test", metrics)) if kind is not None}
    fields: dict[str, Any] = {
        "run_id": f"digits-{model}-s{seed}",
        "status": "finished",
        "paradigm": "classical",
        "model": model,
        "model_class": f"embedbench.paradigms.{model}.Model",
        "latent_dim": 16,
        "dataset": "digits",
        "dataset_fingerprint": "0123456789abcdef",
        "splits": {"train": 1294, "val": 143, "test": 360},
        "seed": seed,
        "metrics": scored,
        "directions": DIRECTIONS,
        "timing": {"fit_seconds": 0.25 + seed, "embed_seconds": 0.01},
        "resources": {"parameters": 1088, "devices": 1, "world_size": 1, "accelerator": "cpu"},
        "environment": {"embedbench": "0.1.0", "git_commit": None},
        "config": {
            "seed_everything": seed,
            "model": {"class_path": f"embedbench.paradigms.{model}.Model", "init_args": settings or {}},
            "data": {"class_path": "embedbench.data.images.digits.Digits", "init_args": {"batch_size": 128}},
            "trainer": {"max_steps": 1000, "devices": 1, "default_root_dir": f"runs/{model}-{seed}"},
            "suite": {"class_path": "embedbench.evaluation.suite.Suite", "init_args": {"seed": seed}},
        },
        "started_at": f"2026-01-01T00:00:0{seed}.000000+00:00",
        "finished_at": f"2026-01-01T00:01:0{seed}.000000+00:00",
    }
    return Result(**{**fields, **changes})


@pytest.fixture(scope="session")
def make_result():
    return _result


def scored(accuracy: float, nmi: float = 0.5, bouldin: float = 1.0) -> dict[str, float]:
    """Every metric of `DIRECTIONS`, three of them chosen."""
    values = dict.fromkeys(DIRECTIONS, 0.25)
    return values | {
        "probe/knn_accuracy": accuracy,
        "clustering/nmi": nmi,
        "clustering/davies_bouldin": bouldin,
        "latent/effective_rank": 11.5,
    }


@pytest.fixture(scope="session")
def some_results(make_result):
    """Two models with three seeds, a ceiling, one that failed, one with a name made to break every format."""
    nasty = r"50%_a & b #1 $x$ {~^} \ <i>|*`_\"β"
    oracle = {**make_result().config, "sees_labels": True}
    return [
        *(make_result("pca", seed, scored(0.9 + seed / 100, 0.61, 1.5)) for seed in range(3)),
        *(make_result("vae", seed, scored(0.95 - seed / 50, 0.7, 1.25), paradigm="generative") for seed in range(3)),
        make_result("label_oracle", 0, scored(1.0, 1.0, 0.1), paradigm="baseline", config=oracle),
        make_result("supervised", 0, status="failed", error="loss became NaN\nat step 12", latent_dim=None),
        make_result(nasty, 0, scored(0.5), dataset_fingerprint="", paradigm="external", config={}),
    ]

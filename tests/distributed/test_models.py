"""Every model in several processes: one writer, finite metrics, the same numbers whatever the number of processes."""

import itertools
import json
import math

import pytest
from safetensors.torch import load_file

from embedbench.catalog import names

pytestmark = pytest.mark.slow

MODELS = sorted(names("conf/model"))
CLOSED = {
    "pca": {"mean", "components", "explained_variance_ratio"},
    "factor_analysis": {"offset", "loadings", "noise"},
    "kmeans": {"count", "centroids", "variance"},
    "gaussian_mixture": {"count", "weights", "means", "precision_cholesky"},
}
# Rows that neither 2 nor 3 divide, in every split.
FEW = ["--data", "digits", "--data.train_rows", "288", "--data.test_rows", "61", "--threads", "1"]
TABLE = ["--data", "wine", "--data.train_rows", "128", "--data.test_rows", "35", "--threads", "1"]
TEXTS = ["--data", "wordnet5k", "--data.train_rows", "1206", "--data.test_rows", "61", "--threads", "1"]
ENCODERS = {"two-texts": "Bert", "two-pretrained-texts": "Pretrained"}
SHORT = ["--trainer.max_steps", "4"]


@pytest.fixture(scope="module")
def here(tmp_path_factory, lane, run_lanes, fitting, tiny_bert):
    """One run of every model and encoder of texts by two processes; two models by one, two and three."""
    here = lane(tmp_path_factory.mktemp("models"))
    for name in MODELS:
        words = fitting(name, FEW, TABLE, TEXTS)
        here.add(f"two-{name}", "run", *words, *SHORT, "--run_id", f"two-{name}", processes=2)
    for name, encoder in ENCODERS.items():
        path = ("--model.encoder.path", tiny_bert) if encoder == "Pretrained" else ()
        words = ["--model", "supervised", "--model.encoder", encoder, *path, *TEXTS, *SHORT]
        here.add(name, "run", *words, "--run_id", name, "--suite.metrics", "[probe]", processes=2)
    for model, processes in itertools.product(CLOSED, (1, 2, 3)):
        name = f"{model}-{processes}"
        here.add(
            name, "run", "--model", model, *FEW, "--run_id", name, "--suite.metrics", "[probe]", processes=processes
        )
    for model, processes in itertools.product(("pca", "vae"), (1, 2, 3)):
        name = f"again-{model}-{processes}"
        words = ["--run", f"runs/two-{model}", "--output", f"{name}.json"]
        here.add(name, "evaluate", *words, processes=processes, env={"EMBEDBENCH_CACHE_SIZE": "0"})
    run_lanes(here)
    return here


@pytest.mark.parametrize("name", ENCODERS)
def test_two_processes_train_with_an_encoder_of_its_own(name, here):
    assert [rank.code for rank in here.ended(name)] == [0, 0], here.ended(name)[0].log
    assert here.result(name)["status"] == "finished"


@pytest.mark.parametrize("name", MODELS)
def test_two_processes_fit_and_score(name, here):
    first, second = here.ended(f"two-{name}")
    assert (first.code, second.code) == (0, 0), first.log + second.log
    result = here.result(f"two-{name}")
    assert result["status"] == "finished"
    assert (result["resources"]["world_size"], result["resources"]["devices"]) == (2, 2)
    assert not [rows for rows in result["splits"].values() if rows % 2 == 0 or rows % 3 == 0]
    values = [value for found in result["metrics"].values() for value in found.values()]
    assert len(values) >= 40
    assert all(map(math.isfinite, values))


def test_only_the_first_process_reports_and_writes(here):
    assert {path.name for path in (here.folder / "runs").iterdir()} == {job["name"] for job in here.jobs} & {
        *(f"two-{name}" for name in MODELS),
        *ENCODERS,
        *(f"{model}-{processes}" for model, processes in itertools.product(CLOSED, (1, 2, 3))),
    }
    for job in here.jobs:
        first, *others = here.ended(job["name"])
        assert "probe/knn_accuracy" in first.log
        for other in others:
            assert "probe" not in other.log


@pytest.mark.parametrize(("model", "solution"), CLOSED.items())
def test_fit_is_the_same_by_any_number_of_processes(model, solution, here):
    one, *more = (load_file(here.folder / f"runs/{model}-{n}/checkpoints/model.safetensors") for n in (1, 2, 3))
    assert set(one) == solution
    for other, (name, value) in itertools.product(more, one.items()):
        assert float((other[name] - value).abs().max()) < 1e-6, name


@pytest.mark.parametrize("model", ["pca", "vae"])
def test_one_checkpoint_scores_the_same_by_any_number_of_processes(model, here):
    texts = {n: (here.folder / f"again-{model}-{n}.json").read_text(encoding="utf8") for n in (1, 2, 3)}
    assert json.loads(texts[1]) == here.result(f"two-{model}")["metrics"]
    assert texts[2] == texts[1]
    assert texts[3] == texts[1]

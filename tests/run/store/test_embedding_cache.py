"""Embeddings are read where nothing that they follow from has changed, and nowhere else."""

import numpy as np
import pytest
import torch

from embedbench import cache
from embedbench.request.options import Options
from embedbench.request.resolve import resolve
from embedbench.run.again.reuse import rescore
from embedbench.run.execute import execute
from embedbench.run.fitting import make_embedder
from embedbench.run.scoring import embed_splits
from embedbench.run.store import embedding_cache
from embedbench.run.store.embedding_cache import EmbeddingCache
from embedbench.run.store.folder import embeddings_path
from embedbench.types import SPLITS

CPU = {"accelerator": "cpu", "devices": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Case:
    """All that a keeper is made of, to be changed."""

    def __init__(self, request):
        self.parts = resolve(request)
        self.data, self.trainer = self.parts.data, make_embedder(CPU)
        torch.manual_seed(0)
        self.model = self.parts.make_model(self.data.spec)
        self.setting = self.parts.config["model"]

    def keeper(self):
        return EmbeddingCache(self.trainer, self.model, self.data, self.setting)


@pytest.fixture
def case(request_of):
    return lambda *more: Case(request_of("autoencoder", *more))


def test_what_was_kept_is_found(case):
    first, again = case(), case()
    z = embed_splits(first.trainer, first.model, first.data)
    assert first.keeper().read() == {}
    first.keeper().write(z)
    found = again.keeper().read()
    assert sorted(found) == sorted(SPLITS)
    assert all(torch.equal(found[split], z[split]) for split in SPLITS)


def _weight(case, _):
    with torch.no_grad():
        next(case.model.parameters())[0, 0] += 1e-4


def _row(case, _):
    case.data.tensors("test")[0][3, 0, 0, 0] += 1 / 16


def _precision(case, _):
    case.trainer = make_embedder({**CPU, "precision": "bf16-mixed"})


def _double(case, _):
    case.model.double()


def _argument(case, _):
    case.setting = {**case.setting, "init_args": {**case.setting["init_args"], "lr": 0.5}}


def _code(_, monkeypatch):
    monkeypatch.setattr(embedding_cache, "code_content", lambda model: "other sources")


def _matmul(_, monkeypatch):
    monkeypatch.setattr(torch, "get_float32_matmul_precision", lambda: "medium")


EVERYWHERE = [_weight, _precision, _double, _argument, _code, _matmul]


@pytest.mark.parametrize(
    ("change", "left"),
    [*((change, []) for change in EVERYWHERE), (_row, ["train", "val"])],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_nothing_stale_is_read(change, left, case, monkeypatch):
    first, second = case(), case()
    first.keeper().write(embed_splits(first.trainer, first.model, first.data))
    change(second, monkeypatch)
    assert sorted(second.keeper().read()) == left


@pytest.mark.parametrize(
    ("more", "left"),
    [
        (["--data.split_seed", "1"], []),
        (["--data.train_rows", "250"], ["test"]),
        (["--data.test_rows", "50"], ["train", "val"]),
        (["--data.batch_size", "7"], ["test", "train", "val"]),
    ],
)
def test_other_arguments_of_the_data(more, left, case):
    first, second = case(), case(*more)
    second.model = first.model
    first.keeper().write(embed_splits(first.trainer, first.model, first.data))
    assert sorted(second.keeper().read()) == left


def test_splits_of_equal_rows_are_apart(case):
    """So that an embedding of one row more or less could never be taken for another split's."""
    keys = case().keeper().keys
    assert len(set(keys.values())) == 3


def test_labels_count_where_they_are_embedded(request_of):
    one, other = Case(request_of("label_oracle")), Case(request_of("label_oracle"))
    other.data.targets("val")[0] = (other.data.targets("val")[0] + 1) % 10
    one.keeper().write(embed_splits(one.trainer, one.model, one.data))
    assert sorted(other.keeper().read()) == ["test", "train"]


def test_without_a_cache_nothing_is_hashed(case, monkeypatch):
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "0")
    monkeypatch.setattr(embedding_cache, "model_content", None)  # not to be called
    keeper = case().keeper()
    assert keeper.keys == {}
    assert keeper.read() == {}
    keeper.write({"val": torch.zeros(2, 2)})


@pytest.fixture
def run(request_of, tmp_path):
    options = Options(tmp_path, run_id="ae", quiet=True, keep_embeddings=True)
    execute(request_of("autoencoder", "--suite.metrics", "[latent]"), options)
    return tmp_path / "ae"


def test_a_run_is_scored_again_without_embedding(run):
    assert rescore(run, []).embedded == []
    assert rescore(run, ["--suite.metrics", "[probe]"]).embedded == []
    assert rescore(run, ["--data.split_seed", "3"]).embedded == list(SPLITS)
    assert rescore(run, ["--data.split_seed", "3"]).embedded == []


def test_embeddings_in_the_runs_folder_serve_too(run, folder):
    for path in folder.rglob("*.safetensors"):
        path.unlink()
    assert rescore(run, []).embedded == []
    test = embeddings_path(run, "test")
    test.write_bytes(test.read_bytes()[:-8])
    assert rescore(run, []).embedded == ["test"]
    assert test.exists()


def test_scores_are_those_without_a_cache(run, monkeypatch):
    found = rescore(run, []).assessed["test"].metrics
    monkeypatch.setenv("EMBEDBENCH_CACHE_SIZE", "0")
    again = rescore(run, [])
    assert again.embedded == list(SPLITS)
    assert again.assessed["test"].metrics == found


def test_embeddings_that_are_broken_are_not_kept(case):
    one = case()
    with torch.no_grad():
        next(one.model.parameters()).fill_(torch.nan)
    with pytest.raises(RuntimeError, match="NaN or infinite embedding"):
        one.keeper().write(embed_splits(one.trainer, one.model, one.data))
    assert one.keeper().read() == {}


def test_a_frozen_model_is_read_in_a_run_and_that_is_noted(request_for, tmp_path):
    notes = [
        execute(
            request_for("pretrained", "--suite.metrics", "[latent]"), Options(tmp_path, run_id=name, quiet=True)
        ).notes
        for name in "ab"
    ]
    (said,) = [note for note in notes[1] if note not in notes[0]]
    assert said.startswith("embeddings of train, val, test were read from the cache")


def test_cache_holds_what_was_embedded(case):
    one = case()
    z = embed_splits(one.trainer, one.model, one.data)
    one.keeper().write({"val": z["val"]})
    held = cache.find_tables("embeddings", one.keeper().keys["val"])["z"]
    assert held.dtype == np.float32
    np.testing.assert_array_equal(held, z["val"].numpy())

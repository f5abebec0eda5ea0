"""What holds for every file of conf/data: it builds from its YAML, splits honestly and serves whole batches."""

import numpy as np
import pandas as pd
import pytest
import torch
from jsonargparse import ArgumentParser
from PIL import Image

from embedbench import catalog
from embedbench.data.base import EmbeddingDataModule
from embedbench.data.images.fashion_mnist import DEBIAN
from embedbench.data.splits.split_rows import split_rows
from embedbench.text.tokenizer_spec import Words
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import SPLITS

RNG = np.random.default_rng(0)
FILES = catalog.names("conf/data")
TEXTS = ["newsgroups", "text", "wordnet5k"]
ARRAYS = [name for name in FILES if name not in TEXTS]
PARAMS = [pytest.param(name, marks=pytest.mark.slow if name == "fashion_mnist" else ()) for name in ARRAYS]


def table(folder):
    frame = pd.DataFrame({"a": RNG.normal(size=60), "b": RNG.choice(["x", "y"], 60), "c": np.arange(60) % 3})
    frame.loc[4, "a"] = np.nan
    frame.to_csv(folder / "x.csv", index=False)
    return {"path": str(folder / "x.csv"), "label": "c"}


def arrays(folder):
    np.savez(folder / "x.npz", x=RNG.normal(size=(60, 5)), y=np.arange(60) % 3)
    return {"path": str(folder / "x.npz")}


def relations(folder):
    x = RNG.normal(size=(60, 5))
    np.savez(folder / "x.npz", distance=np.linalg.norm(x[:, None] - x, axis=2), y=np.arange(60) % 3)
    return {"path": str(folder / "x.npz")}


def image_folder(folder):
    for i in range(60):
        path = folder / f"class{i % 3}" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(RNG.integers(0, 256, (9, 7, 3), np.uint8)).save(path)
    return {"root": str(folder)}


def anndata(folder):
    obs = pd.DataFrame({"c": np.arange(60) % 3}, [f"n{i}" for i in range(60)])
    made = pytest.importorskip("anndata").AnnData(RNG.normal(size=(60, 5)).astype(np.float32), obs)
    made.write_h5ad(folder / "x.h5ad")
    return {"path": str(folder / "x.h5ad"), "label": "c"}


def text(folder):
    lines = [f"{'ab'[i % 2]},text {i} of {'red' if i % 2 else 'blue'}" for i in range(60)]
    (folder / "x.csv").write_text("\n".join(["c,text", *lines]) + "\n", encoding="utf8")
    return {"path": str(folder / "x.csv"), "label": "c"}


def newsgroups(folder):
    for part in ("train", "test"):
        lines = ["Category\tText", "d\tstring", "class\t", *(f"{'ab'[i % 2]}\tpost {i} of {part}" for i in range(60))]
        (folder / f"20newsgroups-{part}.tab").write_text("\n".join(lines) + "\n", encoding="utf8")
    return {"root": str(folder)}


def huggingface(folder):
    datasets = pytest.importorskip("datasets")
    images = [Image.fromarray(RNG.integers(0, 256, (9, 7, 3), np.uint8)) for _ in range(60)]
    rows = datasets.Dataset.from_dict({"image": images, "c": [i % 3 for i in range(60)]})
    rows.cast_column("c", datasets.ClassLabel(names=["x", "y", "z"])).save_to_disk(folder)
    return {"path": str(folder), "image": "image", "label": "c"}


WRITERS = {
    "table": table,
    "arrays": arrays,
    "relations": relations,
    "anndata": anndata,
    "image_folder": image_folder,
    "text": text,
    "newsgroups": newsgroups,
    "huggingface": huggingface,
}


def builder(name, folder):
    """Builds the data module of one YAML file, with further arguments, the way the command line does."""
    if name.startswith("fashion_mnist") and not DEBIAN.is_dir():
        pytest.skip("Debian's dataset-fashion-mnist is not installed")
    given = WRITERS[name](folder) if name in WRITERS else {}

    def make(**args):
        parser = ArgumentParser(exit_on_error=False)
        parser.add_argument("--data", type=EmbeddingDataModule)
        conf = catalog.load_yaml(FILES[name])
        conf["init_args"] = {**conf.get("init_args", {}), **given, **args}
        return parser.instantiate(parser.parse_object({"data": conf})).data

    return make


@pytest.fixture(scope="module", params=PARAMS)
def build(request, tmp_path_factory):
    """Builds one data set of arrays."""
    return builder(request.param, tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module", params=TEXTS)
def build_texts(request, tmp_path_factory):
    """Builds one data set of texts, with a reader."""
    build = builder(request.param, tmp_path_factory.mktemp("data"))

    def make(**args):
        data = build(**args)
        data.reader = Words()
        return data

    return make


@pytest.fixture(scope="module")
def data(build):
    return build()


def test_every_file_says_what_it_is():
    assert len(FILES) >= 7
    assert all(catalog.describe(path) for path in FILES.values())


def test_spec_fits_the_tensors(data):
    spec = data.spec
    assert spec.n_rows == data.rows["train"]
    for split in SPLITS:
        x, label = data.tensors(split)
        assert x.dtype == torch.float32
        assert tuple(x.shape) == (data.rows[split], *spec.shape)
        assert x.is_contiguous()
        assert x.isfinite().all()
        assert label.dtype == torch.int64
        assert label.shape == x.shape[:1]
        assert 0 <= label.min() <= label.max() < spec.n_classes
    assert set(data.tensors("train")[1].tolist()) == set(range(spec.n_classes))


def test_inputs_are_scaled_by_their_kind(data):
    x = data.tensors("train")[0]
    if data.spec.modality == "image":
        assert x.min() >= 0
        assert 0.9 < x.max() <= 1
    else:
        binary = ((x == 0) | (x == 1)).all(0)
        torch.testing.assert_close(x[:, ~binary].mean(0), torch.zeros(int((~binary).sum())), atol=1e-5, rtol=0)
        torch.testing.assert_close(x[:, ~binary].var(0, correction=0), torch.ones(int((~binary).sum())))


def test_splits_are_disjoint_cover_all_rows_and_validation_is_cut_from_train(data):
    source = data.load()
    official = np.full(len(source.x), "train") if source.split is None else source.split
    rows = split_rows(official, source.label, seed=0)
    assert np.array_equal(np.sort(np.concatenate(list(rows.values()))), np.arange(len(source.x)))
    assert (official[rows["train"]] == "train").all()
    assert (official[rows["val"]] == "train").all()
    raw = source.x.iloc if isinstance(source.x, pd.DataFrame) else source.x
    encode = source.fit(raw[rows["train"]])
    for split in SPLITS:
        x, label = data.tensors(split)
        assert np.array_equal(x.numpy(), np.asarray(encode(raw[rows[split]]), np.float32))
        assert np.array_equal(label.numpy(), source.label[rows[split]])


def test_fingerprint_is_stable_and_feels_the_split(data, build):
    assert build().fingerprint == data.fingerprint
    assert build(split_seed=1).fingerprint != data.fingerprint


def test_one_value_changes_the_fingerprint(build):
    data = build()
    before = data.fingerprint
    data.tensors("test")[0].view(-1)[-1] += 1e-3
    del data.fingerprint
    assert data.fingerprint != before


def test_one_batch_is_right(build):
    data = build(batch_size=16)
    batch = next(iter(data.train_dataloader()))
    x, label = data.tensors("train")
    assert batch.x.shape == (16, *data.spec.shape)
    assert torch.equal(batch.x, x[batch.index])
    assert torch.equal(batch.label, label[batch.index])
    assert len(set(batch.index.tolist())) == 16
    assert [len(loader.dataset) for loader in data.predict_dataloader()] == [data.rows[split] for split in SPLITS]


def test_subsets_have_the_size_asked(build):
    data = build(train_rows=30, test_rows=6)
    assert data.rows == {"train": 27, "val": 3, "test": 6}


def test_texts_are_split_honestly(build_texts):
    data = build_texts()
    source, spec = data.load(), data.spec
    official = np.full(len(source.x), "train") if source.split is None else source.split
    rows = split_rows(official, source.label, seed=0)
    assert np.array_equal(np.sort(np.concatenate(list(rows.values()))), np.arange(len(source.x)))
    assert (official[rows["train"]] == "train").all()
    assert (official[rows["val"]] == "train").all()
    assert (spec.modality, spec.shape, spec.n_rows) == ("text", (), data.rows["train"])
    for split in SPLITS:
        assert data.texts(split) == source.x[rows[split]].tolist()
        assert np.array_equal(data.targets(split).numpy(), source.label[rows[split]])


def test_fingerprint_of_texts_is_stable_and_feels_the_split(build_texts):
    assert build_texts().fingerprint == build_texts().fingerprint
    assert build_texts(split_seed=1).fingerprint != build_texts().fingerprint


def test_batches_of_texts_are_their_tokens(build_texts):
    data = build_texts(batch_size=16)
    vocabulary = Vocabulary(data.spec.vocabulary)
    ids, starts, _ = vocabulary.encode(data.texts("train"))
    batch = next(iter(data.train_dataloader()))
    assert len(set(batch.index.tolist())) == 16
    assert torch.equal(batch.label, data.targets("train")[batch.index])
    for row, number in zip(batch.x, batch.index.tolist(), strict=True):
        assert row[row != vocabulary.pad].tolist() == ids[starts[number] : starts[number + 1]].tolist()
    for loader, split in zip(data.predict_dataloader(), SPLITS, strict=True):
        assert sorted(torch.cat([batch.index for batch in loader]).tolist()) == list(range(data.rows[split]))


def test_subsets_of_texts_have_the_size_asked(build_texts):
    assert build_texts(train_rows=30, test_rows=6).rows == {"train": 27, "val": 3, "test": 6}

"""`embedbench embed`: the embeddings of a run as a file."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file
from sklearn.decomposition import PCA

from embedbench.data.images.digits import Digits
from embedbench.data.tables.arrays import Arrays


@pytest.fixture(scope="module")
def done(tmp_path_factory, command, few):
    """A folder with a run of PCA on digits."""
    folder = tmp_path_factory.mktemp("embed")
    assert command(folder, "run", "--model", "pca", "--data", "digits", *few, "--run_id", "pca").code == 0
    return folder


@pytest.fixture(scope="module")
def expected():
    """PCA of the same rows by scikit-learn, by split; labels by split."""
    data = Digits(train_rows=300, test_rows=60)
    x = {split: data.tensors(split)[0].flatten(1).numpy() for split in ("train", "val", "test")}
    label = {split: data.tensors(split)[1].numpy() for split in x}
    reference = PCA(16, svd_solver="full").fit(x["train"])
    return {split: reference.transform(rows) for split, rows in x.items()}, label


def load(path):
    return dict(np.load(path)) if path.suffix == ".npz" else load_file(path)


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_rows_are_those_of_the_split_in_order(split, ending, done, command, expected):
    z, label = expected
    ended = command(done, "embed", "runs/pca", "--split", split, "--output", f"{split}.{ending}")
    assert ended.code == 0, ended.err
    found = load(done / f"{split}.{ending}")
    assert found["index"].tolist() == list(range(len(z[split])))
    assert found["label"].tolist() == label[split].tolist()
    sign = np.sign((found["z"] * z[split]).sum(0))  # the direction of an axis is free
    np.testing.assert_allclose(found["z"] * sign, z[split], atol=1e-4)
    assert f"{len(z[split])} rows of 16 numbers" in ended.err


def test_npy_holds_the_vectors_alone(done, command, expected):
    assert command(done, "embed", "runs/pca", "--output", "z.npy").code == 0
    assert command(done, "embed", "runs/pca", "--output", "z.npz").code == 0
    np.testing.assert_array_equal(np.load(done / "z.npy"), load(done / "z.npz")["z"])
    assert len(np.load(done / "z.npy")) == len(expected[0]["test"])


def test_file_can_be_evaluated(done, command):
    for split in ("train", "test"):
        assert command(done, "embed", "runs/pca", "--split", split, "--output", f"{split}.npz").code == 0
    line = ["evaluate", "test.npz", "--gallery", "train.npz", "--suite.metrics", "[probe]", "--output", "scores.json"]
    assert command(done, *line).code == 0
    recorded = json.loads((done / "runs" / "pca" / "result.json").read_text(encoding="utf8"))["metrics"]["test"]
    scores = json.loads((done / "scores.json").read_text(encoding="utf8"))
    assert scores["test"] == pytest.approx(recorded, abs=1e-6)


def test_other_rows_of_the_same_shape(done, command):
    x = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    np.savez(done / "other.npz", x=x)
    line = ["--data", "arrays", "--data.path", "other.npz", "--split", "train", "--output", "other_z.npz"]
    ended = command(done, "embed", "runs/pca", *line)
    assert ended.code == 0, ended.err
    assert load(done / "other_z.npz").keys() == {"z", "index"}
    assert load(done / "other_z.npz")["z"].shape == (Arrays(done / "other.npz").rows["train"], 16)


def test_rows_of_another_shape_are_refused(done, command):
    ended = command(done, "embed", "runs/pca", "--data", "wine", "--output", "wine.npz")
    assert ended.code == 2
    assert "the run runs/pca takes rows of shape (1, 8, 8), but the data have (13,)" in ended.err
    assert not (done / "wine.npz").exists()


def test_a_namesake_of_the_runs_own_data_is_said(command, tmp_path):
    rows = np.random.default_rng(0).normal(size=(60, 4))
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        rows[0] += 1
        np.savez(folder / "x.npz", x=rows, y=np.arange(60) % 2)
    ended = command(
        tmp_path / "one", "run", "--model", "raw", "--data", "arrays", "--data.path", "x.npz", "--run_id", "a"
    )
    assert ended.code == 0, ended.err
    for split in ("test", "all"):
        line = ["embed", "../one/runs/a", "--split", split, "--output", "z.npy"]
        ended = command(tmp_path / "other", *line)
        assert ended.code == 0, ended.err
        assert "note: these aren't the data that ../one/runs/a ran on (fingerprint" in ended.err
        assert "fingerprint" not in command(tmp_path / "one", *line).err

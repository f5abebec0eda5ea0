"""Numpy files: layouts, images of every order, and what is refused."""

import numpy as np
import pytest
import torch

from embedbench.data.tables.arrays import Arrays
from embedbench.errors import UsageError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = np.arange(40) % 2


def npz(tmp_path, **arrays):
    np.savez(tmp_path / "x.npz", **arrays)
    return tmp_path / "x.npz"


def npy(tmp_path, array, name="x.npy"):
    np.save(tmp_path / name, array)
    return tmp_path / name


def test_official_split_is_kept(tmp_path):
    data = Arrays(npz(tmp_path, x_train=X[:30], y_train=Y[:30], x_test=X[30:], y_test=Y[30:]))
    assert data.rows == {"train": 27, "val": 3, "test": 10}
    assert data.tensors("test")[1].tolist() == Y[30:].tolist()


def test_npz_and_npy_agree(tmp_path):
    together = Arrays(npz(tmp_path, x=X, y=Y))
    apart = Arrays(npy(tmp_path, X), labels=npy(tmp_path, Y, "y.npy"))
    assert together.fingerprint == apart.fingerprint
    assert together.spec == apart.spec
    assert together.spec.classes == ("0", "1")


def test_without_labels(tmp_path):
    assert Arrays(npy(tmp_path, X)).spec.target == "none"
    assert Arrays(npz(tmp_path, x_train=X, x_test=X)).rows == {"train": 36, "val": 4, "test": 40}


def test_labels_of_words_and_fractions(tmp_path):
    assert Arrays(npz(tmp_path, x=X, y=np.array(["b", "a"])[Y])).spec.classes == ("a", "b")
    assert Arrays(npz(tmp_path, x=X, y=Y + 0.5)).spec.target == "real"
    assert Arrays(npz(tmp_path, x=X, y=Y), task="regression").spec.target == "real"


def test_other_arrays_are_noted(tmp_path):
    assert Arrays(npz(tmp_path, x=X, y=Y, z=X)).notes == ["array 'z' ignored"]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 6), (1, 5, 6)),
        ((1, 5, 6), (1, 5, 6)),
        ((3, 5, 6), (3, 5, 6)),
        ((5, 6, 1), (1, 5, 6)),
        ((5, 6, 3), (3, 5, 6)),
        ((3, 6, 3), (3, 6, 3)),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, bool])
def test_images_become_channels_first_in_zero_one(tmp_path, shape, expected, dtype):
    x = RNG.integers(0, 256, (20, *shape))
    x = x > 127 if dtype is bool else x / 255 if dtype is np.float32 else x
    x = x.astype(dtype)
    data = Arrays(npz(tmp_path, x_train=x, x_test=x))
    assert data.spec.modality == "image"
    assert data.spec.shape == expected
    wanted = torch.from_numpy(x.astype(np.float32) / (255 if dtype in (np.uint8, np.int64) else 1))
    if expected != shape and len(shape) == 3:
        wanted = wanted.permute(0, 3, 1, 2)
    torch.testing.assert_close(data.tensors("test")[0], wanted.reshape(20, *expected), atol=1e-7, rtol=0)


def test_counts_stay_as_they_are_if_asked(tmp_path):
    counts = RNG.integers(0, 9, (40, 3))
    data = Arrays(npz(tmp_path, x_train=counts[:30], x_test=counts[30:]), standardised=False)
    assert data.tensors("test")[0].tolist() == counts[30:].tolist()
    assert (data.spec.low, data.spec.high, data.spec.whole) == (counts.min(), counts.max(), True)
    assert not Arrays(npz(tmp_path, x=counts)).spec.whole


def test_whole_numbers_in_columns_are_standardised(tmp_path):
    data = Arrays(npy(tmp_path, RNG.integers(0, 200, (40, 3)).astype(np.uint8)))
    torch.testing.assert_close(data.tensors("train")[0].mean(0), torch.zeros(3), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X}, "must hold x and y, or x_train, .* got a"),
        ({"x_train": X, "y_train": Y}, "must hold x and y, or .* got x_train, y_train"),
        ({"x": X, "x_train": X, "x_test": X}, "must hold"),
        ({"x_train": X, "x_test": X, "y_train": Y}, "one label for each row"),
        ({"x": X, "y": Y[:-1]}, r"one label for each row of x: shapes \[\(40,\)\], got \[\(39,\)\]"),
        ({"x": X, "y": Y[:, None]}, "one label for each row"),
        ({"x": X[:, 0]}, r"2, 3 or 4 axes, none empty .* got float64 \(40,\)"),
        ({"x": X[:0]}, "none empty"),
        ({"x_train": X, "x_test": X[:, :2]}, "alike in all parts"),
        ({"x": X.astype(str)}, "must be numbers"),
        ({"x": np.zeros((9, 2, 5, 5))}, r"1 or 3 channels on axis 1 or 3, got \(9, 2, 5, 5\)"),
        ({"x": np.full((9, 5, 5), 1.5)}, r"floats in \[0, 1\], got float64 in \[1.5, 1.5\]"),
        ({"x": np.full((9, 5, 5), 256)}, r"whole numbers in \[0, 255\]"),
        ({"x": np.full((9, 5, 5), np.nan)}, "225 values are NaN"),
        ({"x": np.where(np.arange(3) == 1, np.inf, X)}, r"in column 1 \(counted from 0\): 40"),
        ({"x": np.where(np.arange(3) == 1, np.nan, X)}, r"in column 1 \(counted from 0\): 40"),
        ({"x": X, "y": np.zeros(40)}, "one class only"),
    ],
)
def test_bad_arrays(tmp_path, arrays, message):
    with pytest.raises(UsageError, match=message):
        _ = Arrays(npz(tmp_path, **arrays)).spec


def test_objects_are_never_unpickled(tmp_path):
    objects = np.array([{"a": 1}, None], dtype=object)
    for path in (npy(tmp_path, objects), npz(tmp_path, x=objects)):
        with pytest.raises(UsageError, match="Python objects, which are never unpickled"):
            _ = Arrays(path).spec


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04junk", b"\x93NUMPY\x01\x00"])
def test_files_that_are_no_arrays(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"cannot read .*x\.npz"):
        _ = Arrays(path).spec


def test_files_that_don_t_fit_together(tmp_path):
    with pytest.raises(UsageError, match=r"`labels` belongs to an \.npy file of x"):
        _ = Arrays(npz(tmp_path, x=X, y=Y), labels=npy(tmp_path, Y)).spec
    with pytest.raises(UsageError, match="there is no file"):
        _ = Arrays(npy(tmp_path, X), labels=tmp_path / "y.npy").spec


def test_half_floats_are_standardised_without_overflow(tmp_path):
    x = (np.random.default_rng(0).normal(size=(60, 2)) * 2e4).clip(-6e4, 6e4).astype(np.float16)
    np.savez(tmp_path / "half.npz", x=x)
    train = Arrays(tmp_path / "half.npz").tensors("train")[0].numpy().astype(np.float64)
    np.testing.assert_allclose(train.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(0), 1, atol=1e-6)


def test_missing_labels_are_refused(tmp_path):
    np.savez(tmp_path / "nat.npz", x=np.eye(3), y=np.array(["2020-01-01", "NaT", "2020-01-02"], "M8[D]"))
    with pytest.raises(UsageError, match="the label holds 1 missing values"):
        _ = Arrays(tmp_path / "nat.npz").spec


def test_named_arrays_are_set_aside(tmp_path):
    weight, place = RNG.normal(size=40), np.arange(40) // 2 % 3
    weight[[1, 35]] = np.nan
    path = npz(
        tmp_path, x_train=X[:30], y_train=Y[:30], x_test=X[30:], y_test=Y[30:], weight=weight, place=place, odd=X
    )
    data = Arrays(path, probe=["weight", "place"])
    np.testing.assert_array_equal(data.further("test")["weight"].label, weight[30:])
    assert data.further("test")["place"].label.tolist() == place[30:].tolist()
    assert [note for note in data.notes if "ignored" in note] == ["array 'odd' ignored"]
    assert data.fingerprint == Arrays(path).fingerprint
    half = npz(tmp_path, x=X, y=np.arange(40) // 2 % 6, half=place)
    assert Arrays(half, levels=["half"]).further("train")["half"].height == 1
    for wrong, said in (("wieght", "unknown probe array 'wieght'; did you mean 'weight'"), ("odd", "one value a row")):
        with pytest.raises(UsageError, match=said):
            Arrays(npz(tmp_path, x=X, weight=weight, odd=X), probe=[wrong]).rows  # noqa: B018

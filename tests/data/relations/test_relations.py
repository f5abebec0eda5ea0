"""Rows known by their distances: input, relations of each split, and files that don't fit together."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.spatial.distance import cdist

from embedbench.data.images.digits import Digits
from embedbench.data.relations.relations import Relations
from embedbench.errors import UsageError
from embedbench.types import SPLITS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
DISTANCE, Y = cdist(X, X), np.arange(60) % 3


@pytest.fixture
def saved(tmp_path):
    """Writes arrays to an .npz or .npy file."""

    def save(name="d.npz", **arrays):
        path = tmp_path / name
        np.savez(path, **arrays) if path.suffix == ".npz" else np.save(path, next(iter(arrays.values())))
        return path

    return save


def rows_of(data, split):
    """Row numbers of a split, found by its distances being unlike any others."""
    close = np.abs(DISTANCE[:, :, None, None] - data.relations(split).numpy()) < 1e-5  # (all, all, rows, rows)
    (found, place) = np.nonzero(close.any(1).all(2))  # whose distances hold all of a row's
    assert sorted(place) == list(range(len(place)))  # one for each
    return found[place.argsort()]


def test_relations_are_the_matrix_of_each_splits_rows(saved):
    data = Relations(saved(distance=DISTANCE, y=Y))
    for split in SPLITS:
        rows = rows_of(data, split)
        assert data.relations(split).dtype == torch.float32
        assert data.relations(split).numpy() == pytest.approx(DISTANCE[np.ix_(rows, rows)], abs=1e-5)
        assert torch.equal(data.targets(split), torch.from_numpy(Y[rows]))
    assert sorted(np.concatenate([rows_of(data, split) for split in SPLITS])) == list(range(60))
    assert Digits().relations("train") is None


@pytest.mark.parametrize(("landmarks", "width"), [(7, 7), (128, 43)])
def test_input_without_features_is_the_distances_to_train_rows(saved, landmarks, width):
    data = Relations(saved(distance=DISTANCE, y=Y), landmarks=landmarks)
    assert data.spec.shape == (width,)
    train, test = (rows_of(data, split) for split in ("train", "test"))
    mean, sd = DISTANCE[train].mean(0), DISTANCE[train].std(0)
    columns = (DISTANCE[test] - mean)[:, train] / sd[train]  # of all train rows, of which the landmarks are some
    found = data.tensors("test")[0].numpy()
    places = [int(np.abs(columns - column[:, None]).sum(0).argmin()) for column in found.T]
    assert len(set(places)) == width
    assert found == pytest.approx(columns[:, places], abs=1e-4)


def test_features_beside_the_matrix_are_the_input(saved, tmp_path):
    whole = Relations(saved(distance=DISTANCE, y=Y, x=X))
    parts = Relations(saved("d.npy", d=DISTANCE), saved("y.npy", y=Y), saved("x.npy", x=X))
    train = X[rows_of(whole, "train")]
    assert whole.tensors("train")[0].numpy() == pytest.approx((train - train.mean(0)) / train.std(0), abs=1e-5)
    assert whole.fingerprint == parts.fingerprint


def test_another_matrix_is_another_fingerprint(saved):
    one = Relations(saved(distance=DISTANCE, y=Y, x=X)).fingerprint
    assert Relations(saved(distance=2 * DISTANCE, y=Y, x=X)).fingerprint != one


def test_marked_splits_are_kept_and_further_rows_change_no_input(saved):
    """So that a matrix that grew embeds by a model of the smaller one."""
    split = np.repeat(["train", "val", "test"], [40, 10, 10])
    small = Relations(saved("a.npz", distance=DISTANCE[:55, :55], y=Y[:55], split=split[:55]), landmarks=9)
    large = Relations(saved("b.npz", distance=DISTANCE, y=Y, split=split), landmarks=9)
    assert large.rows == {"train": 40, "val": 10, "test": 10}
    assert torch.equal(large.tensors("train")[0], small.tensors("train")[0])
    assert torch.equal(large.tensors("test")[0][:5], small.tensors("test")[0])


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_pairs_are_read_from_a_table(tmp_path, saved, suffix):
    one, other = np.triu_indices(60, 1)
    frame = pd.DataFrame({"i": one, "j": other, "distance": DISTANCE[one, other]})
    path = tmp_path / f"pairs{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    data = Relations(path, labels=saved("y.npy", y=Y))
    matrix = Relations(saved(distance=DISTANCE, y=Y))
    torch.testing.assert_close(data.relations("train"), matrix.relations("train"))
    assert data.notes == []
    frame[5:].to_csv(tmp_path / "few.csv", index=False)
    assert Relations(tmp_path / "few.csv").notes == [
        "5 of 1770 pairs aren't listed: shortest paths over the listed ones"
    ]


def test_commas_of_pairs_are_as_their_file_writes_them(tmp_path):
    one, other = np.triu_indices(60, 1)
    distance = np.random.default_rng(0).choice([1.125, 1.375, 1.875], len(one))  # 1,125 could be a thousand and some
    texts = [f"{d:.3f}".replace(".", ",") for d in distance]
    frame = pd.DataFrame({"i": one, "j": other, "distance": texts})
    frame.to_csv(tmp_path / "semicolons.csv", sep=";", index=False)
    frame.to_csv(tmp_path / "commas.csv", index=False)
    decimal, thousand = Relations(tmp_path / "semicolons.csv"), Relations(tmp_path / "commas.csv")
    assert decimal.relations("train").unique().tolist() == [0, 1.125, 1.375, 1.875]
    assert thousand.relations("train").unique().tolist() == [0, 1125, 1375, 1875]
    note = "column 'distance': 1770 numbers read with commas as"
    assert decimal.notes == ["columns are separated by ';'", f"{note} decimal points"]
    assert thousand.notes == [f"{note} thousands"]


def test_further_arrays_are_ignored_and_noted(saved):
    assert Relations(saved(distance=DISTANCE, y=Y, z=X)).notes == ["array 'z' ignored"]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"matrix": DISTANCE}, "must hold an array `distance`, got matrix"),
        ({"distance": DISTANCE[:50]}, r"square matrix .* got float64 of shape \(50, 60\)"),
        ({"distance": DISTANCE, "y": Y[:50]}, r"the label must have shape \(60,\), .* got \(50,\)"),
        ({"distance": DISTANCE, "x": X[:50]}, r"features must be numbers of shape \(60, features\), .* \(50, 4\)"),
        ({"distance": DISTANCE, "x": np.full((60, 2), np.nan)}, "NaN"),
        ({"distance": DISTANCE, "split": np.array(["train"])}, r"split must have shape \(60,\)"),
        ({"distance": DISTANCE, "split": np.repeat("trian", 60)}, "must hold train, val or test, got trian"),
        ({"distance": -DISTANCE}, "must be 0 or more"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(saved, arrays, said):
    with pytest.raises(UsageError, match=said):
        Relations(saved(**arrays)).spec  # noqa: B018


def test_labels_given_twice_or_not_at_all_are_refused(saved):
    path, other = saved(distance=DISTANCE, y=Y), saved("o.npz", z=Y)
    with pytest.raises(UsageError, match="has labels of its own, 'y'; leave out `labels`"):
        Relations(path, labels=path).spec  # noqa: B018
    with pytest.raises(UsageError, match=r"`features` must be an \.npy file, or an \.npz file that holds 'x'"):
        Relations(path, features=other).spec  # noqa: B018
    with pytest.raises(UsageError, match="`landmarks` must be a whole number of at least 1, got 0"):
        Relations(path, landmarks=0)
    with pytest.raises(UsageError, match="there is no file"):
        Relations(path.with_name("none.csv")).spec  # noqa: B018

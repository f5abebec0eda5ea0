"""Rows divided by their root mean square: for all splits, and for the rows that a finished run reads later."""

import numpy as np
import pandas as pd
import pytest
import torch

from embedbench.data.images.digits import Digits
from embedbench.data.preprocessing import load_preprocessing, made_of, save_preprocessing
from embedbench.data.tables.arrays import Arrays
from embedbench.data.tables.table import Table
from embedbench.data.texts.wordnet5k import WordNet5k
from embedbench.errors import UsageError
from embedbench.types import SPLITS


def squares(x):
    return x.flatten(1).square().mean(1)


def test_all_splits_are_scaled_and_it_is_said():
    data, plain = Digits(scale_rows=True), Digits()
    for split in SPLITS:
        x = data.tensors(split)[0]
        torch.testing.assert_close(squares(x), torch.ones(len(x)))
        own = plain.tensors(split)[0]
        torch.testing.assert_close(x, own / squares(own).sqrt().view(-1, 1, 1, 1))
    assert "each row is divided by its root mean square" in data.notes
    assert data.spec.high > 1
    assert data.fingerprint != plain.fingerprint


def test_features_are_scaled_in_place_of_being_standardised(tmp_path):
    x = np.random.default_rng(0).normal(5, 2, (60, 4))
    np.save(tmp_path / "x.npy", x)
    found = Arrays(tmp_path / "x.npy", scale_rows=True).tensors("train")[0]
    torch.testing.assert_close(squares(found), torch.ones(len(found)))
    assert float(found.min()) > -1


def test_other_rows_of_a_run_are_scaled_as_its_own(tmp_path):
    """Of a file whose pixels are of another type, and which nobody has asked to scale."""
    data = Digits(scale_rows=True)
    save_preprocessing(made_of(tmp_path, data.spec, data.encode))
    pixels = np.random.default_rng(0).integers(0, 255, (40, 1, 8, 8)).astype(np.uint8)
    np.save(tmp_path / "new.npy", pixels)
    other = Arrays(tmp_path / "new.npy")
    other.known, other.is_whole = load_preprocessing(tmp_path), True
    found = other.whole.rows.x
    assert found.shape == (40, 1, 8, 8)
    torch.testing.assert_close(squares(found), torch.ones(40))


def test_texts_and_columns_of_many_units_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    pd.DataFrame({"a": np.sqrt(range(30)), "b": np.sqrt(range(30)), "y": ["u", "v"] * 15}).to_csv(path, index=False)
    for data in (Table(path, label="y"), WordNet5k()):
        data.scale_rows = True
        with pytest.raises(UsageError, match="`scale_rows` is for images and arrays, whose numbers have one unit"):
            _ = data.spec

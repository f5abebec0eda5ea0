"""What a run learned of its data, in a file and back."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from embedbench.data.prepare import Scale, standardise
from embedbench.data.preprocessing import (
    PREPROCESSING,
    Labels,
    Preprocessing,
    load_preprocessing,
    made_of,
    save_preprocessing,
)
from embedbench.data.relations.landmarks import find_landmarks
from embedbench.data.tables.column_codes import encode_columns
from embedbench.data.tables.kinds import Column
from embedbench.errors import UsageError
from embedbench.types import DataSpec

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3))
DISTANCE = np.linalg.norm(X[:, None] - X, axis=2).astype(np.float32)


@pytest.mark.parametrize(
    ("encode", "rows"),
    [
        (standardise(X), X[:4]),
        (Scale(255), np.arange(6).reshape(2, 3)),
        (find_landmarks(pd.DataFrame(DISTANCE).iloc[4:], 5), pd.DataFrame(DISTANCE[:2])),
        (None, None),
    ],
)
def test_everything_comes_back(encode, rows, tmp_path):
    spec = DataSpec("tabular" if encode else "text", (3,), 20, "classes", ("a", "ß"))
    save_preprocessing(made_of(tmp_path, spec, encode))
    found = load_preprocessing(tmp_path)
    assert found[:3] == (tmp_path, spec.modality, (3,))
    assert found.labels == Labels("classes", ("a", "ß"))
    assert type(found.encode) is type(encode)
    if encode is not None:
        np.testing.assert_array_equal(found.encode(rows), encode(rows))
    assert [path.name for path in tmp_path.iterdir()] == [PREPROCESSING]


def test_a_run_of_before_has_none(tmp_path):
    assert load_preprocessing(tmp_path) is None


def _rewritten(path, change):
    with safe_open(path, framework="numpy") as file:
        told = json.loads(file.metadata()["preprocessing"])
    arrays = load_file(path)
    change(told, arrays)
    save_file(arrays, path, {"preprocessing": json.dumps(told)})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: save_file({"mean": np.zeros(3)}, path),
        lambda path: save_file({"mean": np.zeros(3)}, path, {"preprocessing": "{"}),
        lambda path: _rewritten(path, lambda told, arrays: arrays.pop("mean")),
        lambda path: _rewritten(path, lambda told, arrays: told.pop("labels")),
    ],
)
def test_a_broken_file_is_refused_in_a_sentence(spoil, tmp_path):
    save_preprocessing(made_of(tmp_path, DataSpec("tabular", (3,), 20, "none"), standardise(X)))
    spoil(tmp_path / PREPROCESSING)
    with pytest.raises(UsageError, match=r"cannot read .*preprocessing.safetensors \(.+\); run it again"):
        load_preprocessing(tmp_path)


def test_classes_keep_their_numbers():
    labels = Labels("classes", ("3", "10", "b"))
    found, said = labels.numbers(pd.Series([10.0, np.nan, 3.0]))
    assert found.tolist() == [1, -1, 0]
    assert said == ()
    found, said = labels.numbers(pd.Series(["b", " 3 ", "new", None, "other", "new"], dtype=object))
    assert found.tolist() == [2, 0, -1, -1, -1, -1]
    assert said == ("3 rows are of classes that the run doesn't know: 'new', 'other'",)


def test_real_targets_may_be_missing():
    found, said = Labels("real", ()).numbers(pd.Series([1.5, None, 7]))
    assert np.array_equal(found, [1.5, np.nan, 7], equal_nan=True)
    assert said == ()
    assert np.isnan(Labels("real", ()).numbers(pd.Series([None], dtype=object))[0]).all()
    with pytest.raises(UsageError, match="must be numbers, got 'much'"):
        Labels("real", ()).numbers(pd.Series(["much", "1"]))


@pytest.mark.parametrize(("target", "values"), [("none", pd.Series([1, 2])), ("classes", None)])
def test_rows_without_labels(target, values):
    assert Labels(target, ("1", "2")).numbers(values) == (None, ())


def test_rows_of_another_kind_are_refused(tmp_path):
    known = Preprocessing(tmp_path, "image", (1, 8, 8), Scale(255), None)
    known.check("image", (1, 8, 8))
    known.check("image", ())
    with pytest.raises(UsageError, match=r"takes rows of shape \(1, 8, 8\), but the data have \(13,\)"):
        known.check("tabular", (13,))
    with pytest.raises(UsageError, match="takes image data, but these are text"):
        known.check("text", ())


def test_commas_of_other_rows_are_as_their_file_writes_them():
    cells = pd.Series(["1,250", None])
    for is_decimal, wanted in ((False, 1250), (True, 1.25)):
        found, _ = Labels("real", ()).numbers(cells, comma_is_decimal=is_decimal)
        assert np.array_equal(found, [wanted, np.nan], equal_nan=True)


def _columns():
    frame = pd.DataFrame({"a": X[:, 0], "b": list("uv") * 10})
    return encode_columns(frame, [Column("a", "number"), Column("b", "category")])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda told, arrays: told.update(settings={}), "Columns.columns is missing"),
        (lambda told, arrays: told["settings"].update(columns=[["a", "number", 3]]), "Columns.columns can't be"),
        (lambda told, arrays: told["settings"].update(columns=[]), "the median, mean and deviation of 0 numbers"),
        (lambda told, arrays: told["settings"].update(odd=1), "Columns.odd is unknown"),
        (lambda told, arrays: arrays.update(mean=np.zeros(1, np.float32)), "Columns.mean can't be float32"),
        (lambda told, arrays: arrays.update(mean=np.full(1, np.nan)), "Columns.mean can't be .* NaN"),
        (lambda told, arrays: arrays.update(deviation=np.zeros(1)), "a deviation above 0"),
        (lambda told, arrays: arrays.update(mean=np.zeros(2)), "a mean and a deviation above 0 of each column"),
        (lambda told, arrays: arrays.update(words=np.frombuffer(b"[[]]", np.uint8)), "the categories of 1 columns"),
        (lambda told, arrays: arrays.update(words=np.frombuffer(b"[[[1], []]]", np.uint8)), "categories of a column"),
        (lambda told, arrays: arrays.update(words=np.frombuffer(b"\xff{", np.uint8)), "can't decode"),
        (lambda told, arrays: told.update(labels=["none"]), "_Told.labels can't be"),
        (lambda told, arrays: told.update(class_path="embedbench.types.Batch"), "which is no Encode"),
        (lambda told, arrays: told.update(class_path="embedbench.no.where"), "which can't be imported"),
        (lambda told, arrays: told.update(class_path="os.path.join"), "whose code is not run unasked"),
    ],
)
def test_columns_that_are_none(change, message, tmp_path):
    save_preprocessing(made_of(tmp_path, DataSpec("tabular", (3,), 20, "none"), _columns()))
    assert load_preprocessing(tmp_path).encode.categories == (2,)
    _rewritten(tmp_path / PREPROCESSING, change)
    with pytest.raises(UsageError, match=message):
        load_preprocessing(tmp_path)


def test_columns_of_before_dates_were_told_are_read(tmp_path):
    save_preprocessing(made_of(tmp_path, DataSpec("tabular", (3,), 20, "none"), _columns()))
    kept = load_preprocessing(tmp_path).encode.columns
    shorter = [list(column[:4]) for column in kept]
    _rewritten(tmp_path / PREPROCESSING, lambda told, arrays: told["settings"].update(columns=shorter))
    assert load_preprocessing(tmp_path).encode.columns == kept

"""Several labels a row in every format: the same rows, splits and labels; what is refused, and what is noted."""

import datasets
import numpy as np
import own_data
import pandas as pd
import pytest
from datasets import ClassLabel

from embedbench.data.huggingface import HuggingFace
from embedbench.data.labels.several_labels import encode_sets, known_sets, separator_of, set_notes, without_any
from embedbench.data.tables.arrays import Arrays
from embedbench.data.tables.table import Table
from embedbench.data.texts.text import Text
from embedbench.errors import UsageError

NAMES = ("climate", "culture", "economy", "health", "law", "science")


def articles(folder, ending, **arguments):
    arguments = {"label_separator": ";"} | arguments if ending == ".csv" else arguments
    return Text(own_data.articles(folder, ending), "body", "tags", **arguments)


def test_the_same_articles_in_every_format_are_the_same_data(tmp_path):
    found = [articles(tmp_path, ending) for ending in (".csv", ".jsonl", ".parquet")]
    printed = tmp_path / "printed.csv"
    own_data.tagged().to_csv(printed, index=False)  # as pandas prints lists
    found.append(Text(printed, "body", "tags"))
    assert len({one.fingerprint for one in found}) == 1
    assert len({str(one.split_table()) for one in found}) == 1
    for one in found:
        assert (one.spec.target, one.spec.classes) == ("multilabel", NAMES)
        assert not any("label" in note for note in one.notes)


def test_labels_are_those_of_each_row(tmp_path):
    data, frame = articles(tmp_path, ".csv"), own_data.tagged()
    told = dict(zip(frame["body"], frame["tags"], strict=True))
    for split in ("train", "val", "test"):
        hot = data.targets(split).numpy()
        assert hot.dtype == np.int8
        for text, row in zip(data.texts(split), hot, strict=True):
            assert {NAMES[number] for number in np.flatnonzero(row)} == set(told[text])


def test_empty_lists_are_labels_of_none_and_missing_ones_are_left_out(tmp_path):
    frame = pd.read_json(own_data.products(tmp_path), lines=True)
    empty = sum(not labels for row, labels in enumerate(frame["labels"]) if row != 3)
    frame.loc[3, "labels"] = None
    frame.to_parquet(tmp_path / "gaps.parquet")
    data = Table(tmp_path / "gaps.parquet", "labels")
    assert "1 rows without a label left out" in data.notes
    assert sum(data.rows.values()) == 199
    hot = np.concatenate([data.targets(split).numpy() for split in data.rows])
    assert (hot.sum(axis=1) == 0).sum() == empty > 0


def test_batches_hold_0_and_1_as_floats(tmp_path):
    data = Table(own_data.products(tmp_path), "labels")
    batch = next(iter(data.in_order("test")))
    assert batch.label.dtype.is_floating_point
    np.testing.assert_array_equal(batch.label.numpy(), data.targets("test").numpy()[: len(batch.label)])


def test_arrays_of_0_and_1_are_several_labels(tmp_path):
    rng = np.random.default_rng(0)
    y = (rng.random((60, 4)) < 0.4).astype(np.int64)
    np.savez(tmp_path / "a.npz", x=rng.normal(size=(60, 3)), y=y)
    data = Arrays(tmp_path / "a.npz")
    assert (data.spec.target, data.spec.classes) == ("multilabel", ("0", "1", "2", "3"))
    assert sum(int(data.targets(split).sum()) for split in data.rows) == y.sum()


def test_the_hub_s_lists_are_several_labels_by_their_names(tmp_path):
    frame = own_data.tagged()
    numbers = [[NAMES.index(tag) for tag in tags] for tags in frame["tags"]]
    plain = datasets.Dataset.from_dict({"body": frame["body"].tolist(), "tags": frame["tags"].tolist()})
    features = plain.features.copy()
    features["tags"] = type(features["tags"])(ClassLabel(names=list(NAMES)))
    named = datasets.Dataset.from_dict({"body": frame["body"].tolist(), "tags": numbers}, features=features)
    csv = articles(tmp_path, ".csv")
    for name, one in {"plain": plain, "named": named}.items():
        one.save_to_disk(tmp_path / name)
        data = HuggingFace(tmp_path / name, text="body", label="tags")
        assert data.fingerprint == csv.fingerprint


@pytest.mark.parametrize("folds", [3, 5])
def test_folds_test_each_row_once(tmp_path, folds):
    parts = [articles(tmp_path, ".jsonl", folds=folds, fold=number) for number in range(1, folds + 1)]
    assert sorted(text for one in parts for text in one.texts("test")) == sorted(own_data.tagged()["body"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"label_separator": "|"}, r"no cell of the label holds '\|'"),
        ({"label_separator": ""}, "`label_separator` must be what stands between labels"),
        ({"label_separator": ";", "label": None}, "name its column by `label`, too"),
        ({"label_separator": ";", "task": "regression"}, "no real target"),
        ({"label_separator": ";", "disjoint_classes": True}, "needs a label that is classes, one a row"),
    ],
)
def test_what_can_not_be_asked_is_refused(tmp_path, arguments, said):
    path = own_data.articles(tmp_path)
    with pytest.raises(UsageError, match=said):
        Text(path, "body", **{"label": "tags", **arguments}).spec  # noqa: B018  (on first access)


def test_a_single_text_a_cell_is_a_class_with_a_hint(tmp_path):
    data = Text(own_data.articles(tmp_path), "body", "tags")
    assert data.spec.target == "classes"
    assert any("--data.label_separator ';' takes them apart" in note for note in data.notes)


def test_a_folder_has_no_cells_to_split(tmp_path):
    with pytest.raises(UsageError, match="is a folder of classes; leave it out"):
        Text(tmp_path, label="x", label_separator=";").spec  # noqa: B018


def test_rare_labels_are_noted_and_equal_ones_refused():
    rows = {"train": np.arange(6), "val": np.array([6]), "test": np.array([7, 8])}
    hot = np.zeros((9, 4), np.int8)
    hot[:4, 0] = hot[7:, 1] = hot[2, 2] = hot[3, 3] = 1
    assert set_notes(hot, ("a", "b", "c", "d"), rows) == [
        "label 'b' has no train row, so that no model learns it",
        "2 labels have a single row: 'c', 'd'",
    ]
    hot[:, 1:] = 0
    hot[:, 0] = 1
    with pytest.raises(UsageError, match="train rows all have the same labels, 'a'; give rows of others"):
        set_notes(hot, ("a", "b", "c", "d"), rows)


def test_no_label_at_all_is_refused():
    with pytest.raises(UsageError, match="no row has any label"):
        encode_sets(pd.Series([[], []], dtype=object), None)


def test_rows_for_a_finished_run_have_its_columns():
    cells = pd.Series(["b;a", None, "z;b", "z", ";"], dtype=object)
    hot, said = known_sets(cells, ("a", "b"), ";")
    assert hot.tolist() == [[1, 1], [-1, -1], [0, 1], [0, 0], [-1, -1]]
    assert said == ("2 rows have labels that the run doesn't know, which count for nothing: 'z'",)
    assert known_sets(pd.Series([["a"], []]), ("a", "b"), ";")[0].tolist() == [[1, 0], [0, 0]]
    assert known_sets(pd.Series(["a", "b"]), ("a", "b"), None)[0].tolist() == [[1, 0], [0, 1]]
    assert without_any(cells, ";").tolist() == [False, True, False, False, True]


@pytest.mark.parametrize("sign", [";", "|", ","])
def test_a_separator_is_seen(sign):
    assert separator_of(own_data.tagged()["tags"].map(f"{sign} ".join)) == sign


@pytest.mark.parametrize(
    "cells",
    [
        ["red"] * 30,
        [f"{number},5" for number in range(40)],
        ["1;2", "1;2;3"] * 20,
        ["Oslo, Norway", "Bergen, Norway", "Rome, Italy"] * 10,
        ["we met, and then, of course, we talked about the weather; it rained", "well, no"] * 20,
        ["a;b", "a"] * 5,
    ],
)
def test_no_separator_is_seen_elsewhere(cells):
    assert separator_of(pd.Series(cells)) is None

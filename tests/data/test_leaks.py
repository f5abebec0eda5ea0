"""Each leak with its counts in rows made to hold it, and none in common data."""

import time

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

from embedbench.data.leaks import leaks


def cut(n_rows, seed=0):
    order = np.random.default_rng(seed).permutation(n_rows)
    train, val = int(0.7 * n_rows), int(0.8 * n_rows)
    return {"train": np.sort(order[:train]), "val": np.sort(order[train:val]), "test": np.sort(order[val:])}


def found(x, label=None, *, table=True, classes=True, rows=None):
    return leaks(x, label, rows or cut(len(x)), table=table, target="classes" if classes else "real")


def noise(n_rows=300, columns=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n_rows, columns)), rng.integers(0, 3, n_rows)


def letters(n_rows=5000, seed=0):
    """26 classes in 16 columns of whole numbers from 0 to 15, many of them alike within a class."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 26, n_rows)
    x = rng.uniform(2, 13, (26, 16))[label] + rng.normal(0, 2, (n_rows, 16))
    return np.clip(np.round(x), 0, 15).astype(np.int64), label


@pytest.mark.parametrize("load", [load_wine, load_breast_cancer, load_digits, load_iris])
def test_nothing_is_said_of_common_data(load):
    data = load()
    x = data.data if load is not load_iris else np.unique(data.data, axis=0)  # iris holds a row twice
    label = data.target if load is not load_iris else data.target[np.unique(data.data, axis=0, return_index=True)[1]]
    assert found(x, label) == []
    assert found(pd.DataFrame(x), label) == []


def test_nothing_is_said_of_letters_and_of_a_real_target():
    x, label = letters()
    assert found(x, label) == []
    data = load_diabetes()
    assert found(data.data, data.target.astype(np.float32), classes=False) == []


@pytest.mark.parametrize("rare", [0.02, 0.2])
def test_chance_is_no_leak_where_one_class_is_rare(rare):
    x, _ = noise(1000, 200)
    x[:, 1], x[:, 2] = 0, np.round(x[:, 2])
    label = (np.random.default_rng(1).random(1000) < rare).astype(np.int64)
    assert found(x, np.sort(label)) == []  # of a file that is sorted by class too


@pytest.mark.parametrize(
    "leak",
    [
        lambda label, rng: label,
        lambda label, rng: 10 * label + rng.normal(size=len(label)),
        lambda label, rng: np.where(label == 1, 5.0, -label),
        lambda label, rng: label * 7 % 3 + 3 * rng.integers(0, 9, len(label)),  # values that each mean one class
    ],
)
def test_a_column_that_predicts_the_class(leak):
    x, label = noise()
    x[:, 2] = leak(label, np.random.default_rng(1))
    said = (
        "alone predicts the class of 210 train rows almost perfectly, as a copy of the label does; leave it out unless"
    )
    assert [note[: len(said) + 9] for note in found(x, label)] == [f"column 2 {said}"]
    frame = pd.DataFrame(x, columns=["p", "q", "label.1", "r"])
    assert [note[: len(said) + 17] for note in found(frame, label)] == [f"column 'label.1' {said}"]


@pytest.mark.parametrize("dropped", [0, 1])
@pytest.mark.parametrize("make", [np.asarray, lambda one: 0.9 * one + 0.01, lambda one: np.where(one, "yes", "no")])
@pytest.mark.parametrize("classes", [3, 8])
def test_a_label_in_one_hot_columns(classes, make, dropped):
    x, _ = noise(1000, 5)
    label = np.random.default_rng(2).integers(0, classes, 1000)
    one_hot = make(np.eye(classes)[label][:, dropped:])
    table = pd.concat([pd.DataFrame(x), pd.DataFrame(one_hot).add_prefix("is_")], axis=1)
    (note,) = found(table, label)
    names = [repr(f"is_{number}") for number in range(classes - dropped)]
    assert note.startswith(f"each of columns {', '.join(names[:5])}")
    assert "tells one class from the others almost perfectly, together all classes of 700 train rows" in note
    wrong = np.random.default_rng(3).permutation(label)
    assert found(table, wrong) == []
    assert found(table.drop(columns=["is_0", "is_1"]), label) == []  # two classes are left untold


def test_a_text_column_that_predicts_the_class():
    x, label = noise()
    frame = pd.DataFrame(x).assign(code=np.array(["x", "q", "m"])[label])
    assert [note.partition(" alone")[0] for note in found(frame, label)] == ["column 'code'"]
    frame["code"] = [f"{word}{row % 7}" for row, word in enumerate(frame["code"])]
    assert [note.partition(" alone")[0] for note in found(frame, label)] == ["column 'code'"]


@pytest.mark.parametrize("rows", [600, 20_000])
def test_values_that_few_rows_share_predict_no_class(rows):
    """Values of a tenth of the rows, all of the frequent class; those of an id that three rows share predict it."""
    rng = np.random.default_rng(4)
    label = (rng.random(rows) < 0.2).astype(np.int64)
    rating = np.where((label == 0) & (rng.random(rows) < 0.1), rng.choice(["PG", "R"], rows), None)
    wage = np.where(rng.random(rows) < 0.2, 3.0 * label, rng.normal(10, 1, rows))
    frame = pd.DataFrame({"a": rng.normal(size=rows), "rating": rating, "wage": wage})
    assert found(frame, label) == []
    order = rng.permutation(rows)
    frame["person"] = np.arange(rows)[order] // 3 + 0.5
    label = (rng.random(rows // 3 + 1) < 0.5).astype(np.int64)[np.arange(rows)[order] // 3]
    (note,) = found(frame, label)
    assert note.startswith("column 'person' alone predicts the class")


def test_a_column_that_predicts_a_real_target():
    x, _ = noise()
    target = np.random.default_rng(2).lognormal(size=300)
    x[:, 1], x[:, 3] = -np.sqrt(target), 3 * target
    (note,) = found(x, target, classes=False)
    assert note.startswith("each of columns 1, 3 alone predicts the target of 210 train rows almost perfectly")
    x[:, [1, 3]] += 0.3 * np.random.default_rng(3).normal(size=(300, 2))
    assert found(x, target, classes=False) == []


@pytest.mark.parametrize(
    "index",
    [
        np.arange(300),
        np.arange(300)[::-1],
        1000 + 10 * np.arange(300),
        np.cumsum(np.random.default_rng(0).integers(1, 9, 300)),
        np.random.default_rng(0).permutation(300),
        np.random.default_rng(0).permutation(315)[:300],  # some rows had no label
        np.random.default_rng(0).permutation(445)[:300] + 1000.0,
        [f"id-{row}" for row in np.random.default_rng(0).permutation(300)],
    ],
)
def test_an_index_or_id(index):
    x, label = noise()
    frame = pd.DataFrame(x).assign(id=index)
    assert found(frame, label) == [
        "column 'id' numbers the 300 rows or names each one, as an index or id does; leave it out"
    ]


@pytest.mark.parametrize(
    "column",
    [
        np.random.default_rng(0).integers(0, 10_000, 300),
        np.random.default_rng(0).permutation(600)[:300],
        np.random.default_rng(0).integers(0, 330, 300),
        np.linspace(0, 1000, 300),  # a file in the order of a measurement
        np.arange(300) // 2,
        np.arange(300) % 2 == 0,
    ],
)
def test_no_index(column):
    x, label = noise()
    assert found(pd.DataFrame(x).assign(id=column), label) == []


def test_rows_sorted_by_class_with_their_number():
    x, label = noise()
    label = np.sort(label)
    one, other = found(np.column_stack([x, np.arange(300)]), label)
    assert one.startswith("column 4 alone predicts the class of 210 train rows almost perfectly")
    assert other.startswith("column 4 numbers the 300 rows or names each one")


def copied(x, rows):
    """The rows with 6 of the test rows and 1 of validation made equal to train rows."""
    x = x.copy()
    taken = np.r_[rows["test"][:6], rows["val"][:1]]
    x[taken] = x[rows["train"][:7]]
    return x


@pytest.mark.parametrize(
    ("x", "table"),
    [
        (noise()[0], True),
        (noise()[0].astype(np.float32).reshape(300, 1, 2, 2), False),
        (np.random.default_rng(0).integers(0, 256, (300, 1, 8, 8)).astype(np.uint8), False),
        (np.array([f"text {row}" for row in range(300)]), False),
        (np.array([f"text {row}" for row in range(300)], object), False),
    ],
)
def test_copies_across_splits(x, table):
    rows = cut(300)
    assert found(x, table=table, rows=rows) == []
    (note,) = found(copied(x, rows), table=table, rows=rows)
    assert note.startswith(
        "1 of 30 val rows (3.3 %) and 6 of 60 test rows (10 %) are exact copies of train rows; leave"
    )


@pytest.mark.parametrize(
    ("copies", "said"), [(250, "250 of 250 test rows (100 %)"), (249, "(over 99 %)"), (248, "(99 %)")]
)
def test_all_rows_are_a_hundred_percent(copies, said):
    x = np.random.default_rng(0).normal(size=(550, 2))
    rows = {"train": np.arange(250), "val": np.arange(250, 300), "test": np.arange(300, 550)}
    x[rows["test"][:copies]] = x[rows["train"][:copies]]
    (note,) = found(x, table=True, rows=rows)
    assert said in note


def test_copies_in_a_table_count_texts_gaps_and_zeros_of_either_sign():
    rows = cut(300)
    frame = pd.DataFrame(noise()[0]).assign(word=["x", "y", None] * 100)
    assert found(frame, rows=rows) == []
    frame.iloc[rows["train"][0]] = [0.0, 1.0, np.nan, 2.0, None]
    frame.iloc[rows["test"][0]] = [-0.0, 1.0, np.nan, 2.0, None]
    (note,) = found(frame, rows=rows)
    assert note.startswith("1 of 60 test rows (1.7 %) are exact copies of train rows; ")


@pytest.mark.parametrize("as_table", [True, False])
def test_many_rows_take_little_time(as_table):
    rng = np.random.default_rng(0)
    x, label = rng.normal(size=(100_000, 100)), rng.integers(0, 3, 100_000)
    given, rows = pd.DataFrame(x) if as_table else x, cut(100_000)
    started = time.process_time()
    assert found(given, label, rows=rows) == []
    assert time.process_time() - started < 3


def test_a_column_that_says_one_of_several_labels():
    rng = np.random.default_rng(0)
    hot = (rng.random((400, 3)) < 0.3).astype(np.int8)
    x = np.column_stack([rng.normal(size=(400, 2)), hot[:, 1] + rng.normal(0, 0.01, 400)])
    (said,) = leaks(x, hot, cut(400), table=True, target="multilabel")
    assert said.startswith("column 2 alone predicts one of the labels of 280 train rows almost perfectly")
    assert leaks(x[:, :2], hot, cut(400), table=True, target="multilabel") == []

"""Splits of files: by a column, in two files, in folds, and as a file says."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from embedbench.data.images.digits import Digits
from embedbench.data.images.image_folder import ImageFolder
from embedbench.data.splits.split_file import write_split
from embedbench.data.tables.arrays import Arrays
from embedbench.data.tables.table import Table
from embedbench.data.texts.text import Text
from embedbench.errors import UsageError
from embedbench.types import SPLITS


@pytest.fixture
def visits():
    """Visits of 20 patients, 3 to 9 of each, over a year; ids are texts."""
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(20), rng.integers(3, 10, 20))
    rng.shuffle(patient)
    n = len(patient)
    return pd.DataFrame(
        {
            "visit": [f"v{number:03}" for number in rng.permutation(n)],
            "patient": [f"p{number}" for number in patient],
            "day": pd.date_range("2024-01-01", periods=n).strftime("%Y-%m-%d")[rng.permutation(n)],
            "pulse": rng.normal(70, 9, n).round(3),
            "note": [f"felt {word}" for word in rng.choice(["well", "ill", "tired"], n)],
            "kind": np.array(list("abcd"))[patient % 4],
        }
    )


def saved(frame, folder, name="visits.csv"):
    path = folder / name
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_csv(path, index=False)
    return path


def of_split(data, split):
    """Row numbers in the file."""
    table = data.split_table()
    return table["row"][table["split"] == split].to_numpy()


DROP = {"label": "kind", "drop": ["note", "day"]}


def test_patients_stay_together_and_are_no_feature(visits, tmp_path):
    data = Table(saved(visits, tmp_path), **DROP, id="visit", split_by="patient", split_after=None)
    patients = [set(visits["patient"][of_split(data, split)]) for split in SPLITS]
    assert sum(map(len, patients)) == 20
    assert abs(data.rows["test"] / len(visits) - 0.2) < 0.05
    counts = ", ".join(f"{len(found)} in {split}" for found, split in zip(patients, SPLITS, strict=True))
    assert f"rows of one group stay together: {counts}" in data.notes
    assert "column 'patient' of `split_by` is no feature" in data.notes
    assert [column.name for column in data.encode.columns] == ["pulse"]


def test_later_visits_are_tested_and_the_note_says_from_when(visits, tmp_path):
    data = Table(saved(visits, tmp_path), **DROP, id="visit", split_after="day")
    days = [visits["day"][of_split(data, split)] for split in SPLITS]
    assert days[0].max() < days[1].min()
    assert days[1].max() < days[2].min()
    assert f"rows are divided by time: val begins at {days[1].min()}, test at {days[2].min()}" in data.notes
    assert [column.name for column in data.encode.columns] == ["patient", "pulse"]


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
def test_every_format_is_divided_alike(visits, tmp_path, name):
    plain = Table(saved(visits, tmp_path), **DROP, id="visit", split_by="patient")
    other = Table(saved(visits, tmp_path, name), **DROP, id="visit", split_by="patient")
    assert other.split_table().equals(plain.split_table())
    assert other.fingerprint == plain.fingerprint


def test_texts_and_arrays_are_divided_by_columns_too(visits, tmp_path):
    texts = Text(saved(visits, tmp_path), text="note", label="kind", split_by="patient")
    assert sum(len(set(visits["patient"][of_split(texts, split)])) for split in SPLITS) == 20
    columns = {name: visits[name].to_numpy(str) for name in ("patient", "day")}
    np.savez(tmp_path / "x.npz", x=visits[["pulse"]], y=visits["kind"].to_numpy(str), **columns)
    arrays = Arrays(tmp_path / "x.npz", split_by="patient")
    assert arrays.split_table()["split"].tolist() == texts.split_table()["split"].tolist()
    assert "array 'patient' ignored" not in arrays.notes
    late = Arrays(tmp_path / "x.npz", split_after="day")
    assert visits["day"][of_split(late, "train")].max() < visits["day"][of_split(late, "test")].min()
    with pytest.raises(UsageError, match="unknown split_by array 'patients'; did you mean 'patient'"):
        _ = Arrays(tmp_path / "x.npz", split_by="patients").spec


def test_two_files_are_train_and_test(visits, tmp_path):
    train, test = visits[:80], visits[80:].assign(note="new words")
    one, two = saved(train, tmp_path), saved(test[visits.columns[::-1]], tmp_path, "test.parquet")
    data = Table(one, label="kind", drop=["visit", "day"], test=two)
    assert of_split(data, "test").tolist() == [*range(80, len(visits))]
    assert data.rows["val"] == 8
    words = next(column for column in data.encode.columns if column.name == "note")
    assert "new words" not in str(words)  # fitted to train alone
    texts = Text(one, text="note", label="kind", test=two)
    assert set(texts.texts("test")) == {"new words"}


def test_two_files_have_the_same_columns_and_no_other_split(visits, tmp_path):
    one, two = saved(visits, tmp_path), saved(visits.drop(columns="pulse"), tmp_path, "test.csv")
    with pytest.raises(UsageError, match=r"test.csv lacks the columns 'pulse' of the other file"):
        _ = Table(one, label="kind", test=two).spec
    with pytest.raises(UsageError, match=r"test.csv lacks the columns 'pulse'"):
        _ = Table(two, label="kind", test=one).spec
    with pytest.raises(UsageError, match="`split` and `test` both say which rows are tested"):
        Table(one, label="kind", test=one, split="note")


def test_two_folders_are_train_and_test(tmp_path):
    for number in range(24):
        part = "old" if number < 16 else "new"
        path = tmp_path / part / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (number * 9, 0, 0)).save(path)
        path = tmp_path / f"{part}_texts" / "ab"[number % 2] / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text {number}", encoding="utf8")
    assert ImageFolder(tmp_path / "old", size=4, test=tmp_path / "new").rows["test"] == 8
    assert Text(tmp_path / "old_texts", test=tmp_path / "new_texts").rows["test"] == 8
    with pytest.raises(UsageError, match="a folder has none"):
        _ = Text(tmp_path / "old_texts", split_by="a").spec
    (tmp_path / "old").rename(tmp_path / "both_train")
    (tmp_path / "both").mkdir()
    (tmp_path / "both_train").rename(tmp_path / "both" / "train")
    (tmp_path / "new").rename(tmp_path / "both" / "test")
    with pytest.raises(UsageError, match="has a folder test of its own"):
        _ = ImageFolder(tmp_path / "both", test=tmp_path / "both" / "test").spec


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("ids", ["visit", None])
def test_a_split_that_was_written_is_read_again(visits, tmp_path, ending, ids):
    visits.loc[5, "kind"] = None  # a row without a label, that is in no split
    first = Table(saved(visits, tmp_path), **DROP, id=ids, split_by="patient")
    path = tmp_path / f"split{ending}"
    write_split(path, first.split_table())
    again = Table(saved(visits, tmp_path), **DROP, id=ids, split_file=path)
    assert again.split_table().equals(first.split_table())
    assert 5 not in again.split_table()["row"].to_numpy()


def test_ids_find_their_rows_in_a_file_of_another_order(visits, tmp_path):
    first = Table(saved(visits, tmp_path), **DROP, id="visit")
    write_split(tmp_path / "split.csv", first.split_table().drop(columns="row"))
    turned = visits[::-1].reset_index(drop=True)
    again = Table(saved(turned, tmp_path, "turned.csv"), **DROP, id="visit", split_file=tmp_path / "split.csv")
    for split in SPLITS:
        assert {*turned["visit"][of_split(again, split)]} == {*visits["visit"][of_split(first, split)]}


def test_rows_that_a_split_file_lacks_are_left_out_and_said(visits, tmp_path):
    table = pd.DataFrame({"row": range(60), "split": ["train"] * 40 + ["test"] * 20})
    write_split(tmp_path / "split.csv", table)
    data = Table(saved(visits, tmp_path), **DROP, split_file=tmp_path / "split.csv")
    assert data.rows == {"train": 36, "val": 4, "test": 20}
    assert f"{len(visits) - 60} of {len(visits)} rows are not in split.csv: left out" in data.notes


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("row,split\n0,train\n0,test\n", "names 1 rows by a value that others have, such as '0'"),
        ("row,split\n0,train\n999,test\n", "lists 1 of 2 rows by a row that the data don't have, whose rows are 0 to"),
        ("id,split\nv001,train\nv9999,test\n", "by a id that the data don't have, such as 'v9999'"),
        ("row,split\n0,train\n1,tset\n", "must hold train, val or test, got tset"),
        ("row,part\n0,train\n", "split"),
        ("split\ntrain\n", "row"),
        ("row,split\n", "lists no rows"),
    ],
)
def test_a_split_file_of_other_rows_is_refused(visits, tmp_path, lines, message):
    (tmp_path / "split.csv").write_text(lines, encoding="utf8")
    with pytest.raises(UsageError, match=message):
        _ = Table(saved(visits, tmp_path), **DROP, id="visit", split_file=tmp_path / "split.csv").spec


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"split_by": "patients"}, "unknown split_by column 'patients'; did you mean 'patient'"),
        ({"split_by": "kind"}, "`split_by` is the label 'kind'; for classes that are not trained on"),
        ({"split_after": "note2", "split": "note2"}, "is the column 'note2' of `split`, too"),
        ({"split_by": "patient", "split_after": "day"}, "`split_by` and `split_after` divide the rows"),
        ({"id": "patient"}, "of `id` names .* rows by a value that others have"),
        ({"fold": 2}, "`fold` is 2, but there is no such fold; give `folds`, too"),
        ({"folds": 3, "fold": 4}, r"it must be in \[1, 3\]"),
        ({"folds": 3, "split_file": "x.csv"}, "`split_file` says where each row belongs, and `folds` too"),
        ({"split_by": "patient", "split_file": "x.csv"}, "and `split_by` too; give one of them"),
    ],
)
def test_what_contradicts_itself_is_refused_in_a_sentence(visits, tmp_path, asked, message):
    with pytest.raises(UsageError, match=message):
        _ = Table(saved(visits, tmp_path), **DROP, **asked).spec


def test_folds_test_every_row_once_and_share_one_fingerprint():
    folds = [Digits(folds=5, fold=fold) for fold in range(1, 6)]
    tested = np.concatenate([of_split(data, "test") for data in folds])
    assert np.array_equal(np.sort(tested), np.arange(1797))
    assert len({data.fingerprint for data in folds[:2]}) == 1
    others = [Digits(folds=4), Digits(), Digits(folds=5, split_seed=1)]
    assert len({data.fingerprint for data in [folds[0], *others]}) == 4


def test_disjoint_classes_are_named():
    data = Digits(disjoint_classes=True)
    tested, trained = (sorted({*data.targets(split).tolist()}) for split in ("test", "train"))
    assert sorted(tested + trained) == [*range(10)]
    listed = ", ".join(f"'{number}'" for number in tested)
    assert f"tested are 5 of 10 classes, on which no model is trained: {listed}" in data.notes


def test_a_folder_of_records_has_its_own_numbers(tmp_path):
    lines = [json.dumps({"text": f"text {n % 7}", "label": "ab"[n % 2], "author": n % 9}) for n in range(90)]
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf8")
    data = Text(tmp_path / "x.jsonl", label="label", split_by="author", folds=3, fold=2)
    assert {*(of_split(data, "test") % 9)}.isdisjoint(of_split(data, "train") % 9)
    assert "rows of one group stay together: 9 groups in 3 folds" in data.notes

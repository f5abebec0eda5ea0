"""Tables from disk: what is a feature, what is a label, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from embedbench.data.tables.table import Table
from embedbench.errors import UsageError
from embedbench.types import SPLITS


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.normal(40, 9, 60),
            "city": rng.choice(["oslo", "rome", "bern"], 60),
            "floor": rng.integers(0, 3, 60),
            "kind": np.arange(60) % 3,
            "part": np.repeat(["train", "val", "test"], [40, 8, 12]),
        }
    )


def write(frame, tmp_path, name="x.csv"):
    path = tmp_path / name
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in name else ",")
    return path


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.tsv", "x.parquet"])
def test_formats_agree(frame, tmp_path, name):
    data = Table(write(frame, tmp_path, name), label="kind", split="part")
    assert data.spec.shape == (1 + 3 + 1,)
    assert data.spec.classes == ("0", "1", "2")
    assert data.rows == {"train": 40, "val": 8, "test": 12}
    assert data.tensors("test")[1].tolist() == frame["kind"][48:].tolist()
    age = frame["age"].to_numpy()
    expected = (age[48:] - age[:40].mean()) / age[:40].std()
    np.testing.assert_allclose(data.tensors("test")[0][:, 0], expected, atol=1e-6)


def test_drop_and_categorical(frame, tmp_path):
    path = write(frame, tmp_path)
    assert Table(path, label="kind", drop=["part", "city"]).spec.shape == (2,)
    spec = Table(path, label="kind", drop=["part"], categorical=["floor"]).spec
    assert spec.shape == (1 + 3 + 3,)
    assert spec.categories == (3, 3)


def test_without_label_all_columns_are_features(frame, tmp_path):
    data = Table(write(frame[["age", "kind"]], tmp_path))
    assert data.spec.target == "none"
    assert data.spec.shape == (2,)
    assert data.rows == {"train": 43, "val": 5, "test": 12}


def test_label_kinds(frame, tmp_path):
    assert Table(write(frame, tmp_path), label="city").spec.classes == ("bern", "oslo", "rome")
    assert Table(write(frame, tmp_path), label="age").spec.target == "real"
    assert Table(write(frame, tmp_path), label="kind", task="regression").spec.target == "real"


def test_rows_without_a_label_are_left_out_and_noted(frame, tmp_path):
    frame.loc[[0, 59], "city"] = None
    data = Table(write(frame, tmp_path), label="city", split="part")
    assert data.rows == {"train": 39, "val": 8, "test": 11}
    assert data.notes == ["2 rows without a label left out"]
    assert data.tensors("val")[1].tolist() == frame["city"][40:48].map({"bern": 0, "oslo": 1, "rome": 2}).tolist()


def test_missing_values_are_filled_and_noted(frame, tmp_path):
    frame.loc[[1, 2, 50], "age"] = np.nan
    frame.loc[3, "city"] = None
    data = Table(write(frame, tmp_path), label="kind", split="part")
    assert data.notes == [
        "column 'age': 3 missing values filled with the train median",
        "column 'city': 1 missing values made a category of their own",
    ]
    assert all(data.tensors(split)[0].isfinite().all() for split in SPLITS)
    train = frame["age"][:40].fillna(frame["age"][:40].median())
    expected = (train.median() - train.mean()) / train.std(ddof=0)
    assert data.tensors("test")[0][2, 0] == pytest.approx(expected, abs=1e-6)


def test_a_split_column_without_test_rows_gets_them_from_train(frame, tmp_path):
    data = Table(write(frame[frame["part"] != "test"], tmp_path), label="kind", split="part")
    assert data.rows == {"train": 32, "val": 8, "test": 8}


def test_split_column_must_make_sense(frame, tmp_path):
    with pytest.raises(UsageError, match="split column 'city' must hold train, val or test, got bern, oslo, rome"):
        _ = Table(write(frame, tmp_path), split="city").spec
    with pytest.raises(UsageError, match="split column 'part' marks no row as train"):
        _ = Table(write(frame[frame["part"] == "test"], tmp_path), split="part").spec


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"label": "knd"}, "unknown label column 'knd'; did you mean 'kind'"),
        ({"split": "prt"}, "unknown split column 'prt'; did you mean 'part'"),
        ({"drop": ["citi"]}, "unknown drop column 'citi'; did you mean 'city'"),
        ({"categorical": ["flor"]}, "unknown categorical column 'flor'; did you mean 'floor'"),
        ({"label": "kind", "split": "part", "drop": ["age", "city", "floor"]}, "no feature is left"),
    ],
)
def test_wrong_columns(frame, tmp_path, args, message):
    with pytest.raises(UsageError, match=message):
        _ = Table(write(frame, tmp_path), **args).spec


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"age": np.nan}, "no value at all in .* train rows in column 'age'"),
        ({"age": np.inf}, "infinite or beyond float32 in column 'age': 60"),
        ({"kind": 1}, "one class only, '1'"),
        ({"kind": np.nan}, "no labelled rows"),
    ],
)
def test_bad_values(frame, tmp_path, changes, message):
    with pytest.raises(UsageError, match=message):
        _ = Table(write(frame.assign(**changes), tmp_path), label="kind", drop=["part"]).spec


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"", "cannot read .*x.csv as CSV"),
        ("x.csv", b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "cannot read .*x.csv as CSV"),
        ("x.csv", b"a,b\n1,2\n1,2,3\n", "cannot read .*x.csv as CSV"),
        ("x.csv.gz", b"no gzip", "cannot read .*x.csv.gz as CSV"),
        ("x.parquet", b"a,b\n1,2\n", "cannot read .*x.parquet as Parquet"),
        ("x.csv", b"a,b\n", "holds no rows"),
    ],
)
def test_files_that_are_no_tables(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message) as error:
        _ = Table(path).spec
    assert "\n" not in str(error.value)


def test_missing_file(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        _ = Table(tmp_path / "x.csv").spec


def test_commas_of_the_label_are_read_as_those_of_features(tmp_path):
    values = np.arange(1250, 1250 + 60 * 7, 7)
    rows = [f"{value // 1000},{value % 1000:03};{row % 5}" for row, value in enumerate(values)]
    (tmp_path / "x.csv").write_text("\n".join(["y;a", *rows]), encoding="utf8")
    data = Table(tmp_path / "x.csv", label="y")
    assert data.spec.target == "real"
    found = np.concatenate([data.targets(split) for split in SPLITS])
    assert sorted(found.tolist()) == (values / 1000).tolist()

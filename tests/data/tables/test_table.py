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


def test_signs_are_the_same_in_all_formats_and_kept_by_the_run(tmp_path):
    rng = np.random.default_rng(0)
    cents = rng.integers(1000, 999999, 60)
    frame = pd.DataFrame(
        {
            "rate": [f"{rate:.1f} %" for rate in rng.random(60) * 100],
            "price": [f"€ {c // 100:,}".replace(",", ".") + f",{c % 100:02d}" for c in cents.tolist()],
            "kind": np.arange(60) % 3,
        }
    )
    frame.to_feather(tmp_path / "x.arrow")
    frame.to_json(tmp_path / "x.jsonl", orient="records", lines=True, force_ascii=False)
    paths = [write(frame, tmp_path), write(frame, tmp_path, "x.parquet"), tmp_path / "x.arrow", tmp_path / "x.jsonl"]
    found = [Table(path, label="kind") for path in paths]
    assert len({data.fingerprint for data in found}) == 1
    rows = np.vstack([found[0].tensors(split)[0] for split in SPLITS])
    encode = found[0].encode
    prices = np.sort(rows[:, 1] * encode.deviation[1] + encode.mean[1])
    np.testing.assert_allclose(prices, np.sort(cents) / 100, rtol=1e-4)
    assert [column.sign for column in encode.columns] == ["%", "€"]


def test_ordinal_columns_are_the_same_in_all_formats_and_for_new_rows(tmp_path):
    frame = pd.DataFrame(
        {
            "size": np.random.default_rng(0).choice(["small", "medium", "large"], 60),
            "n": np.random.default_rng(1).normal(size=60),
            "kind": np.arange(60) % 3,
        }
    )
    frame.loc[5, "size"] = None
    frame.to_json(tmp_path / "x.jsonl", orient="records", lines=True)
    typed = frame.assign(size=pd.Categorical(frame["size"], ["small", "medium", "large", "huge"], ordered=True))
    paths = [write(frame, tmp_path), write(typed, tmp_path, "x.parquet"), tmp_path / "x.jsonl"]
    found = [Table(path, label="kind") for path in paths]
    assert len({data.fingerprint for data in found}) == 1
    assert found[0].spec.shape == (2,)
    encode = found[0].encode
    new = pd.DataFrame({"size": ["large", "huge", None, "small"], "n": [0.0] * 4})
    table, said = encode.read(new)
    np.testing.assert_array_equal(table["size"], [2, np.nan, np.nan, 0])
    assert said == ("column 'size': 1 values are of categories that the run doesn't know and count as missing: 'huge'",)
    median = encode.median[0]
    levels = encode.transform(table)[:, 0] * encode.deviation[0] + encode.mean[0]
    np.testing.assert_allclose(levels, [2, median, median, 0], atol=1e-12)
    with pytest.raises(UsageError, match=r"the run knows none of the categories in column 'size'.*'small', 'medium'"):
        encode.read(new.assign(size="enormous"))


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
        ({"age": [1.0, *[np.inf] * 59]}, "infinite or beyond float32 in column 'age': 59"),
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


def customers(rows=120):
    rng = np.random.default_rng(0)
    words = ["late", "paid", "called", "again", "about", "the", "invoice", "twice", "friendly", "in", "spite", "of"]
    return pd.DataFrame(
        {
            "customer": [f"C{i:05}" for i in rng.permutation(rows)],
            "joined": pd.Timestamp("2021-03-01") + pd.to_timedelta(rng.integers(0, 700, rows), "D"),
            "remark": [" ".join(rng.choice(words, 6)) for _ in range(rows)],
            "spent": rng.normal(100, 20, rows).round(2),
            "city": rng.choice(["oslo", "rome"], rows),
            "member": rng.random(rows) < 0.5,
            "split": rng.choice(["train", "test"], rows, p=[0.8, 0.2]),
            "segment": rng.choice(["a", "b", "c"], rows),
        }
    )


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet", "x.feather"])
def test_an_id_a_date_and_a_remark_become_the_features_that_they_are(name, tmp_path):
    path, rows = tmp_path / name, customers()
    if name.endswith("jsonl"):
        rows.to_json(path, orient="records", lines=True, date_format="iso", date_unit="us")
    elif name.endswith("feather"):
        rows.to_feather(path)
    else:
        write(rows, tmp_path, name)
    data = Table(path, label="segment")
    assert data.spec.shape == (2 + 4 + 2 + 2,)  # two numbers, two cycles, two codes
    assert data.notes == [
        "column 'split' says train, val or test of each row: left out; --data.split split uses it",
        "column 'customer': (nearly) each row has a value of its own, as an id or index does: left out; "
        "--data.numeric or --data.categorical [customer] keeps it",
        f"column 'remark': free text: left out; --data text --data.path {path} --data.text remark embeds it, "
        "--data.categorical [remark] keeps it",
    ]
    csv = Table(write(rows, tmp_path), label="segment")
    assert data.fingerprint == csv.fingerprint


def test_what_is_decided_can_be_overruled_by_name(tmp_path):
    path = write(customers().assign(seen=np.arange(120) % 28 + 20240101, row=np.linspace(0, 1, 120)), tmp_path)
    asked = {"categorical": ["customer"], "date": ["seen"], "id": "row", "drop": ["remark", "split", "city"]}
    data = Table(path, label="segment", **asked)
    kinds = {column.name: column.kind for column in data.encode.columns}
    assert kinds == {"customer": "category", "joined": "date", "spent": "number", "member": "category", "seen": "date"}
    with pytest.raises(UsageError, match="column 'spent' is named by both `categorical` and `numeric`; keep one"):
        Table(path, categorical=["spent"], numeric=["spent"])
    with pytest.raises(UsageError, match="unknown id column 'cty'; did you mean 'city'"):
        _ = Table(path, id="cty").spec


def test_a_file_of_ids_and_texts_alone_is_refused_with_what_would_embed_it(tmp_path):
    path = write(customers()[["customer", "remark", "segment"]], tmp_path)
    with pytest.raises(
        UsageError, match=r"no feature is left .*--data text --data.path .* --data.text remark embeds it"
    ):
        _ = Table(path, label="segment").spec


def test_repeated_rows_are_counted(frame, tmp_path):
    data = Table(write(pd.concat([frame, frame[:7]]), tmp_path), label="kind", drop=["part"])
    assert data.notes[0] == "7 of 67 rows repeat an earlier one in all that is embedded"


def test_columns_that_are_set_aside_are_no_features_and_go_with_their_rows(frame, tmp_path):
    frame["group"] = np.where(frame["kind"] == 2, "q", "p")
    frame.loc[[1, 50], "floor"] = None
    frame.loc[4, "kind"] = None
    path = write(frame, tmp_path)
    common = {"label": "kind", "split": "part"}
    data = Table(path, probe=["floor", "city"], levels=["group"], **common)
    plain = Table(path, drop=["floor", "city", "group"], **common)
    assert data.fingerprint == plain.fingerprint
    for split in SPLITS:
        np.testing.assert_array_equal(data.tensors(split)[0], plain.tensors(split)[0])
        rows = frame[(frame["part"] == split) & frame["kind"].notna()]
        found = data.further(split)
        assert list(found) == ["floor", "city", "group"]
        names = [None if number < 0 else found["floor"].classes[number] for number in found["floor"].label]
        assert names == [None if np.isnan(value) else str(int(value)) for value in rows["floor"]]
        assert [found["city"].classes[number] for number in found["city"].label] == rows["city"].tolist()
        assert [found["group"].classes[number] for number in found["group"].label] == rows["group"].tolist()
    assert found["group"].height == 1
    assert any("'floor': 2 of 59 rows have no value" in note for note in data.notes)


def test_a_copy_of_a_column_that_is_set_aside_is_no_feature_either(frame, tmp_path):
    frame["place"] = frame["city"]
    frame.loc[3, "city"] = None
    data = Table(write(frame, tmp_path), probe=["city"], drop=["part"])
    assert data.spec.shape == (3,)  # age, floor, kind
    assert "column 'place' repeats column 'city', which is set aside, in every row: left out" in data.notes


def test_a_kind_overrules_what_a_probed_column_is_taken_for(frame, tmp_path):
    path = write(frame, tmp_path)
    found = Table(path, probe=["floor", "kind"], numeric=["floor"], categorical=["kind"]).further("train")
    assert {name: one.target for name, one in found.items()} == {"floor": "real", "kind": "classes"}
    with pytest.raises(UsageError, match="column 'age' is named by both `date` and `probe`; keep one"):
        Table(path, probe=["age"], date=["age"])


def test_every_role_but_one_is_refused(frame, tmp_path):
    path = write(frame, tmp_path)
    for argument in ("label", "split", "id", "split_by", "split_after"):
        with pytest.raises(UsageError, match=f"column 'part' is named by both `{argument}` and `probe`; keep one"):
            Table(path, probe=["part"], **{argument: "part"})
    with pytest.raises(UsageError, match="unknown levels column 'ctiy'; did you mean 'city'"):
        Table(path, label="kind", levels=["ctiy"]).rows  # noqa: B018

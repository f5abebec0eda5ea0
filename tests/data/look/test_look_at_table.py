"""What a table is taken for at a glance, in realistic files of each kind."""

import json
import shlex

import numpy as np
import own_data
import pandas as pd
import pytest
import yaml

from embedbench.data.look.look import look
from embedbench.data.tables.table import Table
from embedbench.errors import UsageError

WORDS = ["late", "paid", "called", "again", "about", "the", "invoice", "twice", "friendly", "in", "spite", "of"]
RNG = np.random.default_rng(0)


def sentences(rows):
    return [" ".join(RNG.choice(WORDS, 7)) for _ in range(rows)]


def customers(rows=120):
    return pd.DataFrame(
        {
            "customer": RNG.permutation(rows) + 1000,
            "joined": pd.Timestamp("2021-03-01") + pd.to_timedelta(RNG.integers(0, 700, rows), "D"),
            "remark": [text if i % 3 else None for i, text in enumerate(sentences(rows))],
            "country": "NO",
            "spent": [None if i % 10 == 0 else round(float(x), 2) for i, x in enumerate(RNG.normal(100, 20, rows))],
            "city": RNG.choice(["oslo", "rome"], rows),
            "member": RNG.random(rows) < 0.5,
            "segment": RNG.choice(["a", "b", "c", "d"], rows, p=[0.7, 0.2, 0.06, 0.04]),
        }
    )


def write(frame, path):
    if path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, date_format="iso", force_ascii=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)
    return path


def kinds(found):
    return {column.name: column.kind for column in found.columns}


@pytest.mark.parametrize("name", ["c.csv", "C.CSV", "c.csv.gz", "C.TSV.XZ", "c.jsonl", "c.parquet"])
def test_customers(name, tmp_path):
    path = tmp_path / name
    if "TSV" in name:
        customers().to_csv(path, index=False, sep="\t")
    else:
        write(customers(), path)
    found = look(path)
    assert (found.modality, found.data, found.arguments) == ("table", "table", {"path": str(path)})
    assert (found.looked, found.label, found.group, found.split) == (120, "segment", None, None)
    assert kinds(found) == {
        "customer": "id",
        "joined": "date",
        "remark": "text",
        "country": "constant",
        "spent": "number",
        "city": "category",
        "member": "boolean",
        "segment": "category",
    }
    by_name = {column.name: column for column in found.columns}
    assert [by_name[name].becomes for name in ("customer", "joined", "remark", "spent", "city")] == [
        *("left out", "5 numbers", "left out", "1 number", "2 0/1 columns")
    ]
    assert (by_name["spent"].missing, by_name["remark"].missing, by_name["city"].distinct) == (12, 40, 2)
    assert by_name["customer"].why.startswith("(nearly) each row has its own, such as ")


def test_visits_by_patient_name_their_group(tmp_path):
    frame = pd.DataFrame(
        {"patient": np.repeat(np.arange(40), 5), "pulse": RNG.normal(70, 9, 200), "sick": [0, 1] * 100}
    )
    found = look(write(frame, tmp_path / "visits.csv"))
    assert (found.group, found.label) == ("patient", "sick")
    assert "'patient' looks like groups, each of several rows: --data.split_by patient keeps" in found.hints["split_by"]


def test_sensor_rows_invoices_and_wide_ones(tmp_path):
    times = pd.date_range("2024-01-01", periods=90, freq="10min")
    sensors = look(write(pd.DataFrame({"time": times, "heat": RNG.normal(size=90)}), tmp_path / "sensors.csv"))
    assert kinds(sensors) == {"time": "date", "heat": "number"}
    assert sensors.columns[0].why == "2024-01-01 to 2024-01-01 14:50"
    lines = ["nr;betrag;datum"] + [f"{i};{i * 13 % 97},{i:02};{i % 28 + 1}.{i % 12 + 1}.2023" for i in range(60)]
    (tmp_path / "invoices.csv").write_text("\n".join(lines), encoding="utf8")
    assert kinds(look(tmp_path / "invoices.csv")) == {"nr": "id", "betrag": "number", "datum": "date"}
    wide = pd.DataFrame(RNG.normal(size=(12, 900))).add_prefix("gene").assign(label=["a", "b"] * 6)
    found = look(write(wide, tmp_path / "wide.csv"))
    assert (len(found.columns), found.looked, found.label) == (901, 12, "label")


def test_mails_and_posts_are_texts(tmp_path):
    mails = pd.DataFrame({"id": range(50), "body": sentences(50), "folder": RNG.choice(["a", "b"], 50)})
    for name in ("mails.csv", "posts.jsonl"):
        found = look(write(mails, tmp_path / name))
        assert (found.modality, found.data, found.label) == ("text", "text", "folder")
        assert found.arguments == {"path": str(tmp_path / name), "text": "body"}
        assert [column.becomes for column in found.columns] == ["not embedded", "embedded", "not embedded"]
    both = look(write(mails.assign(subject=[text[:20] for text in mails["body"]]), tmp_path / "m.csv"))
    assert both.arguments["text"] == "body"
    assert look(write(mails.assign(age=RNG.normal(size=50)), tmp_path / "m.csv")).modality == "table"


def test_embeddings_in_parquet(tmp_path):
    frame = pd.DataFrame(
        {"id": [f"d{i}" for i in range(40)], "vector": [*RNG.normal(size=(40, 8))], "kind": [1, 2] * 20}
    )
    found = look(write(frame, tmp_path / "vectors.parquet"))
    assert kinds(found) == {"id": "id", "vector": "vector", "kind": "number"}
    assert (found.columns[1].becomes, found.label) == ("8 numbers", "kind")


def test_a_split_repeated_rows_and_what_cannot_be_read(tmp_path):
    frame = customers(60).assign(
        split=["train", "test", "train"] * 20, price=[f"{i} {'kg' if i % 2 else 'g'}" for i in range(60)]
    )
    found = look(write(pd.concat([frame, frame[:5]]), tmp_path / "c.csv"))
    assert (found.split, found.repeated) == ("split", 5)
    assert found.hints["split"] == "'split' says train, val or test: --data.split split"
    by_name = {column.name: column for column in found.columns}
    assert (by_name["split"].becomes, by_name["price"].kind) == ("left out", "unusable")
    assert by_name["price"].why.startswith("holds numbers with a unit, such as '0 g'")


def test_of_a_large_file_the_first_rows_are_looked_at(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + "1.5,x\n2.5,y\n" * 10_000, encoding="utf8")
    found = look(path)
    assert (found.rows, found.looked, found.whole) == (20_000, 5_000, False)
    frame = pd.DataFrame({"a": [1.5, 2.5] * 10_000, "b": ["x", "y"] * 10_000})
    for name in ("long.parquet", "long.jsonl"):
        found = look(write(frame, tmp_path / name))
        assert (found.rows, found.looked, kinds(found)) == (20_000, 5_000, {"a": "number", "b": "category"})
    frame.to_feather(tmp_path / "long.feather")
    assert look(tmp_path / "long.feather").rows == 20_000
    frame.to_csv(tmp_path / "long.csv.gz", index=False)
    assert look(tmp_path / "long.csv.gz").rows is None


def test_lines_within_quotes_are_no_rows(tmp_path):
    texts = [f"{text}\nand so on" for text in sentences(30)]
    found = look(write(pd.DataFrame({"text": texts, "label": ["a", "b"] * 15}), tmp_path / "t.csv"))
    assert (found.rows, found.whole) == (30, True)


def test_what_is_no_table(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n", encoding="utf8")
    with pytest.raises(UsageError, match=r"x\.csv holds no rows"):
        look(tmp_path / "x.csv")
    (tmp_path / "x.jsonl").write_text(json.dumps([1]), encoding="utf8")
    with pytest.raises(UsageError, match="write one JSON object a line"):
        look(tmp_path / "x.jsonl")
    with pytest.raises(UsageError, match=r"there is no file or folder '.*x\.cvs'; did you mean '.*x\.csv'"):
        look(tmp_path / "x.cvs")


def test_the_command_leaves_out_what_would_be_refused_and_a_shell_reads_it(tmp_path):
    path = tmp_path / "my orders.csv"
    prices = {"price €, net": [f"{'$' if i % 2 else '€'} {i}" for i in range(60)], "tax": ["€ 1.200", "€ 2.500"] * 30}
    write(pd.DataFrame({**prices, "n": [0.5, 1.5] * 30, "the class": ["a", "b"] * 30}), path)
    found = look(path)
    assert "'the class' looks like a label: --data.label 'the class'" in found.hints.values()
    *_, option, given, drop, names = shlex.split(found.command)
    assert (option, given, drop) == ("--data", str(path), "--data.drop")
    assert Table(path, drop=yaml.safe_load(names)).spec.shape == (3,)


def test_times_of_a_day_are_shown_without_a_day(tmp_path):
    (column, *_) = look(
        write(pd.DataFrame({"at": ["00:00", "23:10", "07:30"], "n": [1, 3, 2]}), tmp_path / "c.csv")
    ).columns
    assert (column.kind, column.why) == ("date", "00:00 to 23:10")


@pytest.mark.parametrize("name", ["c.csv", "c.parquet", "c.jsonl"])
def test_whole_numbers_that_write_days_are_hinted_at(name, tmp_path):
    days = pd.date_range("2023-12-01", periods=60).strftime("%Y%m%d").astype(int)
    others = {"no day": days + 40, "few": [20240101, 20240102] * 30, "size": RNG.normal(size=60)}
    path = write(pd.DataFrame({"day": days, "paid on": days[::-1], **others}), tmp_path / name)
    found = look(path)
    assert found.days == ("day", "paid on")
    said = "'day', 'paid on' look like days such as 20240131: --data.date '[day, \"paid on\"]'"
    assert found.hints["date"] == said
    plain = Table(path, date=["day", "paid on"]).spec
    assert plain.shape[0] > Table(path, numeric=["day", "paid on"]).spec.shape[0]  # dates have cyclic parts


def test_signs_are_said_at_a_glance(tmp_path):
    frame = pd.DataFrame({"rate": [f"{i % 40} %" for i in range(80)], "n": [1.5, 2.5] * 40})
    (rate, _) = look(write(frame, tmp_path / "c.csv")).columns
    assert (rate.kind, rate.becomes) == ("number", "1 number")
    assert rate.why == "0 to 39; holds per cent: '0 %' is read as 0"


@pytest.mark.parametrize(
    ("write", "hint"),
    [
        (own_data.articles, "'tags' looks like several labels a row: --data.label tags --data.label_separator ';'"),
        (own_data.products, "'labels' looks like several labels a row: --data.label labels"),
    ],
)
def test_several_labels_a_row_are_seen(write, hint, tmp_path):
    found = look(write(tmp_path))
    assert found.hints["label"] == hint
    if write is own_data.products:
        (column,) = [one for one in found.columns if one.name == "labels"]
        assert (column.kind, column.becomes) == ("labels", "left out")
        assert column.why == "lists of names: fragile 101, heavy 55, new 39, …"

"""The same content in every format gives the same numbers, labels, names of classes and notes."""

import csv
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from embedbench.data.huggingface import HuggingFace
from embedbench.data.labels.label_numbers import encode_label, has_label, label_notes
from embedbench.data.tables.column_codes import notes
from embedbench.data.tables.kinds import recognise, tidy
from embedbench.data.tables.table import Table

N = 60
NAMES = ["007", "7", "N\u00e9", "Ne\u0301"]
CONTENT = {
    "number": [round(float(np.sin(i)), 3) for i in range(N)],
    "gap": [None if i % 7 == 0 else i / 3 for i in range(N)],
    "words": [["?", "NA"][i % 2] if i < 3 else str(i) for i in range(N)],
    "thousands": [f"{1000 + 37 * i:,}" for i in range(N)],
    "comma": [f"{i},5" for i in range(N)],
    "big": [None if i == 4 else 2**60 + i for i in range(N)],
    "category": [["null", "None", "caf\u00e9", "cafe\u0301"][i // 5 % 4] for i in range(N)],
    "flag": [[True, False, None][i % 3] for i in range(N)],
    "vector": [[float(i), None if i == 3 else i / 2, i * i / 7] for i in range(N)],
}
LABELS = {
    "name": [None if i == 5 else NAMES[i % 4] for i in range(N)],
    "whole": [None if i == 5 else i % 3 + 9 for i in range(N)],
    "id": [None if i == 5 else 10**17 + i % 4 for i in range(N)],
    "real": [None if i == 5 else 1e7 + i / 8 for i in range(N)],
    "text": [None if i == 5 else f"{i / 8}" for i in range(N)],
    "flag": [None if i == 5 else i % 2 == 0 for i in range(N)],
}
CLASSES = {
    "name": ("007", "7", "N\u00e9"),
    "whole": ("9", "10", "11"),
    "id": tuple(f"10000000000000000{i}" for i in range(4)),
    "flag": ("False", "True"),
}
FEATURE_NOTES = [
    "column 'words': 3 values that say no number ('?', 'NA') count as missing",
    "column 'thousands': 59 numbers read with commas as thousands",
    "column 'comma': 59 numbers read with commas as decimal points",
    "column 'big': 58 whole numbers beyond 2^53 are rounded to float64",
    "column 'category': 15 values are called by composed Unicode (NFC), such as 'caf\u00e9'",
    "column 'gap': 9 missing values filled with the train median",
    "column 'words': 3 missing values filled with the train median",
    "column 'big': 1 missing values filled with the train median",
    "column 'flag': 19 missing values made a category of their own",
    "column 'vector': 1 missing values filled with the train median",
]


def write_csv(rows, path):
    with path.open("w", newline="", encoding="utf8") as file:
        writer = csv.writer(file)
        writer.writerow(rows)
        for row in zip(*rows.values(), strict=True):
            writer.writerow([json.dumps(v) if isinstance(v, list) else "" if v is None else v for v in row])


def write_jsonl(rows, path):
    lines = [json.dumps(dict(zip(rows, row, strict=True))) for row in zip(*rows.values(), strict=True)]
    path.write_text("\n".join(lines), encoding="utf8")


def write_stream(rows, path):
    table = pa.table(rows)
    with pa.ipc.new_stream(path, table.schema) as stream:
        stream.write_table(table)


WRITERS = {
    "x.csv": write_csv,
    "x.jsonl": write_jsonl,
    "x.parquet": lambda rows, path: parquet.write_table(pa.table(rows), path),
    "pandas.parquet": lambda rows, path: pa_frame(rows).to_parquet(path),
    "x.feather": lambda rows, path: feather.write_feather(pa.table(rows), path),
    "x.arrow": write_stream,
}


def pa_frame(rows):
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in rows.items()})


def source(data):
    found = data.load()
    return found.x, found.label.tolist(), found.classes, list(found.notes)


def by_functions(rows):
    """What the functions make of a DataFrame."""
    frame = pa_frame(rows)
    there, bare = has_label(frame["label"])
    frame = frame[there]
    label, classes = encode_label(frame["label"], "auto")
    columns, read = recognise(frame.drop(columns="label"))
    table = tidy(frame, columns)
    said = [*bare, *label_notes(frame["label"], classes), *read, *notes(table, columns)]
    return table, label.tolist(), classes, said


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("name", [*WRITERS, "hub"])
def test_formats_agree_with_the_functions(name, kind, tmp_path):
    rows = {**CONTENT, "label": LABELS[kind]}
    if name == "hub":
        import datasets

        datasets.Dataset(pa.table(rows)).save_to_disk(tmp_path / "x")
        x, *found = source(HuggingFace(str(tmp_path / "x"), columns=[c for c in rows if c != "label"], label="label"))
        found[-1] = [note.replace(" of split 'train'", "") for note in found[-1]]
    else:
        WRITERS[name](rows, tmp_path / name)
        x, *found = source(Table(tmp_path / name, label="label"))
    wanted, *others = by_functions(rows)
    pd.testing.assert_frame_equal(x.reset_index(drop=True), wanted.reset_index(drop=True), check_exact=True)
    assert found == others


@pytest.mark.parametrize("kind", LABELS)
def test_the_functions_are_right(kind):
    table, label, classes, said = by_functions({**CONTENT, "label": LABELS[kind]})
    kept = [i for i in range(N) if i != 5]
    assert table["words"].tolist()[3:] == [float(i) for i in kept[3:]]
    assert table["thousands"].tolist() == [1000.0 + 37 * i for i in kept]
    assert table["comma"].tolist() == [i + 0.5 for i in kept]
    assert set(table["category"]) == {"null", "None", "caf\u00e9"}
    assert table["vector[2]"].tolist() == [i * i / 7 for i in kept]
    assert classes == CLASSES.get(kind, ())
    given = [LABELS[kind][i] for i in kept]
    if kind in ("real", "text"):
        assert label == [float(value) for value in given]
    else:
        names = [str(value).replace("e\u0301", "\u00e9") for value in given]
        assert [classes[number] for number in label] == names
    renamed = ["label: 15 values are called by composed Unicode (NFC), such as 'N\u00e9'"] if kind == "name" else []
    assert said == ["1 rows without a label left out", *renamed, *FEATURE_NOTES]

"""Tables and texts: CSV, TSV, JSON Lines, Parquet and Arrow, compressed or not, with odd cells, names and bytes."""

import bz2
import datetime
import decimal
import gzip
import io
import json
import lzma
import zipfile

import pyarrow as pa
import pytest
from fuzzing import damaged, odd_value
from pyarrow import ipc, parquet

pytestmark = pytest.mark.slow

CASES = 140
CELLS = [
    *("", " ", "nan", "NA", "null", "inf", "-inf", "1e400", "-1e39", "1e-320", "9" * 30, "1,000", "0,5", "1 000", "$5"),
    *("2020-01-01", "12:30", "007", "7.0", "True", "yes", "=1+1", '"', '""', "a,b", "a;b", "a\tb", "a\nb", "\r", "\\"),
    *("\x00", "\ufeff", "\u202eabc", "e\u0301", "\U0001f600", "x" * 200_000, "[1, 2]", "[0.1 0.2]", "[1, [2]]", "{}"),
    *("5 cm", "5 kg", "12A", "1;2;3", "\x1b[31m", "--", "?", "train", "test", "val"),
]


def text_table(rng):
    """A CSV or TSV of few rows with some odd cells, and its ending."""
    separator, ending = rng.choice([(",", "csv"), (",", "csv"), ("\t", "tsv"), (";", "csv"), ("|", "csv")])
    rows = [["a", "b", "c", "y"]] + [[f"{i * 7 % 11}.5", str(i), "uv"[i % 2], "pq"[i % 2]] for i in range(24)]
    for _ in range(rng.choice([0, 1, 1, 3, 30])):
        row, column = rng.randrange(len(rows)), rng.randrange(4)
        rows[row][column] = rng.choice(CELLS)
    if rng.random() < 0.2:
        place, odd = rng.randrange(4), rng.choice(CELLS)
        rows[1:] = [[*row[:place], odd, *row[place + 1 :]] for row in rows[1:]]
    if rng.random() < 0.2:
        row = rng.choice(rows)
        row[:] = rng.choice([row[:2], [*row, *row], [], [""], row * 500])
    text = rng.choice(["\n", "\n", "\r\n", "\r"]).join(separator.join(row) for row in rows)
    return text.encode(rng.choice(["utf8"] * 6 + ["utf16", "utf-8-sig"]), "surrogatepass"), ending


def json_lines(rng):
    """JSON Lines with odd values and lines."""
    rows = [{"a": i * 7 % 11 + 0.5, "b": i, "c": "uv"[i % 2], "y": "pq"[i % 2]} for i in range(24)]
    for _ in range(rng.choice([1, 1, 3])):
        row, key, odd = rng.choice(rows), rng.choice(["a", "b", "c", "y", "new", ""]), odd_value(rng)
        for one in rng.choice([[row], rows]):
            one[key] = odd
    lines = [json.dumps(row, default=str, skipkeys=True) for row in rows]
    if rng.random() < 0.3:
        odd = ["", "[]", "1", "null", "{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 3000, '{"a": ' * 3000, "9" * 5000]
        lines[rng.randrange(24)] = rng.choice([*odd, '{"a": "\\ud83d"}', '{"\\ud83d": 1}'])
    return "\n".join(lines).encode(), rng.choice(["jsonl", "ndjson"])


def columns(rng):
    """A column of Arrow of each kind."""
    n, day = 24, datetime.date(2020, 1, 1)
    whole = list(range(n))
    kinds = [
        pa.array([None] * n),
        pa.array([0.5 * i if i % 5 else None for i in whole]),
        pa.array([float("nan")] * n),
        pa.array([1e300 * (i + 1) for i in whole]),
        pa.array([2**63 - 1 - i for i in whole]),
        pa.array([2**64 - 1 - i for i in whole], pa.uint64()),
        pa.array([i % 2 == 0 if i % 3 else None for i in whole]),
        pa.array([decimal.Decimal(i) / 3 for i in whole], pa.decimal128(38, 30)),
        pa.array([day + datetime.timedelta(i) for i in whole]),
        pa.array([datetime.datetime(2020, 1, 1, i % 24) for i in whole], pa.timestamp("ns", "UTC")),
        pa.array([datetime.time(i % 24) for i in whole]),
        pa.array([datetime.timedelta(i) for i in whole]),
        pa.array([bytes([i, 255]) for i in whole]),
        pa.array([[1.0, 2.0] for _ in whole]),
        pa.array([[1.0] * (i % 3) for i in whole]),
        pa.array([[None, "a"] for _ in whole]),
        pa.array([[[1], [2]] for _ in whole]),
        pa.array([{"p": i, "q": "r"} for i in whole]),
        pa.array([{} for _ in whole], pa.struct([])),
        pa.array([[("k", i)] for i in whole], pa.map_(pa.string(), pa.int64())),
        pa.array(["p", None, "q"] * 8).dictionary_encode(),
        pa.array([i % 2 for i in whole]),
        pa.array([i / 10 for i in whole], pa.float16()) if hasattr(pa, "float16") else pa.array(whole),
        pa.array([""] * n),
        pa.array(["\U0001f600", "e\u0301", " p"] * 8),
        pa.array(["x" * 100_000] * n),
    ]
    return rng.choice(kinds)


def columnar(rng):
    """A Parquet or Arrow file with columns of odd kinds."""
    names = ["a", "b", "y", rng.choice(["a", "c", "", " a", "split", "label", "__index_level_0__", "index"])]
    table = pa.table(
        [pa.array([i * 7 % 11 + 0.5 for i in range(24)]), pa.array(range(24)), columns(rng), columns(rng)], names
    )
    if rng.random() < 0.3:
        table = table.select(rng.sample(range(4), rng.randrange(4)))
    if rng.random() < 0.2:
        table = table.slice(0, rng.choice([0, 1, 2]))
    found = io.BytesIO()
    if rng.random() < 0.5:
        parquet.write_table(table, found)
        return found.getvalue(), rng.choice(["parquet", "pq"])
    with rng.choice([ipc.new_file, ipc.new_stream])(found, table.schema) as writer:
        writer.write_table(table)
    return found.getvalue(), rng.choice(["arrow", "feather"])


def compressed(rng, content, name):
    """The bytes compressed, and the name with the ending that says how, or says so wrongly."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as file:
        for number in range(rng.choice([1, 1, 1, 0, 2])):
            file.writestr(f"{number}.csv", content)
    how = {"gz": gzip.compress(content), "bz2": bz2.compress(content), "xz": lzma.compress(content)}
    how |= {"zip": zipped.getvalue(), "zst": content}
    ending = rng.choice(list(how))
    return how[rng.choice([ending, ending, ending, rng.choice(list(how))])], f"{name}.{ending}"


def test_case(case):
    rng = case.rng
    content, ending = rng.choice([text_table, text_table, json_lines, columnar])(rng)
    content = damaged(rng, content) if rng.random() < 0.25 else content
    name = f"odd.{ending}"
    if rng.random() < 0.3:
        content, name = compressed(rng, content, name)
        content = damaged(rng, content) if rng.random() < 0.6 else content
    name = rng.choice([name] * 8 + [name.upper(), "odd", f"odd.{rng.choice(['npz', 'parquet', 'jsonl', 'csv'])}"])
    (case.folder / name).write_bytes(content)
    seen = ("--run_id", "table" if rng.random() < 0.8 else "new", "--suite.neighbors=3", "--suite.metrics=[retrieval]")
    label = rng.choice(["y", "y", "y", "c", "b", "null"])
    table = ("run", "--model=raw", "--data=table", f"--data.path={name}", f"--data.label={label}")
    text = ("run", "--model=tfidf_svd", "--model.latent_dim=2", "--data=text", f"--data.path={name}", "--data.text=c")
    case.meets(
        *rng.choice(
            [
                (*table, *seen),
                (*table, *seen),
                (*table, "--data.task=regression", *seen),
                (*table, "--data.categorical=[c]", "--data.split=b", *seen),
                (*text, "--data.label=y", *seen),
                ("evaluate", name, "--suite.neighbors=3", "--suite.metrics=[retrieval]"),
                ("embed", "runs/table", name, "--output=z.npz", "--id=c"),
                ("embed", "runs/table", name, "--output=z.parquet", "--id=b"),
            ]
        )
    )

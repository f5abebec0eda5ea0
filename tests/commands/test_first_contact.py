"""Files as their owners have them, from the first look to the table: nothing fails, and nothing is left out unsaid."""

import json
from argparse import Namespace
from typing import NamedTuple

import own_data
import pandas as pd
import pytest

from embedbench.commands.describe import handle

BASELINES = {"label_oracle", "majority", "raw", "random"}
PLAIN = {"pca", "factor_analysis", "autoencoder", "vae", "distance_preserving", "contrastive", "dec"}
ALL = {*BASELINES, *PLAIN, "supervised", "supervised_contrastive"}
UNLABELLED = {*PLAIN, "raw", "random"}
REAL = ALL - {"supervised_contrastive"}
OF_TEXTS = {"tfidf_svd", "ppmi_svd", "skip_gram", "masked_language", "contrastive"}
FEW = ("--seeds", "1", "--trainer.max_steps", "2", "--suite.metrics", "[latent]")


class Case(NamedTuple):
    """One file, what it is asked, and what has to be said of it.

    Attributes:
        write: Writes it.
        asked: Further arguments of `compare`.
        kinds: What `describe` takes the columns for; of a folder the modality alone.
        hints: Arguments of the data that `describe` proposes.
        models: Those that are fitted.
        said: Parts of lines that `compare` says before anything is fitted.
    """

    write: object
    asked: str
    kinds: dict
    hints: set
    models: set
    said: tuple


CUSTOMERS = {
    "customer_id": "id",
    "name": "category",
    "since": "date",
    "age": "number",
    "turnover": "number",
    "orders": "number",
    "region": "category",
    "newsletter": "boolean",
    "currency": "constant",
    "remark": "text",
}
CASES = {
    "customers": Case(
        own_data.customers,
        "--data.label plan",
        {**CUSTOMERS, "plan": "category"},
        {"label", "split_by", "text"},
        ALL,
        (
            "customers: 240 rows (train 173, val 19, test 48)",
            "4 classes (basic 166, plus 49, pro 13, premium 12)",
            "column 'customer_id': (nearly) each row has a value of its own",
            "column 'remark': free text: left out",
            "column 'currency': the same value in each row: left out",
            "column 'age': 26 missing values filled with the train median",
            "hint: 'name' looks like groups",
        ),
    ),
    "customers without labels": Case(
        lambda folder: own_data.customers(folder, labelled=False),
        "",
        CUSTOMERS,
        {"split_by", "text"},
        UNLABELLED,
        ("no labels", "left out: label_oracle, majority, supervised (needs", "left out: supervised_contrastive (needs"),
    ),
    "customers probed": Case(
        lambda folder: own_data.customers(folder, labelled=False),
        "--data.probe [region,age] --data.numeric [age]",
        CUSTOMERS,
        {"split_by", "text"},
        UNLABELLED,
        (
            "no labels",
            "note: no model sees 'region', 'age', by which probes are scored",
            "note: column 'age': 26 of 240 rows have no value and are left out of its scores alone",
        ),
    ),
    "animals": Case(
        own_data.animals,
        "--data.label species --data.levels [order,family] --data.probe [site] --data.split part",
        {
            "tag": "id",
            **dict.fromkeys(("length", "mass", "ear", "tail", "tooth"), "number"),
            **dict.fromkeys(("site", "order", "family", "species", "part"), "category"),
        },
        {"label"},
        ALL,
        (
            "240 rows (train 168, val 24, test 48) of 5 features; 12 classes",
            "note: no model sees 'order', 'family', levels above the label",
            "note: no model sees 'site', by which probes are scored",
        ),
    ),
    "visits by patient": Case(
        own_data.visits,
        "--data.label diagnosis --data.split_by patient",
        {
            "patient": "category",
            "pulse": "number",
            "pressure": "number",
            "glucose": "number",
            "weight": "number",
            "crp": "number",
            "diagnosis": "category",
        },
        {"label", "split_by"},
        ALL,
        ("240 rows (train 174, val 18, test 48)", "rows of one group stay together: 29 in train, 3 in val, 8 in test"),
    ),
    "sensors by time": Case(
        own_data.sensors,
        "--data.label load --data.split_after time",
        {"time": "date", "temperature": "number", "humidity": "number", "wind": "number", "load": "number"},
        set(),
        REAL,
        (
            "a real target",
            "rows are divided by time: val begins at 2024-01-10, test at 2024-01-11",
            "left out: supervised_c",
        ),
    ),
    "invoices": Case(
        own_data.invoices,
        "--data.label bezahlt",
        {
            "Rechnung": "id",
            "Datum": "date",
            "Netto": "number",
            "Brutto": "number",
            "Mahnungen": "number",
            "bezahlt": "category",
        },
        {"label"},
        ALL,
        ("columns are separated by ';'", "column 'Netto': 160 numbers read with commas as decimal points"),
    ),
    "photos": Case(
        own_data.photos,
        "--data.size 8",
        {},
        set(),
        UNLABELLED,
        ("36 images (train 26, val 3, test 7) of 3 × 8 × 8; no labels", "1 entries that are no images ignored"),
    ),
    "drawings": Case(own_data.drawings, "", {}, set(), ALL, ("60 images (train 43, val 5, test 12) of 1 × 28 × 28",)),
    "mails": Case(
        own_data.mails,
        "--data.label folder",
        {"id": "id", "sent": "date", "body": "text", "folder": "category"},
        {"label"},
        {*OF_TEXTS, "label_oracle", "majority", "supervised", "supervised_contrastive"},
        ("150 texts", "only the texts of 'body' are embedded, and nothing is made of 'id', 'sent'"),
    ),
    "articles of several tags": Case(
        own_data.articles,
        "--data.label tags --data.label_separator ;",
        {"id": "id", "body": "text", "tags": "text"},
        {"label"},
        {*OF_TEXTS, "label_oracle", "majority", "supervised"},
        (
            "180 texts (train 130, val 14, test 36); 6 labels, 2.6 a row (economy 134, health 106, science 89,",
            "left out: supervised_contrastive (needs class labels, but the data have several labels a row)",
        ),
    ),
    "products of none to three labels": Case(
        own_data.products,
        "--data.label labels",
        {"length": "number", "weight": "number", "price": "number", "maker": "category", "labels": "labels"},
        {"label"},
        ALL - {"supervised_contrastive"},
        ("200 rows (train 144, val 16, test 40) of 6 features; 4 labels, 1.1 a row (fragile 101, heavy 55,",),
    ),
    "vectors": Case(
        own_data.vectors,
        "--data.label kind",
        {"doc": "id", "embedding": "vector", "kind": "category"},
        {"label"},
        ALL,
        ("of 24 features; 4 classes", "column 'doc': (nearly) each row has a value of its own"),
    ),
    "wide and short": Case(
        own_data.wide, "--data.label tissue", {}, {"label"}, ALL, ("24 rows (train 17, val 2, test 5) of 400 features",)
    ),
    "long and narrow": Case(
        own_data.narrow,
        "",
        {"x": "number", "y": "number"},
        set(),
        UNLABELLED,
        ("3,000 rows", "of 2 features; no labels"),
    ),
    "rare classes": Case(
        own_data.rare,
        "--data.label species",
        {**dict.fromkeys("abcd", "number"), "species": "category"},
        {"label"},
        ALL,
        ("30 classes (species 2 8,", "classes have a single row, such as"),
    ),
    "fifteen rows": Case(
        own_data.tiny,
        "--data.label y",
        {**dict.fromkeys("uvw", "number"), "y": "category"},
        {"label"},
        ALL,
        ("15 rows (train 11, val 1, test 3) of 3 features; 3 classes (r 5, s 5, t 5)",),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_description(name, tmp_path, capsys):
    case = CASES[name]
    path = case.write(tmp_path)
    assert handle(Namespace(file=path, json=True), []) == 0
    found = json.loads(capsys.readouterr().out)
    if case.kinds:
        assert {column["name"]: column["kind"] for column in found["columns"]} == case.kinds
    for argument in ("label", "split_by", "text"):
        wanted = f"--data.{argument} " if argument != "text" else "--data text"
        assert any(wanted in hint for hint in found["hints"]) == (argument in case.hints), argument


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_comparison(name, tmp_path, command, no_encoder):
    case = CASES[name]
    path = case.write(tmp_path)
    ended = command(tmp_path, "compare", "--data", path, *case.asked.split(), *FEW)
    assert ended.code == 0, ended.err
    results = [json.loads(one.read_text(encoding="utf8")) for one in tmp_path.glob("runs/*/result.json")]
    assert {result["status"] for result in results} == {"finished"}
    assert {result["model"] for result in results} == case.models
    for part in case.said:
        assert part in ended.err


@pytest.mark.slow
def test_the_same_rows_in_every_format_are_the_same_data(tmp_path, command):
    csv = own_data.customers(tmp_path)
    frame = pd.read_csv(csv)
    frame.to_json(tmp_path / "customers.jsonl", orient="records", lines=True)
    frame.to_parquet(tmp_path / "customers.parquet")
    frame.to_feather(tmp_path / "customers.arrow")
    found = {}
    for path in sorted(tmp_path.glob("customers.*")):
        runs = tmp_path / f"runs{path.suffix}"
        line = ["run", "--model", "pca", "--data", path, "--data.label", "plan", "--runs", runs]
        assert command(tmp_path, *line).code == 0
        (one,) = [json.loads(result.read_text(encoding="utf8")) for result in runs.glob("*/result.json")]
        found[path.suffix] = {key: one[key] for key in ("dataset_fingerprint", "splits", "metrics")}
    assert len(found) == 4
    assert all(one == found[".csv"] for one in found.values())


@pytest.mark.slow
def test_articles_in_every_format_score_the_same_and_so_do_their_vectors(tmp_path, command):
    """CSV with a separator, JSON Lines and Parquet with lists; then vectors in files, read back without loss."""
    found = {}
    for ending in (".csv", ".jsonl", ".parquet"):
        path, runs = own_data.articles(tmp_path, ending), tmp_path / f"runs{ending}"
        how = ["--data.label_separator", ";"] if ending == ".csv" else []
        line = ["run", "--model", "tfidf_svd", "--data", path, "--data.label", "tags", *how]
        ended = command(tmp_path, *line, "--runs", runs, "--run_id", "a", "--suite.metrics", "[probe,retrieval]")
        assert ended.code == 0, ended.err
        one = json.loads((runs / "a" / "result.json").read_text(encoding="utf8"))
        found[ending] = {key: one[key] for key in ("dataset_fingerprint", "splits", "metrics")}
    assert all(one == found[".csv"] for one in found.values())
    for ending in (".csv", ".parquet", ".npz"):
        for split in ("train", "test"):
            line = ["embed", "runs.csv/a", "--split", split, "--output", f"{split}{ending}"]
            assert command(tmp_path, *line).code == 0
        line = ["evaluate", f"test{ending}", "--gallery", f"train{ending}", "--output", "scores.json"]
        assert command(tmp_path, *line, "--suite.metrics", "[probe,retrieval]").code == 0
        scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf8"))["test"]
        assert scores == pytest.approx(found[".csv"]["metrics"]["test"], abs=1e-6)
    ended = command(tmp_path, "embed", "runs.csv/a", "articles.jsonl", "--output", "again.parquet")
    assert ended.code == 0, ended.err
    tags = pd.read_parquet(tmp_path / "again.parquet")["label"]
    assert [sorted(each) for each in tags] == [sorted(each) for each in own_data.tagged()["tags"]]

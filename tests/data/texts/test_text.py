"""Texts of any file or folder, and clear words about those that are none."""

import pandas as pd
import pytest

from embedbench.data.preprocessing import made_of
from embedbench.data.texts.text import Text
from embedbench.errors import UsageError
from embedbench.text.tokenizer_spec import Words
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import SPLITS

FRAME = pd.DataFrame(
    {
        "body": [f"word{i} common {'red' if i % 2 else 'blue'}" for i in range(60)],
        "kind": ["ab"[i % 2] for i in range(60)],
        "number": range(60),
    }
)


@pytest.fixture
def csv(tmp_path):
    def write(frame, name="x.csv"):
        frame.to_csv(tmp_path / name, index=False)
        return tmp_path / name

    return write


def test_rows_labels_and_splits(csv):
    frame = FRAME.assign(part=["train"] * 40 + ["val"] * 10 + ["test"] * 10)
    data = Text(csv(frame), text="body", label="kind", split="part")
    assert data.rows == {"train": 40, "val": 10, "test": 10}
    assert data.texts("test") == FRAME["body"].tolist()[50:]
    assert data.targets("test").tolist() == [i % 2 for i in range(50, 60)]
    assert (data.spec.modality, data.spec.shape, data.spec.classes, data.spec.latent_dim) == (
        "text",
        (),
        ("a", "b"),
        39,  # below the train rows
    )


@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
def test_other_files_hold_the_same_rows(name, csv, tmp_path):
    path = tmp_path / name
    FRAME.to_parquet(path) if name == "x.parquet" else FRAME.to_json(path, orient="records", lines=True)
    one, other = Text(path, "body", "kind"), Text(csv(FRAME), "body", "kind")
    assert one.fingerprint == other.fingerprint
    assert [one.texts(split) for split in SPLITS] == [other.texts(split) for split in SPLITS]


def test_folder_of_class_folders(tmp_path):
    for i in range(40):
        path = tmp_path / ("train" if i < 30 else "test") / "ab"[i % 2] / f"{i:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"text {i} ü", encoding="utf8")
    (tmp_path / "train" / "a" / "picture.png").write_bytes(b"")
    data = Text(tmp_path)
    assert data.rows == {"train": 27, "val": 3, "test": 10}
    assert data.spec.classes == ("a", "b")
    assert sorted(data.texts("test")) == [f"text {i} ü" for i in range(30, 40)]
    assert data.notes == ["1 entries that are no .txt files ignored"]


def test_labels_may_be_missing_or_real(csv):
    assert Text(csv(FRAME), "body").spec.target == "none"
    real = Text(csv(FRAME.assign(score=FRAME["number"] / 7)), "body", "score")
    assert real.spec.target == "real"
    bare = FRAME.assign(kind=FRAME["kind"].where(FRAME.index > 2))
    assert Text(csv(bare), "body", "kind").notes == [
        "only the texts of 'body' are embedded, and nothing is made of 'number'",
        "3 rows without a label left out",
    ]


def test_missing_texts_are_empty(csv):
    data = Text(csv(FRAME.assign(body=FRAME["body"].where(FRAME.index != 5))), "body", "kind")
    assert sum(text == "" for split in SPLITS for text in data.texts(split)) == 1


def test_texts_become_ids_as_the_reader_wants(csv):
    data = Text(csv(FRAME), "body", "kind", batch_size=16)
    data.reader = Words()
    vocabulary = Vocabulary(data.spec.vocabulary)
    batches = list(data.train_dataloader())
    assert sorted(i for batch in batches for i in batch.index.tolist()) == list(range(data.rows["train"]))
    texts = data.texts("train")
    for batch in batches:
        for row, number, label in zip(batch.x, batch.index.tolist(), batch.label.tolist(), strict=True):
            assert " ".join(vocabulary.words[i] for i in row) == texts[number]
            assert label == ("blue" not in texts[number])


def test_without_a_reader_rows_are_served_bare(csv):
    """For a model that looks at labels alone."""
    data = Text(csv(FRAME), "body", "kind")
    batch = next(iter(data.predict_dataloader()[2]))
    assert batch.x.shape == (12, 0)
    assert batch.label.tolist() == data.targets("test").tolist()


def test_fingerprint_feels_one_letter_and_no_reader(csv):
    data, read = Text(csv(FRAME), "body", "kind"), Text(csv(FRAME), "body", "kind")
    read.reader = Words()
    assert read.spec.vocabulary
    assert read.fingerprint == data.fingerprint
    changed = FRAME.assign(body=FRAME["body"].where(FRAME.index != 9, "word9 common bluE"))
    assert Text(csv(changed, "y.csv"), "body", "kind").fingerprint != data.fingerprint


@pytest.mark.parametrize(
    ("frame", "arguments", "message"),
    [
        (FRAME, {"text": "bodi"}, "unknown text column 'bodi'; did you mean 'body'"),
        (FRAME, {"text": "body", "label": "kin"}, "unknown label column 'kin'"),
        (FRAME, {"text": "number"}, "column 'number' of .* must hold texts, got 0; name another"),
        (FRAME.assign(body="  "), {"text": "body"}, "column 'body' of .* holds no text at all"),
        (FRAME.assign(body=None), {"text": "body"}, "column 'body' of .* holds no text at all"),
        (FRAME.assign(kind="a"), {"text": "body", "label": "kind"}, "hold one class only, 'a'"),
        (FRAME.head(0), {"text": "body"}, "holds no text at all"),
    ],
)
def test_what_is_no_text_is_refused(frame, arguments, message, csv):
    with pytest.raises(UsageError, match=message):
        _ = Text(csv(frame), **arguments).spec


@pytest.mark.parametrize("body", [[None], [" "], [None, None], ["2020"], [None, "2020"]])
def test_any_few_rows_of_a_run_are_texts(body, csv, tmp_path):
    data = Text(csv(FRAME), "body", "kind")
    again = Text(csv(pd.DataFrame({"number": range(len(body)), "body": body}), "few.csv"), "body", "kind")
    again.known = made_of(tmp_path, data.spec, None)
    assert again.whole.rows.texts == [text or "" for text in body]


def test_a_column_of_numbers_and_no_rows_are_no_texts_of_a_run(csv, tmp_path):
    data = Text(csv(FRAME), "body", "kind")
    for body, message in (["1", "2"], "must hold texts, got 1"), ([], "row"):
        again = Text(csv(pd.DataFrame({"body": body, "other": body}), "few.csv"), "body", "kind")
        again.known = made_of(tmp_path, data.spec, None)
        with pytest.raises(UsageError, match=message):
            _ = again.whole


def test_missing_path(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        _ = Text(tmp_path / "nope.csv").spec
    with pytest.raises(UsageError, match="there is no text in"):
        _ = Text(tmp_path).spec


def test_commas_of_the_label_are_as_the_file_writes_them(tmp_path):
    rows = [f"word {row};{row},250" for row in range(1, 61)]
    (tmp_path / "x.csv").write_text("\n".join(["text;y", *rows]), encoding="utf8")
    data = Text(tmp_path / "x.csv", label="y")
    assert data.spec.target == "real"
    found = [value for split in SPLITS for value in data.targets(split).tolist()]
    assert sorted(found) == [row + 0.25 for row in range(1, 61)]


def test_a_split_that_nobody_asked_for_and_repeated_texts_are_said(tmp_path):
    rows = [f"text {i % 9},{'xy'[i % 2]},{'train' if i % 3 else 'test'}" for i in range(20)]
    (tmp_path / "t.csv").write_text("\n".join(["text,label,split", *rows]), encoding="utf8")
    assert Text(tmp_path / "t.csv", label="label").load().notes == (
        "column 'split' says train, val or test of each row: left out; --data.split split uses it",
        "11 of 20 rows repeat an earlier one in all that is embedded",
    )


def test_texts_without_folders_of_classes_have_no_label(tmp_path):
    for i in range(12):
        (tmp_path / f"{i}.TXT").write_text(f"text {i}", encoding="utf8")
    data = Text(tmp_path)
    assert (data.spec.target, sum(data.rows.values())) == ("none", 12)
    assert data.notes == [f"no folders of texts, one a class, are in {tmp_path}: its 12 texts have no label"]


def test_columns_beside_texts_are_set_aside(csv, tmp_path):
    frame = FRAME.assign(part=["train"] * 40 + ["val"] * 10 + ["test"] * 10, stars=[i / 4 for i in range(60)], top="x")
    frame.loc[55, "stars"] = None
    frame["fine"] = [f"{'ab'[i % 2]}{i % 3}" for i in range(60)]
    path = csv(frame)
    data = Text(path, text="body", label="fine", split="part", probe=["stars"], levels=["kind"])
    assert data.further("test")["stars"].there.tolist() == [True] * 5 + [False] + [True] * 4
    assert data.further("test")["kind"].classes == ("a", "b")
    assert any("nothing is made of 'number', 'top'" in note for note in data.notes)
    with pytest.raises(UsageError, match="column 'body' is named by both `text` and `probe`"):
        Text(path, text="body", probe=["body"])
    (tmp_path / "texts" / "a").mkdir(parents=True)
    (tmp_path / "texts" / "a" / "1.txt").write_text("one", encoding="utf8")
    with pytest.raises(UsageError, match="`probe` names columns, and a folder has none"):
        Text(tmp_path / "texts", probe=["a"]).rows  # noqa: B018

"""Data sets of the hub, saved to folders here: texts, images, tables, missing labels, and what is refused."""

import builtins
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from embedbench.data.huggingface import HuggingFace
from embedbench.data.preprocessing import made_of
from embedbench.errors import UsageError

datasets = pytest.importorskip("datasets")

RNG = np.random.default_rng(0)
KINDS = datasets.ClassLabel(names=["red", "blue", "green"])  # not in alphabetical order


def rows(n, first=0):
    numbers = range(first, first + n)
    return {
        "body": [f"text {i} ü" for i in numbers],
        "kind": [i % 3 for i in numbers],
        "word": ["ab"[i % 2] for i in numbers],
        "score": [i / 7 for i in numbers],
        "count": list(numbers),
        "tags": [["x", str(i)] for i in numbers],
    }


def dataset(n, first=0, **changed):
    return datasets.Dataset.from_dict({**rows(n, first), **changed}).cast_column("kind", KINDS)


def picture(value, size=(4, 4), mode="RGB"):
    return Image.new(mode, size, value)


@pytest.fixture
def save(tmp_path):
    """Saves splits, or one data set, and gives the folder."""

    def write(*single, **splits):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (single[0] if single else datasets.DatasetDict(splits)).save_to_disk(folder)
        return str(folder)

    return write


@pytest.fixture
def folder(save):
    return save(train=dataset(30), validation=dataset(6, 30), test=dataset(9, 36))


def pictures(images, **more):
    frame = {"image": images, "kind": [i % 2 for i in range(len(images))], **more}
    return datasets.Dataset.from_dict(frame).cast_column("image", datasets.Image())


def test_texts_and_official_splits(folder):
    data = HuggingFace(folder, text="body", label="kind")
    assert data.rows == {"train": 30, "val": 6, "test": 9}
    assert data.texts("test") == [f"text {i} ü" for i in range(36, 45)]
    assert all(type(text) is str for text in data.load().x)
    assert data.targets("test").tolist() == [i % 3 for i in range(36, 45)]
    assert (data.spec.modality, data.spec.classes) == ("text", ("red", "blue", "green"))
    assert data.notes == []


@pytest.mark.parametrize("name", ["validation", "val", "dev"])
def test_usual_names_of_validation(name, save):
    data = HuggingFace(save(**{"train": dataset(30), name: dataset(6, 30)}), text="body", label="kind")
    assert data.texts("val") == [f"text {i} ü" for i in range(30, 36)]
    assert data.rows == {"train": 24, "val": 6, "test": 6}


def test_splits_are_named(save):
    path = save(train=dataset(30), matched=dataset(6, 30), mismatched=dataset(9, 36), unsupervised=dataset(5))
    data = HuggingFace(path, text="body", label="kind", splits={"train": "train", "test": "mismatched"})
    assert data.rows == {"train": 27, "val": 3, "test": 9}
    assert data.texts("test")[0] == "text 36 ü"


def test_a_single_data_set_is_all_train(save):
    assert HuggingFace(save(dataset(60)), text="body", label="kind").rows == {"train": 43, "val": 5, "test": 12}


def test_rows_without_a_class_are_left_out_and_counted(save):
    some, none = dataset(30, kind=[-1, -1] + [i % 3 for i in range(2, 30)]), dataset(9, 30, kind=[-1] * 9)
    data = HuggingFace(save(train=some, test=none), text="body", label="kind")
    assert data.notes == [
        "2 rows of split 'train' without a label left out",
        "9 rows of split 'test' without a label left out, test rows cut from train instead",
    ]
    assert sum(data.rows.values()) == 28
    texts = [text for split in ("train", "val", "test") for text in data.texts(split)]
    assert sorted(texts) == sorted(f"text {i} ü" for i in range(2, 30))
    for split in ("train", "val", "test"):  # a label stays with its text
        numbers = [int(text.split()[1]) for text in data.texts(split)]
        assert data.targets(split).tolist() == [i % 3 for i in numbers]


def test_minus_one_is_a_number_where_classes_have_no_names(save):
    plain = datasets.Dataset.from_dict({**rows(30), "kind": [i % 2 - 1 for i in range(30)]})
    data = HuggingFace(save(plain), text="body", label="kind")
    assert (data.spec.classes, data.notes) == (("-1", "0"), [])


def test_other_labels(save):
    path = save(dataset(60, word=[None, *("ab"[i % 2] for i in range(1, 60))]))
    words = HuggingFace(path, text="body", label="word")
    assert (words.spec.classes, sum(words.rows.values())) == (("a", "b"), 59)
    real = HuggingFace(path, text="body", label="score")
    assert real.spec.target == "real"
    assert real.targets("train").dtype == torch.float64
    assert HuggingFace(path, text="body", label="kind", task="regression").spec.target == "real"
    assert HuggingFace(path, text="body").spec.target == "none"


def test_table(save):
    path = save(dataset(60, score=[None, *(i / 7 for i in range(1, 60))]))
    data = HuggingFace(path, columns=["score", "kind", "count", "score"], label="word")
    x, _ = data.tensors("train")
    assert data.spec.shape == (5,)  # two numbers, and a column for each class
    assert data.spec.categories == (3,)
    assert sorted(set(x[:, 2:].flatten().tolist())) == [0, 1]
    filled, numbered = data.notes
    assert filled == "column 'score': 1 missing values filled with the train median"
    assert numbered.startswith("column 'count' numbers the 60 rows")


def test_images_are_taken_as_they_are(save):
    values = RNG.integers(0, 256, (20, 5, 7, 3), np.uint8)
    data = HuggingFace(save(pictures([Image.fromarray(v) for v in values])), image="image", label="kind")
    assert data.spec.shape == (3, 5, 7)
    assert np.array_equal(data.load().x, np.moveaxis(values, 3, 1))
    assert data.tensors("train")[0].max() <= 1


def test_images_become_one_size_and_grey(save):
    path = save(train=pictures([picture((100, 50, 200), (4 + i, 6)) for i in range(20)]))
    data = HuggingFace(path, image="image", label="kind", size=8, grey=True)
    assert data.spec.shape == (1, 8, 8)
    luma = 0.299 * 100 + 0.587 * 50 + 0.114 * 200  # ITU-R BT.601
    assert data.load().x == pytest.approx(luma, abs=1)


def test_the_format_that_rows_were_saved_in_makes_no_difference(save):
    images = pictures([picture((i, 50, 200)) for i in range(20)])
    plain = HuggingFace(save(images), image="image", label="kind").fingerprint
    for other in (images.with_format("numpy"), images.cast_column("image", datasets.Image(decode=False))):
        assert HuggingFace(save(other), image="image", label="kind").fingerprint == plain


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give one of `text`, `image` and `columns`.* got none"),
        ({"text": "body", "columns": ["count"]}, r"got body and \['count'\]"),
        ({"columns": []}, "give one of"),
        ({"text": "body", "size": 8}, "`size` and `grey` are for images"),
        ({"image": "body", "size": 0}, "`size` must be a whole number of at least 1 or null, got 0"),
        ({"columns": ["count", "kind"], "label": "kind"}, "label 'kind' is among what to embed"),
        ({"text": "body", "splits": {"train": "train", "tset": "x"}}, "'tset'; did you mean 'test'"),
        ({"text": "body", "splits": {"test": "test"}}, "names no train split; add --data.splits.train NAME"),
        ({"text": "body", "splits": {"train": "train", "test": "train"}}, "names a split twice"),
    ],
)
def test_arguments_that_contradict_each_other(arguments, message):
    with pytest.raises(UsageError, match=message):
        HuggingFace("imdb", **arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": "bodi"}, "unknown text column 'bodi'; did you mean 'body'"),
        ({"columns": ["count", "skore"]}, "unknown table column 'skore'; did you mean 'score'"),
        ({"text": "body", "label": "kinds"}, "unknown label column 'kinds'; did you mean 'kind'"),
        ({"text": "body", "splits": {"train": "trian"}}, "unknown split of .* 'trian'; did you mean 'train'"),
        ({"text": "count"}, "column 'count' of .* must hold texts, got 0; name another"),
        ({"text": "tags"}, "column 'tags' of .* must hold one text or number per row, got .*; name another"),
        ({"image": "body"}, "column 'body' of .* must hold images, got Value; name another"),
        ({"text": "body", "name": "cola"}, "`name` is a configuration on the hub, but .* is a folder"),
    ],
)
def test_unusable_columns_and_splits(arguments, message, folder):
    with pytest.raises(UsageError, match=message):
        _ = HuggingFace(folder, **arguments).spec


def test_no_train_split(save):
    path = save(test=dataset(9), extra=dataset(9))
    with pytest.raises(UsageError, match=r"has no split 'train' but test, extra; name one with --data\.splits\.train"):
        _ = HuggingFace(path, text="body").spec


def test_nothing_in_it(save):
    with pytest.raises(UsageError, match="split 'train' holds no labelled rows"):
        _ = HuggingFace(save(dataset(9, kind=[-1] * 9)), text="body", label="kind").spec
    with pytest.raises(UsageError, match=r"column 'body' of .* holds no text at all"):
        _ = HuggingFace(save(dataset(9, body=[" "] * 9)), text="body").spec
    with pytest.raises(UsageError, match=r"no value at all in .* column 'score'; fill it"):
        _ = HuggingFace(save(dataset(9, score=[None] * 9)), columns=["score", "count"]).spec


def test_a_split_saved_without_rows(save):
    path = save(train=dataset(30), test=dataset(9).select([]))
    if list(Path(path, "test").glob("*.arrow")):
        pytest.skip("this version of datasets can load what it saved")
    with pytest.raises(UsageError, match=r"a split in .* holds no rows; save the data set without it"):
        _ = HuggingFace(path, text="body").spec


def test_splits_of_the_hub_without_rows(monkeypatch):
    found = {"train": dataset(30), "test": dataset(9).select([])}
    monkeypatch.setattr(datasets, "load_dataset", lambda *_: datasets.DatasetDict(found))
    data = HuggingFace("some/name", text="body", label="kind")
    assert data.rows == {"train": 22, "val": 2, "test": 6}
    with pytest.raises(UsageError, match="split 'test' holds no rows; name another"):
        _ = HuggingFace("some/name", text="body", splits={"train": "test"}).spec


def test_splits_that_number_classes_differently(save):
    other = dataset(9).cast_column("kind", datasets.Value("int64"))
    other = other.cast_column("kind", datasets.ClassLabel(names=["blue", "red", "green"]))
    with pytest.raises(UsageError, match="number the classes of 'kind' differently"):
        _ = HuggingFace(save(train=dataset(30), test=other), text="body", label="kind").spec


def test_classes_are_called_as_everywhere_and_known_again(save, tmp_path):
    names = ["Tee", "Cafe\u0301", " Saft ", "1.0"]
    plain = datasets.Dataset.from_dict({**rows(40), "kind": [i % 4 for i in range(40)]})
    path = save(plain.cast_column("kind", datasets.ClassLabel(names=names)))
    data = HuggingFace(path, text="body", label="kind")
    assert data.spec.classes == ("Tee", "Caf\u00e9", "Saft", "1")
    assert data.notes == [
        "label: 10 values are called by composed Unicode (NFC), such as 'Caf\u00e9'",
        "label: 10 values are called by their name without blanks around it, such as 'Saft'",
        "label: 10 values are called by the whole number that they are, such as '1'",
    ]
    again = HuggingFace(path, text="body", label="kind")
    again.known = kept(data, tmp_path)
    assert again.whole.label.tolist() == [i % 4 for i in range(40)]


def test_classes_that_would_be_called_alike_are_refused(save):
    alike = datasets.ClassLabel(names=["caf\u00e9", "tea", "cafe\u0301"])
    path = save(datasets.Dataset.from_dict({**rows(30), "kind": [i % 3 for i in range(30)]}).cast_column("kind", alike))
    with pytest.raises(UsageError, match="of 'kind' are all called 'caf\u00e9' here; rename or merge them"):
        _ = HuggingFace(path, text="body", label="kind").spec


def test_images_of_different_sizes(save):
    path = save(train=pictures([picture(0)] * 9), test=pictures([picture(0), picture(0, (6, 4))]))
    with pytest.raises(
        UsageError, match=r"row 1 of split 'test' has 4 x 6 pixels and the first 4 x 4; .* --data\.size"
    ):
        _ = HuggingFace(path, image="image", label="kind").spec
    assert HuggingFace(path, image="image", label="kind", size=4).spec.shape == (3, 4, 4)


def test_unreadable_images_are_named(save):
    whole = io.BytesIO()
    Image.fromarray(RNG.integers(0, 256, (20, 20), np.uint8)).save(whole, "png")
    deep = Image.fromarray(np.full((20, 20), 0.5, np.float32))
    cases = {
        "cannot read the image in": {"bytes": b"no image", "path": None},
        "cannot read the image in row": {"bytes": whole.getvalue()[:200], "path": None},
        "there is no image in": None,
        "cannot use the image in": deep,
    }
    for message, image in cases.items():
        path = save(pictures([picture(0, (20, 20)), picture(9, (20, 20)), image]))
        with pytest.raises(UsageError, match=rf"{message}.* 2 of split 'train'"):
            _ = HuggingFace(path, image="image").spec


def test_row_numbers_count_rows_without_a_label(save):
    path = save(pictures([picture(0), picture(0), None], word=[None, "a", "b"]))
    with pytest.raises(UsageError, match="no image in row 2 of"):
        _ = HuggingFace(path, image="image", label="word").spec


def test_a_name_of_the_hub_while_offline():
    with pytest.raises(UsageError, match=r"cannot load the data set 'glue' \(.*\).*`datasets.*save_to_disk\(FOLDER\)`"):
        _ = HuggingFace("glue", text="sentence", label="label", name="cola").spec


def test_a_folder_of_something_else(tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=r"cannot load the data set .* is neither a `Dataset`"):
        _ = HuggingFace(str(tmp_path), text="a").spec


def test_the_hub_is_asked_for_the_configuration_and_stays_quiet(monkeypatch, capsys, caplog):
    asked = []

    def load_dataset(path, name):
        from tqdm import tqdm

        asked.append((path, name))
        datasets.logging.get_logger("datasets.load").warning("look here")
        for _ in tqdm(range(3)):
            print("and here")
        return datasets.DatasetDict(train=dataset(30))

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert HuggingFace("glue", text="body", label="kind", name="cola").rows["train"] == 22
    assert asked == [("glue", "cola")]
    assert capsys.readouterr() == ("", "")
    assert caplog.records == []


def test_without_the_library(folder, monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name == "datasets":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(UsageError, match=r"need the library datasets; pip install datasets"):
        _ = HuggingFace(folder, text="body").spec


def kept(data, folder):
    return made_of(folder, data.spec, data.encode)


@pytest.mark.parametrize("kind", ["text", "image", "columns"])
def test_rows_of_a_finished_run_are_all_read_by_what_it_learned(kind, save, tmp_path):
    asked = {
        "text": {"text": "body"},
        "image": {"image": "image", "size": 4},
        "columns": {"columns": ["score", "word"]},
    }
    many = [picture((i, 2 * i, 90)) for i in range(40)]
    rows = dataset(30) if kind != "image" else pictures(many).cast_column("kind", datasets.ClassLabel(names=["r", "b"]))
    fitted = HuggingFace(save(rows), label="kind", **asked[kind])
    other = rows.select([9, 4, 20])
    nameless = other.remove_columns("kind")
    gap = other.remove_columns("kind").add_column("kind", [-1, 1, 0]).cast_column("kind", rows.features["kind"])
    for chosen, label in ((other, [rows[i]["kind"] for i in (9, 4, 20)]), (nameless, None), (gap, [-1, 1, 0])):
        data = HuggingFace(save(chosen), label="kind", **asked[kind])
        data.known = kept(fitted, tmp_path)
        whole = data.whole
        assert whole.label is None if label is None else whole.label.tolist() == label
        if kind == "text":
            assert whole.rows.texts == ["text 9 ü", "text 4 ü", "text 20 ü"]
            continue
        data = HuggingFace(save(rows), label="kind", **asked[kind])
        data.known = kept(fitted, tmp_path)
        torch.testing.assert_close(whole.rows.x, data.whole.rows.x[[9, 4, 20]])
    if kind == "columns":
        train = fitted.tensors("train")[0][:, 0].double()
        assert train.mean() == pytest.approx(0, abs=1e-6)
        scores = np.array(rows["score"])
        line = np.polyfit(scores, data.whole.rows.x[:, 0].numpy(), 1)
        np.testing.assert_allclose(np.polyval(line, scores[[9, 4, 20]]), whole.rows.x[:, 0], atol=1e-5)


def test_rows_of_one_author_stay_together(save):
    rows = {"body": [f"text {n}" for n in range(60)], "kind": ["ab"[n % 2] for n in range(60)]}
    path = save(datasets.Dataset.from_dict({**rows, "author": [n % 12 for n in range(60)]}))
    data = HuggingFace(path, text="body", label="kind", split_by="author")
    authors = [{int(text.split()[1]) % 12 for text in data.texts(split)} for split in ("train", "val", "test")]
    assert sum(map(len, authors)) == 12
    with pytest.raises(UsageError, match="did you mean 'author'"):
        _ = HuggingFace(path, text="body", label="kind", split_by="autor").spec

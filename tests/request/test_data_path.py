"""A path in place of the name of a data set."""

import numpy as np
import own_data
import pytest
from PIL import Image

from embedbench.errors import UsageError
from embedbench.request.data_path import columns_aside, hints
from embedbench.request.request import build_request

TEXTS = "id,text,topic\n" + "".join(f"{i},a few plain words of {i},{'xy'[i % 2]}\n" for i in range(40))


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = "a,b,label\n" + "".join(f"{i / 7},{i % 3},{'xy'[i % 2]}\n" for i in range(40))
    for name in ("my.csv", "MY DATA.2.CSV", "digits"):
        (tmp_path / name).write_text(table, encoding="utf8")
    (tmp_path / "posts.csv").write_text(TEXTS, encoding="utf8")
    np.savez(tmp_path / "z.npz", x=np.zeros((4, 2)))
    (tmp_path / "photos").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "photos" / "1.png")
    (tmp_path / "mails" / "a").mkdir(parents=True)
    (tmp_path / "mails" / "a" / "1.txt").write_text("a text", encoding="utf8")


def of(value, *more):
    request = build_request(["--model", "pca", "--data", value, *more])
    data = request["data"]
    return request["data_name"], data["class_path"].rpartition(".")[2], data.get("init_args")


@pytest.mark.parametrize(
    ("value", "name", "kind", "arguments"),
    [
        ("my.csv", "my", "Table", {"path": "my.csv"}),
        ("./my.csv", "my", "Table", {"path": "my.csv"}),
        ("MY DATA.2.CSV", "MY DATA.2", "Table", {"path": "MY DATA.2.CSV"}),
        ("posts.csv", "posts", "Text", {"path": "posts.csv", "text": "text"}),
        ("z.npz", "z", "Arrays", {"path": "z.npz"}),
        ("photos", "photos", "ImageFolder", {"root": "photos"}),
        ("photos/", "photos", "ImageFolder", {"root": "photos"}),
        ("mails", "mails", "Text", {"path": "mails"}),
    ],
)
def test_a_path_says_which_data_set_reads_it(value, name, kind, arguments):
    assert of(value) == (name, kind, arguments)


def test_names_come_first_and_arguments_follow():
    assert of("digits")[1] == "Digits"
    assert of("./digits")[1] == "Table"
    assert of("my.csv", "--data.label", "label", "--data_name", "mine") == (
        "mine",
        "Table",
        {"path": "my.csv", "label": "label"},
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("my.cvs", r"there is no file or folder 'my\.cvs'; did you mean 'my\.csv'"),
        ("nope.csv.gz", "there is no file or folder 'nope.csv.gz'"),
        ("photo/", "there is no file or folder 'photo'; did you mean 'photos'"),
        ("dgits", "unknown data set 'dgits'; did you mean 'digits'"),
        (".", "holds neither|images"),
    ],
)
def test_what_leads_nowhere_is_refused(value, said, tmp_path):
    if value == ".":
        for path in tmp_path.rglob("*.*"):
            path.unlink()
    with pytest.raises(UsageError, match=said):
        of(value)


def test_a_class_is_no_path():
    assert of("embedbench.data.images.digits.Digits")[1] == "Digits"


def test_a_column_that_is_set_aside_has_been_thought_of(tmp_path):
    path = str(own_data.visits(tmp_path))
    assert {hint.partition(" ")[0] for hint in hints(path, {})} == {"'diagnosis'", "'patient'"}
    assert [hint.partition(" ")[0] for hint in hints(path, {"probe": ["diagnosis"]})] == ["'patient'"]
    assert [hint.partition(" ")[0] for hint in hints(path, {"levels": ["patient"], "label": "diagnosis"})] == []
    assert [hint.partition(" ")[0] for hint in hints(path, {"label": "patient"})] == []
    assert columns_aside({"probe": ["a", "b"], "levels": ["c"], "drop": ["d"]}) == ["a", "b", "c"]
    assert columns_aside({"probe": "a", "levels": None}) == []

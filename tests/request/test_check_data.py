"""What isn't there is refused before anything heavy is imported."""

import pytest

from embedbench.errors import UsageError
from embedbench.request.check_data import check_data
from embedbench.request.request import build_request


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.csv").write_text("a, b ,label\n1,2,x\n", encoding="utf8")
    (tmp_path / "late.jsonl").write_text('{"a": 1}\n' * 1_200 + '{"late": 2}\n', encoding="utf8")
    (tmp_path / "photos").mkdir()
    (tmp_path / "texts").mkdir()


def data(line):
    return build_request(["--model", "pca", *line.split()])["data"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--data table --data.path my.cvs", r"there is no file 'my\.cvs'; did you mean 'my\.csv'\?"),
        ("--data table --data.path nope.csv", "there is no file 'nope.csv'; give the path of your data"),
        ("--data arrays --data.path nope.npz", r"there is no file 'nope\.npz'"),
        ("--data image_folder --data.root photo", "there is no folder 'photo'; did you mean 'photos'"),
        ("--data table --data.path my.csv --data.label lable", "unknown label column 'lable'; did you mean 'label'"),
        ("--data table --data.path my.csv --data.drop [a,c]", "unknown drop column 'c'"),
        ("--data table --data.path my.csv --data.split_by patient", "unknown split_by column 'patient'"),
        ("--data table --data.path late.jsonl --data.label lat", "unknown label column 'lat'; did you mean 'late'"),
        ("--data text --data.path my.csv", "unknown text column 'text'"),
        ("--data text --data.path my.csv --data.text txt", "unknown text column 'txt'"),
        ("--data table --data.path my.csv --data.lable x", "unknown key '--data.lable'; did you mean '--data.label'"),
        ("--data digits --data.size 3", "unknown key '--data.size'"),
    ],
)
def test_what_is_not_there(line, said):
    with pytest.raises(UsageError, match=said):
        check_data([data(line)])


@pytest.mark.parametrize(
    "line",
    [
        "--data table --data.path my.csv --data.label label --data.categorical [b] --data.numeric [a]",
        "--data table --data.path late.jsonl --data.label late",
        "--data text --data.path texts --data.label any",
        "--data huggingface --data.path nobody/nothing --data.text x",
        "--data newsgroups",
    ],
)
def test_what_may_be_there(line):
    check_data([data(line)])


def test_of_several_the_first_is_refused_if_none_can_be_used():
    good, bad = data("--data table --data.path my.csv"), data("--data table --data.path no.csv")
    check_data([bad, good])
    with pytest.raises(UsageError, match=r"no\.csv"):
        check_data([bad, bad])


def test_arguments_that_are_no_mapping_wait_for_the_refusal_of_their_own():
    check_data([{"class_path": "embedbench.data.tables.table.Table", "init_args": 1.5}])

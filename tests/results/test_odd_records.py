"""One odd record among many costs itself alone: it is named in a line, and every format shows the others."""

import json
import os
import warnings
from dataclasses import asdict

import pytest

import embedbench
from embedbench.cli import main
from embedbench.errors import UsageError
from embedbench.results.report import FORMATS, render
from embedbench.results.table.board import Leaderboard

KNN = "probe/knn_accuracy"
HUGE = 10**400
CHANGES = {
    "huge metric": ({"metrics": {"test": {KNN: HUGE}}}, "knn_accuracy is a whole number of 1329 bits"),
    "huge time": ({"timing": {"fit_seconds": HUGE}}, "timing.fit_seconds is a whole number"),
    "huge setting": ({"config": {"model": {"a": [HUGE]}}}, "config.model.a.0 is a whole number"),
    "NaN": ({"metrics": {"test": {KNN: float("nan")}}}, "is nan, and only finite"),
    "infinite setting": ({"config": {"model": {"a": float("inf")}}}, "config.model.a is inf"),
    "infinite resource": ({"resources": {"parameters": float("inf")}}, "resources.parameters is inf"),
    "empty uncertainty": ({"uncertainty": {"test": {KNN: {}}}}, "uncertainty.test.probe/knn_accuracy lacks 'high'"),
    "lone surrogate": ({"model": "a\udc80"}, "model holds half a letter"),
    "lone surrogate in a key": ({"metrics": {"test": {"a\ud800": 0.5}}}, "holds half a letter"),
    "deep": ({"config": {"model": json.loads("[" * 90 + "]" * 90)}}, "nested deeper than the 50 levels"),
    "newer": ({"schema_version": 99}, "schema_version 99 is newer"),
    "newer by far": ({"schema_version": HUGE}, "is newer than 4"),
    "no version": ({"schema_version": None}, "schema_version must be a whole number"),
    "other type": ({"seed": "0"}, "'seed' must be int"),
    "list for a mapping": ({"metrics": []}, "'metrics' must be"),
    "unknown key": ({"more": 1}, "'more' is unknown"),
    "mapping for a word": ({"status": {}}, "'status' must be"),
}
TEXTS = {
    "empty": (b"", "is not valid JSON"),
    "not JSON": (b"{", "is not valid JSON"),
    "list": (b"[1]", "must hold a JSON object, got list"),
    "very deep": (b"[" * 100_000, "cannot read"),
    "deep, but whole": (b'{"a": ' * 3000 + b"1" + b"}" * 3000, "cannot read"),
    "many digits": (b'{"seed": ' + b"1" * 5000 + b"}", "is not valid JSON"),
    "UTF-16": ('{"a": 1}'.encode("utf16"), "not UTF-8 text"),
    "byte order mark": (b"\xef\xbb\xbf{}", "is not valid JSON"),
    "zeros": (bytes(4096), "is not valid JSON"),
}


def place(folder):
    folder.mkdir(parents=True)
    return folder / "result.json"


@pytest.fixture
def runs(make_result, tmp_path):
    """Runs, three of them fine, and how many are odd."""
    fine = make_result("fine", 0, {KNN: 0.5})
    for seed in range(3):
        make_result("fine", seed, {KNN: 0.5 + seed / 10}).write(tmp_path / "runs" / f"fine{seed}")
    said = {}
    for name, (change, message) in CHANGES.items():
        place(tmp_path / "runs" / name).write_text(json.dumps({**asdict(fine), **change}))
        said[name] = message
    for name, (content, message) in TEXTS.items():
        place(tmp_path / "runs" / name).write_bytes(content)
        said[name] = message
    lacking = {key: value for key, value in asdict(fine).items() if key != "seed"}
    place(tmp_path / "runs" / "missing key").write_text(json.dumps(lacking))
    place(tmp_path / "runs" / "folder").mkdir()
    place(tmp_path / "runs" / "dangling").symlink_to(tmp_path / "nowhere")
    place(tmp_path / "runs" / "circle").symlink_to(tmp_path / "runs" / "circle" / "result.json")
    os.mkfifo(place(tmp_path / "runs" / "pipe"))  # reading it would wait for ever
    with place(tmp_path / "runs" / "gigantic").open("wb") as file:
        file.truncate(2**40)  # takes no room on a disk
    place(tmp_path / "runs" / "two\nlines \udcff").write_text("{")
    said |= {
        "missing key": "'seed' is missing",
        "folder": "it is a folder",
        "dangling": "No such file",
        "circle": "cannot read",
        "pipe": "it is no file",
        "gigantic": "it has 1,099,511,627,776 bytes",
        "two lines \\udcff": "is not valid JSON",
    }
    return tmp_path / "runs", said


def test_each_is_named_in_one_line(runs):
    folder, said = runs
    board = Leaderboard.read(folder)
    assert [(row.label, row.n) for table in board.tables for row in table.rows] == [("fine", 3)]
    assert len(board.problems) == len(said)
    for name, message in said.items():
        (line,) = [line for line in board.problems if f"{folder}/{name}/result.json" in line]
        assert message in line
        assert "\n" not in line
        assert len(line) < 500


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_shows_the_others_and_counts(fmt, runs):
    folder, said = runs
    text = " ".join(render(Leaderboard.read(folder), fmt).split())
    assert text.encode("utf8")
    assert "fine" in text
    if fmt not in ("csv", "json"):
        assert f"and {len(said) - 5} more" in text
        assert text.count("Skipped: ") == 6
    if fmt == "json":
        assert len(json.loads(text)["problems"]) == len(said)


def test_command_names_a_few(runs, capsys):
    folder, said = runs
    with pytest.raises(SystemExit) as ended:
        main(["leaderboard", str(folder), "--format", "md"])
    assert ended.value.code == 0
    out, err = capsys.readouterr()
    assert "fine" in out
    lines = err.splitlines()
    assert len(lines) == 6
    assert lines[-1] == f"embedbench: skipped: and {len(said) - 5} more"


def test_frame_warns_of_a_few(runs):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert list(embedbench.leaderboard(runs[0])["model"]) == ["fine"]
    assert len(said) == 6


def test_only_odd_ones_are_refused_in_one_line(tmp_path):
    for number in range(30):
        place(tmp_path / str(number)).write_text("{")
    with pytest.raises(UsageError, match=r"run something first\. Skipped: .* and 25 more$") as refused:
        Leaderboard.read(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every folder")
def test_folder_that_cannot_be_looked_into_is_named(make_result, tmp_path):
    make_result("fine", 0, {KNN: 0.5}).write(tmp_path / "fine")
    (tmp_path / "closed").mkdir(mode=0)
    assert Leaderboard.read(tmp_path).problems == [
        f"cannot look into {tmp_path}/closed: Permission denied; make it readable."
    ]


@pytest.mark.parametrize("fmt", FORMATS)
def test_values_whose_sums_and_squares_are_beyond_every_float(fmt, make_result):
    values = [1.7e308, 1.7e308, -1.7e308]
    board = Leaderboard([make_result("a", seed, {KNN: value}) for seed, value in enumerate(values)])
    cell = board.tables[0].rows[0].cells[KNN]
    assert cell.mean == pytest.approx(1.7e308 / 3)
    assert 0 < cell.sd < float("inf")
    assert render(board, fmt)


@pytest.mark.parametrize("change", ["lone surrogate", "deep", "huge metric", "NaN"])
def test_what_could_not_be_read_is_never_written(change, make_result):
    with pytest.raises(ValueError, match="can't be recorded"):
        make_result(**CHANGES[change][0]).to_json()

import errno
import json
import os
import shutil
from dataclasses import asdict

import pytest

from embedbench.errors import UsageError
from embedbench.results.read import read_results
from embedbench.results.report import FORMATS, render
from embedbench.results.table.board import Leaderboard
from embedbench.run.store.owner import Owner


def test_reads_every_depth_and_skips_what_is_broken_by_name(make_result, tmp_path):
    make_result("pca").write(tmp_path / "a")
    make_result("vae").write(tmp_path / "sweep" / "deep" / "b")
    for folder, text in [
        ("cut", make_result().to_json()[:200]),
        ("newer", json.dumps({**asdict(make_result()), "schema_version": 99, "surprise": 1})),
        ("empty", ""),
    ]:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "result.json").write_text(text)
    (tmp_path / "a" / "other.json").write_text("{}")
    (tmp_path / "directory" / "result.json").mkdir(parents=True)
    results, problems, *_ = read_results(tmp_path)
    assert [result.model for result in results] == ["pca", "vae"]
    assert len(problems) == 4
    for folder, problem in zip(["cut", "directory", "empty", "newer"], problems, strict=True):
        assert str(tmp_path / folder / "result.json") in problem
    assert "schema_version 99 is newer than 4" in problems[-1]


def test_runs_that_go_meanwhile_are_none(make_result, tmp_path, monkeypatch):
    """As a run that is replaced does, whose folder of before is dropped while others are read."""
    make_result("pca").write(tmp_path / "a")
    make_result("vae").write(tmp_path / "b" / "c")
    listed = os.scandir

    def scandir(path):
        if str(path) == str(tmp_path / "b"):
            shutil.rmtree(tmp_path / "b", ignore_errors=True)
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = read_results(tmp_path)
    assert [result.model for result in found.results] == ["pca"]
    assert not found.problems


def test_a_folder_that_cannot_be_read_is_said(make_result, tmp_path, monkeypatch):
    make_result("pca").write(tmp_path / "a")
    listed = os.scandir

    def scandir(path):
        if str(path) == str(tmp_path / "a"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    said = f"cannot look into {tmp_path / 'a'}: Permission denied; make it readable."
    assert read_results(tmp_path) == ([], [said], [], [])


def test_reads_one_file(make_result, tmp_path):
    path = make_result("pca").write(tmp_path)
    assert read_results(str(path)) == ([make_result("pca")], [], [], [path.parent])


def test_an_empty_folder_has_no_results(tmp_path):
    assert read_results(tmp_path) == ([], [], [], [])


def test_a_missing_folder_is_bad_input(tmp_path):
    with pytest.raises(UsageError, match=r"there is no folder or file .*nowhere"):
        read_results(tmp_path / "nowhere")


def test_running_record_whose_process_is_gone_is_stale(make_result, tmp_path):
    for name in ("gone", "at work", "never locked"):
        make_result(name, status="running", finished_at=None).write(tmp_path / name)
    owners = {name: Owner(tmp_path / name) for name in ("gone", "at work")}
    owners["gone"].release()
    make_result("done").write(tmp_path / "done")
    found = read_results(tmp_path)
    assert len(found.results) == 4
    assert found.stale == [tmp_path / "gone", tmp_path / "never locked"]
    owners["at work"].release()


@pytest.mark.parametrize("fmt", [fmt for fmt in FORMATS if fmt not in ("csv", "json")])
def test_stale_runs_are_named_in_a_line(fmt, make_result, tmp_path):
    for number in range(8):
        make_result("a", number, status="running", finished_at=None).write(tmp_path / f"run{number}")
    text = " ".join(render(Leaderboard.read(tmp_path), fmt).split())
    assert "Stale: 8 runs never finished, and no process works on" in text
    assert "run4, and 3 more; give the same command again, or delete the folder." in text
    assert "run5" not in text


def test_parts_of_a_run_are_not_searched(make_result, tmp_path):
    for name in ("a", "a/b", "a/checkpoints/c", "a/queries/d", "checkpoints/e"):
        make_result(name).write(tmp_path / name)
    assert [result.model for result in read_results(tmp_path).results] == ["a", "a/b", "checkpoints/e"]


def test_what_is_equal_is_held_once(make_result, tmp_path):
    for seed in range(2):
        make_result("a", seed, {"x": 0.5}).write(tmp_path / str(seed))
    one, two = read_results(tmp_path).results
    assert one.directions is two.directions
    assert one.config["model"] is two.config["model"]
    assert one.config["trainer"] is not two.config["trainer"]
    assert next(iter(one.metrics["test"])) is next(iter(two.metrics["test"]))

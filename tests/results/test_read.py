import errno
import json
import os
import shutil
from dataclasses import asdict

import pytest

from embedbench.errors import UsageError
from embedbench.results.read import read_results


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
    results, problems = read_results(tmp_path)
    assert [result.model for result in results] == ["pca", "vae"]
    assert len(problems) == 4
    for folder, problem in zip(["cut", "directory", "empty", "newer"], problems, strict=True):
        assert str(tmp_path / folder / "result.json") in problem
    assert "schema_version 99 is newer than 3" in problems[-1]


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
    results, problems = read_results(tmp_path)
    assert [result.model for result in results] == ["pca"]
    assert not problems


def test_a_folder_that_cannot_be_read_is_said(make_result, tmp_path, monkeypatch):
    make_result("pca").write(tmp_path / "a")
    listed = os.scandir

    def scandir(path):
        if str(path) == str(tmp_path / "a"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert read_results(tmp_path) == (
        [],
        [f"cannot read the folder {tmp_path / 'a'}: Permission denied; make it readable."],
    )


def test_reads_one_file(make_result, tmp_path):
    path = make_result("pca").write(tmp_path)
    assert read_results(str(path)) == ([make_result("pca")], [])


def test_an_empty_folder_has_no_results(tmp_path):
    assert read_results(tmp_path) == ([], [])


def test_a_missing_folder_is_bad_input(tmp_path):
    with pytest.raises(UsageError, match=r"there is no folder or file .*nowhere"):
        read_results(tmp_path / "nowhere")

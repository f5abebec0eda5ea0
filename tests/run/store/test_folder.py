"""A run's folder: claimed once, and what is written is what is read."""

import os
import re
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from embedbench.errors import UsageError
from embedbench.results.record import Result
from embedbench.run.store.folder import claim, drop_torn, save_embeddings
from embedbench.run.store.owner import OwnedError

CONFIGURATION = {"model": {"class_path": "a.B", "init_args": {"name": "Größe"}}, "seed_everything": 3}


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def record(status, error=None):
    about = {"run_id": "run", "paradigm": "baseline", "model": "m", "dataset": "d", "seed": 0, "started_at": "2026"}
    return Result(status=status, error=error, **about)


def left(folder, status, error=None):
    """What a process that is gone has left: a record, and something more."""
    claimed = claim(folder, {"a": 1}, overwrite=False)
    claimed.begin(record(status, error))
    (folder / "old").write_text("old")
    claimed.owner.release()
    return folder


def test_claim_writes_the_configuration(tmp_path):
    claim(tmp_path / "a" / "b", CONFIGURATION, overwrite=False)
    text = (tmp_path / "a" / "b" / "config.yaml").read_text(encoding="utf8")
    assert yaml.safe_load(text) == CONFIGURATION
    assert "Größe" in text


def test_finished_run_is_kept_unless_told(tmp_path):
    folder = left(tmp_path / "run", "finished")
    (folder / ".lock").write_text("process 1 on a machine")
    with pytest.raises(UsageError, match=r"the run folder .*run exists; add --overwrite"):
        claim(folder, {"a": 2}, overwrite=False)
    assert (folder / ".lock").read_text() == "process 1 on a machine"
    assert visible(folder) == ["config.yaml", "old", "result.json"]
    claimed = claim(folder, {"a": 2}, overwrite=True)
    claimed.begin(record("running"))
    assert visible(folder) == ["config.yaml", "result.json"]
    assert not (folder / ".replaced").exists()


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        ("running", None, r"was left by process \d+ on .* since .*, which is gone: it starts again"),
        ("failed", "too bad", r"failed \(too bad\): it starts again"),
    ],
)
def test_run_that_has_not_finished_is_begun_again(status, error, said, tmp_path):
    folder = left(tmp_path / "run", status, error)
    claimed = claim(folder, {"a": 2}, overwrite=False)
    assert re.search(said, claimed.note)
    assert visible(folder) == ["config.yaml"]


def test_what_was_there_comes_back(tmp_path):
    folder = left(tmp_path / "run", "finished")
    claim(folder, {"a": 2}, overwrite=True).undo()
    assert visible(folder) == ["config.yaml", "old", "result.json"]
    assert yaml.safe_load((folder / "config.yaml").read_text()) == {"a": 1}
    claim(tmp_path / "new", {}, overwrite=False).undo()
    assert not (tmp_path / "new").exists()


def test_run_set_aside_by_a_process_that_was_killed_comes_back(tmp_path):
    folder = left(tmp_path / "run", "finished")
    claim(folder, {"a": 2}, overwrite=True).owner.release()  # as of a process that died before its first record
    with pytest.raises(UsageError, match="exists; add --overwrite"):
        claim(folder, {"a": 3}, overwrite=False)
    assert visible(folder) == ["config.yaml", "old", "result.json"]


def test_folder_of_another_process_is_left_alone(tmp_path):
    folder = tmp_path / "run"
    claimed = claim(folder, {"a": 1}, overwrite=False)
    for overwrite in (False, True):
        with pytest.raises(OwnedError, match=rf"is being written by process {os.getpid()} on .* since 20.*; wait for"):
            claim(folder, {"a": 2}, overwrite=overwrite)
    assert yaml.safe_load((folder / "config.yaml").read_text()) == {"a": 1}
    claimed.owner.release()
    claim(folder, {"a": 2}, overwrite=True)


@pytest.mark.parametrize("names", [["data.csv"], ["config.yaml", "notes.txt"], ["result.json"]])
@pytest.mark.parametrize("overwrite", [False, True])
def test_folder_that_is_no_run_is_never_replaced(names, overwrite, tmp_path):
    for name in names:
        (tmp_path / name).write_text("{}")
    with pytest.raises(UsageError, match=r"is there and no run's folder; give another --run_id or --runs"):
        claim(tmp_path, {}, overwrite=overwrite)
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot write to .*file.* \(Not a directory\); give a writable folder"):
        claim(tmp_path / "file" / "run", {}, overwrite=True)
    with pytest.raises(UsageError, match="is there and no run's folder"):
        claim(tmp_path / "file", {}, overwrite=True)


def test_embeddings(tmp_path):
    z = torch.randn(5, 3).T  # not contiguous
    save_embeddings(tmp_path, "val", {"z": z, "index": torch.arange(3)}, "")
    found = load_file(tmp_path / "embeddings" / "val.safetensors")
    assert torch.equal(found["z"], z)
    assert found["index"].tolist() == [0, 1, 2]


def test_room_for_the_last_record_is_kept_until_then(tmp_path):
    claimed = claim(tmp_path / "run", {}, overwrite=False)
    claimed.begin(record("running"))
    assert (tmp_path / "run" / ".reserve").stat().st_size == 2**16
    claimed.record(record("failed", "x"))
    assert not (tmp_path / "run" / ".reserve").exists()
    assert Result.read(tmp_path / "run" / "result.json").error == "x"


def test_no_room_for_the_first_record_leaves_nothing(tmp_path, monkeypatch):
    claimed = claim(tmp_path / "run", {}, overwrite=False)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match=r"No space left on device.* Give another folder by --runs DIR"):
        claimed.begin(record("running"))
    assert not (tmp_path / "run").exists()


def test_run_that_cannot_be_set_aside_stays_whole(tmp_path, monkeypatch):
    """A folder in it may be one that this user may not write to, and so can't be moved."""
    folder = left(tmp_path / "run", "finished")
    before, rename = visible(folder), Path.rename

    def refuse(path, target):
        if path.name == "old":
            raise PermissionError(13, "Permission denied", str(path))
        return rename(path, target)

    # The first one is moved before the second is met, in whatever order the folder gives them.
    monkeypatch.setattr(Path, "iterdir", lambda path: iter(sorted(path.glob("*"), reverse=path.name != "run")))
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(UsageError, match=r"cannot write to .*run \(Permission denied\)"):
        claim(folder, {"a": 2}, overwrite=True)
    assert visible(folder) == before
    assert not (folder / ".replaced").exists()


@pytest.mark.parametrize("written", ["epoch,step,val/loss\r\n0,1,0.5\r\n", "epoch,step\r\n", ""])
@pytest.mark.parametrize("torn", ["", "0,2,0.", "0,2,0.25\r"])
def test_what_was_written_halfway_goes(written, torn, tmp_path):
    for name in ("history", "checkpoints"):
        (tmp_path / name).mkdir()
    torch.save({"a": 1}, tmp_path / "checkpoints" / "whole.ckpt")
    (tmp_path / "checkpoints" / "torn.ckpt").write_bytes((tmp_path / "checkpoints" / "whole.ckpt").read_bytes()[:-9])
    history = tmp_path / "history" / "metrics.csv"
    history.write_bytes((written + torn).encode())
    drop_torn(tmp_path)
    assert history.read_bytes() == written.encode()
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["whole.ckpt"]


def test_run_without_a_fit_has_nothing_torn(tmp_path):
    drop_torn(tmp_path)
    assert list(tmp_path.iterdir()) == []

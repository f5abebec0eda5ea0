"""Disks that are full, gone, read-only, slow or in use: a sentence, a record where there can be one, nothing torn.

And the same command works once the cause is gone.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile

import pytest

pytestmark = pytest.mark.slow

SIZE, PAGE = 20 * 2**20, 4096
FEW = ["--data", "digits", "--data.train_rows", "300", "--data.test_rows", "60", "--trainer.max_steps", "4"]
FEW += ["--suite.metrics", "[probe]", "--threads", "1"]
RUN = ["run", "--model", "autoencoder", *FEW, "--run_id", "a"]
# Room for nothing, for the first files, and for some of those that follow: about 16 pages are kept for the last record,
# the checkpoint takes 170 pages more, and the weights as many again.
MOMENTS = [0, 1, 2, 3, 8, 16, 20, 21, 22, 24, 30, 60, 100, 150, 180, 190, 195, 210, 250, 300]
HOOKED = '''
import os
from embedbench.paradigms.classical.autoencoder import Autoencoder


class Hooked(Autoencoder):
    """Something happens to the disk while it learns."""

    def training_step(self, batch, batch_idx):
        if os.environ.get("HOOK"):
            assert os.system(os.environ.pop("HOOK")) == 0
        return super().training_step(batch, batch_idx)
'''


@contextlib.contextmanager
def mounted(*words):
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"may not mount here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(words[-1])], check=True)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A disk of 20 MB by itself."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root mounts a disk, on Linux")
    folder = tmp_path / "disk"
    folder.mkdir()
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "cache"))
    with mounted("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder):
        yield folder


@contextlib.contextmanager
def filled(folder, pages):
    """A disk with so many free pages left."""
    (folder / "filler").write_bytes(bytes(SIZE - pages * PAGE))
    yield
    (folder / "filler").unlink()


def sentence(ended):
    """The last line, of a command that ended as it should."""
    assert ended.code in (1, 2), ended.err
    assert "Traceback" not in ended.err
    last = ended.err.strip().splitlines()[-1]
    assert last.startswith(f"embedbench: {'failed' if ended.code == 1 else 'error'}: ")
    return last


def records(folder):
    """All records, none of them torn; neither is a checkpoint, and no temporary file is left."""
    assert not list(folder.rglob("*.tmp"))
    assert all(zipfile.is_zipfile(path) for path in folder.rglob("*.ckpt"))
    return [json.loads(path.read_text(encoding="utf8")) for path in sorted(folder.rglob("result.json"))]


def test_full_at_every_moment_of_a_run(disk, tmp_path, command):
    run, seen = [*RUN, "--runs", disk / "runs"], set()
    for pages in MOMENTS:
        with filled(disk, pages):
            ended = command(tmp_path, *run)
            assert "No space left on device" in sentence(ended)
            found = records(disk)
            assert [one["status"] for one in found] == ["failed"] * (ended.code == 1)
            assert ended.code == 1 or not list((disk / "runs").glob("a"))
            assert all("No space left on device" in one["error"] for one in found)
            seen.add(sentence(ended))
        assert command(tmp_path, *run).code == 0
        shutil.rmtree(disk / "runs")
    assert len(seen) >= 4  # at the lock, a record, the room for the last one, a checkpoint, the weights


@pytest.mark.parametrize("pages", [1, 60])
def test_full_during_a_comparison(pages, disk, tmp_path, command_apart):
    words = ["compare", "--models", "autoencoder,raw", "--seeds", "1", "--workers", "1", *FEW, "--runs", disk / "runs"]
    with filled(disk, pages):
        ended = command_apart(tmp_path, *words)
        assert ended.code in (1, 2)
        assert "Traceback" not in ended.err
        assert "No space left on device" in ended.err
        assert {one["status"] for one in records(disk)} <= {"failed", "finished"}
    assert command_apart(tmp_path, *words).code == 0
    assert [one["status"] for one in records(disk)] == ["finished"] * 2


@pytest.fixture
def hooked(tmp_path, monkeypatch, command):
    """Runs a model to whose disk something happens meanwhile."""
    (tmp_path / "hooked.py").write_text(HOOKED, encoding="utf8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("EMBEDBENCH_CACHE", str(tmp_path / "cache"))

    def run(hook, *more):
        monkeypatch.setenv("HOOK", hook)
        return command(tmp_path, "run", "--model", "hooked.Hooked", *FEW, "--run_id", "a", *more)

    return run


def test_folder_deleted_during_the_work(hooked, tmp_path):
    ended = hooked("rm -r runs")
    assert "Traceback" not in ended.err
    assert ended.code in (0, 1)
    assert [one["status"] for one in records(tmp_path)] == ["finished" if ended.code == 0 else "failed"]
    assert hooked("", "--overwrite").code == 0


def test_disk_that_becomes_read_only(hooked, disk, tmp_path):
    folder = disk / "runs"
    try:
        read_only = f"mount --bind {folder} {folder} && mount -o remount,ro,bind {folder}"
        ended = hooked(read_only, "--runs", folder)
        assert ended.code == 1
        assert "Read-only file system" in sentence(ended)
        assert [one["status"] for one in records(disk)] == ["running"]  # nobody could say more
        refused = hooked("", "--runs", folder)
        assert refused.code == 2
        assert "Read-only file system" in sentence(refused)
    finally:
        subprocess.run(["umount", str(folder)], check=False)
    again = hooked("", "--runs", folder)
    assert again.code == 0
    assert "it starts again" in again.err


def test_folder_of_somebody_else(tmp_path, command):
    folder = tmp_path / "runs" / "a"
    folder.mkdir(parents=True)
    (folder / "thesis.txt").write_text("mine", encoding="utf8")
    for more in ([], ["--overwrite"]):
        ended = command(tmp_path, *RUN, *more)
        assert ended.code == 2
        assert "is there and no run's folder; give another --run_id or --runs, or move it away" in sentence(ended)
        assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    folder.rename(tmp_path / "elsewhere")
    assert command(tmp_path, *RUN).code == 0


def test_folder_of_somebody_else_in_a_comparison(tmp_path, command_apart):
    words = ["compare", "--models", "pca,raw", "--seeds", "1", "--workers", "1", *FEW]
    assert command_apart(tmp_path, *words).code == 0
    (folder,) = (tmp_path / "runs").glob("digits-pca-*")
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine", encoding="utf8")
    ended = command_apart(tmp_path, *words)
    assert ended.code in (1, 2)
    assert "Traceback" not in ended.err
    assert "no run's folder" in ended.err
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    folder.rename(tmp_path / "elsewhere")
    assert command_apart(tmp_path, *words).code == 0


def test_slow_disk(tmp_path, command, monkeypatch):
    sync, spent = os.fsync, []

    def slow(descriptor):
        spent.append(0.2)
        time.sleep(0.2)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    assert command(tmp_path, *RUN).code == 0
    assert len(spent) > 5
    assert [one["status"] for one in records(tmp_path)] == ["finished"]

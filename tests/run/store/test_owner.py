"""One process writes a run's folder, and its lock ends with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedbench.results.lock import is_owned
from embedbench.run.store.owner import OwnedError, Owner, is_run, written_by

HOLDS = """
import sys, time
from pathlib import Path
from embedbench.run.store.owner import Owner
owner = Owner(Path(sys.argv[1]))
print("holds", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """A process that owns a folder."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    words = [sys.executable, "-c", HOLDS, str(tmp_path / "run")]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"holds\n"
        yield process
        process.kill()


def test_lock_of_another_process_ends_with_it(other, tmp_path):
    folder = tmp_path / "run"
    assert is_owned(folder)
    with pytest.raises(OwnedError, match=f"is being written by process {other.pid} on "):
        Owner(folder)
    assert str(other.pid) in written_by(folder)
    other.kill()
    other.wait()
    assert not is_owned(folder)
    owner = Owner(folder)
    assert is_owned(folder)
    assert str(os.getpid()) in written_by(folder)
    owner.release()
    assert not is_owned(folder)


def test_folder_without_a_lock_is_nobodys(tmp_path):
    assert not is_owned(tmp_path)
    assert written_by(tmp_path) == "another process"


def test_folder_that_only_holds_other_files_is_no_run(tmp_path):
    assert is_run(tmp_path)  # it is empty
    (tmp_path / "my.csv").touch()
    assert not is_run(tmp_path)
    assert not is_run(tmp_path / "my.csv")
    Owner(tmp_path).release()
    assert is_run(tmp_path)

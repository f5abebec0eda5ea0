import errno
import os
import stat

import numpy as np
import pytest
from safetensors.numpy import save_file

from embedbench.errors import RunError, UsageError
from embedbench.files.atomic import replacing, write_text


def test_writes_exactly_the_text(tmp_path):
    path = tmp_path / "new" / "a.txt"
    write_text(path, "é\n\r\n")
    assert path.read_bytes() == "é\n\r\n".encode()
    assert os.listdir(path.parent) == ["a.txt"]


@pytest.mark.parametrize(
    ("crash", "said"),
    [
        (OSError(28, "No space left on device"), r"cannot write .*a\.txt \(No space left on device\); make room there"),
        (KeyboardInterrupt(), None),
    ],
)
@pytest.mark.parametrize("step", ["replace", "fsync"])
def test_a_crash_leaves_the_old_file(tmp_path, monkeypatch, crash, said, step):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(*_):
        raise crash

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(RunError if isinstance(crash, OSError) else KeyboardInterrupt, match=said):
        write_text(path, "new and longer")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_text_is_synced_before_it_takes_the_name(tmp_path, monkeypatch):
    steps = []
    fsync, replace = os.fsync, os.replace

    def watch_fsync(descriptor):
        kind = "folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"
        steps.append((kind, os.fstat(descriptor).st_size if kind == "file" else None))
        fsync(descriptor)

    def watch_replace(source, target):
        steps.append(("replace", os.path.dirname(source) == os.path.dirname(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", watch_fsync)
    monkeypatch.setattr(os, "replace", watch_replace)
    write_text(tmp_path / "a.txt", "12345")
    assert steps == [("file", 5), ("replace", True), ("folder", None)]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot write .*a\.txt"):
        write_text(tmp_path / "file" / "a.txt", "text")


def test_full_disk_that_a_library_of_rust_met_is_the_same_sentence(tmp_path):
    class SafetensorError(Exception):
        pass

    with (
        pytest.raises(RunError, match=r"cannot write .*a\.txt \(No space left on device\); make room there"),
        replacing(tmp_path / "a.txt"),
    ):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert os.listdir(tmp_path) == []


def test_who_may_read_a_file_is_as_of_any_new_one(tmp_path):
    """safetensors makes files that their owner alone may read: nobody else could use a run in a shared folder."""
    (tmp_path / "plain.txt").touch()
    with replacing(tmp_path / "z.safetensors") as temporary:
        save_file({"z": np.zeros(3)}, temporary)
    assert (tmp_path / "z.safetensors").stat().st_mode == (tmp_path / "plain.txt").stat().st_mode


@pytest.mark.parametrize("number", [errno.EPERM, errno.EACCES, errno.EROFS])
def test_file_of_another_user_is_no_want_of_room(number, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)  # as of another user's file in a folder such as /tmp
    with pytest.raises(UsageError, match=rf"cannot write \S*a\.txt \({os.strerror(number)}\); choose a folder"):
        write_text(tmp_path / "a.txt", "text")
    assert os.listdir(tmp_path) == []

"""What can't be written to is refused, in one sentence and before anything is done."""

import os
import re
import socket
from pathlib import Path

import pytest

from embedbench.errors import UsageError
from embedbench.files.destination import check_file, check_folder


@pytest.fixture
def place(tmp_path, monkeypatch):
    """One thing of each kind that is no file, named as if it were one."""
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "file.md").touch()
    (tmp_path / "link.md").symlink_to("file.md")
    (tmp_path / "lost.md").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket.md")
    (tmp_path / "device.md").symlink_to("/dev/null")
    return tmp_path


REFUSED = {
    "folder.md": "is a folder; name a file in it",
    "link.md": "is a link; name the file itself",
    "lost.md": "is a link; name the file itself",
    "device.md": "is a link; name the file itself",
    "/dev/null": "is a device; name a file",
    "pipe.md": "is a pipe; name a file",
    "socket.md": "is a socket; name a file",
    "table.txt": "must end in .md, .csv or .tex, got 'table.txt'",
    "table": "must end in .md, .csv or .tex, got 'table'",
    "none/table.md": "there is no folder none; make it first",
    "file.md/table.md": "there is no folder file.md; make it first",
    "n" * 300 + ".md": "can't be looked at (File name too long)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_file_that_can_not_be(name, place):
    before = sorted(place.rglob("*"))
    with pytest.raises(UsageError, match=re.escape(REFUSED[name])):
        check_file("--output", Path(name), (".md", ".csv", ".tex"))
    assert sorted(place.rglob("*")) == before


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="there is no /proc here")
def test_folder_in_which_nobody_can_write():
    with pytest.raises(UsageError, match=r"--output /proc/table.md: cannot write in the folder /proc \("):
        check_file("--output", Path("/proc/table.md"), (".md",))
    with pytest.raises(UsageError, match=r"--output /proc/no/such: cannot write below /proc \("):
        check_folder("--output", Path("/proc/no/such"))


def test_file_that_can_be(place):
    assert check_file("--output", Path("file.md"), (".md",)) == ".md"
    assert check_file("--output", place / "NEW.CSV", (".md", ".csv")) == ".csv"
    assert not (place / "NEW.CSV").exists()


def test_folder_that_can_be_made(place):
    check_folder("--output", place / "a" / "b", ["x.md"])
    check_folder("--output", Path("."), ["file.md", "new.md"])
    assert not (place / "a").exists()
    for name in ("file.md", "file.md/b", "lost.md", "pipe.md"):
        with pytest.raises(UsageError, match=r"--output .*: cannot write below .*md \(Not a directory|No such file"):
            check_folder("--output", place / name)
    with pytest.raises(UsageError, match=r"--output \.?/?link.md is a link; name the file itself"):
        check_folder("--output", Path("."), ["new.md", "link.md"])
    with pytest.raises(UsageError, match=r"can't be looked at \(File name too long\)"):
        check_folder("--output", place / ("n" * 300))

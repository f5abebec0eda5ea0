"""Compressed files, whole and broken."""

import bz2
import gzip
import lzma
import zipfile

import pytest

from embedbench.errors import UsageError
from embedbench.files.tables import read_table
from embedbench.files.text import read_text

TEXT = "a,b\n" + "".join(f"{i},{i * i % 97}\n" for i in range(40))


def zipped(content, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", content)


WRITERS = {
    "gz": lambda content, path: path.write_bytes(gzip.compress(content, mtime=0)),
    "bz2": lambda content, path: path.write_bytes(bz2.compress(content)),
    "xz": lambda content, path: path.write_bytes(lzma.compress(content)),
    "zip": zipped,
}


@pytest.fixture(params=WRITERS)
def path(request, tmp_path):
    path = tmp_path / f"x.csv.{request.param}"
    WRITERS[request.param](TEXT.encode(), path)
    return path


def test_whole_files_are_read(path):
    assert read_text(path) == TEXT
    assert read_table(path).frame["a"].tolist() == list(range(40))


def test_every_flipped_byte_is_read_or_refused_in_a_sentence(path):
    content, refused = path.read_bytes(), 0
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        for read in (read_text, read_table):
            try:
                read(path)
            except UsageError:
                refused += 1
    assert refused > len(content)


def test_cut_files_are_refused(path):
    content = path.read_bytes()
    for kept in (1, 4, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:kept])
        for read in (read_text, read_table):
            with pytest.raises(UsageError, match=r"cannot read .*x\.csv\.\w+ as"):
                read(path)


def test_a_wrong_ending_is_refused(path):
    path.write_bytes(TEXT.encode())
    with pytest.raises(UsageError, match=r"cannot read .*; save it again, or check its ending"):
        read_table(path)


def test_zst_without_its_library_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    (tmp_path / "x.csv.zst").write_bytes(b"")
    with pytest.raises(UsageError, match=r"cannot read .*\.zst needs the library zstandard; install it, or decompress"):
        read_table(tmp_path / "x.csv.zst")

"""Compressed files, whole and broken."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import pytest

from embedbench.errors import UsageError
from embedbench.files.numpy_files import read_arrays
from embedbench.files.tables.table_file import read_table
from embedbench.files.text_file import read_text

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


@pytest.mark.parametrize("before", [0, 2**20 - 3, 2**20])
@pytest.mark.parametrize("ending", ["csv", "csv.gz", "jsonl"])
def test_a_byte_0_is_refused_by_its_line(before, ending, tmp_path):
    lines = f"a,b\n{'x' * before},1\n2,".encode()
    path = tmp_path / f"x.{ending}"
    path.write_bytes((gzip.compress if "gz" in ending else bytes)(lines + b"1\x002\n3,4\n"))
    for read in (read_text, read_table):
        with pytest.raises(UsageError, match=r"cannot read .* as .*: in line 3 the byte 0x00 is not text; save it as"):
            read(path)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-32"])
def test_other_encodings_are_refused(encoding, tmp_path):
    (tmp_path / "x.csv").write_text(TEXT, encoding=encoding)
    with pytest.raises(UsageError, match="in line 1 the byte 0x00 is not text; save it as UTF-8"):
        read_table(tmp_path / "x.csv")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a.arrow", "a.npy", "a.npz", "a.csv.gz"])
def test_file_that_may_not_be_read_is_called_so(name, tmp_path, forbidden):
    path = tmp_path / name
    path.write_text("a\n1\n")
    forbidden(path, "open")
    read = read_arrays if path.suffix in (".npy", ".npz") else read_table
    with pytest.raises(UsageError, match=rf"cannot read \S*{name}: Permission denied; give a file that can be read\.$"):
        read(path)


@pytest.mark.parametrize("name", ["http:a.csv", "ftp:a.jsonl", "file:a.csv"])
def test_file_named_like_an_address_is_a_file(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    path.write_text('{"a": 1}\n' if path.suffix == ".jsonl" else "a,b\n1,2\n")
    assert read_table(path).frame["a"].tolist() == [1]
    assert read_text(path) == path.read_text()

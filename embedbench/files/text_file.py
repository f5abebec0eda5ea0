"""Files of text, compressed or not, and where one isn't UTF-8."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

from embedbench.errors import UsageError
from embedbench.files import compressed

BROKEN: tuple[type[Exception], ...] = (  # what Python's readers raise of cut, altered and misnamed files
    *(ImportError, ValueError, OSError, EOFError, NotImplementedError, RuntimeError, MemoryError, OverflowError),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, struct.error),
)
_CHUNK = 2**20


def read_text(path: Path, kind: str = "text") -> str:
    """A text file, perhaps compressed (.gz, .bz2, .xz, .zip, .zst).

    Args:
        path: The file.
        kind: What it is, as a refusal says it.

    Raises:
        UsageError: If it can't be decompressed, isn't UTF-8 or holds a byte 0; names the line.
    """
    content = read_bytes(path, kind)
    if (place := content.find(0)) >= 0:
        raise _no_text(path, kind, content.count(b"\n", 0, place) + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        where = f"cannot read {path} as {kind}: in line {line}"
        raise UsageError(f"{where} the byte {byte:#04x} is not UTF-8; save the file as UTF-8.") from None


def refuse_zero_bytes(path: Path, kind: str) -> None:
    """Refuses a file that holds a byte 0, as UTF-16 does, and at which some parsers end a cell.

    Raises:
        UsageError: If there is one; names the line.
    """
    lines = 1
    with opened(path, kind) as file:
        while chunk := file.read(_CHUNK):
            place = chunk.find(0)
            lines += chunk.count(b"\n", 0, len(chunk) if place < 0 else place)
            if place >= 0:
                raise _no_text(path, kind, lines)


def read_bytes(path: Path, kind: str) -> bytes:
    """What is in a file, decompressed.

    Raises:
        UsageError: If it can't be read or decompressed.
    """
    with opened(path, kind) as file:
        content: bytes = file.read()
    return content


def check_readable(path: Path) -> None:
    """Refuses a file that may not be read, of which some libraries say that it isn't there, or that it is broken.

    Raises:
        UsageError: If it can't be opened.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; give a file that can be read.") from None


class opened:  # noqa: N801 (used as a function is)
    """A file opened for its bytes, decompressed as its name says.

    Raises:
        UsageError: If it can't be read or decompressed, also while it is being read.
    """

    def __init__(self, path: Path, kind: str) -> None:
        self.path, self.kind = path, kind

    def __enter__(self) -> Any:
        check_readable(self.path)
        if not self.path.name.lower().endswith((*compressed.ENDINGS, ".tar")):
            self.handle: Any = self.path.open("rb")
            return self.handle
        from pandas.io.common import get_handle  # takes half a second to import

        try:  # the whole path: pandas would take http:a.csv for an address
            self.handle = get_handle(self.path.absolute(), "rb", compression="infer", is_text=False)
        except BROKEN as error:
            raise unreadable(self.path, self.kind, error) from None
        return self.handle.handle

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.handle.close()
        if isinstance(error, BROKEN) and not isinstance(error, (UsageError, UnicodeError)):
            raise unreadable(self.path, self.kind, error) from None


def _no_text(path: Path, kind: str, line: int) -> UsageError:
    return UsageError(f"cannot read {path} as {kind}: in line {line} the byte 0x00 is not text; save it as UTF-8.")


def unreadable(path: Path, kind: str, error: Exception) -> UsageError:
    """The refusal of a file, with the reason that a reader gave."""
    reason = " ".join(str(error).split()).rstrip(".")[:300] or type(error).__name__
    if isinstance(error, ImportError) and path.suffix.lower() == ".zst":
        return UsageError(f"cannot read {path}: .zst needs the library zstandard; install it, or decompress the file.")
    return UsageError(f"cannot read {path} as {kind}: {reason}; save it again, or check its ending.")

"""IDX files, the format of MNIST and its kin (LeCun, Cortes & Burges, 1998)."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError

Part = Literal["train", "t10k"]
_BYTES = 0x08  # the only type of number that these image files use


def read_pair(folder: Path, part: Part) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images ``(rows, height, width)`` and labels ``(rows,)`` of one part, both uint8.

    Raises:
        UsageError: If a file is missing, broken, or the two don't fit together; names the file.
    """
    images = read_idx(_find(folder, part, "images"), axes=3)
    labels = read_idx(_find(folder, part, "labels"), axes=1)
    if len(images) != len(labels):
        raise UsageError(f"{folder} holds {len(images)} {part} images but {len(labels)} labels; fetch the files again.")
    return images, labels


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """The bytes of one IDX file, plain or gzipped, as an array of ``axes`` axes.

    Layout: two zero bytes, the type, the number of axes, each axis' length (big-endian uint32), then the values.

    Raises:
        UsageError: If the file isn't IDX, has other axes, or is shorter or longer than its header says.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix.lower() == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"cannot read {path}: {error}; fetch the file again.") from None
    header = 4 + 4 * axes
    if content[:4] != bytes([0, 0, _BYTES, axes]) or len(content) < header:
        raise UsageError(f"{path} is not an IDX file of bytes with {axes} axes; fetch the file again.")
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, offset=4))
    if len(content) - header != math.prod(shape):
        raise UsageError(
            f"{path} must hold {math.prod(shape)} values as its header says, got {len(content) - header}; "
            "fetch the file again."
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _find(folder: Path, part: Part, kind: Literal["images", "labels"]) -> Path:
    """The file of a part under any of its usual names; the first in alphabetical order if there are several."""
    pattern = re.compile(rf"{part}-{kind}([-.]idx\d)?([-.]ubyte)?(\.gz)?")
    found = sorted(path for path in folder.glob(f"{part}-{kind}*") if pattern.fullmatch(path.name))
    if not found:
        usual = f"{part}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"
        raise UsageError(f"there is no {usual} or {usual}.gz in {folder}; give the folder that holds the IDX files.")
    return found[0]

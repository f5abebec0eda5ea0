"""A numpy file at a glance: the arrays in it, by their headers alone."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from embedbench.data.look.seen import Look, Seen
from embedbench.errors import UsageError
from embedbench.files.text_file import BROKEN, check_readable

_UNREADABLE: tuple[type[Exception], ...] = (*BROKEN, KeyError, TypeError, SyntaxError)
_FEATURES = ("x", "x_train")
_LABELS = ("y", "y_train", "y_test")


def look_at_arrays(path: Path) -> Look:
    """What a numpy file holds.

    Raises:
        UsageError: If it can't be read as one, or holds no array of features.
    """
    check_readable(path)
    try:
        arrays = _headers(path)
    except _UNREADABLE as error:
        raise UsageError(
            f"cannot read {path} as numpy arrays: {' '.join(str(error).split())}; save it again."
        ) from None
    if not any(name in arrays for name in _FEATURES):
        raise UsageError(f"{path} must hold x, or x_train and x_test, got {', '.join(arrays) or 'nothing'}.")
    rows = sum(shape[0] for name, (shape, _) in arrays.items() if name.startswith("x") and shape)
    shape = next(arrays[name][0] for name in _FEATURES if name in arrays)
    columns = tuple(_seen(name, *found) for name, found in arrays.items())
    label = next((name for name in _LABELS if name in arrays), None)
    modality = "array" if len(shape) == 2 else "image"
    return Look(path, modality, "arrays", {"path": str(path)}, rows, 0, columns, classes=None if label is None else {})


def _headers(path: Path) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """Shape and type of each array."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return {"x": _header(file)}
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                found[name.removesuffix(".npy")] = _header(file)
    return found


def _header(file: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    return shape, kind


def _seen(name: str, shape: tuple[int, ...], kind: np.dtype[Any]) -> Seen:
    size = " x ".join(map(str, shape))
    becomes = "label" if name in _LABELS else "features" if name.startswith("x") else "ignored"
    return Seen(name, "array", 0, None, becomes, f"{kind} of {size}")

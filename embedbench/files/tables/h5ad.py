"""AnnData in a file, .h5ad: a matrix of observations by variables, and what is known of the observations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError, unknown
from embedbench.files.text_file import BROKEN, check_readable, unreadable
from embedbench.files.unicode_text import column_name
from embedbench.memory import check_memory

ENDING = ".h5ad"
OBS_NAMES = "obs_names"  # the column of the observations' own names
_EXACT = 2**24  # up to which whole numbers are exact in float32
_UNREADABLE: tuple[type[Exception], ...] = (*BROKEN, KeyError, TypeError, AttributeError)
_COPIES = 2  # of the dense matrix that are held at a time: as read, and as encoded


class Annotated(NamedTuple):
    """What a file holds.

    Attributes:
        x: The matrix, dense, float32 or float64 ``(rows, features)``.
        names: Of the features, each once.
        obs: Columns of the observations, their own names the first, ``(rows, columns)``.
        notes: What was read otherwise than it is written, one sentence each.
    """

    x: NDArray[Any]
    names: list[str]
    obs: pd.DataFrame
    notes: tuple[str, ...]


class Contents(NamedTuple):
    """What a file holds, without its numbers.

    Attributes:
        obs: As of `Annotated`.
        matrices: "X", "layers/NAME" and "obsm/NAME", and of each its shape and how it is stored.
    """

    obs: pd.DataFrame
    matrices: dict[str, tuple[tuple[int, ...], str]]


def read_h5ad(path: Path, layer: str | None = None, obsm: str | None = None) -> Annotated:
    """One matrix of a file, and its observations; nothing else is read.

    Args:
        path: The file.
        layer: Of the matrix, by name, in place of X.
        obsm: Name of a matrix of the observations in place of X, such as X_pca.

    Raises:
        UsageError: If anndata isn't there, the file can't be read, the matrix isn't in it, or the memory can't hold it.
    """
    with _opened(path) as file:
        where = f"obsm/{obsm}" if obsm else f"layers/{layer}" if layer else "X"
        there = _matrices(file)
        if where not in there:
            _refuse(path, where, there)
        shape, how = there[where]
        check_memory(
            4 * _COPIES * float(np.prod(shape)),
            f"{where} of {path} as dense numbers, {' x '.join(f'{size:,}' for size in shape)},",
            "keep fewer variables (the highly variable ones), or take a matrix of few columns by --data.obsm",
        )
        obs = _obs(_read(file["obs"]))
        values = _read(file[where])
        names = [f"{obsm}{number}" for number in range(shape[1])] if obsm else list(map(str, _read(file["var"]).index))
    if isinstance(values, pd.DataFrame):  # as matrices of the observations may be
        names = list(map(str, values.columns))
    found = _unique(names)
    repeated = len(names) - len(set(names))
    said = [f"{repeated} features have the name of an earlier one: numbered"] if repeated else []
    if how.startswith("sparse"):
        said.append(f"the {how} {where} is read as dense numbers")
    return Annotated(_dense(values, path, where), found, obs, tuple(said))


def look_at_h5ad(path: Path) -> Contents:
    """What is in a file, in a moment.

    Raises:
        UsageError: As ``read_h5ad``.
    """
    with _opened(path) as file:
        return Contents(_obs(_read(file["obs"])), _matrices(file))


def obs_columns(path: Path) -> list[str]:
    """Names of the columns of the observations, without a look at what they hold.

    Raises:
        UsageError: As ``read_h5ad``.
    """
    with _opened(path) as file:
        return [OBS_NAMES, *map(column_name, file["obs"].attrs["column-order"])]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file; refuses what can't be read in one sentence, and the absence of the library."""
    check_readable(path)
    try:
        import h5py

        with h5py.File(path, "r") as file:
            if "obs" not in file:
                raise UsageError(f"{path} holds no observations, as AnnData's files do; write it by anndata.")
            yield file
    except UsageError:
        raise
    except ImportError:
        raise UsageError("AnnData files need anndata; pip install anndata.") from None
    except _UNREADABLE as error:
        raise unreadable(path, "AnnData", error) from None


def _read(item: Any) -> Any:
    """An element of a file as anndata has it in memory."""
    from anndata.io import read_elem

    return read_elem(item)


def _matrices(file: Any) -> dict[str, tuple[tuple[int, ...], str]]:
    places = ["X", *(f"{group}/{name}" for group in ("layers", "obsm") for name in file.get(group, ()))]
    return {place: _shape(file[place]) for place in places if place in file}


def _shape(item: Any) -> tuple[tuple[int, ...], str]:
    """Shape of a matrix and how it is stored."""
    if hasattr(item, "shape"):
        return tuple(map(int, item.shape)), f"dense {item.dtype}"
    if "shape" in item.attrs:
        kind = str(item.attrs.get("encoding-type", "")).removesuffix("_matrix")
        return tuple(map(int, item.attrs["shape"])), f"sparse {item['data'].dtype} ({kind})"
    columns = list(item.attrs.get("column-order", ()))
    return (int(item[columns[0]].shape[0]) if columns else 0, len(columns)), "table"


def _refuse(path: Path, where: str, there: dict[str, Any]) -> None:
    group, _, name = where.rpartition("/")
    if not group:
        has = ", ".join(there) or "no matrix"
        raise UsageError(f"{path} has no X, but {has}; name one by --data.layer or --data.obsm.")
    known = [place.removeprefix(f"{group}/") for place in there if place.startswith(f"{group}/")]
    raise unknown("layer" if group == "layers" else "obsm matrix", name, known)


def _obs(frame: pd.DataFrame) -> pd.DataFrame:
    """The observations' columns, categories as what they say, and their own names the first."""
    plain = {
        column_name(name): values.astype(object) if isinstance(values.dtype, pd.CategoricalDtype) else values
        for name, values in frame.items()
        if name != OBS_NAMES
    }
    found: pd.DataFrame = pd.DataFrame({OBS_NAMES: frame.index.astype(str), **plain}, index=frame.index)
    found.index = pd.RangeIndex(len(found))
    return found


def _unique(names: list[str]) -> list[str]:
    """The names, those that are there again numbered as anndata does it."""
    from anndata.utils import make_index_unique

    return list(map(str, make_index_unique(pd.Index(names, dtype=object)))) if len(set(names)) < len(names) else names


def _dense(values: Any, path: Path, where: str) -> NDArray[Any]:
    """Numbers as float32 ``(rows, features)``, or float64 if float32 would round them."""
    array = np.asarray(values.toarray() if hasattr(values, "toarray") else values)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "biuf":
        got = f"{array.dtype} {array.shape}"
        raise UsageError(f"{where} of {path} must be numbers (rows, features), none empty, got {got}.")
    if array.dtype.kind in "biu":
        return array.astype(np.float32 if np.abs(array, dtype=np.float64).max() <= _EXACT else np.float64)
    return array.astype(np.float32 if array.dtype.itemsize <= 4 else np.float64, copy=False)

"""Which split of a hub's data set is train, validation and test, and the columns of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.errors import UsageError, unknown
from embedbench.files.tables.columnar import to_frame
from embedbench.types import SPLITS, Split

_USUAL: dict[Split, tuple[str, ...]] = {"train": ("train",), "val": ("validation", "val", "dev"), "test": ("test",)}


class HubPart(NamedTuple):
    """One split: its name on the hub, its rows (a ``datasets.Dataset``), and the numbers of those that are used."""

    split: Split
    name: str
    rows: Any
    keep: NDArray[np.int64]


def check_splits(splits: Mapping[str, str]) -> None:
    """Refuses parts that there are not, no train split, and one split for two parts.

    Raises:
        UsageError: If one is found; it is named.
    """
    for part in splits:
        if part not in SPLITS:
            raise unknown("part in `splits`", part, SPLITS)
    if "train" not in splits:
        raise UsageError("`splits` names no train split; add --data.splits.train NAME.")
    if len(set(splits.values())) < len(splits):
        raise UsageError(f"`splits` names a split twice, got {splits}; no row may be in two parts.")


def hub_parts(found: Mapping[str, Any], splits: Mapping[str, str] | None, path: str) -> list[HubPart]:
    """What becomes train, validation and test, with all rows.

    Args:
        found: Every split (a ``datasets.Dataset``) by its name on the hub.
        splits: Names by part; ``None`` takes the usual ones.
        path: What a refusal names.

    Raises:
        UsageError: If a name isn't there, or no train split.
    """
    # The first of the usual names that is there, for it is written last.
    usual = {part: name for part, names in _USUAL.items() for name in reversed(names) if name in found}
    asked = usual if splits is None else splits
    for name in asked.values():
        if name not in found:
            raise unknown(f"split of {path}", name, found)
    if "train" not in asked:
        raise UsageError(f"{path} has no split 'train' but {', '.join(found)}; name one with --data.splits.train.")
    chosen = {part: (asked[part], found[asked[part]]) for part in SPLITS if part in asked}
    # A data set may be saved in the format of torch or others; here rows are wanted as Python's objects.
    return [HubPart(part, name, rows.with_format(None), np.arange(len(rows))) for part, (name, rows) in chosen.items()]


def is_list(feature: Any) -> bool:
    """Whether a column holds lists; their type has another name in each version of the library."""
    return hasattr(feature, "feature")


def named_lists(part: HubPart, column: str, lists: pd.Series[Any]) -> pd.Series[Any]:
    """Lists of labels of the rows that are used, by their names where the hub has some.

    Args:
        part: Whose rows.
        column: Of lists.
        lists: Of all rows, as the hub has them.
    """
    names = getattr(part.rows.features[column].feature, "names", None)
    kept = lists.iloc[part.keep]
    if names is None:
        return kept
    called = [None if cell is None else [names[number] for number in cell] for cell in kept]
    return pd.Series(called, dtype=object)


def table_of(part: HubPart, columns: list[str]) -> pd.DataFrame:
    """Columns of all rows of a split, whole numbers exact beside gaps."""
    return to_frame(part.rows.select_columns(columns).with_format("arrow")[:])


def frame_of(parts: Sequence[HubPart], columns: list[str]) -> pd.DataFrame:
    """Columns of the rows that are used, of all parts."""
    frames: list[pd.DataFrame] = [table_of(part, columns).iloc[part.keep] for part in parts]
    return pd.concat(frames, ignore_index=True)

"""Which split of a hub's data set is train, validation and test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError, unknown
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

"""How many neighbours a model looks at unless told otherwise."""

from __future__ import annotations

from embedbench.types import DataSpec


def neighbor_count(asked: int | None, usual: int, least: int, spec: DataSpec) -> tuple[int, list[str]]:
    """The number asked for, else the usual one or as many as the train rows allow, and a note if these are fewer.

    >>> neighbor_count(None, 15, 2, DataSpec("tabular", (3,), 9, "none"))
    (8, ['8 neighbours in place of 15, for 9 train rows'])
    >>> neighbor_count(50, 15, 2, DataSpec("tabular", (3,), 9, "none"))
    (50, [])

    Args:
        asked: By the user, not checked here.
        usual: Number where there are rows enough.
        least: Number that the model can't do without.
        spec: Of the data.
    """
    if asked is not None:
        return asked, []
    found = max(least, min(usual, spec.n_rows - 1))
    return found, [f"{found} neighbours in place of {usual}, for {spec.n_rows} train rows"] if found < usual else []

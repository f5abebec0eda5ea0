"""Columns that are set aside: no model sees them, and what was embedded without them is scored by them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.data.labels.label_numbers import Task, encode_label
from embedbench.errors import UsageError
from embedbench.files.labels import without_label
from embedbench.files.names import renamed, some_of
from embedbench.files.unicode_text import column_name
from embedbench.types import FurtherLabel

_TASKS: dict[str, Task] = {"categorical": "classification", "numeric": "regression"}
_SHOWN = 3
_LEAVE = ("leave it out", "leave it out")
_NAME = ("name it in `categorical`", "leave it out, or name it in `numeric`")
_CURES = {"numeric": ("leave it out of `numeric`", "leave it out"), "categorical": _LEAVE}


class FurtherColumns(NamedTuple):
    """Names of the columns that are set aside.

    Attributes:
        probe: Probed, each by itself.
        levels: Levels of a hierarchy above the label, in any order.
    """

    probe: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, probe: Sequence[str] | None, levels: Sequence[str] | None, roles: Mapping[str, Sequence[str | None]]
    ) -> FurtherColumns:
        """Of names as a user gives them.

        Args:
            probe: Of columns.
            levels: Of columns.
            roles: Names that other arguments give, by argument.

        Raises:
            UsageError: If a column is named twice.
        """
        names = cls(tuple(map(column_name, probe or ())), tuple(map(column_name, levels or ())))
        taken = {name: argument for argument, given in roles.items() for name in given if name is not None}
        for argument, given in names.asked().items():
            for name in given:
                if name in taken:
                    both = " twice by" if taken[name] == argument else f" by both `{taken[name]}` and"
                    raise UsageError(f"column {name!r} is named{both} `{argument}`; keep one.")
                taken[name] = argument
        return names

    def asked(self) -> dict[str, list[str]]:
        """The names by argument."""
        return {"probe": [*self.probe], "levels": [*self.levels]}

    def among(self, columns: Collection[Any]) -> FurtherColumns:
        """Those that are among some columns."""
        return FurtherColumns(*(tuple(name for name in given if name in columns) for given in self))

    @property
    def names(self) -> list[str]:
        """All of them."""
        return [*self.probe, *self.levels]

    def refuse_folder(self) -> None:
        """Refuses columns of a folder.

        Raises:
            UsageError: If there are any.
        """
        for argument, names in self.asked().items():
            if names:
                raise UsageError(f"`{argument}` names columns, and a folder has none; leave it out.")


class Further(NamedTuple):
    """What columns that are set aside hold.

    Attributes:
        labels: By name of the column, of all rows: those that are probed, then the levels, the finest first.
        notes: What is to be said of them, one sentence each.
    """

    labels: dict[str, FurtherLabel]
    notes: tuple[str, ...]


def read_further(
    frame: pd.DataFrame,
    names: FurtherColumns,
    label: FurtherLabel | None,
    *,
    kinds: Mapping[str, str] | None = None,
    comma_is_decimal: bool = False,
) -> Further:
    """The columns as labels: classes or a real target by the rule of `encode_label`; levels are classes.

    Args:
        frame: The rows that are used, with the columns.
        names: Of the columns.
        label: Of the rows; ``None`` without labels.
        kinds: What columns were said to be, "categorical" or "numeric", by name: that overrules the rule; ``None``
            where nobody can say.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.

    Raises:
        UsageError: If a column can't be used, if levels have no classes to stand above, or if they are no hierarchy:
            a class of one level in two classes of the next.
    """
    if names.levels and (label is None or not label.classes):
        what = "there is no label" if label is None else "the label is a real target"
        raise UsageError(
            f"`levels` stand above the classes of a label, their finest level, but {what}; name that column as the "
            "label, or give the others to `probe`."
        )
    found, said = {}, [*_set_aside(names)]
    for name in names.names:
        argument = "levels" if name in names.levels else "probe"
        if argument == "levels" and kinds and kinds.get(name) == "numeric":
            raise UsageError(f"column {name!r} of `levels` is classes, whatever it holds; leave it out of `numeric`.")
        kind = (kinds or {}).get(name, "")
        task = _TASKS.get(kind, "auto") if argument == "probe" else "classification"
        cures = _CURES.get(kind, _LEAVE if kinds is None or argument == "levels" else _NAME)
        found[name] = _read(frame[name], f"column {name!r} of `{argument}`", task, cures, comma_is_decimal)
        said += _notes(frame[name], found[name])
    order = sorted(names.levels, key=lambda name: -len(found[name].classes))
    for height, name in enumerate(order, start=1):
        found[name] = found.pop(name)._replace(height=height)
    if label is not None and order:
        for (fine, below), (coarse, above) in pairwise([("the label", label), *((n, found[n]) for n in order)]):
            _check_nested(fine if below is label else f"level {fine!r}", below, coarse, above)
    return Further(found, tuple(said))


def take_rows(further: Mapping[str, FurtherLabel], rows: NDArray[np.int64]) -> dict[str, FurtherLabel]:
    """Some rows of each column."""
    return {name: one.take(rows) for name, one in further.items()}


def check_train(further: Mapping[str, FurtherLabel], rows: NDArray[np.int64]) -> None:
    """Refuses columns that say nothing in the train rows, whose numbers are given.

    Raises:
        UsageError: If one has no value there, or a single class.
    """
    for name, one in further.items():
        known = one.label[rows][one.there[rows]]
        distinct = len(np.unique(known))
        if not distinct or (one.classes and distinct < 2):
            what = f"one class only, {one.classes[known[0]]!r}," if distinct else "no value"
            raise UsageError(
                f"column {name!r}, which is set aside, holds {what} in the train rows; give rows of more, or leave it "
                "out."
            )


def _read(
    values: pd.Series[Any], what: str, task: Task, cures: tuple[str, str], comma_is_decimal: bool
) -> FurtherLabel:
    """One column; a row without a value is -1 or NaN.

    Args:
        values: ``(rows,)``.
        what: It, as a refusal names it.
        task: What it is taken for.
        cures: What to do about one that is no numbers as a whole, and of one that is another class in each row.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.
    """
    there = ~without_label(values)
    if not there.any():
        raise UsageError(f"{what} holds no value in the rows that are used; leave it out.")
    try:
        label, classes = encode_label(values[there], task, comma_is_decimal=comma_is_decimal, as_classes=cures[0])
    except UsageError as error:
        raise UsageError(f"{what}: {error}") from None
    if len(classes) == 1:
        raise UsageError(f"{what} holds one class only, {classes[0]!r}, which tells nothing; leave it out.")
    if classes and len(classes) == len(label):
        raise UsageError(
            f"{what} has another class in each of {len(label)} rows, such as {classes[0]!r}, so that none can be "
            f"learned from others; {cures[1]}."
        )
    whole = np.full(len(values), -1 if classes else np.nan, label.dtype)
    whole[there] = label
    return FurtherLabel(whole, classes)


def _set_aside(names: FurtherColumns) -> list[str]:
    return [
        f"no model sees {', '.join(map(repr, given))}, {why}"
        for given, why in zip(names, ("by which probes are scored", "levels above the label"), strict=True)
        if given
    ]


def _notes(values: pd.Series[Any], found: FurtherLabel) -> list[str]:
    gone = int((~found.there).sum())
    what = f"column {str(values.name)!r}"
    bare = [f"{what}: {gone} of {len(values)} rows have no value and are left out of its scores alone"] if gone else []
    return [*bare, *(renamed(values[found.there], what) if found.classes else ())]


def _check_nested(fine: str, below: FurtherLabel, coarse: str, above: FurtherLabel) -> None:
    """Refuses a class of the finer level that has rows in two classes of the coarser one.

    Such a hierarchy is no tree, in which a lowest common ancestor is none: a figure of it would be wrong in silence.
    """
    both = below.there & above.there
    pairs, rows = np.unique(np.stack([below.label[both], above.label[both]]), axis=1, return_counts=True)
    classes, first, parents = np.unique(pairs[0], return_index=True, return_counts=True)
    torn = np.flatnonzero(parents > 1)
    if not len(torn):
        return
    most = [rows[start : start + count] for start, count in zip(first[torn], parents[torn], strict=True)]
    odd = sum(int(count.sum() - count.max()) for count in most)
    start, count = first[torn[0]], parents[torn[0]]
    of_first = zip(pairs[1, start : start + count], rows[start : start + count], strict=True)
    shown = some_of([f"{above.classes[parent]!r} ({n} rows)" for parent, n in of_first], _SHOWN)
    raise UsageError(
        f"level {coarse!r} can't stand above {fine}: {len(torn)} of its {len(classes)} classes have rows in several of "
        f"its classes, such as {below.classes[classes[torn[0]]]!r} in {shown}; repair these rows ({odd} of "
        f"{int(both.sum())}), or give the column to `probe`, which asks for no hierarchy."
    )

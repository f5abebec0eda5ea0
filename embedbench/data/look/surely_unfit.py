"""Refuses by a look at all rows what would be refused once the rows are loaded, which takes the import of torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedbench.data.checks import two_classes
from embedbench.data.labels.label_numbers import encode_label, has_label
from embedbench.data.labels.several_labels import are_several
from embedbench.data.look.seen import Look
from embedbench.errors import UsageError
from embedbench.files.tables.table_file import read_table
from embedbench.files.unicode_text import column_name

_ROLES = ("label", "split", "id", "split_by", "split_after", "drop", "categorical", "numeric", "date")


def refuse_unfit(found: Look, given: Mapping[str, Any]) -> None:
    """Refuses a label that can't be one, and columns that can be no features, where that is sure.

    Args:
        found: Of the data; nothing is sure of a large file, of which the first rows were looked at.
        given: Arguments of the data.

    Raises:
        UsageError: In the words of the data set.
    """
    if found.data != "table" or not found.whole or given.get("test") is not None:
        return
    named = {column_name(one) for role in _ROLES for one in _listed(given.get(role))}
    distinct: set[int | None] = set()
    if isinstance(label := given.get("label"), str):
        label = column_name(label)
        frame, _, comma_is_decimal = read_table(found.path, [label])
        several = are_several(frame[label], given.get("label_separator"))
        if several or not has_label(frame[label])[0].all():  # rows without a label are left out, with all they hold
            return
        numbers, classes = encode_label(frame[label], given.get("task", "auto"), comma_is_decimal=comma_is_decimal)
        if classes:
            two_classes(numbers, classes)
        distinct = {column.distinct for column in found.columns if column.name == label}
    for column in found.columns:
        # A column that repeats the label is left out.
        if column.kind == "unusable" and column.name not in named and column.distinct not in distinct:
            begins = column.why.startswith("column ")
            raise UsageError(column.why if begins else f"column {column.name!r} {column.why}")


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [one for one in value or [] if isinstance(one, str)]

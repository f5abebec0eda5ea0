"""Columns of a table -> numbers: medians and one-hot codes, fitted on train rows only."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from embedbench.data.kinds import Column
from embedbench.data.prepare import Encode
from embedbench.errors import UsageError

MOST_CATEGORIES = 50


def encode_columns(train: pd.DataFrame) -> Encode:
    """Fit the encoding of a tidy table.

    Numeric: missing values become the train median, then train mean 0 and standard deviation 1. Text: one 0/1 column a
    category, "missing" being one of its own; beyond 50 categories the rarest share one column, which also takes values
    unknown in train; without such a column, unknown values are all 0.

    Args:
        train: Train rows of a tidy table, ``(rows, columns)``.

    Returns:
        What turns a tidy table ``(rows, columns)`` into float64 ``(rows, features)``, the one-hot codes last.

    Raises:
        UsageError: If a column has no value in the train rows; names each.
    """
    empty = [str(name) for name in train.columns[train.isna().all()]]
    if empty:
        raise UsageError(
            f"no value at all in {len(train)} train rows in column {', '.join(map(repr, empty))}; "
            "fill it, or leave it out."
        )
    numbers = list(train.select_dtypes("number").columns)
    words = [name for name in train.columns if name not in numbers]
    one_hot = OneHotEncoder(max_categories=MOST_CATEGORIES, handle_unknown="infrequent_if_exist", sparse_output=False)
    columns = ColumnTransformer(
        [("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
         ("words", one_hot, words)]
    )  # fmt: skip
    columns.fit(train)
    return Encode(columns.transform, _widths(columns.named_transformers_["words"]) if words else ())


def _widths(one_hot: OneHotEncoder) -> tuple[int, ...]:
    """Columns of each code: one a category, the infrequent ones together in one."""
    pairs = zip(one_hot.categories_, one_hot.infrequent_categories_, strict=True)
    return tuple(len(every) if rare is None else len(every) - len(rare) + 1 for every, rare in pairs)


def notes(table: pd.DataFrame, columns: Sequence[Column]) -> tuple[str, ...]:
    """What the encoding of a tidy table hides: filled values and merged categories, a sentence a column."""
    said = []
    for column in columns:
        values = table[column.tidy_names]
        missing, kinds = int(values.isna().any(axis=1).sum()), int(values[column.tidy_names[0]].nunique(dropna=False))
        if missing:
            words = column.kind == "category"
            how = "made a category of their own" if words else "filled with the train median"
            said.append(f"column {column.name!r}: {missing} missing values {how}")
        if column.kind == "category" and kinds > MOST_CATEGORIES:
            merged = f"the rarest of its {kinds} categories share one of {MOST_CATEGORIES} columns"
            said.append(f"column {column.name!r}: {merged}")
    return tuple(said)

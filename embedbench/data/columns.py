"""Columns of a table -> numbers: medians and one-hot codes, fitted on train rows only."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from embedbench.data import checks
from embedbench.data.prepare import Encode
from embedbench.errors import UsageError

MOST_CATEGORIES = 50


def tidy(frame: pd.DataFrame, categorical: list[str]) -> pd.DataFrame:
    """Numeric columns as float64 and categorical ones as text, both with NaN where a value is missing.

    A column is categorical if it is named so or holds strings, booleans or categories.

    Args:
        frame: Feature columns, ``(rows, columns)``.
        categorical: Columns that hold numbers but mean categories.

    Raises:
        UsageError: If a column holds dates or infinite values; names the column.
    """
    done = {}
    for name, column in frame.items():
        if pd.api.types.is_datetime64_any_dtype(column.dtype) or pd.api.types.is_timedelta64_dtype(column.dtype):
            raise UsageError(f"column {name!r} holds dates; turn it into numbers, or leave it out.")
        is_bool = pd.api.types.is_bool_dtype(column.dtype)
        if pd.api.types.is_numeric_dtype(column.dtype) and not is_bool and name not in categorical:
            done[name] = pd.Series(column.to_numpy(np.float64, na_value=np.nan), index=frame.index)
        else:
            text = [np.nan if gone else str(value) for value, gone in zip(column, column.isna(), strict=True)]
            done[name] = pd.Series(text, index=frame.index, dtype=object)
    table: pd.DataFrame = pd.DataFrame(done, index=frame.index)
    numbers = table.select_dtypes("number")
    checks.finite(numbers.to_numpy(np.float64), [str(name) for name in numbers.columns], missing=True)
    return table


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


def notes(table: pd.DataFrame) -> tuple[str, ...]:
    """What the encoding of a tidy table hides: filled values and merged categories, a sentence a column."""
    said = []
    for name, column in table.items():
        is_number = pd.api.types.is_numeric_dtype(column.dtype)
        missing, kinds = int(column.isna().sum()), int(column.nunique(dropna=False))
        if missing:
            how = "filled with the train median" if is_number else "made a category of their own"
            said.append(f"column {name!r}: {missing} missing values {how}")
        if not is_number and kinds > MOST_CATEGORIES:
            said.append(f"column {name!r}: the rarest of its {kinds} categories share one of {MOST_CATEGORIES} columns")
    return tuple(said)

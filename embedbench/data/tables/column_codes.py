"""Columns of a table -> numbers: medians and one-hot codes, fitted on train rows only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from embedbench.data.prepare import Encode, Standardise
from embedbench.data.tables.cycles import CYCLES, cycle_columns, varying_cycles
from embedbench.data.tables.kinds import MOST_CATEGORIES, Column, names_in, recognise, refuse_other_readings, tidy
from embedbench.data.tables.recognised import Feature
from embedbench.errors import UsageError
from embedbench.files.tables.json_types import check

_NAMED = 5  # categories named at most
_SHOWN = 40  # letters of each


@dataclass(frozen=True)
class Columns(Encode):
    """Columns of a table by name -> numbers: medians, means and deviations, cyclic parts of dates, and one-hot codes.

    Args:
        columns: The features, each with what it is.
        median: Of each number in the train rows, float64 ``(numbers,)``: it stands where a value is missing.
        mean: Of each number once filled, float64 ``(numbers,)``.
        deviation: Of each number once filled (n in the denominator), float64 ``(numbers,)``; 1 if it is constant.
        words: JSON in UTF-8, uint8 ``(bytes,)``, for there may be many: of each column of categories a pair of lists,
            those that have a column of their own, in order, and the rare ones that share the last; ``null`` is the
            category of missing values.
    """

    columns: list[Column]
    median: NDArray[np.float64]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    words: NDArray[np.uint8]

    def __post_init__(self) -> None:
        columns = [Column(*column) for column in self.columns]  # JSON has lists
        columns = [column._replace(cycles=tuple(column.cycles), levels=tuple(column.levels)) for column in columns]
        object.__setattr__(self, "columns", columns)
        if odd := {cycle for column in columns for cycle in column.cycles} - {*CYCLES}:
            raise ValueError(f"Columns knows no cycle {sorted(odd)[0]!r}")
        count, categories = len(_numbers(self.columns)), sum(column.kind == "category" for column in self.columns)
        Standardise(self.mean, self.deviation)  # says what is wrong with these
        if self.median.shape != self.mean.shape or self.mean.shape != (count,):
            raise ValueError(f"Columns needs the median, mean and deviation of {count} numbers")
        words = json.loads(self.words.tobytes())
        for pair in words:
            check("the categories of a column", pair, list[list[str | None]])
        if [len(pair) for pair in words] != [2] * categories:
            raise ValueError(f"Columns needs the categories of {categories} columns")

    @cached_property
    def known(self) -> dict[str, tuple[list[str | None], list[str | None]]]:
        """Categories of each column: those with a column of their own, and the rare ones."""
        names = [column.name for column in self.columns if column.kind == "category"]
        return {name: (own, rare) for name, (own, rare) in zip(names, json.loads(self.words.tobytes()), strict=True)}

    @property
    def categories(self) -> tuple[int, ...]:
        """Columns of each code: one a category, the rare ones together in one."""
        return tuple(len(own) + bool(rare) for own, rare in self.known.values())

    def read(self, frame: pd.DataFrame, *, comma_is_decimal: bool = False) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """The tidy table of a frame with these columns, in any order and with others among them, and which others.

        Args:
            frame: ``(rows, columns)``.
            comma_is_decimal: Whether commas that could be thousands or decimals are decimals in its file.

        Raises:
            UsageError: If a column isn't there, a value can't be read as the run's or would be another number by the
                rule of its file, or if the run knows none of several rows' categories and has no place for rare ones;
                names the column.
        """
        refuse_other_readings(frame, self.columns, comma_is_decimal=comma_is_decimal)
        known = {column.name for column in self.columns}
        strange = [str(name) for name in frame.columns if name not in known]
        said = [f"columns that the run doesn't know are left out: {', '.join(map(repr, strange))}"] if strange else []
        table = tidy(frame, self.columns)
        for name, (own, rare) in self.known.items():
            code = "share a column with its rare ones" if rare else "are coded by zeros alone"
            said += _strange(name, table[name], [*own, *rare], None if rare else own, code)
        for column in (column for column in self.columns if column.kind == "ordinal"):
            named, levels = pd.Series(names_in(frame[column.name], column)), [*column.levels]
            said += _strange(column.name, named, [*levels, None], levels, "count as missing")
        return table, tuple(said)

    def transform(self, rows: Any) -> NDArray[np.float64]:
        """A tidy table ``(rows, columns)`` -> ``(rows, features)``, the one-hot codes last."""
        if not (isinstance(rows, pd.DataFrame) and {*_numbers(self.columns), *self.known} <= {*rows.columns}):
            raise UsageError("the run takes columns by their names, but the data have none; give a table.")
        numbers = rows[_numbers(self.columns)].to_numpy(np.float64)
        filled = np.where(np.isnan(numbers), self.median, numbers)
        place = {name: number for number, name in enumerate(_numbers(self.columns))}
        cycles = [cycle_columns(filled[:, place[c.name]], c.cycles) for c in self.columns if c.cycles]
        codes = [_one_hot(rows[name], own, rare) for name, (own, rare) in self.known.items()]
        return np.hstack([(filled - self.mean) / self.deviation, *cycles, *codes])


def features(
    frame: pd.DataFrame,
    asked: Mapping[str, Feature],
    known: Encode | None = None,
    *,
    comma_is_decimal: bool = False,
    leave_out: bool = True,
    path: Path | None = None,
) -> tuple[pd.DataFrame, list[Column], tuple[str, ...]]:
    """The tidy table of a frame, what its columns are, and what is to be said of them.

    Args:
        frame: Columns of features, ``(rows, columns)``, and of a finished run's rows perhaps others.
        asked: What somebody said that columns hold, by name.
        known: What encodes the rows of a finished run, whose columns are sought instead.
        comma_is_decimal: Whether commas that could be thousands or decimals are decimals.
        leave_out: Whether ids, free texts and columns that say nothing are left out.
        path: The file that the frame is from.

    Raises:
        UsageError: If a column can't be used; names it.
    """
    if isinstance(known, Columns):
        table, said = known.read(frame, comma_is_decimal=comma_is_decimal)
        return table, known.columns, said
    columns, read = recognise(frame, asked, comma_is_decimal=comma_is_decimal, leave_out=leave_out, path=path)
    return tidy(frame, columns), columns, read


def encode_columns(train: pd.DataFrame, columns: Sequence[Column]) -> Columns:
    """Fits the encoding of a tidy table.

    Numeric: missing values become the train median, then train mean 0 and standard deviation 1. Dates: as numbers, and
    the sine and cosine of the hour, the day of the week and the day of the year, those that vary. Levels: as numbers
    from 0. Text: one 0/1 column a category, "missing" being one of its own; beyond 50 categories the rarest share one
    column, which also takes values unknown in train; without such a column, unknown values are all 0.

    Args:
        train: Train rows of a tidy table, ``(rows, columns)``.
        columns: What they are.

    Returns:
        What turns any such table into float64 ``(rows, features)``: numbers, cyclic parts, and the one-hot codes last.

    Raises:
        UsageError: If a column has no value in the train rows; names each.
    """
    empty = [str(name) for name in train.columns[train.isna().all()]]
    if empty:
        raise UsageError(
            f"no value at all in {len(train)} train rows in column {', '.join(map(repr, empty))}; "
            "fill it, or leave it out."
        )
    numbers, words = _numbers(columns), [column.name for column in columns if column.kind == "category"]
    median = mean = deviation = np.zeros(0)
    if numbers:
        fill = SimpleImputer(strategy="median").fit(train[numbers])
        fitted = StandardScaler().fit(fill.transform(train[numbers]))
        median, mean, deviation = (np.asarray(x, np.float64) for x in (fill.statistics_, fitted.mean_, fitted.scale_))
    known = _known(train[words]) if words else []
    packed = np.frombuffer(json.dumps(known).encode(), np.uint8)
    found = [one._replace(cycles=varying_cycles(train[one.name])) if one.kind == "date" else one for one in columns]
    return Columns(found, median, mean, deviation, packed)


def _numbers(columns: Sequence[Column]) -> list[str]:
    """Names of the tidy columns of numbers, in order."""
    return [name for column in columns if column.kind != "category" for name in column.tidy_names]


def _known(words: pd.DataFrame) -> list[tuple[list[str | None], list[str | None]]]:
    """Of each column its categories, those with a column of their own and the rare ones."""
    fitted = OneHotEncoder(max_categories=MOST_CATEGORIES, handle_unknown="infrequent_if_exist").fit(words)
    known = []
    for every, rare in zip(fitted.categories_, fitted.infrequent_categories_, strict=True):
        seldom = [None if pd.isna(word) else word for word in (() if rare is None else rare)]
        found = [None if pd.isna(word) else word for word in every]
        known.append(([word for word in found if word not in set(seldom)], seldom))
    return known


def _one_hot(values: pd.Series[Any], own: list[str | None], rare: list[str | None]) -> NDArray[np.float64]:
    """The code of each value, ``(rows, categories)``; an unknown one is rare, or all 0 where none is rare."""
    place = {word: number for number, word in enumerate(own)}
    other = len(own) if rare else -1
    codes = np.array(
        [place.get(None if gone else word, other) for word, gone in zip(values, values.isna(), strict=True)]
    )
    found = np.zeros((len(values), len(own) + bool(rare)))
    there = np.flatnonzero(codes >= 0)
    found[there, codes[there]] = 1
    return found


def _strange(
    name: str, values: pd.Series[Any], known: Collection[str | None], own: Sequence[str | None] | None, code: str
) -> list[str]:
    """What is to be said of the categories of a column that the run doesn't know, missing ones among them.

    Args:
        name: Of the column.
        values: Its categories ``(rows,)``.
        known: To the run.
        own: Those of which several rows must have one; ``None`` if they need not.
        code: What becomes of the others.
    """
    counts = Counter(None if gone else word for word, gone in zip(values, values.isna(), strict=True))
    strange = {word: count for word, count in counts.most_common() if word not in known}
    if not strange:
        return []
    rows = sum(strange.values())
    if own is not None and rows == len(values) > 1:
        raise UsageError(
            f"the run knows none of the categories in column {name!r}: all {rows} rows hold {_shown(strange)}, but its "
            f"own {_shown(own)}; write them as its own."
        )
    return [f"column {name!r}: {rows} values are of categories that the run doesn't know and {code}: {_shown(strange)}"]


def _shown(words: Collection[str | None]) -> str:
    """Some categories for a sentence."""
    some = ["missing ones" if word is None else repr(word[:_SHOWN]) for word in islice(words, _NAMED)]
    return ", ".join(some) + (f" and {len(words) - _NAMED} more" if len(words) > _NAMED else "")


def notes(table: pd.DataFrame, columns: Sequence[Column], *, fitted: bool = True) -> tuple[str, ...]:
    """What the encoding of a tidy table hides: filled values and merged categories, a sentence a column.

    Args:
        table: ``(rows, columns)``.
        columns: What they are.
        fitted: Whether these rows say which categories there are.
    """
    said = []
    for column in (column for column in columns if fitted or column.kind != "category"):
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

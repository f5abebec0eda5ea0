"""What annotations say: in words and of values."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest

from embedbench.arguments.hints import (
    ColumnName,
    ColumnOf,
    NonNegativeFloat,
    PositiveInt,
    Range,
    column_role,
    fits,
    in_words,
    is_known,
    restricts,
)


@pytest.mark.parametrize(
    ("given", "said", "inside", "outside"),
    [
        (Range(ge=1), "of at least 1", [1, 2, 1.5], [0, -1, float("nan")]),
        (Range(gt=0), "above 0", [1e-300, float("inf")], [0, -1]),
        (Range(le=3), "of at most 3", [3, -9], [4]),
        (Range(lt=3), "below 3", [2.9], [3]),
        (Range(ge=0, le=1), "in [0, 1]", [0, 1, 0.5], [-0.1, 1.1]),
        (Range(gt=0, lt=1), "in (0, 1)", [0.5], [0, 1]),
        (Range(gt=0, le=1), "in (0, 1]", [1], [0]),
        (Range(ge=0, lt=1), "in [0, 1)", [0], [1]),
        (Range(multiple_of=4), "that is a multiple of 4", [0, 4, -8], [3]),
        (Range(ge=8, multiple_of=8), "of at least 8 that is a multiple of 8", [8, 16], [0, 12]),
    ],
)
def test_range(given, said, inside, outside):
    assert str(given) == said
    assert all(given.holds(value) for value in inside)
    assert not any(given.holds(value) for value in outside)


GOOD = [
    (1, int), (1, float), (1.5, float), ("a", str), ("a", Path), (Path("a"), Path), (True, bool), (None, int | None),
    (None, Any), ([1], Any), ([1, 2], list[int]), ([], list[str]), ([1, "a"], list), ((1, 2), tuple[int, ...]),
    ({"a": 1}, dict[str, int]), ({"a": [1]}, dict), ("a", Literal["a", 1]), (1, Literal["a", 1]), (3, PositiveInt),
    ([0.5, 1], list[NonNegativeFloat]), ("auto", int | str),
    (np.int64(1), PositiveInt), (np.float32(0.5), NonNegativeFloat),
]  # fmt: skip
BAD = [
    (float("inf"), NonNegativeFloat), (np.True_, PositiveInt), (np.float64(1), PositiveInt),
    (1.0, int), (True, int), (True, float), ("1", float), (1, str), (3, Path), (1, bool), (None, int), ("a", list[str]),
    ([1, "a"], list[int]), ({"a": "b"}, dict[str, int]), ([1], dict), ("c", Literal["a", 1]), (True, Literal["a", 1]),
    (0, PositiveInt), ([0.5, -1], list[NonNegativeFloat]), (0, PositiveInt | None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "hint"), GOOD)
def test_value_that_fits(value, hint):
    assert is_known(hint)
    assert fits(value, hint)


@pytest.mark.parametrize(("value", "hint"), BAD)
def test_value_that_does_not(value, hint):
    assert not fits(value, hint)


def test_words():
    assert in_words(str | Path | None) == "text or a path or null"
    assert in_words(bool) == "true or false"
    assert in_words(dict[str, int] | int) == "a mapping such as {a: b} or a whole number"
    assert in_words(Annotated[int, Range(ge=1, le=3)] | Literal["auto"]) == "a whole number in [1, 3] or one of auto"
    assert in_words(Callable[[int], str]) == "a class path"


def test_classes_are_not_known():
    assert not is_known(Callable[[int], str] | None)
    assert not is_known(list[pytest.Item])
    assert not restricts(int | None)
    assert restricts(list[PositiveInt] | None)


def test_what_names_a_column_says_so_and_stays_a_text():
    for hint in (ColumnName, ColumnName | None, list[ColumnName] | None):
        assert column_role(hint) == ColumnOf("path")
    assert column_role(str) is column_role(list[str]) is column_role(PositiveInt | None) is None
    assert fits("a", ColumnName | None)
    assert in_words(ColumnName | None) == "text or null"

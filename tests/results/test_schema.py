"""Types of decoded JSON, and what no record may hold."""

from typing import get_type_hints

import pytest

from embedbench.arguments import hints
from embedbench.results.record import Result
from embedbench.results.schema import all_fit, flaw, shape


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        ({}, dict[str, dict[str, float]], True),
        ({"a": {}, "b": {"c": 1}}, dict[str, dict[str, float]], True),
        ({"a": {}, "b": 1}, dict[str, dict[str, float]], False),
        ({"a": None}, dict[str, float], False),
        ([True], list[int], False),
        (None, dict[str, int] | None, True),
        ([], dict[str, int] | None, False),
        ({"a": 1, "b": "x", "c": None, "d": 0.5}, dict[str, int | float | str | None], True),
        ({"a": []}, dict[str, int | float | str | None], False),
    ],
)
def test_shapes(value, hint, expected):
    assert all_fit([value], shape(hint)) is expected
    assert hints.fits(value, hint) is expected


ODD = [None, True, 0, 3, 0.5, "x", "finished", [], [1], ["x"], [None], {}, {"a": 1}, {"a": {"b": 0.5}}, {"a": "x"}]


@pytest.mark.parametrize("name", get_type_hints(Result))
def test_many_values_together_are_judged_as_one_by_one(name):
    """By the type of each field of a record."""
    hint = get_type_hints(Result)[name]
    assert [all_fit([value], shape(hint)) for value in ODD] == [hints.fits(value, hint) for value in ODD]
    good = [value for value in ODD if hints.fits(value, hint)]
    assert all_fit(good * 2, shape(hint))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"a": {"b": [1, "x", None, True, 0.5]}}, None),
        ({"a": {"b": [1, float("nan")]}}, "a.b.1 is nan, and only finite numbers are accepted"),
        ({"a": {"b": object}}, "a.b is a type, which JSON can't hold"),
        ({"a": "x\udc80"}, "a holds half a letter (a lone surrogate), which no file can hold"),
        ({"a": {"\udc80": 1}}, "a name in a holds half a letter (a lone surrogate), which no file can hold"),
        ({"a": 2**1024}, "a is a whole number of 1025 bits, which is beyond every float"),
    ],
)
def test_first_flaw_is_named(content, said):
    assert flaw(content) == said

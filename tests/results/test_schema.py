"""Types of decoded JSON, and what no record may hold."""

import pytest

from embedbench.results.schema import fits, flaw, shape


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
    assert fits([value], shape(hint)) is expected


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

"""Quick JSON is the standard library's JSON: equal values of equal types, or none."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedbench.results.fast_json import WHOLE, quick, written

NUMBER = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
FLOAT = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-1e-3, 1e-3) | st.floats(9e15, 2e16)
TREE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(-1e18, 1e18) | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ODD = [
    *("NaN", "[Infinity]", "[-Infinity]", "1e400", "9" * 400, "9" * 5000, '"\\ud800"', '"\\udc00\\ud800"', "\ufeff{}"),
    *("", " ", "{", "[1,]", "01", "1.", "+1", "'a'", '"a\nb"', '"\x00"', "{}x", "\x0c1", "nul", "\ud800", "[" * 2000),
]


@settings(deadline=None, max_examples=150, derandomize=True)
@given(NUMBER)
def test_number_is_the_same_to_the_last_bit(text):
    found = quick(text)
    if isinstance(found, int) or abs(float(text)) < WHOLE:  # else it is left to `json`
        assert repr(found) == repr(json.loads(text))
    else:
        assert found is None or abs(found) >= WHOLE


@settings(deadline=None, max_examples=150, derandomize=True)
@given(TREE, st.booleans(), st.booleans())
def test_tree_is_the_same(tree, plain, as_bytes):
    text = json.dumps(tree, ensure_ascii=plain, indent=1 if plain else None)
    found = quick(text.encode("utf8", "surrogatepass") if as_bytes else text)
    assert found is None or repr(found) == repr(json.loads(text))


def test_last_of_two_values_of_a_key_counts_in_the_place_of_the_first():
    text = '{"a": 1, "b": 2, "a": 3}'
    assert [*quick(text).items()] == [*json.loads(text).items()] == [("a", 3), ("b", 2)]


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:12]))
@pytest.mark.parametrize("as_bytes", [False, True])
def test_what_is_odd_is_left_to_the_standard_library(text, as_bytes):
    assert quick(text.encode("utf8", "surrogatepass") if as_bytes else text) is None


@settings(deadline=None, max_examples=150, derandomize=True)
@given(st.lists(FLOAT | st.integers(), max_size=8))
def test_numbers_are_written_as_python_writes_them(numbers):
    assert written(numbers) == [*map(repr, numbers)]


def test_numbers_of_every_size_are_written_as_python_writes_them():
    numbers = [float(f"{digits}e{size}") for size in range(-330, 310) for digits in ("1", "9.5", "-1.2345678901234567")]
    for some in (numbers, *([number] for number in numbers), [0.0, -0.0, math.nan]):
        assert written(some) == [*map(repr, some)]

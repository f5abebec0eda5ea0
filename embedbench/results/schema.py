"""Whether decoded JSON is what a record may hold, told in few steps: a leaderboard reads thousands of them.

The types are those of `embedbench.arguments.hints`, whose `fits` looks at one value at a time; here at many together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, Literal, NamedTuple, get_args, get_origin

from embedbench.arguments.hints import members
from embedbench.catalog import is_unicode

_DEEPEST = 50  # levels of lists and mappings: what is deeper is no configuration, and many readers break on it
_NUMBERS, _CONTAINERS = frozenset({float, int}), frozenset({dict, list})


class Shape(NamedTuple):
    """A type, taken apart once.

    Attributes:
        leaves: Types of the values that fit whatever they hold.
        container: `dict` or `list`, if one fits.
        inside: Shape of what lies in it.
        words: The strings that fit, if only some do.
    """

    leaves: frozenset[type]
    container: type | None = None
    inside: Shape | None = None
    words: frozenset[str] = frozenset()


ANY = Shape(frozenset(), dict)


def shape(hint: Any) -> Shape:
    """The shape of a type: of numbers, strings and ``None``, or a dictionary or list of such; or any JSON."""
    kinds, origin, parts = members(hint), get_origin(hint), get_args(hint)
    if hint is Any:
        return ANY
    if origin in (dict, list):
        return Shape(frozenset(), origin, shape(parts[-1]))
    if origin is Literal:
        return Shape(frozenset(), words=frozenset(parts))
    if len(kinds) > 1:
        shapes = [shape(kind) for kind in kinds]
        leaves = frozenset(chain.from_iterable(one.leaves for one in shapes))
        return next((one for one in shapes if one.container), shapes[0])._replace(leaves=leaves)
    return Shape(frozenset({float, int} if hint is float else {hint}))


def all_fit(values: list[Any], wanted: Shape, below: float = math.inf) -> bool:
    """Whether all decoded JSON values are of a shape and sound; a whole number is a float too, a boolean is no number.

    Numbers are sound if they are finite, no larger than a float can be and, without their signs, less than ``below``;
    containers if they aren't nested too deep. What lies in the containers of one level is looked at together.

    >>> all_fit([{"test": {"nmi": 1}}], shape(dict[str, dict[str, float]]))
    True
    >>> all_fit([{"nmi": True}], shape(dict[str, float]))
    False
    """
    kinds = {*map(type, values)}
    if wanted is ANY:
        return _is_sound(values, below)
    if kinds <= wanted.leaves:
        return not kinds & _NUMBERS or _are_below(below, values, kinds)
    if wanted.words:
        return kinds == {str} and wanted.words.issuperset(values)
    if wanted.inside is None:
        return False
    held = [value for value in values if type(value) is wanted.container] if wanted.leaves else values
    rest = kinds - wanted.leaves
    return rest == {wanted.container} and all_fit(_inside(held, rest), wanted.inside, below)


def _are_below(below: float, values: list[Any], kinds: set[type]) -> bool:
    numbers = values if kinds <= _NUMBERS else [value for value in values if type(value) in _NUMBERS]
    try:  # the root of the sum of squares is at least as large as each
        return math.hypot(*numbers) < below or all(abs(float(number)) < below for number in numbers)
    except OverflowError:  # a whole number beyond every float
        return False


def _is_sound(values: list[Any], below: float) -> bool:
    for _ in range(_DEEPEST):
        kinds = {*map(type, values)}
        held = kinds & _CONTAINERS
        if not _are_below(below, values, kinds):
            return False
        if not held:
            return True
        values = _inside([value for value in values if type(value) in held], held)
    return False


def _inside(values: list[Any], kinds: set[type]) -> list[Any]:
    """What lies in dictionaries and lists; ``kinds`` are the types of these."""
    if kinds == {dict}:
        return list(chain.from_iterable(map(dict.values, values)))
    return list(chain.from_iterable(value.values() if type(value) is dict else value for value in values))


def flaw(content: dict[str, Any]) -> str | None:
    """The first value that a record can't hold, and why."""
    for path, value, depth in _everything(content):
        reason = _reason(value, depth)
        if reason is not None:
            return f"{path} {reason}"
    return None


def _reason(value: Any, depth: int) -> str | None:
    if depth > _DEEPEST:
        return f"is nested deeper than the {_DEEPEST} levels that are accepted"
    if isinstance(value, str):
        return None if is_unicode(value) else "holds half a letter (a lone surrogate), which no file can hold"
    if isinstance(value, bool | None):
        return None
    if not isinstance(value, int | float):
        return f"is a {type(value).__name__}, which JSON can't hold"
    try:
        return None if math.isfinite(value) else f"is {value}, and only finite numbers are accepted"
    except OverflowError:
        return f"is a whole number of {int(value).bit_length()} bits, which is beyond every float"


def _everything(content: dict[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """Every key and every value that is no container, in their order, with its dotted path and its depth."""
    waiting: list[tuple[str, Any, int]] = [("", content, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth <= _DEEPEST and isinstance(value, dict):
            below = [(f"{path}.{key}" if path else str(key), item, depth + 1) for key, item in value.items()]
            yield from ((f"a name in {path or 'it'}", str(key), depth) for key in value)
        elif depth <= _DEEPEST and isinstance(value, list | tuple):
            below = [(f"{path}.{number}", item, depth + 1) for number, item in enumerate(value)]
        else:
            yield path, value, depth
            continue
        waiting += reversed(below)

"""What the annotation of an argument says, in words and of values: its types, and the range or choices within them.

A range is metadata of `typing.Annotated`, with the words of the package annotated-types, which takes 0.1 s to import.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

_NOUNS: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    NoneType: "null",
    Path: "a path",
    list: "a list such as [a, b]",
    tuple: "a list such as [a, b]",
    dict: "a mapping such as {a: b}",
    Any: "anything",
}


class Range(NamedTuple):
    """Where a number has to lie.

    Attributes:
        ge: Least value.
        gt: Bound from below that is no value.
        le: Largest value.
        lt: Bound from above that is no value.
        multiple_of: What it has to be a multiple of.
    """

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    multiple_of: int | None = None

    def holds(self, value: Any) -> bool:
        """Whether a number lies in it; NaN never does.

        >>> Range(gt=0).holds(1), Range(gt=0).holds(0), Range(ge=0).holds(float("nan"))
        (True, False, False)
        """
        return bool(
            (self.ge is None or value >= self.ge)
            and (self.gt is None or value > self.gt)
            and (self.le is None or value <= self.le)
            and (self.lt is None or value < self.lt)
            and (self.multiple_of is None or value % self.multiple_of == 0)
        )

    def __str__(self) -> str:
        """In words, to stand behind a noun.

        >>> str(Range(ge=1)), str(Range(gt=0, le=1)), str(Range(gt=0)), str(Range(ge=8, multiple_of=8))
        ('of at least 1', 'in (0, 1]', 'above 0', 'of at least 8 that is a multiple of 8')
        """
        low, high = (self.ge if self.gt is None else self.gt), (self.le if self.lt is None else self.lt)
        if low is not None and high is not None:
            said = f"in {'(' if self.ge is None else '['}{low}, {high}{')' if self.le is None else ']'}"
        elif low is not None:
            said = f"above {low}" if self.ge is None else f"of at least {low}"
        else:
            said = "" if high is None else f"below {high}" if self.le is None else f"of at most {high}"
        step = "" if self.multiple_of is None else f"that is a multiple of {self.multiple_of}"
        return " ".join(part for part in (said, step) if part)


class ColumnOf(NamedTuple):
    """That a text names a column of a table.

    Attributes:
        file: The argument that gives the table's file.
    """

    file: str


PositiveInt = Annotated[int, Range(ge=1)]
NonNegativeInt = Annotated[int, Range(ge=0)]
ColumnName = Annotated[str, ColumnOf("path")]
Folds = Annotated[int, Range(ge=2)]
PositiveFloat = Annotated[float, Range(gt=0)]
NonNegativeFloat = Annotated[float, Range(ge=0)]
ClosedUnitInterval = Annotated[float, Range(ge=0, le=1)]
OpenUnitInterval = Annotated[float, Range(gt=0, lt=1)]


def members(hint: Any) -> tuple[Any, ...]:
    """The types of a union, each with its range; a type alone."""
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def plain(hint: Any) -> Any:
    """A type without its range."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def range_of(hint: Any) -> Range | None:
    """The range of a type that isn't a union."""
    more = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((one for one in more if isinstance(one, Range)), None)


def column_role(hint: Any) -> ColumnOf | None:
    """What says that a type's values, or the items of its lists, name columns; ``None`` if they don't."""
    for kind in members(hint):
        if get_origin(kind) is Annotated:
            return next((one for one in get_args(kind)[1:] if isinstance(one, ColumnOf)), None)
        if get_origin(kind) is list and (found := column_role(get_args(kind)[0])) is not None:
            return found
    return None


def in_words(hint: Any) -> str:
    """What a value of a type may be.

    >>> in_words(PositiveInt | None), in_words(Literal["a", "b"]), in_words(list[PositiveInt])
    ('a whole number of at least 1 or null', 'one of a, b', 'a list such as [a, b], each a whole number of at least 1')
    """
    return " or ".join(dict.fromkeys(_noun(kind) for kind in members(hint)))


def _noun(kind: Any) -> str:
    bare, found = plain(kind), range_of(kind)
    if get_origin(bare) is Literal:
        return f"one of {', '.join(map(str, get_args(bare)))}"
    said = _NOUNS.get(get_origin(bare) or bare, "a class path")
    inner = get_args(bare)[0] if get_origin(bare) is list else None
    items = f", each {in_words(inner)}" if inner is not None and restricts(inner) else ""
    return f"{said}{items}" if found is None else f"{said} {found}"


def restricts(hint: Any) -> bool:
    """Whether a type, or that of a list's items, declares a range or choices."""
    for kind in members(hint):
        origin = get_origin(plain(kind))
        if range_of(kind) is not None or origin is Literal or (origin is list and restricts(get_args(plain(kind))[0])):
            return True
    return False


def is_text(*hints: Any) -> bool:
    """Whether a text will do for a value of these types."""
    return any(plain(kind) in (str, Path) for hint in hints for kind in members(hint))


def of_quotes(value: Any, hint: Any) -> str:
    """What to say of a value of a file that would be a text, were it in quotes."""
    return "; in YAML, put it in quotes" if is_text(hint) and isinstance(value, int | float) else ""


def is_known(hint: Any) -> bool:
    """Whether `fits` can tell of all values of a type: it is made of plain types alone."""
    for kind in map(plain, members(hint)):
        inside = [part for part in get_args(kind) if part is not ...] if get_origin(kind) in (list, tuple, dict) else []
        if kind not in _NOUNS and get_origin(kind) is not Literal and not (inside and all(map(is_known, inside))):
            return False
    return True


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type and in its range; a whole number is a float too, a boolean is no number.

    Numbers of numpy are numbers, and only finite ones lie in a range.

    >>> fits(0, PositiveInt), fits([1, 2], list[int]), fits(True, float), fits("a", Literal["a"] | None)
    (False, True, False, True)
    """
    return any(_fits(value, kind) for kind in members(hint))


def _fits(value: Any, kind: Any) -> bool:
    found, bare = range_of(kind), plain(kind)
    origin, parts = get_origin(bare) or bare, get_args(bare)
    if bare is Any:
        return True
    if origin is Literal:
        return any(value == choice and type(value) is type(choice) for choice in parts)
    if origin in (list, tuple):
        return isinstance(value, list | tuple) and all(fits(item, parts[0] if parts else Any) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(item, parts[1] if parts else Any) for item in value.values())
    if isinstance(bare, type) and hasattr(bare, "_fields"):  # a named tuple
        inside = get_type_hints(bare).values()
        needed = len(inside) - len(bare._field_defaults)  # type: ignore[attr-defined]  # of named tuples
        whole = isinstance(value, list | tuple) and needed <= len(value) <= len(inside)
        return whole and all(map(fits, value, inside))
    if bare in (int, float):
        is_number = isinstance(value, Integral if bare is int else Real) and not isinstance(value, bool)
        return is_number and (found is None or (math.isfinite(value) and found.holds(value)))
    return isinstance(value, str | Path if bare is Path else origin)

"""What JSON says, held against the types that it was written from: files of runs may come from anywhere."""

from __future__ import annotations

from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from embedbench.catalog import is_unicode

Record = TypeVar("Record", bound=tuple[Any, ...])
_MOST = 2**63  # of a number: beyond, libraries that take it raise what they like


def record_of(kind: type[Record], content: Any) -> Record:
    """The named tuple that JSON keeps as a mapping of its fields.

    Args:
        kind: Of the named tuple.
        content: As JSON gives it, lists for tuples.

    Raises:
        ValueError: If a field is missing or unknown, or of another type; it is named.
    """
    hints = get_type_hints(kind)
    if not isinstance(content, dict):
        raise ValueError(f"{kind.__name__} must be a mapping, got {type(content).__name__}")
    needed = hints.keys() - kind._field_defaults  # type: ignore[attr-defined]  # of named tuples
    odd = sorted((content.keys() - hints) | (needed - content.keys()))
    if odd:
        raise ValueError(f"{kind.__name__}.{odd[0]} is {'unknown' if odd[0] in content else 'missing'}")
    for name, value in content.items():
        check(f"{kind.__name__}.{name}", value, hints[name])
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in content.items()})


def check(name: str, value: Any, hint: Any) -> None:
    """Refuses a value of another type.

    Raises:
        ValueError: If it is one.
    """
    if not _fits(value, hint):
        raise ValueError(f"{name} can't be {str(value)[:40]!r}")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a decoded value is of a type; a whole number is a float too, a boolean is no number."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return isinstance(value, str) and value in parts
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, parts[1]) for item in value.values())
    if origin in (tuple, list):
        return isinstance(value, list | tuple) and all(_fits(item, parts[0]) for item in value)
    if isinstance(hint, type) and hasattr(hint, "_fields"):
        kinds = list(get_type_hints(hint).values())
        return isinstance(value, list | tuple) and len(value) == len(kinds) and all(map(_fits, value, kinds))
    if hint is str:
        return isinstance(value, str) and is_unicode(value)
    if hint is float and isinstance(value, float):
        return True
    if hint in (int, float):
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST
    return hint is Any or isinstance(value, hint)

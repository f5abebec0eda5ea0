"""What JSON says, held against the types that it was written from: files of runs may come from anywhere."""

from __future__ import annotations

from typing import Any, TypeVar, get_type_hints

from embedbench.arguments.hints import fits
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
    if not (fits(value, hint) and _is_sound(value)):
        raise ValueError(f"{name} can't be {str(value)[:40]!r}")


def _is_sound(value: Any) -> bool:
    """Whether no text holds half a character, and no whole number is beyond what libraries take."""
    if isinstance(value, str):
        return is_unicode(value)
    if isinstance(value, int):
        return abs(value) < _MOST
    if isinstance(value, dict):
        return all(map(_is_sound, value.values()))
    return not isinstance(value, list | tuple) or all(map(_is_sound, value))

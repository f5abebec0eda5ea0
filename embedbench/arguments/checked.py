"""Constructors that refuse arguments outside of the ranges and choices that their annotations declare."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from embedbench.arguments.hints import in_words, members, plain, range_of, restricts
from embedbench.errors import UsageError

Function = TypeVar("Function", bound=Callable[..., Any])


class Checked:
    """A class whose constructor, and those of the classes below it, refuse what their annotations don't allow."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Has the constructor look at its arguments first."""
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            cls.__init__ = checked(cls.__init__)  # type: ignore[method-assign]  # with the same signature


def checked(function: Function) -> Function:
    """Has a function refuse arguments outside of the ranges and choices that it declares.

    Types are not looked at: whole numbers of numpy will do.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def checking(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:  # which the call itself says better
            given = {}
        for name, hint in _restricted(function).items():
            if name in given and not _is_inside(given[name], hint):
                raise UsageError(f"`{name}` must be {in_words(hint)}, got {given[name]!r}.")
        return function(*args, **kwargs)

    return checking  # type: ignore[return-value]


@functools.cache  # annotations are texts until they are asked for
def _restricted(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function's arguments that declare a range or choices."""
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError:  # types imported for type checkers alone
        return {}
    return {name: hint for name, hint in hints.items() if name != "return" and restricts(hint)}


def _is_inside(value: Any, hint: Any) -> bool:
    """Whether one of the types of a union takes a value; one that declares neither range nor choices takes any."""
    return any(_takes(value, kind) for kind in members(hint))


def _takes(value: Any, kind: Any) -> bool:
    found, bare = range_of(kind), plain(kind)
    if value is None or bare is type(None):
        return value is None and bare is type(None)
    if found is not None:
        try:
            return found.holds(value)
        except TypeError:  # no number
            return False
    if get_origin(bare) is Literal:
        return isinstance(value, str | int) and value in get_args(bare)
    if get_origin(bare) is list and isinstance(value, list | tuple):
        return all(_is_inside(item, get_args(bare)[0]) for item in value)
    return True

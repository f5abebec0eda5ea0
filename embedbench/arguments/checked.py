"""Constructors that refuse arguments outside of the ranges and choices that their annotations declare."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from embedbench.arguments.hints import fits, in_words, members, plain, restricts
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

    Where neither is declared a type is not looked at.
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
    if value is None or not restricts(kind):
        return (value is None) == (plain(kind) is NoneType)
    if get_origin(plain(kind)) is Literal:
        return isinstance(value, str | int) and value in get_args(plain(kind))
    return fits(value, kind)

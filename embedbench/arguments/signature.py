"""A constructor's arguments, read from its source: to import a model's class would take Lightning along.

Annotations become the types of `typing` that they stand for, ranges and choices with them. What the source doesn't say
is `Any`: what is written for it is read as YAML, and judged once the class is there.
"""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from embedbench.arguments.hints import ColumnOf, Range, members
from embedbench.arguments.source import FARTHEST, definition, last_name, modules

_LISTS = ("list", "List", "Sequence", "Iterable", "tuple", "set")
_MAPPINGS = ("dict", "Dict", "Mapping")
_PLAIN = {
    **{kind.__name__: kind for kind in (str, Path, int, float, bool)},
    **dict.fromkeys(("Any", "object"), Any),
    **dict.fromkeys(_LISTS, list),
    **dict.fromkeys(_MAPPINGS, dict),
    "None": NoneType,
    "Callable": Callable,
}


class Argument(NamedTuple):
    """One of a constructor's arguments.

    Attributes:
        name: Of the argument.
        hint: Its type; `Any` if the source doesn't say.
        default: As its source has it; ``None`` if it has to be given.
        meaning: What the docstring of its class says of it, on one line.
    """

    name: str
    hint: Any
    default: str | None
    meaning: str


def argument_hint(class_path: str, name: str) -> Any:
    """The type of a constructor's argument; `Any` if it isn't known.

    Args:
        class_path: Dotted, or the name of an encoder.
        name: Of the argument.
    """
    found = _found(class_path).get(name)
    return Any if found is None else _hint_of(found)


@functools.cache
def arguments(class_path: str) -> tuple[Argument, ...]:
    """The arguments of a constructor, in their order; none if it has no source.

    Args:
        class_path: Dotted, or the name of an encoder.
    """
    return tuple(
        Argument(name, _hint_of(one), None if one.default is None else ast.unparse(one.default), one.meaning)
        for name, one in _found(class_path).items()
    )


def path_arguments(group: Mapping[str, Any], key: str = "init_args") -> Iterator[tuple[str, str]]:
    """The arguments that are paths by their types, or may be, also in lists and of classes within.

    Args:
        group: With ``class_path`` and ``init_args``.
        key: What the dotted names of its arguments begin with.

    Yields:
        Dotted name and value of each; the same name for each of a list.
    """
    given = group.get("init_args")
    for name, value in given.items() if isinstance(given, Mapping) else ():
        hint = argument_hint(str(group.get("class_path")), name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield from path_arguments(one, f"{key}.{name}.init_args")
            elif isinstance(one, str) and _takes_path(hint):
                yield f"{key}.{name}", one


def _takes_path(hint: Any) -> bool:
    return any(kind is Path or (get_origin(kind) is list and _takes_path(get_args(kind)[0])) for kind in members(hint))


class _Found(NamedTuple):
    """An argument as the source of a module has it."""

    module: str
    annotation: ast.expr | None
    default: ast.expr | None
    meaning: str


@functools.cache
def _hint_of(found: _Found) -> Any:
    """The type that an annotation stands for: finding its names takes long, and most are never asked for."""
    return Any if found.annotation is None else _hint(found.module, found.annotation)


@functools.cache
def _found(class_path: str) -> dict[str, _Found]:
    """The arguments of a constructor by name."""
    module, _, target = class_path.rpartition(".")
    for place in [module] if module else modules("embedbench.encoders"):
        if (found := definition(place, target)) is not None:
            return _of_class(*found)
    return {}


def _of_class(module: str, node: ast.AST, steps: int = 0) -> dict[str, _Found]:
    """The arguments of a class by name: its own constructor's, and those of its bases that it hands on."""
    if not isinstance(node, ast.ClassDef) or steps > FARTHEST:
        return {}
    made = next((one for one in node.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)
    said = _meanings(ast.get_docstring(node) or "")
    own = {} if made is None else _own(module, made, said)
    left = {name for name, one in own.items() if not one.meaning or one.meaning.startswith("See ")}
    hands_on = made is None or made.args.kwarg is not None
    if not left and not hands_on:
        return own  # bases may be large libraries
    above: dict[str, _Found] = {}
    for base in node.bases:
        if (found := definition(module, last_name(base))) is not None:
            above = {**_of_class(*found, steps + 1), **above}
    for name in left & above.keys():
        own[name] = own[name]._replace(meaning=above[name].meaning)
    more = {name: one._replace(meaning=said.get(name, one.meaning)) for name, one in above.items() if name not in own}
    return {**own, **more} if hands_on else own


def _own(module: str, made: ast.FunctionDef, said: dict[str, str]) -> dict[str, _Found]:
    """The arguments that a constructor names, but for itself."""
    placed = [*made.args.posonlyargs, *made.args.args]
    missing: list[ast.expr | None] = [None] * (len(placed) - len(made.args.defaults))
    defaults = [*missing, *made.args.defaults, *made.args.kw_defaults]
    named = list(zip([*placed, *made.args.kwonlyargs], defaults, strict=True))[1:]
    return {one.arg: _Found(module, one.annotation, default, said.get(one.arg, "")) for one, default in named}


def _meanings(docstring: str) -> dict[str, str]:
    """What the section Args of a Google-style docstring says, by argument, on one line each."""
    found: dict[str, str] = {}
    _, _, section = docstring.partition("\nArgs:\n")
    for line in section.splitlines():
        name, colon, text = line.strip().partition(": ")
        if not line.startswith("    "):
            break
        if line[4] != " " and colon:
            found[name] = text
        elif found:
            found[[*found][-1]] += f" {line.strip()}"
    return found


def _hint(module: str, node: ast.expr, steps: int = 0) -> Any:
    """The type that an annotation stands for."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _hint(module, ast.parse(node.value, mode="eval").body, steps)
    if isinstance(node, ast.Constant):
        return NoneType
    if isinstance(node, ast.BinOp):
        return _hint(module, node.left, steps) | _hint(module, node.right, steps)
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _subscript(module, last_name(node.value), inner, steps)
    name = last_name(node)
    if name in _PLAIN:
        return _PLAIN[name]
    found = definition(module, name) if steps < FARTHEST else None
    if found is not None and isinstance(found[1], ast.expr):  # a type that has a name
        return _hint(found[0], found[1], steps + 1)
    return _stand_in(name)


def _subscript(module: str, name: str, inner: list[ast.expr], steps: int) -> Any:
    if name == "Literal":
        return Literal[tuple(part.value for part in inner if isinstance(part, ast.Constant))]
    if name == "Annotated":
        more = [found for part in inner[1:] if (found := _metadata(part)) is not None]
        kind = _hint(module, inner[0], steps)
        return Annotated[kind, more[0]] if more else kind
    hints = [_hint(module, part, steps) for part in inner if not isinstance(part, ast.List)]
    if name in ("Union", "Optional"):
        kinds = [*hints, NoneType] if name == "Optional" else hints
        return functools.reduce(operator.or_, kinds)
    if name in _LISTS:
        return list[hints[0]]  # type: ignore[valid-type]
    if name in _MAPPINGS:
        return dict[str, hints[-1]]  # type: ignore[valid-type]
    return Callable if name == "Callable" else _stand_in(name)


def _metadata(node: ast.expr) -> Range | ColumnOf | None:
    """The range, or the role, that a part of an annotation makes; ``None`` of one that isn't made of plain values."""
    if not isinstance(node, ast.Call):
        return None
    if last_name(node.func) == ColumnOf.__name__ and len(node.args) == 1:
        return ColumnOf(str(ast.literal_eval(node.args[0])))
    if last_name(node.func) != Range.__name__:
        return None
    try:
        return Range(**{one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg is not None})
    except ValueError:  # of a name; the constructor judges then
        return None


@functools.cache
def _stand_in(name: str) -> type:
    """A type of which no more than the name is known."""
    return type(name, (), {})

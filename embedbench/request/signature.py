"""The types of a constructor's arguments, read from its source: to import a model's class would take Lightning along.

What the source doesn't say isn't known: what is written for it is read as YAML, and judged once the class is there.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any, NamedTuple

import embedbench.encoders

_LISTS = ("list", "List", "Sequence", "Iterable", "tuple", "set")
_MAPPINGS = ("dict", "Dict", "Mapping")
_PLAIN = ("str", "Path", "int", "float", "bool", "Any", "None", "Callable", "object")
_FARTHEST = 12  # names that lead to others, as of imports: beyond that they go round in a circle


class Kind(NamedTuple):
    """One of the types that an argument may have.

    Attributes:
        name: Such as "str", "list", "dict" or "Literal".
        parts: The kinds of a list's items or of a mapping's values; the choices of a literal.
    """

    name: str
    parts: tuple[Any, ...] = ()


@cache
def argument_kinds(class_path: str, name: str) -> tuple[Kind, ...]:
    """The kinds of a constructor's argument; none if they aren't known.

    Args:
        class_path: Dotted, or the name of an encoder.
        name: Of the argument.
    """
    module, _, target = class_path.rpartition(".")
    encoders = (path.stem for folder in embedbench.encoders.__path__ for path in sorted(Path(folder).glob("*.py")))
    places = [module] if module else [f"embedbench.encoders.{name}" for name in encoders]
    for place in places:
        if (found := _find(place, target)) is not None:
            return _kinds_of(*found, name)
    return ()


def _kinds_of(module: str, node: ast.AST, name: str, steps: int = 0) -> tuple[Kind, ...]:
    """The kinds of an argument of a class, or of one of those that it builds on."""
    if not isinstance(node, ast.ClassDef) or steps > _FARTHEST:
        return ()
    for made in node.body:
        if isinstance(made, ast.FunctionDef) and made.name == "__init__":
            for argument in (*made.args.args, *made.args.kwonlyargs):
                if argument.arg == name:
                    return () if argument.annotation is None else tuple(_kinds(module, argument.annotation))
            if made.args.kwarg is None:
                return ()
    for base in node.bases:
        found = _find(module, _last(base))
        if found is not None and (kinds := _kinds_of(*found, name, steps + 1)):
            return kinds
    return ()


def _kinds(module: str, node: ast.expr, steps: int = 0) -> Iterator[Kind]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _kinds(module, ast.parse(node.value, mode="eval").body, steps)
    elif isinstance(node, ast.Constant):
        yield Kind(str(node.value))
    elif isinstance(node, ast.BinOp):
        yield from (*_kinds(module, node.left, steps), *_kinds(module, node.right, steps))
    elif isinstance(node, ast.Subscript):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        yield from _subscript(module, _last(node.value), inner, steps)
    elif (name := _last(node)) in (*_PLAIN, *_LISTS, *_MAPPINGS):
        yield Kind("list" if name in _LISTS else "dict" if name in _MAPPINGS else name)
    else:
        found = _find(module, name) if steps < _FARTHEST else None
        if found is not None and isinstance(found[1], ast.expr):  # a type that has a name
            yield from _kinds(found[0], found[1], steps + 1)
        else:
            yield Kind(name)


def _subscript(module: str, name: str, inner: list[ast.expr], steps: int) -> Iterator[Kind]:
    if name == "Literal":
        yield Kind(name, tuple(part.value for part in inner if isinstance(part, ast.Constant)))
    elif name in ("Union", "Optional", "Annotated"):
        for part in inner[:1] if name == "Annotated" else inner:
            yield from _kinds(module, part, steps)
        if name == "Optional":
            yield Kind("None")
    elif name in (*_LISTS, *_MAPPINGS):
        yield Kind("list" if name in _LISTS else "dict", tuple(_kinds(module, inner[-1], steps)))
    else:
        yield Kind(name)


def _last(node: ast.expr) -> str:
    """The last word of a dotted name, before its brackets."""
    if isinstance(node, ast.Subscript):
        return _last(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _find(module: str, name: str, steps: int = 0) -> tuple[str, ast.AST] | None:
    """Where a name of a module is defined: the module and the class or the expression; ``None`` if nowhere."""
    found: tuple[str, ast.AST] | None = None
    for node in ast.walk(_source(module)) if steps < _FARTHEST else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return module, node.value
        if isinstance(node, ast.ImportFrom) and found is None:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    found = _find(_absolute(module, node), alias.name, steps + 1)
    return found


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    spec = _spec(module)
    is_package = spec is not None and spec.submodule_search_locations is not None
    above = module.split(".")[: len(module.split(".")) - node.level + is_package]
    return ".".join([*above, *([node.module] if node.module else [])])


@cache
def _source(module: str) -> ast.Module:
    """The module's syntax tree; an empty one if it has no source to be read."""
    spec = _spec(module)
    origin = None if spec is None else spec.origin
    file = Path(origin) if origin is not None and origin.endswith(".py") else None
    try:
        return ast.parse(file.read_bytes()) if file is not None else ast.Module([], [])
    except (OSError, SyntaxError, ValueError):  # said when the module is imported
        return ast.Module([], [])


@cache
def _spec(module: str) -> ModuleSpec | None:
    """Where a module lies, found without importing the packages around it."""
    spec: ModuleSpec | None = None
    parts = module.split(".")
    for number in range(1, len(parts) + 1):
        name = ".".join(parts[:number])
        try:
            spec = importlib.util.find_spec(name) if spec is None else _below(name, spec)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
    return spec


def _below(name: str, package: ModuleSpec) -> ModuleSpec | None:
    places = package.submodule_search_locations
    return None if places is None else PathFinder.find_spec(name, places)

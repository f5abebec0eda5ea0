"""Where the names of a module are defined, by its source: nothing is imported."""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import NamedTuple

FARTHEST = 12  # names that lead to others, as of imports: beyond that they go round in a circle


def definition(module: str, name: str, steps: int = 0) -> tuple[str, ast.AST] | None:
    """Where a name of a module is defined: the module and the class or the expression; ``None`` if nowhere."""
    found: tuple[str, ast.AST] | None = None
    for node in ast.walk(_source(module)) if steps < FARTHEST else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            return module, node
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            return module, node.value
        if isinstance(node, ast.ImportFrom) and found is None:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    found = definition(_absolute(module, node), alias.name, steps + 1)
    return found


def modules(package: str) -> list[str]:
    """The modules of a package, in the order of their names."""
    spec = _spec(package)
    places = () if spec is None else spec.submodule_search_locations or ()
    files = (path for place in places for path in sorted(Path(place).glob("*.py")))
    return [f"{package}.{path.stem}" for path in files if path.stem != "__init__"]


class Defined(NamedTuple):
    """A class that a module defines: its name, those of its bases, and the first line of its docstring."""

    name: str
    bases: tuple[str, ...]
    summary: str


def classes(module: str) -> list[Defined]:
    """The public classes that a module defines."""
    found = [node for node in _source(module).body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
    said = {node.name: (ast.get_docstring(node) or "").partition("\n")[0] for node in found}
    return [Defined(node.name, tuple(map(last_name, node.bases)), said[node.name]) for node in found]


def last_name(node: ast.expr) -> str:
    """The last word of a dotted name, before its brackets."""
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


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

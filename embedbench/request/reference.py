"""What a part of a run takes: its arguments with type, range, default and meaning, by its source and its file."""

from __future__ import annotations

import ast
import json
from types import NoneType
from typing import Any, NamedTuple

from embedbench.arguments.hints import in_words, members
from embedbench.arguments.signature import arguments
from embedbench.arguments.source import classes, definition, modules
from embedbench.catalog import describe, find, is_class_path, load_yaml
from embedbench.errors import UsageError, unknown

_ENCODERS = ("Encoder", "WithDecoder")  # what encoders are subclasses of


class Described(NamedTuple):
    """An argument as it is shown.

    Attributes:
        name: Of the argument.
        default: As it is written on the command line; "" if it has to be given.
        accepted: Types, range and choices in words.
        meaning: What it does.
    """

    name: str
    default: str
    accepted: str
    meaning: str


class Part(NamedTuple):
    """A model, a data set, a suite or an encoder.

    Attributes:
        key: What its arguments are written behind, such as "--model".
        summary: What it is, on one line.
        class_path: Of its class.
        arguments: Those that a user may give.
    """

    key: str
    summary: str
    class_path: str
    arguments: list[Described]


def describe_part(group: str, name: str) -> Part:
    """A part that a file of ``conf/`` names, with the defaults of that file, or the class at a dotted path.

    Raises:
        UsageError: If there is no such file, the nearest name is given then, or its class has no source.
    """
    if is_class_path(name):
        return _of_class(group, name)
    path = find(f"conf/{group}", name)
    content = load_yaml(path)
    class_path, given = str(content.get("class_path")), content.get("init_args") or {}
    module, _, target = class_path.rpartition(".")
    if definition(module, target) is None:
        raise UsageError(f"{path} names the class {class_path!r}, whose source isn't found; correct the path in it.")
    return Part(f"--{group}", describe(path), class_path, _described(class_path, given))


def _of_class(group: str, class_path: str) -> Part:
    """What the class at a path takes."""
    module, _, target = class_path.rpartition(".")
    found = definition(module, target)
    if found is None or not isinstance(found[1], ast.ClassDef):
        raise UsageError(f"no source of a class {class_path!r} is found; correct the path, or give a name.")
    summary = (ast.get_docstring(found[1]) or "").partition("\n")[0]
    return Part(f"--{group}", summary, class_path, _described(class_path, {}))


def encoder_names() -> dict[str, str]:
    """The encoders by the name of their class, with what they are in one line."""
    found: dict[str, str] = {}
    for module in modules("embedbench.encoders"):
        found |= {one.name: one.summary for one in classes(module) if set(one.bases) & {*_ENCODERS}}
    return {
        name: summary.partition(";")[0].rstrip(".") for name, summary in sorted(found.items()) if name not in _ENCODERS
    }


def describe_encoder(name: str) -> Part:
    """An encoder by the name of its class.

    Raises:
        UsageError: If there is none of that name.
    """
    known = encoder_names()
    if name not in known:
        raise unknown("encoder", name, known)
    module = next(one for one in modules("embedbench.encoders") if name in {made.name for made in classes(one)})
    return Part("--model.encoder", known[name], f"{module}.{name}", _described(f"{module}.{name}", {}))


def _described(class_path: str, given: dict[str, Any]) -> list[Described]:
    found = []
    for name, hint, default, meaning in arguments(class_path):
        if name != "spec":  # of the data, which a run sees to
            shown = as_typed(given[name]) if name in given else "" if default is None else _of_source(default)
            found.append(Described(name, shown, _accepted(hint), meaning.replace("``", "`")))
    return found


def _accepted(hint: Any) -> str:
    words = in_words(hint)
    makes_encoder = any(getattr(kind, "__name__", "") == "Callable" for kind in members(hint))
    return words.replace("a class path", "an encoder (`embedbench list encoders`)") if makes_encoder else words


def _of_source(default: str) -> str:
    """A default of a source as it is written on the command line; what isn't plain stays as it is."""
    try:
        return as_typed(ast.literal_eval(default))
    except ValueError:
        return default


def as_typed(value: Any) -> str:
    """A plain value as it is written on the command line."""
    if isinstance(value, str):
        return value or '""'
    return "null" if isinstance(value, NoneType) else json.dumps(value)

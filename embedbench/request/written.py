"""What is written on the command line, read by the type of the argument that it is for: a text is what was typed."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import yaml

from embedbench.arguments.hints import is_text, members, plain
from embedbench.arguments.signature import argument_hint
from embedbench.catalog import YamlLoader

_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_NULLS = ("null", "Null", "NULL", "~", "None")  # the last as W&B writes it
_LEAVES = (str, Path, int, float, bool)
_EXACT = 2**53  # up to where a float holds every whole number
_ELEMENT = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,]*?)\s*(,|$)""")


def read_value(text: str, hint: Any) -> Any:
    """A value as its type has it; where several would do, a choice before none before a number before a text.

    Where the type is a text or a path, or may be one or nothing, the value is what was typed, whatever YAML would make
    of it. Numbers are Python's: ``010`` is ten, ``1_000`` a thousand, and ``12:30`` none; a whole number may be written
    as ``1e5``. The elements of a list, ``[a, b]``, are read by their type, and quotes around one are for commas and
    blanks. Mappings, and what isn't known, are YAML. What doesn't fit stays a text, to be refused.

    >>> read_value("2020", str), read_value("010", int), read_value("1e5", int), read_value("[1, no]", list[str])
    ('2020', 10, 100000, ['1', 'no'])
    """
    kinds = [plain(kind) for kind in members(hint)]
    if Any in kinds:
        return parse_value(text)
    for kind in kinds:
        origin, parts = get_origin(kind), get_args(kind)
        if origin is Literal and text in (found := {str(choice): choice for choice in reversed(parts)}):
            return found[text]
        if origin is list and text[:1] + text[-1:] == "[]" and _is_leaf(parts[0]):
            return [read_value(one, parts[0]) for one in _elements(text[1:-1])]
        if origin is dict and text[:1] == "{" and is_text(parts[1]):
            return _mapping(text)
    others = [kind for kind in kinds if not _is_leaf(kind)]  # lists, mappings and classes
    if any(text[:1] == ("[" if (get_origin(kind) or kind) is list else "{") for kind in others):
        return typed(parse_value(text), hint)
    return _leaf(text, kinds)


def _leaf(text: str, kinds: list[Any]) -> Any:
    """What is neither a list nor a mapping."""
    takes_text = is_text(*kinds)
    if NoneType in kinds and text in _NULLS and not takes_text:
        return None
    if bool in kinds and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number = _number(text) if int in kinds or float in kinds else None
    if number is None or (takes_text and not (math.isfinite(number) and type(number) in (*kinds, int))):
        return text
    is_whole = float not in kinds and isinstance(number, float) and abs(number) <= _EXACT and number.is_integer()
    return int(number) if is_whole and "e" in text.lower() else number


def typed(value: Any, hint: Any) -> Any:
    """What YAML made of a file or a mapping; a text that stands for what is no text, such as 1e-3, by its type."""
    kinds = [plain(kind) for kind in members(hint)]
    if isinstance(value, str):
        known = any(kind in _LEAVES or get_origin(kind) is Literal for kind in kinds)
        return read_value(value, hint) if known and not is_text(hint) else value
    if isinstance(value, list):
        inner = next((get_args(kind)[0] for kind in kinds if get_origin(kind) is list), Any)
        return [typed(item, inner) for item in value]
    if isinstance(value, dict) and "class_path" in value:
        return typed_class(value)
    if isinstance(value, dict):
        inner = next((get_args(kind)[1] for kind in kinds if get_origin(kind) is dict), Any)
        return {key: typed(item, inner) for key, item in value.items()}
    return value


def typed_class(group: dict[str, Any]) -> dict[str, Any]:
    """A class and its arguments, these by their types."""
    given, path = group.get("init_args"), group.get("class_path")
    if not isinstance(given, dict) or not isinstance(path, str):
        return group
    read = {name: value for name, value in given.items() if isinstance(value, str | list | dict)}
    return {
        **group,
        "init_args": {**given, **{name: typed(one, argument_hint(path, name)) for name, one in read.items()}},
    }


def parse_value(text: str) -> Any:
    """A value as YAML reads it, but ``1e-5`` is a number and Python's ``None`` is null, as W&B writes it.

    >>> parse_value("1e-5"), parse_value("None"), parse_value("[1, 2]"), parse_value("mlp")
    (1e-05, None, [1, 2], 'mlp')
    """
    if re.fullmatch(r"[-+]?[0-9.]+[eE][-+]?[0-9]+", text):
        with suppress(ValueError):  # 1.2.3e4
            return float(text)
    if text == "None":
        return None
    try:
        return yaml.load(text, YamlLoader)
    except (ValueError, RecursionError, yaml.YAMLError):  # a ValueError of numbers of too many digits
        return text


def _number(text: str) -> float | None:
    """A number as Python writes it; whole ones also in base 2, 8 and 16."""
    if text != text.strip() or not text.isascii():
        return None
    for read in (int, lambda written: int(written, 0), float):
        with suppress(ValueError):
            found: float = read(text)
            return found
    return None


def _is_leaf(hint: Any) -> bool:
    """Whether values of a type are neither lists nor mappings nor of a class."""
    kinds = [plain(kind) for kind in members(hint)]
    return all(kind in _LEAVES or kind is NoneType or get_origin(kind) is Literal for kind in kinds)


def _elements(inner: str) -> list[str]:
    """What stands between the brackets of a list as it is written, or as YAML reads what is in quotes."""
    found, at = list[str](), 0
    while at < len(inner) and inner.strip():
        match = _ELEMENT.match(inner, at)
        assert match is not None  # it takes anything up to a comma or the end
        found.append(str(parse_value(match[1])) if match[1][:1] in ("'", '"') else match[1])
        at = match.end()
    return found


def _mapping(text: str) -> Any:
    """A mapping of texts, its values as they are written."""
    try:
        return yaml.load(text, yaml.BaseLoader)
    except (ValueError, RecursionError, yaml.YAMLError):
        return text

"""What is written on the command line, read by the type of the argument that it is for: a text is what was typed."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import yaml

from embedbench.catalog import YamlLoader
from embedbench.request.signature import Kind

TEXT = (Kind("str"),)
_NO_MAPPINGS = ("str", "Path", "int", "float", "bool", "None", "Literal", "list")
_ELEMENT = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,]*?)\s*(,|$)""")


def read_value(text: str, kinds: tuple[Kind, ...]) -> Any:
    """A value as its type has it; where several would do, a choice before a number before a text.

    Where the type is a text or a path, or may be one or nothing, the value is what was typed, whatever YAML would make
    of it. So are the elements of a list of texts, ``[a, b]``; quotes around one are for commas and blanks. All else is
    read by `parse_value`.

    >>> read_value("2020", TEXT), read_value("2020", (Kind("int"),)), read_value("[1, no]", (Kind("list", TEXT),))
    ('2020', 2020, ['1', 'no'])
    """
    for kind in kinds:
        if kind.name == "Literal" and text in (found := {str(choice): choice for choice in reversed(kind.parts)}):
            return found[text]
        if kind.name == "list" and is_text(kind.parts) and text[:1] + text[-1:] == "[]":
            return _elements(text[1:-1])
        if text[:1] == "{" and kind.name not in _NO_MAPPINGS:  # a class and its arguments, if no mapping
            return _mapping(text, kind)
    value, names = parse_value(text), {kind.name for kind in kinds}
    if is_text(kinds):
        is_number = type(value).__name__ in names - {"str"} or (type(value) is int and "float" in names)
        return value if is_number else text
    for_texts = any(kind.name in ("list", "dict") and is_text(kind.parts) for kind in kinds)
    return text if for_texts and value is not None else value  # no list: refused as it was written


def is_text(kinds: tuple[Kind, ...]) -> bool:
    """Whether a text will do for a value of these kinds."""
    return any(kind.name in ("str", "Path") for kind in kinds)


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


def _elements(inner: str) -> list[str]:
    """What stands between the brackets of a list as it is written, or as YAML reads what is in quotes."""
    found, at = list[str](), 0
    while at < len(inner) and inner.strip():
        match = _ELEMENT.match(inner, at)
        assert match is not None  # it takes anything up to a comma or the end
        found.append(str(parse_value(match[1])) if match[1][:1] in ("'", '"') else match[1])
        at = match.end()
    return found


def _mapping(text: str, kind: Kind) -> Any:
    """A mapping, its values as written where they are texts."""
    try:
        return yaml.load(text, yaml.BaseLoader if is_text(kind.parts) else YamlLoader)
    except (ValueError, RecursionError, yaml.YAMLError):
        return text

"""Turns what jsonargparse and Python say of a wrong key or value into one sentence. Light: no torch, no Lightning."""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

from jsonargparse import ArgumentError

from embedbench.errors import UsageError, unknown


def check_group(where: str, group: dict[str, Any]) -> None:
    """Refuses unknown keys of a class and of the classes among its arguments.

    Args:
        where: How a user writes the group, such as ``--model``.
        group: With ``class_path`` and ``init_args``.

    Raises:
        UsageError: If a class can't be imported or a key isn't an argument of its constructor.
    """
    for key in group:
        if key not in ("class_path", "init_args"):
            raise unknown("key", f"{where}.{key}", [f"{where}.class_path", f"{where}.init_args"])
    given, target = group.get("init_args") or {}, _import_class(where, str(group["class_path"]))
    if target is not None:
        check_names(where, given, target)
    for key, value in given.items():
        if isinstance(value, dict) and "class_path" in value:
            check_group(f"{where}.{key}", value)


def check_names(where: str, given: dict[str, Any], target: type) -> None:
    """Refuses keys that the constructor of ``target`` doesn't take."""
    accepted = [name for name in inspect.signature(target).parameters if name not in ("spec", "self")]
    for key in given:
        if key not in accepted:
            raise unknown("key", f"{where}.{key}", [f"{where}.{name}" for name in accepted])


def explain(error: ArgumentError) -> UsageError:
    """Jsonargparse's nested report as one sentence: the key, what it accepts, what it got."""
    text = str(error)
    keys = ".".join(re.findall(r'Parser key "([^"]+)"', text))
    accepted = [_plain(kind) for kind in re.findall(r"Expected an? ([^:\n]+?)(?::|\.? Got|\n|$)", text)]
    got = re.findall(r"Given value: (.*?)(?:\. Got value.*)?$", text, flags=re.MULTILINE) or re.findall(
        r"Got value: (.*?)$", text, flags=re.MULTILINE
    )
    if keys and accepted and got:
        return UsageError(f"--{keys} must be {' or '.join(dict.fromkeys(accepted))}, got {got[0]!r}.")
    return UsageError(" ".join(text.split()))


def _plain(kind: str) -> str:
    names = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "NoneType": "null"}
    name = kind.removeprefix("<class '").removesuffix("'>").strip()
    return names.get(name, "a known class name" if "import path" in name else name)


def _import_class(where: str, path: str) -> type | None:
    """The class at a dotted path; ``None`` for a bare class name, which jsonargparse resolves."""
    module, dot, name = path.rpartition(".")
    if not dot:
        return None
    try:
        found: type = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{where} names the class {path!r}, which can't be imported: {error}.") from None
    return found

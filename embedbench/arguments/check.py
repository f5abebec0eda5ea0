"""Checks keys and values against a constructor's signature, one sentence a refusal. Light: no torch, no Lightning."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import yaml
from jsonargparse import ArgumentError, ArgumentParser

from embedbench.arguments.hints import fits, in_words, is_known, is_text, members, of_quotes
from embedbench.catalog import check_kept_module, kept_class
from embedbench.errors import UsageError, unknown


def check_group(where: str, group: dict[str, Any], base: type) -> type:
    """Refuses what a class, and the classes among its arguments, don't take.

    Args:
        where: How a user writes the group, such as ``--model``.
        group: With ``class_path`` and ``init_args``.
        base: What the class has to be.

    Returns:
        The class.

    Raises:
        UsageError: If the class can't be found or isn't a ``base``; else as ``check_arguments``.
    """
    for key in group:
        if key not in ("class_path", "init_args"):
            raise unknown("key", f"{where}.{key}", [f"{where}.class_path", f"{where}.init_args"])
    path, given = _parts(where, group)
    target = _find_class(where, path, base)
    check_arguments(where, given, target)
    return target


def check_kept(where: str, group: Any, base: type | None, named: Collection[str] = ()) -> None:
    """Refuses a part of a run's configuration that names a class whose code isn't to be run unasked.

    Args:
        where: How a refusal names the part.
        group: As the file has it.
        base: What its class has to be; ``None`` if that isn't known.
        named: Modules that the user names.

    Raises:
        UsageError: As `kept_class`, of this class and of those among its arguments; none of these is imported then.
    """
    path, given = _parts(where, group)
    if "." not in path and base is not None:
        return  # a name alone finds what is imported
    if base is None:
        check_kept_module(where, path, named)
    hints = _hints(kept_class(where, path, base, named)) if base is not None else {}
    for key, value in given.items():
        made = _made_by(hints.get(key, Any))
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and "class_path" in one:
                check_kept(f"{where}.{key}", one, made, named)
            elif isinstance(one, str) and made is not None:
                check_kept(f"{where}.{key}", {"class_path": one}, made, named)
            elif isinstance(one, str) and "." in one and not is_known(hints.get(key, Any)):
                check_kept_module(f"{where}.{key}", one, named)


def _parts(where: str, group: Any) -> tuple[str, dict[str, Any]]:
    """The class path and the arguments of a part."""
    if not isinstance(group, dict) or not isinstance(group.get("class_path"), str):
        got = "nothing" if group is None else repr(str(group)[:80])
        raise UsageError(f"{where} must name a class by class_path, got {got}; write class_path: PATH there.")
    given = group.get("init_args")
    if given is not None and not isinstance(given, dict):
        raise UsageError(f"{where}.init_args must be a mapping such as {{a: b}}, got {str(given)[:80]!r}.")
    return group["class_path"], given or {}


def check_arguments(where: str, given: dict[str, Any], target: type) -> None:
    """Refuses arguments that the constructor of ``target`` doesn't take.

    Raises:
        UsageError: If a key is unknown, a needed one is missing or a value has another type than the signature says.
    """
    parameters = inspect.signature(target).parameters.values()
    accepted = {p.name: p for p in parameters if p.name != "spec" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
    for key in given:
        if key not in accepted and not any(p.kind is p.VAR_KEYWORD for p in parameters):
            raise unknown("key", f"{where}.{key}", [f"{where}.{name}" for name in accepted])
    for name, parameter in accepted.items():
        if parameter.default is parameter.empty and name not in given:
            raise UsageError(f"{where}.{name} is missing; add {where}.{name} VALUE.")
    hints = _hints(target)
    for key, value in given.items():
        _check_value(f"{where}.{key}", value, hints.get(key, Any))


class _AsWritten(str):
    """A text that jsonargparse takes as it is: of a plain one it would make what YAML makes of it, such as null."""

    __slots__ = ()


yaml.SafeDumper.add_representer(_AsWritten, yaml.SafeDumper.represent_str)  # by which jsonargparse writes classes


def as_written(given: dict[str, Any], target: type) -> dict[str, Any]:
    """Arguments of a constructor that were checked, those that are texts marked to stay so, also of classes within."""
    hints = _hints(target)
    return {key: _marked(value, hints.get(key, Any)) for key, value in given.items()}


def _marked(value: Any, hint: Any) -> Any:
    if type(value) is str and is_text(hint):
        return _AsWritten(value)
    made = _made_by(hint)
    if made is None or not isinstance(value, dict):
        return value
    path, given = _parts("", value)
    return {**value, "init_args": as_written(given, _find_class("", path, made))}


def _check_value(where: str, value: Any, hint: Any) -> None:
    kinds = members(hint)
    made = _made_by(hint)
    if made is not None and isinstance(value, str | dict):
        group = {"class_path": value} if isinstance(value, str) else value
        if "class_path" not in group:
            raise UsageError(f"{where} has arguments but no class; give {where} NAME first: {_names(made)}.")
        check_group(where, group, made)
    elif isinstance(value, list) and any("class_path" in item for item in value if isinstance(item, dict)):
        _check_list(where, value, kinds)
    elif not _fits(value, hint):
        raise UsageError(f"{where} must be {in_words(hint)}, got {value!r}{of_quotes(value, hint)}.")
    elif value == "" and Path in kinds:
        raise UsageError(f"{where} must be a path, got an empty one.")


def _check_list(where: str, value: list[Any], kinds: tuple[Any, ...]) -> None:
    """Checks classes in a list, such as callbacks."""
    base = next((get_args(kind)[0] for kind in kinds if get_origin(kind) is list), object)
    for number, item in enumerate(value):
        check_group(f"{where}.{number}", item if isinstance(item, dict) else {"class_path": str(item)}, base)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type; of those that aren't plain, jsonargparse tells."""
    if value is None or is_known(hint):
        return fits(value, hint)
    try:
        kept = _AsWritten(value) if type(value) is str and is_text(hint) else value
        _parser(hint).parse_object({"value": kept})
    except ArgumentError:
        return False
    return True


@cache  # making one takes longer than all that it is asked
def _parser(hint: Any) -> ArgumentParser:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=hint)
    return parser


@cache
def _hints(target: type) -> dict[str, Any]:
    try:
        return get_type_hints(target.__init__, include_extras=True)  # type: ignore[misc]  # of a class, not of an instance
    except NameError:  # types imported for type checkers alone: jsonargparse looks at the values later
        return {}


def _made_by(hint: Any) -> type | None:
    """What a factory among the types of an argument makes: the Encoder of ``Callable[[DataSpec], Encoder] | None``."""
    made = (get_args(kind)[-1] for kind in members(hint) if get_origin(kind) is Callable)
    return next((kind for kind in made if isinstance(kind, type)), None)


def _find_class(where: str, path: str, base: type) -> type:
    """The class at a dotted path, or the known kind of ``base`` with that name."""
    module, dot, name = path.rpartition(".")
    if not dot:
        if path not in _children(base):
            raise unknown(f"class for {where}", path, _children(base))
        return _children(base)[path]
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError, TypeError) as error:  # a TypeError of ..x
        raise UsageError(f"{where} names the class {path!r}, which can't be imported: {error}.") from None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise UsageError(f"{where} names {path!r}, which is no {base.__name__}; give a subclass of that.")
    if inspect.isabstract(found):
        raise UsageError(f"{where} names {path!r}, which is abstract; give one of its subclasses.")
    return found


def _children(base: type) -> dict[str, type]:
    """The concrete classes below ``base`` that are imported, by name; private ones are nobody's choice."""
    found: dict[str, type] = {} if inspect.isabstract(base) or base.__name__[0] == "_" else {base.__name__: base}
    children: list[type] = base.__subclasses__()
    for child in children:
        found |= _children(child)
    return found


def _names(base: type) -> str:
    return ", ".join(sorted(_children(base)))

"""A finished run's request once more: from another folder, after it was moved, or for another file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from embedbench.arguments.check import check_kept
from embedbench.arguments.hints import members
from embedbench.arguments.signature import arguments
from embedbench.catalog import check_kept_module, load_yaml
from embedbench.errors import UsageError
from embedbench.request.request import Request, pairs, read_args
from embedbench.request.resolve import BASES
from embedbench.results.record import FILE_NAME, Result

_GROUPS = ("model", "data", "suite")
_FIT = ("callbacks", "logger", "profiler")  # of a Trainer: they may hold any code, and embedding needs none
_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")
_FILES = ("path", "root")  # arguments that say where all rows are


class Reopened(NamedTuple):
    """What a run is asked for again.

    Attributes:
        request: As of a run.
        is_other: Whether the rows are of other files, or of another data set, than the run's own.
    """

    request: Request
    is_other: bool


def reopen(folder: Path, args: list[str], file: Path | None = None) -> Reopened:
    """A finished run's configuration with further arguments, which win, and perhaps another file.

    Relative paths that lead nowhere from the current folder are taken from the folder that the run was started in.

    Args:
        folder: Of the run.
        args: Further arguments, as of ``run``.
        file: To be read by the run's data class, or by that of ``args``, instead of its own.

    Raises:
        UsageError: If the folder is no run's, its configuration isn't one or names code that nobody asked for, an
            argument can't be used, the data can't be read from a file, or the run's own data aren't found.
    """
    config, started = load_yaml(folder / "config.yaml"), _started(folder)
    _refuse_strange(folder, config, args)
    for name in _GROUPS:
        if started is not None and isinstance(config.get(name), dict):
            _look_elsewhere(config[name], started)
    own = config.get("data") or {}
    known = _paths(own)
    request = read_args(["--config", json.dumps(config), *args])
    data = request.get("data") or {}
    if file is not None:
        data.setdefault("init_args", {})[_path_argument(folder, data)] = str(file)
    found = _paths(data)
    changed = {name for name, value in found.items() if value != known.get(name)}
    if data.get("class_path") != own.get("class_path"):
        return Reopened(request, is_other=True)
    if file is None and not changed:
        _refuse_missing(folder, started, data)
        return Reopened(request, is_other=False)
    if file is not None or changed & set(_FILES):
        for name in found.keys() - {*_FILES, *changed}:  # labels and features belong to the run's own rows
            del data["init_args"][name]
    return Reopened(request, is_other=True)


def _refuse_strange(folder: Path, config: dict[str, Any], args: list[str]) -> None:
    """Refuses a configuration of classes that may not be imported; leaves out what only a fit has a use for.

    A run may be from anybody, and to import a module is to run it.
    """
    words = pairs(args)
    named = {value.rpartition(".")[0] for key, value in words if key in _GROUPS or key.endswith(".class_path")}
    for name, base in BASES.items():
        if name in ("suite", "augment") and name not in config:
            continue
        check_kept(f"{folder / 'config.yaml'}: {name}", config.get(name), base, named)
    trainer = config.get("trainer")
    if isinstance(trainer, dict):
        config["trainer"] = trainer = {name: value for name, value in trainer.items() if name not in _FIT}
    for text in _texts(trainer):
        if _PATH.fullmatch(text) and not text.startswith("lightning."):
            check_kept_module(f"{folder / 'config.yaml'}: trainer", text, named)


def _texts(value: Any) -> Iterator[str]:
    """Every text in nested mappings and lists; of a class its path alone may be Lightning's."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _started(folder: Path) -> Path | None:
    """The folder that a run was started in, if it keeps that."""
    if not (folder / FILE_NAME).is_file():
        return None
    found = Result.read(folder / FILE_NAME).environment.get("folder")
    return None if found is None else Path(found)


def _paths(group: dict[str, Any]) -> dict[str, str]:
    """The arguments of a class that name files or folders, as far as they are given."""
    names = _path_names(group)
    return {
        name: value for name, value in (group.get("init_args") or {}).items() if name in names and value is not None
    }


def _path_names(group: dict[str, Any]) -> dict[str, bool]:
    """The arguments of a class that take a path, and whether they take nothing else, such as a name on the hub."""
    kinds = {one.name: members(one.hint) for one in arguments(str(group.get("class_path")))}
    return {name: str not in found for name, found in kinds.items() if Path in found}


def _look_elsewhere(group: dict[str, Any], started: Path) -> None:
    """Replaces paths that lead nowhere from here, and do from where the run was started; also of classes within."""
    names, given = _path_names(group), group.get("init_args") or {}
    for name, value in given.items():
        if isinstance(value, dict) and "class_path" in value:
            _look_elsewhere(value, started)
        elif name in names and isinstance(value, str) and not Path(value).exists() and (started / value).exists():
            given[name] = str(started / value)


def _path_argument(folder: Path, data: dict[str, Any]) -> str:
    """The argument that a file takes the place of."""
    names = _path_names(data)
    for name in _FILES:
        if name in names:
            return name
    raise UsageError(
        f"the data of the run {folder} are read from no file, so that {str(data.get('class_path')).rpartition('.')[2]} "
        "takes none; say how to read yours, such as --data arrays."
    )


def _refuse_missing(folder: Path, started: Path | None, data: dict[str, Any]) -> None:
    """Says that a run's own data aren't there."""
    names = _path_names(data)
    for name, value in _paths(data).items():
        if names[name] and isinstance(value, str) and not Path(value).exists():
            where = "" if started is None else f", nor in {started}, where it was started"
            raise UsageError(
                f"the data of the run {folder} aren't found: there is no {str(value)!r} in the current folder{where}; "
                f"say where they are by --data.{name}."
            )

"""Refuses data that aren't there before anything heavy is imported: a typing mistake shouldn't cost seconds."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from embedbench.arguments.hints import column_role, members
from embedbench.arguments.signature import argument_hint, arguments
from embedbench.data.look.seen import check_there
from embedbench.errors import UsageError, unknown
from embedbench.files.tables.column_names import column_names, json_keys
from embedbench.files.tables.table_format import table_format
from embedbench.files.unicode_text import column_name


def check_data(groups: Iterable[Mapping[str, Any]]) -> None:
    """Looks for the file of some data sets, and for the columns and arguments that are named.

    Args:
        groups: Data sets as requests have them; equal ones are looked at once.

    Raises:
        UsageError: If each of them lacks something: that of the first.
    """
    refusals = []
    for group in {json.dumps(one, sort_keys=True, default=str): one for one in groups}.values():
        try:
            _check(group)
        except UsageError as error:
            refusals.append(error)
        else:
            return
    if refusals:
        raise refusals[0]


def _check(group: Mapping[str, Any]) -> None:
    class_path, given = str(group.get("class_path")), group.get("init_args") or {}
    if not isinstance(given, Mapping):
        return  # refused when the data are built
    known = arguments(class_path)
    for name in given if known else ():
        if name not in {one.name for one in known}:
            raise unknown("key", f"--data.{name}", [f"--data.{one.name}" for one in known])
    for one in known:
        if one.default is None and Path in members(one.hint) and str not in members(one.hint) and one.name in given:
            path = Path(str(given[one.name]))
            check_there(path, "file" if path.suffix else "folder")
    defaults = {one.name: _default(one.default) for one in known if column_role(one.hint) is not None}
    check_named_columns(class_path, {**defaults, **given})


def check_named_columns(class_path: str, given: Mapping[str, Any]) -> None:
    """Looks for the columns that a data set's arguments name in the file that they are of.

    Args:
        class_path: Of the data set.
        given: Its arguments.

    Raises:
        UsageError: If one isn't there; the nearest name is given.
    """
    for name, column, path in _columns(class_path, given):
        _check_column(name, column, path)


def _default(written: str | None) -> Any:
    """What a source has as a default; ``None`` of what isn't plain."""
    try:
        return None if written is None else ast.literal_eval(written)
    except ValueError:
        return None


def _columns(class_path: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str, Path]]:
    """The columns that arguments name, with the argument and the file that they are of."""
    for name, value in given.items():
        role = column_role(argument_hint(class_path, name))
        if role is not None and given.get(role.file) is not None:
            for column in value if isinstance(value, list) else [value]:
                if isinstance(column, str):
                    yield name, column, Path(given[role.file])


def _check_column(argument: str, column: str, path: Path) -> None:
    if path.is_dir() or column_name(column) in (names := column_names(path)):
        return
    if table_format(path) == "JSON Lines":  # a key may be of a later line
        names = [column_name(key) for key in json_keys(path)]
    if column_name(column) not in names:
        raise unknown(f"{argument} column", column, names)

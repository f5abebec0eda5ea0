"""``--data PATH``: a file or a folder says by what it holds which data set reads it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedbench.arguments.source import definition
from embedbench.catalog import check_name, find, is_file_name, load_yaml, names
from embedbench.errors import UsageError
from embedbench.files import compressed

if TYPE_CHECKING:
    from embedbench.data.look.seen import Look

_ASIDE = ("probe", "levels")
_TABLES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet", ".pq", ".arrow", ".feather", ".h5ad")
_ENDINGS = (*_TABLES, ".npz", ".npy")


def of_path(value: str) -> tuple[str, dict[str, Any]] | None:
    """The name of data that a path leads to, and the class and arguments that read them; ``None`` of what is no path.

    Raises:
        UsageError: If it is a path that leads nowhere, or to what no data set reads.
    """
    path = Path(value)
    if not check_path(value):
        return None
    found = _look(path)
    content = load_yaml(find("conf/data", found.data))
    whole = {**content, "init_args": {**(content.get("init_args") or {}), **found.arguments}}
    return check_name("--data_name", _name(path)), whole


def check_path(value: str) -> bool:
    """Whether something is at a path.

    Raises:
        UsageError: If it is a path that leads nowhere.
    """
    path = Path(value)
    if not path.exists():
        _refuse_missing(path, value)
    return path.exists()


def _look(path: Path) -> Look:
    """What a path holds: a grid asks for it at each point."""
    facts = path.stat()
    return _looked(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=64)
def _looked(path: Path, changed: int, size: int) -> Look:
    del changed, size  # of another content another answer
    from embedbench.data.look.look import look

    return look(path)


def hints(value: str, given: Mapping[str, Any]) -> list[str]:
    """What the owner of the data may want to say of them, one sentence each; nothing of data that have a name.

    Args:
        value: As ``--data`` has it.
        given: Arguments of the data; a column that they set aside has been thought of.
    """
    path = Path(value)
    if is_file_name(value) or value in names("conf/data") or not path.exists():
        return []
    aside, found = columns_aside(given), _look(path)
    columns = {"label": found.label, "split_by": found.group, "split": found.split}
    taken = {argument for argument, column in columns.items() if column in {*aside, given.get("label")}}
    return [sentence for argument, sentence in found.hints.items() if argument not in {*given, *taken}]


def columns_aside(given: Mapping[str, Any]) -> list[str]:
    """The columns that arguments of data set aside; what is no list is refused where the data are built."""
    return [name for argument in _ASIDE if isinstance(given.get(argument), list) for name in given[argument]]


def refuse_unfit_path(value: str, given: Mapping[str, Any]) -> None:
    """Refuses by the look at a path what its data set would refuse once it has loaded the rows.

    Args:
        value: As ``--data`` has it.
        given: Arguments of the data.

    Raises:
        UsageError: As `refuse_unfit`.
    """
    path = Path(value)
    if is_file_name(value) or value in names("conf/data") or not path.is_file():
        return
    from embedbench.data.look.surely_unfit import refuse_unfit

    refuse_unfit(_look(path), given)


def _name(path: Path) -> str:
    """What a file is called without its endings, and a folder as it is."""
    if path.is_dir():
        return path.resolve().name
    name = path.name.removesuffix(path.suffix) if path.suffix.lower() in compressed.ENDINGS else path.name
    return Path(name).stem


def _refuse_missing(path: Path, value: str) -> None:
    """Refuses a path that leads nowhere, also one that could be a class's but has a neighbour of nearly that name."""
    from embedbench.data.look.seen import check_there

    plain = value.removesuffix(path.suffix) if path.suffix.lower() in compressed.ENDINGS else value
    if "/" in value or Path(plain).suffix.lower() in _ENDINGS:
        check_there(path)
    module, _, target = value.rpartition(".")
    if module and definition(module, target) is None:
        try:
            check_there(path)
        except UsageError as error:
            if "did you mean" in str(error):
                raise

"""Refuses mistyped names and values by the words of a command alone: no pandas, no torch, and no look at the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from embedbench.arguments.by_source import check_by_source
from embedbench.arguments.signature import arguments
from embedbench.catalog import find, is_class_path, is_file_name, load_yaml, names
from embedbench.errors import UsageError, unknown
from embedbench.request.check_data import check_named_columns
from embedbench.request.data_path import check_path
from embedbench.request.request import TRAINER, Request, pairs, read_args

_ARRAYS = (".npy", ".npz")
_READERS = ("table", "text")  # of a file that is a table; which of them takes it the rows tell
_CELLS = ".h5ad"


def check_words(rest: list[str], data: str | None = None, models: Collection[str] = ()) -> None:
    """Refuses what a command's arguments say of models, the data's file and columns, the suite and the trainer.

    Args:
        rest: ``--key value`` pairs of a request. What a ``--config`` among them says isn't looked at.
        data: A file, a folder or a name of data; else that of the pairs counts.
        models: Names of models; those of the pairs count as well.

    Raises:
        UsageError: If something is sure to be refused later.
    """
    given = pairs(rest)
    if any(key == "config" for key, _ in given):
        return
    for name in [*models, *(value for key, value in given if key == "model")]:
        if not is_class_path(name):
            find("conf/model", name)
    path = next((value for key, value in given if key == "data"), data)
    if path is not None and not is_file_name(path) and path not in names("conf/data"):
        check_path(path)
        own = {key.partition(".")[2]: value for key, value in given if key.startswith("data.")}
        if Path(path).is_file() and Path(path).suffix.lower() not in _ARRAYS:
            _check_table(Path(path), own)
    shared = [f"--{key}={value}" for key, value in given if key.partition(".")[0] in ("trainer", "suite")]
    if shared:
        _check_shared(read_args(shared))


def _check_table(path: Path, given: dict[str, str]) -> None:
    """Refuses arguments and columns that none of the data sets takes which a table may be read by."""
    keys: list[UsageError] = []
    columns: list[UsageError] = []
    for name in ("anndata",) if path.suffix.lower() == _CELLS else _READERS:
        class_path = str(load_yaml(find("conf/data", name))["class_path"])
        known = [f"--data.{one.name}" for one in arguments(class_path)]
        odd = next((key for key in given if f"--data.{key.partition('.')[0]}" not in known), None)
        if odd is not None:
            keys.append(unknown("key", f"--data.{odd}", known))
            continue
        asked = read_args([f"--data={class_path}", *(f"--data.{key}={value}" for key, value in given.items())])
        try:
            check_named_columns(class_path, {**(asked["data"].get("init_args") or {}), "path": str(path)})
        except UsageError as error:
            columns.append(error)
        else:
            return
    raise (columns or keys)[0]


def _check_shared(request: Request) -> None:
    """Refuses arguments of the trainer and of the suite."""
    from embedbench.request.suite_request import make_suite

    check_by_source("--trainer", TRAINER, request["trainer"])
    make_suite(request["suite"])


def check_values(requests: Iterable[Request], *, each: bool) -> None:
    """Refuses values of a model's or of the data's arguments, by the sources of their classes.

    Args:
        requests: Of a comparison.
        each: Whether one that is refused is too many; else only if all are.

    Raises:
        UsageError: The commonest of all, such as that of a value which one model has no argument for.
    """
    refusals: list[str | None] = []
    for request in requests:
        refusal = None
        try:
            for group in ("model", "data", "augment"):
                made = request.get(group, {})
                check_by_source(f"--{group}", str(made.get("class_path")), made.get("init_args"))
        except UsageError as error:
            refusal = str(error)
        refusals.append(refusal)
    bad = [refusal for refusal in refusals if refusal is not None]
    if bad and (each or len(bad) == len(refusals)):
        raise UsageError(Counter(bad).most_common(1)[0][0])

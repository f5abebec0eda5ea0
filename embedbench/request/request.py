"""From the command line to a request: one plain dictionary that says all of a run. Light: no torch, no Lightning.

A request has the keys of ``TOP``. ``model``, ``data`` and ``suite`` hold ``class_path`` and ``init_args``; ``trainer``
holds arguments of Lightning's Trainer. Names stand for files of ``conf/``; later arguments win.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import embedbench
from embedbench.catalog import check_name, check_plain, find, is_file_name, load_yaml, names
from embedbench.errors import UsageError, unknown
from embedbench.request.signature import Kind, argument_kinds
from embedbench.request.written import TEXT, is_text, read_value

GROUPS = ("model", "data", "suite", "trainer")
TOP = (*GROUPS, "seed_everything", "threads", "evaluate_every", "monitor", "lr_decay", "model_name", "data_name")
_TRAINER = "lightning.pytorch.trainer.trainer.Trainer"
_OPTIONAL = ("threads", "evaluate_every", "monitor", "lr_decay")
_RANGES = {"seed_everything": (0, 2**32 - 1), "threads": (1, 1024), "evaluate_every": (1, 10**6)}
# Where each process is a whole command with a whole model; Lightning has more.
_STRATEGIES = ("auto", "ddp", "ddp_find_unused_parameters_false", "ddp_find_unused_parameters_true", "single_device")
Request = dict[str, Any]


def build_request(args: list[str]) -> Request:
    """The request of a run; model and data have to be named.

    Raises:
        UsageError: As ``read_args``, and if there is no model or no data, or a strategy that no run can use.
    """
    request = read_args(args)
    for group in ("model", "data"):
        if "class_path" not in request.get(group, {}):
            shown = {"model": "models", "data": "data"}[group]
            raise UsageError(f"no --{group} was given; name one (`embedbench list {shown}` shows them all).")
    strategy = request["trainer"].get("strategy")
    if isinstance(strategy, str) and strategy not in _STRATEGIES:
        raise no_strategy(repr(strategy))
    return request


def no_strategy(name: str) -> UsageError:
    """The refusal of a strategy by which processes are begun halfway or hold parts of a model."""
    return UsageError(
        f"--trainer.strategy {name} can't be used: each process of a run is a whole command with a whole model; give "
        "ddp, or leave it out."
    )


def read_args(args: list[str]) -> Request:
    """Reads ``--key value`` and ``--key=value`` pairs, as LightningCLI and ``wandb agent`` write them, in their order.

    Raises:
        UsageError: If an argument isn't such a pair, a key or name is unknown, or a file can't be read.
    """
    request: Request = {"seed_everything": 0, **dict.fromkeys(_OPTIONAL)}
    _put(request, "trainer", "default")
    _put(request, "suite", "default")
    for key, text in pairs(args):
        if key == "config":
            _merge(request, _read_config(text))
        else:
            _put(request, key, text)
    return request


def pairs(args: list[str]) -> list[tuple[str, str]]:
    """Keys and values of ``--key value`` and ``--key=value``; a value that starts with ``--`` needs the second form.

    Raises:
        UsageError: If an argument is no key, or a key has no value.
    """
    found, rest = [], list(args)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            raise UsageError(f"cannot read the argument {word!r}; arguments are --key value pairs.")
        key, equals, value = word[2:].partition("=")
        if not equals:
            if not rest or rest[0].startswith("--"):
                raise UsageError(f"--{key} has no value; write --{key} VALUE.")
            value = rest.pop(0)
        found.append((key, value))
    return found


def only(metrics: list[str]) -> str:
    """The argument that has a suite report these metrics alone.

    >>> only(["probe", "retrieval/map@r"])
    '--suite.metrics=["probe", "retrieval/map@r"]'
    """
    return f"--suite.metrics={json.dumps(metrics)}"


def run_id(request: Request) -> str:
    """A name that two requests share if and only if they ask for the same: data-model-seed-hash.

    Threads and what wasn't asked for are left out. Input files count by their size and time of change, so that new
    content is a new run.
    """
    asked = {key: value for key, value in request.items() if key != "threads" and value is not None}
    stamps = [_stamp(value) for value in (request["data"].get("init_args") or {}).values()]
    text = json.dumps([embedbench.__version__, asked, stamps], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{request['data_name']}-{request['model_name']}-s{request['seed_everything']}-{digest}"


def _stamp(value: Any) -> list[int] | None:
    """Number, bytes and last change of the files at a path; ``None`` if there is nothing."""
    path = Path(value) if isinstance(value, str) else None
    if path is None or not path.exists():
        return None
    files = [path, *path.rglob("*")] if path.is_dir() else [path]
    stats = [file.stat() for file in files if file.exists()]  # a link may lead nowhere
    return [len(stats), sum(one.st_size for one in stats), max(one.st_mtime_ns for one in stats)]


def _read_config(text: str) -> dict[str, Any]:
    """A configuration from JSON text (W&B's ``${args_json}``) or from a file."""
    if not text.lstrip().startswith("{"):
        if not Path(text).is_file():
            raise UsageError(f"--config {text}: there is no such file.")
        return load_yaml(Path(text))
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError of numbers of too many digits too
        raise UsageError(f"--config got text that is no JSON: {error}.") from None
    check_plain("--config", content)
    return dict(content)


def _kinds(request: Request, key: str) -> tuple[Kind, ...]:
    """The types of what a key stands for; none if they aren't known."""
    top, *inner = key.split(".")
    if top not in GROUPS:
        return TEXT if top in ("monitor", "model_name", "data_name") else ()
    kinds: tuple[Kind, ...] = (*TEXT, Kind("dict"))  # a group: a name, a path or a mapping
    here: Any = {"class_path": _TRAINER, "init_args": request.get(top)} if top == "trainer" else request.get(top)
    for name in inner:
        if name == "init_args":
            continue
        path = here if isinstance(here, str) else here.get("class_path") if isinstance(here, dict) else None
        if name == "class_path":
            kinds = TEXT
        elif path is not None:
            kinds = argument_kinds(str(path), name)
            here = here.get("init_args") if isinstance(here, dict) else None
        else:
            kinds = next((kind.parts for kind in kinds if kind.name == "dict"), ())
        here = here.get(name) if isinstance(here, dict) else None
    return kinds


def _merge(request: Request, config: dict[str, Any]) -> None:
    for key, value in config.items():
        _put(request, key, value)


def _put(request: Request, key: str, value: Any) -> None:
    """Sets one key; a group may be a name, a path, a class path or a mapping, a dotted key one of its arguments.

    A text is read by the type of what it is for, wherever it comes from: ``wandb agent`` writes all that is in a sweep
    file on the command line.
    """
    top, _, inner = key.partition(".")
    if top not in TOP:
        known = TOP if top == "config" else ("config", *TOP)  # of a file that names another
        raise unknown("key", f"--{top}", [f"--{name}" for name in known])
    if isinstance(value, str):
        kinds = _kinds(request, key)
        if not value.strip() and (kinds or key in _RANGES) and not is_text(kinds):  # a shell's variable that isn't set
            raise UsageError(f"--{key} has an empty value; write one, or leave it out.")
        value = read_value(value, kinds)
        check_plain(f"--{key}", value)
    _refuse_non_finite(key, value)
    if inner:
        _put_inner(request, top, inner.split("."), value)
    elif top in GROUPS:
        _put_group(request, top, value)
    elif top in _OPTIONAL and value is None:
        request[top] = None
    elif top in _RANGES:
        low, high = _RANGES[top]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise UsageError(f"--{top} must be a whole number in [{low}, {high}], got {value!r}.")
        request[top] = value
    elif top == "lr_decay":
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 1:
            raise UsageError(f"--lr_decay must be a share of the steps, above 0 and at most 1, got {value!r}.")
        request[top] = value
    elif value is None or isinstance(value, list | dict):
        raise UsageError(f"--{top} must be a text, got {value!r}.")
    elif top == "monitor":
        request[top] = str(value)
    else:
        request[top] = check_name(f"--{top}", str(value))


def _refuse_non_finite(key: str, value: Any) -> None:
    """NaN and infinity mean nothing as a setting, and no record could hold them."""
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"--{key} must be a finite number, got {value}.")
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_non_finite(f"{key}.{name}", item)
    if isinstance(value, list):
        for item in value:
            _refuse_non_finite(key, item)


def _put_group(request: Request, group: str, value: Any) -> None:
    if isinstance(value, str):
        name, content = _named(group, value)
        if group in ("model", "data"):
            request[f"{group}_name"] = name
    elif isinstance(value, dict):
        content = value
        if group in ("model", "data"):
            request.setdefault(f"{group}_name", str(value.get("class_path", "")).rsplit(".", 1)[-1])
    else:
        raise UsageError(f"--{group} must be a name, a path or a mapping, got {value!r}.")
    request[group] = json.loads(json.dumps(content))  # a copy of its own, without YAML's anchors


def _named(group: str, value: str) -> tuple[str, dict[str, Any]]:
    if group == "data" and not is_file_name(value) and value not in names("conf/data") and Path(value).exists():
        how = f"image_folder --data.root {value}" if Path(value).is_dir() else f"table --data.path {value}"
        raise UsageError(
            f"--data names a kind of data, which `embedbench list data` shows, and {value!r} is a path; give both, as "
            f"by --data {how}."
        )
    is_class = "." in value and not is_file_name(value) and "/" not in value
    if is_class and group != "trainer":
        return value.rsplit(".", 1)[-1], {"class_path": value}
    path = find(f"conf/{group}", value)
    return path.stem, load_yaml(path)


def _put_inner(request: Request, group: str, keys: list[str], value: Any) -> None:
    """Sets an argument of a group; below a class path, ``init_args`` may be left out."""
    if group not in GROUPS:
        raise UsageError(f"--{group} takes a plain value, not --{'.'.join([group, *keys])}.")
    if group != "trainer" and "class_path" not in request.get(group, {}):
        raise UsageError(f"--{group}.{'.'.join(keys)} comes before --{group}; give --{group} NAME first.")
    here = request[group]
    for i, key in enumerate(keys):
        last = i == len(keys) - 1
        if "class_path" in here and key not in ("class_path", "init_args"):
            here = here.setdefault("init_args", {})
        if last:
            here[key] = value
            return
        if isinstance(here.get(key), str):  # an encoder so far given by its name alone
            here[key] = {"class_path": here[key]}
        here = here.setdefault(key, {})
        if not isinstance(here, dict):
            raise UsageError(f"--{group}.{'.'.join(keys)}: {key!r} has the plain value {here!r} and no arguments.")

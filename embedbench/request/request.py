"""From the command line to a request: one plain dictionary that says all of a run. Light: no torch, no Lightning.

A request has the keys of ``TOP``. ``model``, ``data`` and ``suite`` hold ``class_path`` and ``init_args``; ``trainer``
holds arguments of Lightning's Trainer. Names stand for files of ``conf/``; later arguments win.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import embedbench
from embedbench.arguments.hints import Range, fits, in_words, is_text, members, of_quotes
from embedbench.arguments.signature import argument_hint
from embedbench.catalog import check_name, check_plain, find, is_class_path, is_file_name, load_yaml, names
from embedbench.errors import UsageError, unknown
from embedbench.request.content import contents
from embedbench.request.written import read_value, typed, typed_class

GROUPS = ("model", "data", "suite", "trainer", "augment")  # the last perhaps none
OPTIONS: dict[str, Any] = {  # of the request itself, by their types
    "seed_everything": Annotated[int, Range(ge=0, le=2**32 - 1)],
    "threads": Annotated[int, Range(ge=1, le=1024)] | None,
    "evaluate_every": Annotated[int, Range(ge=1, le=10**6)] | None,
    "monitor": str | None,
    "weights": Literal["best", "last"] | None,
    "lr_schedule": Literal["cosine", "one_cycle"] | None,
    "model_name": str,
    "data_name": str,
}
TOP = (*GROUPS, *OPTIONS)
TRAINER = "lightning.pytorch.trainer.trainer.Trainer"
_GROUP: Any = str | dict[str, Any]  # a name, a path or a mapping
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
    request: Request = {"seed_everything": 0, **{name: None for name, hint in OPTIONS.items() if fits(None, hint)}}
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

    Threads and what wasn't asked for are left out. Files that an argument of the model, the data or the suite names
    count by their content, so that new content is a new run; see `embedbench.request.content`.
    """
    asked = {key: value for key, value in request.items() if key != "threads" and value is not None}
    of_data = contents(request["data"])
    places: list[Any] = [of_data.pop(f"init_args.{name}", None) for name in request["data"].get("init_args") or {}]
    others = {"data": of_data, "model": contents(request["model"]), "suite": contents(request["suite"])}
    found = [{name: one for name, one in others.items() if one}] if any(others.values()) else []
    text = json.dumps([embedbench.__version__, asked, places, *found], sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{request['data_name']}-{request['model_name']}-s{request['seed_everything']}-{digest}"


def _read_config(text: str) -> dict[str, Any]:
    """A configuration from JSON text (W&B's ``${args_json}``) or from a file."""
    if not text.lstrip().startswith("{"):
        if not Path(text).is_file():
            raise UsageError(f"--config {text}: there is no such file.")
        return load_yaml(Path(text))
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # a ValueError of numbers of too many digits too
        raise UsageError(f"--config got text that is no JSON: {error}.") from None
    check_plain("--config", content)
    return dict(content)


def _once(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of which no key stands twice."""
    for name, number in Counter(name for name, _ in found).items():
        if number > 1:
            raise UsageError(f"--config has the key {name!r} {number} times in one mapping; leave it there once.")
    return dict(found)


def _hint(request: Request, key: str) -> Any:
    """The type of what a key stands for; `Any` if it isn't known."""
    top, *inner = key.split(".")
    if top not in GROUPS:
        return OPTIONS[top]
    hint: Any = _GROUP
    here: Any = _whole(request.get(top)) if top == "trainer" else request.get(top)
    for name in inner:
        if name == "init_args":
            continue
        path = here if isinstance(here, str) else here.get("class_path") if isinstance(here, dict) else None
        if name == "class_path":
            hint = str
        elif path is not None:
            hint = argument_hint(str(path), name)
            here = here.get("init_args") if isinstance(here, dict) else None
        else:
            hint = next((get_args(kind)[1] for kind in members(hint) if get_origin(kind) is dict), Any)
        here = here.get(name) if isinstance(here, dict) else None
    return hint


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
    hint = _hint(request, key)
    if isinstance(value, str):
        if not value.strip() and hint is not Any and not is_text(hint):  # a shell's variable that isn't set
            raise UsageError(f"--{key} has an empty value; write one, or leave it out.")
        value = read_value(value, hint)
        check_plain(f"--{key}", value)
    else:
        value = typed(value, hint)
    _refuse_non_finite(key, value)
    if inner:
        _put_inner(request, top, inner.split("."), value)
    elif top in GROUPS:
        _put_group(request, top, value)
    else:
        request[top] = _option(top, value)


def _option(top: str, value: Any) -> Any:
    """The value of an option of the request itself."""
    if not fits(value, OPTIONS[top]):
        raise UsageError(f"--{top} must be {in_words(OPTIONS[top])}, got {value!r}{of_quotes(value, OPTIONS[top])}.")
    return check_name(f"--{top}", value) if OPTIONS[top] is str else value


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
    if group == "augment" and value in (None, "none"):
        request.pop(group, None)
        return
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
    content = json.loads(json.dumps(content))  # a copy of its own, without YAML's anchors
    request[group] = typed_class(content) if group != "trainer" else typed_class(_whole(content))["init_args"]


def _whole(trainer: Any) -> dict[str, Any]:
    """The arguments of a Trainer, as of any other class."""
    return {"class_path": TRAINER, "init_args": trainer}


def _named(group: str, value: str) -> tuple[str, dict[str, Any]]:
    if group == "data" and not is_file_name(value) and value not in names("conf/data"):
        from embedbench.request.data_path import of_path

        if (found := of_path(value)) is not None:
            return found
    if is_class_path(value) and group != "trainer":
        return value.rsplit(".", 1)[-1], {"class_path": value}
    path = find(f"conf/{group}", value)
    facts = path.stat()
    return path.stem, _content(path, facts.st_mtime_ns, facts.st_size)


@functools.lru_cache(maxsize=256)
def _content(path: Path, changed: int, size: int) -> dict[str, Any]:
    """What a file of ``conf/`` holds: the grid of a comparison names each many times."""
    del changed, size  # of a file that was written anew another answer
    return load_yaml(path)


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

"""Finds the YAML files of ``conf/`` and ``sweeps/``: in the working directory first, else as shipped."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import yaml

from embedbench.errors import UsageError, unknown

_PACKAGE = Path(__file__).parent
_DEEPEST = 64  # levels of a file


class YamlLoader(yaml.SafeLoader):
    """YAML without dates, which no setting is: what looks like one is a text, as it is in JSON."""

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own name for it)
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _roots() -> list[Path]:
    """Working directory, then the installed package, then the checkout that an editable install points to."""
    return [Path.cwd(), _PACKAGE, _PACKAGE.parent]


def names(folder: str) -> dict[str, Path]:
    """The YAML files of a folder such as ``conf/model`` by name; an earlier root hides a later one."""
    found: dict[str, Path] = {}
    for root in _roots():
        for path in sorted((root / folder).glob("*.yaml")):
            found.setdefault(path.stem, path)
    return found


def find(folder: str, name: str) -> Path:
    """The file called ``name`` in a folder, or the path itself if ``name`` is one.

    Raises:
        UsageError: If there is no such file; the nearest known name is given.
    """
    if is_file_name(name):
        if not Path(name).is_file():
            raise UsageError(f"there is no file {name!r}; give an existing path or one of {', '.join(names(folder))}.")
        return Path(name)
    known = names(folder)
    if name not in known:
        raise unknown({"conf/data": "data set", "sweeps": "sweep"}.get(folder, folder[5:]), name, known)
    return known[name]


def is_file_name(name: str) -> bool:
    """Whether a name is that of a YAML or JSON file, by its ending."""
    return name.lower().endswith((".yaml", ".yml", ".json"))


def load_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        UsageError: If the file can't be read as a YAML mapping.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf8"), YamlLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"cannot read {path} as YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(content, dict):
        raise UsageError(f"{path} must hold a YAML mapping, got {type(content).__name__}.")
    _check_plain(path, content)
    return content


def _check_plain(path: Path, value: Any, keys: tuple[str, ...] = ()) -> None:
    """Refuses what no setting is and no record could hold: keys that are no texts, sets, bytes, a list in itself."""
    where = f"{path}: `{'.'.join(keys)}`" if keys else f"{path}:"
    if len(keys) > _DEEPEST:
        raise UsageError(f"{path}: `{'.'.join(keys[:3])}` is nested too deep, perhaps in itself.")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise UsageError(f"{where} has the key {key!r}, which is no text; put it in quotes.")
            _check_plain(path, item, (*keys, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _check_plain(path, item, (*keys, str(number)))
    elif not isinstance(value, str | int | float | None):
        raise UsageError(
            f"{where} is of YAML's type {type(value).__name__}, which no setting has; give a text or a list."
        )


def check_name(where: str, name: str) -> str:
    """The name itself, if it can be a folder's.

    Raises:
        UsageError: If it is empty, or leads elsewhere.
    """
    if not name.strip(". ") or "/" in name or "\\" in name:
        raise UsageError(f"{where} must be a plain name that a folder can have, got {name!r}.")
    return name


def class_at(path: str) -> Any:
    """The class at a dotted path that was checked when it was written."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def describe(path: Path) -> str:
    """The first comment line of a YAML file: its one-line description."""
    first = path.read_text(encoding="utf8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""

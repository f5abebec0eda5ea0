"""Finds the YAML files of ``conf/`` and ``sweeps/``: in the working directory first, else as shipped."""

from __future__ import annotations

import functools
import importlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from embedbench.errors import UsageError, unknown

_PACKAGE = Path(__file__).parent
LAST = 100  # rank of a metric family that says none
_DEEPEST, _MOST = 64, 100_000  # levels and values of a file or an argument: YAML's anchors repeat without end


class YamlLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C's is ten times as fast
    """YAML without dates, which no setting is, and without keys that stand twice, of which one would be lost.

    What looks like a date is a text, as it is in JSON.
    """

    yaml_implicit_resolvers = {  # noqa: RUF012  (PyYAML's own name for it)
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Refuses keys that stand twice; those that a merge brings along stand once, and yield to a mapping's own."""
        if not getattr(node, "is_flat", False):  # else merged keys stand among its own
            keys = set()
            for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
                name = key.value if key.tag == "tag:yaml.org,2002:merge" else self.construct_object(key)
                if name in keys:
                    said = f"key {key.value!r} stands twice"
                    raise yaml.constructor.ConstructorError(None, None, said, key.start_mark)
                keys.add(name)
            node.is_flat = True  # type: ignore[attr-defined]  # a mark of ours
        super().flatten_mapping(node)


def _roots() -> list[Path]:
    """Working directory, then the installed package, then the checkout that an editable install points to."""
    return [Path.cwd(), _PACKAGE, _PACKAGE.parent]


def names(folder: str) -> dict[str, Path]:
    """The YAML files of a folder such as ``conf/model`` by name; an earlier root hides a later one."""
    found: dict[str, Path] = {}
    for root in _roots():
        place = os.path.join(root, folder)
        if os.path.isdir(place) and os.access(place, os.R_OK):
            found |= {n: path for n, path in _paths(place, tuple(os.listdir(place))).items() if n not in found}
    return found


@functools.lru_cache(maxsize=64)
def _paths(folder: str, entries: tuple[str, ...]) -> dict[str, Path]:
    """The YAML files among the entries of a folder, which a grid asks for at each point."""
    files = [Path(folder, entry) for entry in sorted(entries) if entry.endswith(".yaml")]
    return {path.stem: path for path in files}


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


def is_class_path(name: str) -> bool:
    """Whether a name is the dotted path of a class."""
    return "." in name and not is_file_name(name) and "/" not in name


def load_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        UsageError: If the file can't be read as a YAML mapping, or it holds what `check_plain` refuses.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf8"), YamlLoader)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}; give a file that can be read.") from None
    except RecursionError:
        raise UsageError(f"cannot read {path} as YAML: it is nested too deep; mend it.") from None
    except (ValueError, yaml.YAMLError) as error:  # a ValueError of bytes that are no text, and of too long numbers
        raise UsageError(f"cannot read {path} as YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(content, dict):
        rows = "; a table is read from JSON Lines (.jsonl), an object a line" if isinstance(content, list) else ""
        raise UsageError(f"{path} must hold a YAML mapping, got {type(content).__name__}{rows}.")
    check_plain(str(path), content)
    return content


class MetricEntry(NamedTuple):
    """A file ``conf/metric/NAME.yaml``: where the metric family NAME is, and how a table shows it.

    Attributes:
        path: Of the file.
        families: Dotted places of it, one for each kind of label that it is computed for.
        headline: Names within the family that a table shows unless others are asked for; ``None`` if unsaid.
        rank: Columns of lower ranks stand further left.
        of_input: Whether it compares with the input, so that the input itself is its reference and no competitor.
        further: Names within the family, of which a table shows the first that a further column of labels has.
    """

    path: Path
    families: list[str]
    headline: list[str] | None
    rank: float
    of_input: bool = False
    further: tuple[str, ...] = ()


def metric_entries() -> dict[str, MetricEntry]:
    """The metric families that there are, by name; none is imported.

    Raises:
        UsageError: If a file doesn't say where its family is, or what it says has another form.
    """
    return {name: _entry(name, path) for name, path in sorted(names("conf/metric").items())}


def _entry(name: str, path: Path) -> MetricEntry:
    given = load_yaml(path)
    keys = ("family", "headline", "rank", "of_input", "further")
    for key in given.keys() - {*keys}:
        raise unknown(f"key in {path}:", key, keys)
    families, headline, rank = given.get("family"), given.get("headline"), given.get("rank", LAST)
    families = families if isinstance(families, list) else [families]
    if not families or not all(isinstance(where, str) and "." in where for where in families):
        raise UsageError(f"{path} must say where the family is; write `family: my_module.{name}`.")
    for key in ("headline", "further"):
        named = given.get(key)
        if named is not None and not (isinstance(named, list) and all(isinstance(one, str) for one in named)):
            raise UsageError(f"`{key}` of {path} must be a list of the family's metrics such as [a, b].")
    if isinstance(rank, bool) or not isinstance(rank, int | float):
        raise UsageError(f"`rank` of {path} must be a number, got {rank!r}.")
    if not isinstance(given.get("of_input", False), bool):
        raise UsageError(f"`of_input` of {path} must be true or false, got {given['of_input']!r}.")
    further = tuple(given.get("further") or ())
    return MetricEntry(path, families, headline, rank, given.get("of_input", False), further)


def check_plain(what: str, content: Any) -> None:
    """Refuses what no setting is and no record could hold: keys that are no texts, sets, bytes, a list in itself.

    Args:
        what: The file or the argument that ``content`` is of.
        content: As YAML or JSON is read.

    Raises:
        UsageError: If there is such a thing; says where.
    """
    left = _MOST

    def look(value: Any, keys: tuple[str, ...]) -> None:
        nonlocal left
        left -= 1
        where = f"{what}: `{'.'.join(keys)}`" if keys else f"{what}:"
        if len(keys) > _DEEPEST or left < 0:
            raise UsageError(f"{what}: `{'.'.join(keys[:3])}` is nested too deep, perhaps in itself.")
        if isinstance(value, dict):
            for key, item in value.items():
                if not isinstance(key, str):
                    raise UsageError(f"{where} has the key {key!r}, which is no text; put it in quotes.")
                look(item, (*keys, key))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                look(item, (*keys, str(number)))
        elif not isinstance(value, str | int | float | None):
            raise UsageError(
                f"{where} is of YAML's type {type(value).__name__}, which no setting has; give a text or a list."
            )
        for text in (value,) if isinstance(value, str) else value if isinstance(value, dict) else ():
            if not is_unicode(text):
                raise UsageError(
                    f"{where} holds half of a character (a lone surrogate), {ascii(text)[:40]}; repair it."
                )

    look(content, ())


def is_unicode(text: str) -> bool:
    """Whether a file can be written with it."""
    try:
        text.encode("utf8")
    except UnicodeEncodeError:
        return False
    return True


def check_name(where: str, name: str) -> str:
    """The name itself, if it can be a folder's.

    Raises:
        UsageError: If it is empty, or leads elsewhere.
    """
    if not name.strip(". ") or "/" in name or "\\" in name:
        raise UsageError(f"{where} must be a plain name that a folder can have, got {name!r}.")
    return name


def class_at(path: str) -> Any:
    """The class at a dotted path that was checked before."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def kept_class(where: str, path: Any, base: type, named: Collection[str] = ()) -> Any:
    """The class that a file of a run names, which may be from anybody: importing a module runs what is in it.

    A module is imported only if it is embedbench's own, or that of a class that a file of ``conf/`` or the user names;
    a class of any other has to be there already.

    Args:
        where: What names it, for a refusal.
        path: Dotted, as it stands in the file.
        base: What it has to be.
        named: Modules that the user names.

    Raises:
        UsageError: If it isn't such a class.
    """
    if not isinstance(path, str) or not all(part.isidentifier() for part in path.split(".")) or "." not in path:
        raise UsageError(f"{where} must name a class by its path, got {str(path)[:80]!r}; bring its file back.")
    loaded = {f"{kind.__module__}.{kind.__qualname__}": kind for kind in _below(base)}
    if path in loaded:
        return loaded[path]
    check_kept_module(where, path, named)
    try:
        found = class_at(path)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"{where} names the class {path!r}, which can't be imported: {error}.") from None
    if not (isinstance(found, type) and issubclass(found, base)):
        raise UsageError(f"{where} names {path!r}, which is no {base.__name__}; bring its file back.")
    return found


def check_kept_module(where: str, path: str, named: Collection[str] = ()) -> None:
    """Refuses a dotted path of a run's file into a module that `kept_class` wouldn't import.

    Raises:
        UsageError: If it is one.
    """
    module = path.rpartition(".")[0]
    if module.partition(".")[0] != __name__.partition(".")[0] and module not in {*named, *_catalogued()}:
        raise UsageError(
            f"{where} names {path!r}, whose code is not run unasked; name it in a file of conf/ (class_path: ...) or "
            "on the command line (--model.class_path ...) if you trust it."
        )


def _below(base: type) -> Iterator[type]:
    """A class and all below it that are imported."""
    yield base
    children: list[type] = base.__subclasses__()
    for child in children:
        yield from _below(child)


def _catalogued() -> set[str]:
    """The modules of the classes that files of ``conf/`` name."""
    paths = [path for group in ("model", "data", "suite") for path in names(f"conf/{group}").values()]
    return {path.rpartition(".")[0] for file in paths for path in class_paths(load_yaml(file))}


def class_paths(content: Any) -> Iterator[str]:
    """Every ``class_path`` in nested mappings and lists."""
    for key, value in content.items() if isinstance(content, dict) else enumerate(content):
        if key == "class_path":
            yield str(value)
        elif isinstance(value, dict | list):
            yield from class_paths(value)


def describe(path: Path) -> str:
    """The first comment line of a YAML file: its one-line description."""
    first = path.read_text(encoding="utf8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""

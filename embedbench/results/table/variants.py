"""Tells the variants of one model apart and names them by what differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from embedbench.arguments.signature import arguments, path_arguments
from embedbench.results.protocol import DEFAULTS, GROUP, protocol_of, usual
from embedbench.results.record import Result

_GROUPS = ("model", "trainer", "data", GROUP)

# Seeds and folds are what a row averages over; the rest says where a run happens and what it prints, not what is
# computed.
_IGNORED = frozenset(
    (
        *("seed", "spec", "fold"),
        *("devices", "num_nodes", "world_size", "accelerator", "strategy", "num_workers"),
        *("default_root_dir", "dirpath", "logger"),
        *("enable_progress_bar", "enable_model_summary", "enable_checkpointing", "log_every_n_steps"),
    )
)

_Settings = frozenset[tuple[str, str]]
_Flattened = tuple[_Settings, _Settings]


class Run(NamedTuple):
    """A result and whether it counts: the latest finished one of its seed and fold, or else the latest."""

    result: Result
    counts: bool


class Variant(NamedTuple):
    """The runs of one model with the same settings.

    Attributes:
        label: The model's name, with the settings that tell it from its other variants.
        latent_dim: Size of the embedding; ``None`` if no run came to know it.
        runs: All runs, those of one seed and fold together.
        protocol: Settings of the protocol that the runs were scored by, where they aren't those of most variants.
    """

    label: str
    latent_dim: int | None
    runs: list[Run]
    protocol: dict[str, str]


def variants(results: list[Result]) -> list[Variant]:
    """Group the results of one data set into variants.

    Two results are of one variant if model name, paradigm, latent size and the ``model``, ``trainer``, ``data``,
    ``suite`` and ``monitor`` parts of their configurations agree; seeds, folds, devices, paths and printing are left
    out. A label names only the settings that differ among the variants of its model, such as ``pca (latent_dim=2)``,
    and those of the protocol that differ from most variants of all models, such as ``pca (distance=cosine)``; where a
    name is shared by several paradigms, such as a model and a file of vectors, the paradigm is added:
    ``pca [external]``.
    """
    models: dict[tuple[str, str], list[Result]] = {}
    finished: dict[str, set[str]] = {}
    for result in results:
        if result.status == "finished":
            finished.setdefault(result.model, set()).add(result.paradigm)
    for result in results:
        models.setdefault((result.model, _paradigm(result, finished.get(result.model, set()))), []).append(result)
    names = Counter(model for model, _ in models)
    flattened: dict[int, _Flattened] = {}
    grouped = {
        model if names[model] == 1 else f"{model} [{paradigm}]": _groups(group, flattened)
        for (model, paradigm), group in models.items()
    }
    most = usual(protocol_of(runs[-1]) for groups in grouped.values() for runs in groups.values())
    return [variant for name, groups in grouped.items() for variant in _of_model(name, groups, most)]


def _paradigm(result: Result, finished: set[str]) -> str:
    """The result's paradigm; for a run that failed before it was known, the only one that its model finished with."""
    return next(iter(finished)) if result.status != "finished" and len(finished) == 1 else result.paradigm


def _groups(results: list[Result], flattened: dict[int, _Flattened]) -> dict[_Settings, list[Result]]:
    """The results of one model by their settings.

    A run that failed early knows only part of its settings: it joins the variant that has them all, if there is one.
    """
    groups: dict[_Settings, list[Result]] = {}
    for result in results:
        groups.setdefault(_settings(result, flattened), []).append(result)
    parts = [part for part, runs in groups.items() if not any(result.status == "finished" for result in runs)]
    having = _having(groups) if parts else {}
    for part in sorted(parts, key=len):
        rarest = min((having[pair] for pair in part), key=len, default=[*groups])
        homes = [whole for whole in rarest if part < whole and whole in groups]
        if len(homes) == 1:
            groups[homes[0]] += groups.pop(part)
    return groups


def _having(groups: Iterable[_Settings]) -> dict[tuple[str, str], list[_Settings]]:
    """By each setting and its value, the groups that have it."""
    having: dict[tuple[str, str], list[_Settings]] = {}
    for settings in groups:
        for pair in settings:
            having.setdefault(pair, []).append(settings)
    return having


def _of_model(name: str, groups: dict[_Settings, list[Result]], most: dict[str, str]) -> list[Variant]:
    """The variants of one model, and what each has of another protocol than most variants of all models."""
    other = [
        {key: value for key, value in protocol_of(runs[-1]).items() if value != most[key]} for runs in groups.values()
    ]
    marked = {f"{GROUP}.{key}" for differing in other for key in differing}
    labels = _labels(name, [dict(key) for key in groups], marked)
    return [
        Variant(label, _latent_dim(runs), _counted(runs), differing)
        for label, runs, differing in zip(labels, groups.values(), other, strict=True)
    ]


def _latent_dim(runs: list[Result]) -> int | None:
    """The latent size of a variant, from any run that knows it."""
    return next((size for size in map(_size, runs) if size is not None), None)


def _settings(result: Result, flattened: dict[int, _Flattened]) -> _Settings:
    """Dotted settings and their values as text, the protocol among them; what else was asked of the fit, if it was.

    Args:
        result: Of a run.
        flattened: Parts of configurations that were looked at before, by identity: results share them.
    """
    found: set[tuple[str, str]] = set()
    for group in _GROUPS:
        part = result.config.get(group, {})
        if id(part) not in flattened:
            flattened[id(part)] = _flattened(part, group)
        whole, without_files = flattened[id(part)]
        # Which files the data are, their fingerprint says.
        found |= without_files if group == "data" and result.dataset_fingerprint else whole
    found |= {(f"{GROUP}.{key}", value) for key, value in protocol_of(result).items()}
    found |= {(key, str(result.config[key])) for key in ("monitor", "weights", "lr_schedule") if result.config.get(key)}
    found.add(("augment", _views(result.config.get("augment"))))
    size = _size(result)
    return frozenset(found if size is None else {*found, ("latent_dim", str(size))})


def _views(group: Any) -> str:
    """What was asked of the views of rows, in short: what isn't the default of their class."""
    if not isinstance(group, dict):
        return "none"
    class_path, given = str(group.get("class_path")), group.get("init_args")
    usual = {one.name: one.default for one in arguments(class_path)}
    asked = given.items() if isinstance(given, dict) else ()
    return " ".join(f"{key}={value}" for key, value in sorted(asked) if usual.get(key) != str(value)) or class_path


def _flattened(part: Any, group: str) -> _Flattened:
    """Dotted settings and their values as text: all that are not of the protocol, and those that name no file."""
    whole = frozenset(pair for pair in _flat(part, group) if not _of_protocol(pair[0]))
    files = {f"{group}.{name}" for name, _ in path_arguments(part)} if isinstance(part, dict) else set()
    return whole, frozenset(pair for pair in whole if pair[0] not in files)


def _of_protocol(key: str) -> bool:
    """Whether a setting is of the protocol, which is taken as a whole, or the class of the suite."""
    group, _, name = key.partition(".")
    return group == GROUP and (name == "class_path" or name.removeprefix("init_args.") in DEFAULTS)


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Dotted settings and their values as text; the latent size is told by the result itself."""
    if path.rpartition(".")[2] in _IGNORED | {"latent_dim"}:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}")
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _flat(item, f"{path}.{number}")
    else:
        yield path, str(value)


def _size(result: Result) -> int | None:
    """Size of the embedding as it was, else as it was asked for."""
    if result.latent_dim is not None:
        return result.latent_dim
    model = result.config.get("model")
    asked = model.get("init_args", model) if isinstance(model, dict) else None
    size = asked.get("latent_dim") if isinstance(asked, dict) else None
    return size if isinstance(size, int) else None


def _labels(name: str, variants: list[dict[str, str]], marked: set[str]) -> list[str]:
    """The name with the settings that differ, and those that are marked.

    A setting that a variant lacks counts only if the labels were equal else.
    """
    seen: dict[str, set[str]] = {}
    owners = Counter(key for settings in variants for key in settings)
    for settings in variants:
        for key, value in settings.items():
            seen.setdefault(key, set()).add(value)
    differing = {key for key, values in seen.items() if len(values) > 1 or key in marked}
    labels = _labelled(name, variants, differing)
    if len(set(labels)) == len(labels):
        return labels
    return _labelled(name, variants, {key for key in seen if key in differing or owners[key] < len(variants)})


def _labelled(name: str, variants: list[dict[str, str]], keys: set[str]) -> list[str]:
    """The name and those of the keys that a variant has, in short, for each variant."""
    short = {key: _short(key, keys) for key in sorted(keys)}
    return [_label(name, settings, short) for settings in variants]


def _label(name: str, settings: dict[str, str], short: dict[str, str]) -> str:
    parts = [f"{said}={settings[key]}" for key, said in short.items() if key in settings]
    return f"{name} ({', '.join(parts)})" if parts else name


def _short(key: str, keys: Iterable[str]) -> str:
    """The shortest dotted tail of ``key`` that no other of ``keys`` ends with."""
    parts = key.split(".")
    tails = (".".join(parts[-size:]) for size in range(1, len(parts)))
    return next((tail for tail in tails if sum(f".{other}".endswith(f".{tail}") for other in keys) == 1), key)


def fold_of(result: Result) -> int | None:
    """The fold that was tested, from 1; ``None`` where the rows had a single split."""
    data = result.config.get("data")
    given = data.get("init_args", data) if isinstance(data, dict) else None
    return given.get("fold") if isinstance(given, dict) and given.get("folds") else None


def _counted(results: list[Result]) -> list[Run]:
    """The runs, seed by seed and fold by fold; of each the latest counts, and a finished one before any other."""

    def which(result: Result) -> tuple[int, int]:
        return result.seed, fold_of(result) or 0

    ordered = sorted(
        results, key=lambda r: (*which(r), r.status == "finished", r.finished_at or r.started_at, r.run_id)
    )
    following = [*ordered[1:], None]
    return [
        Run(run, after is None or which(after) != which(run)) for run, after in zip(ordered, following, strict=True)
    ]

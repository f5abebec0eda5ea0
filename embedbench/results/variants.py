"""Tells the variants of one model apart and names them by what differs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from embedbench.results.record import Result

_GROUPS = ("model", "trainer", "data", "suite")

# Seeds are what a row averages over; the rest says where a run happens and what it prints, not what is computed.
_IGNORED = frozenset(
    (
        *("seed", "spec"),
        *("devices", "num_nodes", "world_size", "accelerator", "strategy", "num_workers"),
        *("default_root_dir", "dirpath", "logger"),
        *("enable_progress_bar", "enable_model_summary", "enable_checkpointing", "log_every_n_steps"),
    )
)


class Run(NamedTuple):
    """A result and whether it counts: the latest finished one of its seed, or the latest if none is finished."""

    result: Result
    counts: bool


class Variant(NamedTuple):
    """The runs of one model with the same settings.

    Attributes:
        label: The model's name, with the settings that tell it from its other variants.
        latent_dim: Size of the embedding; ``None`` if no run came to know it.
        runs: All runs, those of one seed together.
    """

    label: str
    latent_dim: int | None
    runs: list[Run]


def variants(results: list[Result]) -> list[Variant]:
    """Group the results of one data set into variants.

    Two results are of one variant if model name, paradigm, latent size and the ``model``, ``trainer``, ``data`` and
    ``suite`` parts of their configurations agree; seeds, devices, paths and printing are left out. A label names only
    the settings that differ among the variants of its model, such as ``pca (latent_dim=2)``; where a name is shared
    by several paradigms, such as a model and a file of vectors, the paradigm is added: ``pca [external]``.
    """
    models: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        models.setdefault((result.model, result.paradigm), []).append(result)
    names = [model for model, _ in models]
    found: list[Variant] = []
    for (model, paradigm), group in models.items():
        name = model if names.count(model) == 1 else f"{model} [{paradigm}]"
        found.extend(_of_model(name, group))
    return found


def _of_model(name: str, results: list[Result]) -> list[Variant]:
    """The variants of one model."""
    groups: dict[tuple[tuple[str, str], ...], list[Result]] = {}
    latent: dict[tuple[tuple[str, str], ...], int | None] = {}
    for rest, same in _by_config(results).items():
        dims = {dim for dim in map(_latent_dim, same) if dim is not None}
        for result in same:
            dim = _latent_dim(result)
            if dim is None and len(dims) == 1:  # it failed before its size was known, and there is only one
                (dim,) = dims
            key = rest if dim is None else (("latent_dim", str(dim)), *rest)
            groups.setdefault(key, []).append(result)
            latent[key] = dim
    values: dict[str, set[str | None]] = {}
    for setting in {setting for key in groups for setting, _ in key}:
        values[setting] = {dict(key).get(setting) for key in groups}
    differing = sorted(setting for setting, seen in values.items() if len(seen) > 1)
    return [Variant(_label(name, dict(key), differing), latent[key], _counted(runs)) for key, runs in groups.items()]


def _by_config(results: list[Result]) -> dict[tuple[tuple[str, str], ...], list[Result]]:
    """Results by all their settings but the latent size."""
    groups: dict[tuple[tuple[str, str], ...], list[Result]] = {}
    for result in results:
        settings = {key: text for group in _GROUPS for key, text in _flat(result.config.get(group), group)}
        groups.setdefault(tuple(sorted(settings.items())), []).append(result)
    return groups


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
    elif value is not None or "." in path:
        yield path, str(value)


def _latent_dim(result: Result) -> int | None:
    """Size of the embedding as it was, else as it was asked for."""
    if result.latent_dim is not None:
        return result.latent_dim
    model = result.config.get("model")
    asked = model.get("init_args", model) if isinstance(model, dict) else None
    size = asked.get("latent_dim") if isinstance(asked, dict) else None
    return size if isinstance(size, int) else None


def _label(name: str, settings: dict[str, str], differing: list[str]) -> str:
    """The name, and the differing settings that this variant has."""
    parts = [f"{_short(key, differing)}={settings[key]}" for key in differing if key in settings]
    return f"{name} ({', '.join(parts)})" if parts else name


def _short(key: str, keys: list[str]) -> str:
    """The shortest dotted tail of ``key`` that no other of ``keys`` ends with."""
    parts = key.split(".")
    tails = (".".join(parts[-size:]) for size in range(1, len(parts)))
    return next((tail for tail in tails if sum(f".{other}".endswith(f".{tail}") for other in keys) == 1), key)


def _counted(results: list[Result]) -> list[Run]:
    """The runs, seed by seed; of each seed the latest counts, and a finished one before any other."""
    ordered = sorted(results, key=lambda r: (r.seed, r.status == "finished", r.finished_at or r.started_at, r.run_id))
    following = [*ordered[1:], None]
    return [Run(run, after is None or after.seed != run.seed) for run, after in zip(ordered, following, strict=True)]

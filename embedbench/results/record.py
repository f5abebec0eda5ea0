"""One run as a value: frozen, versioned, JSON in and out."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from embedbench.errors import UsageError
from embedbench.results.atomic import write_text

SCHEMA_VERSION = 3
_ADDED = {
    "uncertainty": 2,
    "digests": 3,
}  # the version from which on files have the field; older ones read as if it were empty
FILE_NAME = "result.json"
_CURE = "run it again or delete the file"


@dataclass(frozen=True, kw_only=True)
class Result:
    """Everything that is kept of one run; the fields stand in the order in which they are written.

    Attributes:
        schema_version: Version of this list of fields.
        run_id: Name of the run, and of its folder.
        status: How the run stands.
        error: Why it failed, ``None`` otherwise.
        paradigm: Kind of model, such as "classical" or "generative".
        model: Name of the model's YAML file, or of the file of vectors.
        model_class: Import path of the model's class; empty for vectors made elsewhere.
        latent_dim: Size of the embedding; ``None`` if the run failed before that was known.
        dataset: Name of the data's YAML file.
        dataset_fingerprint: Hash of the data's content; empty if unknown.
        splits: Rows of each split.
        seed: Seed of the run.
        metrics: Split name to metric name to value, finite.
        uncertainty: Split name to metric name to ``se``, ``low`` and ``high`` of each metric that is a mean over query
            rows: its standard error over them and the ends of its 95 % bootstrap interval.
        directions: Metric name to the end that is better, so that a table can be built from files alone.
        timing: ``fit_seconds``, ``embed_seconds``, ``evaluate_seconds``, ``train_samples_per_second``; with live
            evaluation ``live_seconds``, its part of the first.
        resources: ``parameters``, ``peak_memory_bytes``, ``devices``, ``world_size``, ``accelerator``.
        environment: Versions, platform and commit, as ``environment()`` gives them.
        config: The whole configuration, nested.
        sweep: ``id`` and ``trial``, ``None`` outside a sweep.
        started_at: ISO 8601, UTC.
        finished_at: ISO 8601, UTC; ``None`` while running.
        notes: What a reader of the numbers should know, such as that missing values were filled.
        digests: SHA-256 of the files that the numbers follow from, by their path in the run's folder: its weights and
            what it learned of its data.
    """

    schema_version: int = SCHEMA_VERSION
    run_id: str
    status: Literal["finished", "failed", "running"]
    error: str | None = None
    paradigm: str
    model: str
    model_class: str = ""
    latent_dim: int | None = None
    dataset: str
    dataset_fingerprint: str = ""
    splits: dict[str, int] = field(default_factory=dict)
    seed: int
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    uncertainty: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    directions: dict[str, Literal["higher", "lower", "none"]] = field(default_factory=dict)
    timing: dict[str, float] = field(default_factory=dict)
    resources: dict[str, int | float | str | None] = field(default_factory=dict)
    environment: dict[str, str | None] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    sweep: dict[str, Any] | None = None
    started_at: str
    finished_at: str | None = None
    notes: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """The fields in their order, indented by 2; every number reads back exactly.

        Raises:
            ValueError: If a value is NaN, infinite or not of JSON; it is named.
        """
        content = {item.name: getattr(self, item.name) for item in fields(self)}
        flaw = _flaw(content)
        if flaw:
            raise ValueError(f"run {self.run_id!r} can't be recorded: {flaw}")
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Result:
        """The result that ``text`` holds; one of an older schema becomes one of the newest.

        Raises:
            UsageError: If ``text`` isn't JSON, was written by a newer schema, or a field is missing, unknown or of
                another type.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"it is not valid JSON ({error}); {_CURE}.") from None
        if not isinstance(content, dict):
            raise UsageError(f"it must hold a JSON object, got {type(content).__name__}; {_CURE}.")
        _check_version(content.get("schema_version"))
        _check_fields(content)
        return cls(**{**content, "schema_version": SCHEMA_VERSION})

    def write(self, folder: Path) -> Path:
        """Write ``result.json`` into a folder, made if need be, all or nothing; the path is returned.

        Raises:
            ValueError: If a value is NaN, infinite or not of JSON; it is named, and nothing is written.
            UsageError: If the folder can't be written to.
        """
        path = folder / FILE_NAME
        write_text(path, self.to_json())
        return path

    @classmethod
    def read(cls, path: Path) -> Result:
        """The result in a file.

        Raises:
            UsageError: If the file can't be read or doesn't hold a result; file and reason are named.
        """
        try:
            return cls.from_json(path.read_text(encoding="utf8"))
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}; make it readable or delete it.") from None
        except UnicodeDecodeError:
            raise UsageError(f"cannot read {path}: it is not UTF-8 text; {_CURE}.") from None
        except UsageError as error:
            raise UsageError(f"cannot read {path}: {error}") from None


def _check_version(version: Any) -> None:
    """Refuse a file of another schema; its other fields would only mislead."""
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise UsageError(f"schema_version must be a whole number from 1 on, got {version!r}; {_CURE}.")
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"schema_version {version} is newer than {SCHEMA_VERSION}, the newest known; upgrade embedbench."
        )


def _check_fields(content: dict[str, Any]) -> None:
    """Compare a decoded file with the fields of `Result`."""
    hints = _hints()
    expected = {item.name: str(item.type) for item in fields(Result)}
    version = content["schema_version"]
    had = {name for name in hints if _ADDED.get(name, 1) <= version}
    odd = sorted(set(content) ^ had)
    if odd:
        problem = "unknown" if odd[0] in content else "missing"
        raise UsageError(f"field {odd[0]!r} is {problem}; {_CURE}.")
    for name in had:
        if not _fits(content[name], hints[name]):
            raise UsageError(f"field {name!r} must be {expected[name]}, got {str(content[name])[:80]!r}; {_CURE}.")
    flaw = _flaw(content)
    if flaw:
        raise UsageError(f"{flaw}; {_CURE}.")


@functools.cache
def _hints() -> dict[str, Any]:
    """Types of the fields; resolving them is slow beside reading one small file."""
    return get_type_hints(Result)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a decoded JSON value is of a type; a whole number is a float too, a boolean is no number."""
    origin, parts = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin is Literal:
        return value in parts
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in parts)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, parts[1]) for item in value.values())
    if origin is list:
        return isinstance(value, list) and all(_fits(item, parts[0]) for item in value)
    if hint in (int, float):
        return isinstance(value, int | hint) and not isinstance(value, bool)
    return isinstance(value, hint)


def _flaw(content: dict[str, Any]) -> str | None:
    """The first value that a record can't hold, and why."""
    for path, value in _leaves(content, ""):
        if isinstance(value, float) and not math.isfinite(value):
            return f"{path} is {value}, and only finite numbers are accepted"
        if not isinstance(value, str | int | float | None):
            return f"{path} is a {type(value).__name__}, which JSON can't hold"
    return None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every value that is no container, with its dotted path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}.{number}")
    else:
        yield path, value

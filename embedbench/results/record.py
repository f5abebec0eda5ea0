"""One run as a value: frozen, versioned, JSON in and out."""

from __future__ import annotations

import functools
import io
import json
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal, get_type_hints

from embedbench.errors import UsageError
from embedbench.files.atomic import write_text
from embedbench.results.fast_json import WHOLE, quick
from embedbench.results.schema import Shape, all_fit, flaw, shape

SCHEMA_VERSION = 4
_ADDED = {
    "uncertainty": 2,
    "digests": 3,
    "scales": 4,
}  # the version from which on files have the field; older ones read as if it were empty
_ENDS = frozenset({"se", "low", "high"})
_its_ends = itemgetter(*_ENDS)
FILE_NAME = "result.json"
_CURE = "run it again or delete the file"
_LARGEST = 64 * 2**20  # bytes of a record; one of some hundred metrics has 20,000
_LONE = re.compile(r"\\u[dD][89a-fA-F]")  # half a letter as JSON writes it, or one of a pair


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
        timing: ``fit_seconds``, ``fit_cpu_seconds`` (of the processor, all processes and threads added),
            ``embed_seconds``, ``evaluate_seconds``, ``train_samples_per_second``; with live evaluation
            ``live_seconds``, its part of the first.
        resources: ``parameters``, of these ``encoder_parameters`` of a model that has an encoder,
            ``peak_memory_bytes``, ``devices``, ``world_size``, ``accelerator``, ``train_rows_seen``; of gradient steps
            ``steps``, ``weights_step`` and ``best_step``, after which the scored and the best weights are.
        environment: Versions, platform and commit, as ``environment()`` gives them.
        config: The whole configuration, nested.
        sweep: ``id`` and ``trial``, ``None`` outside a sweep.
        started_at: ISO 8601, UTC.
        finished_at: ISO 8601, UTC; ``None`` while running.
        notes: What a reader of the numbers should know, such as that missing values were filled.
        digests: SHA-256 of the files that the numbers follow from, by their path in the run's folder: its weights and
            what it learned of its data.
        scales: Metric family to what its values are measured on, such as "density over 64 features", where models
            differ in that: values on two scales don't compare.
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
    scales: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """The fields in their order, indented by 2; every number reads back exactly.

        Raises:
            ValueError: If a value is NaN, infinite or not of JSON; it is named.
        """
        content = {item.name: getattr(self, item.name) for item in fields(self)}
        if found := flaw(content):
            raise ValueError(f"run {self.run_id!r} can't be recorded: {found}")
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Result:
        """The result that a text, or the UTF-8 of one, holds; one of an older schema becomes one of the newest.

        Raises:
            UsageError: If ``text`` isn't JSON, was written by a newer schema, or a field is missing, unknown or of
                another type.
        """
        content = quick(text)
        return cls._of(content if _are_plain([content]) else _checked(text))

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
            return cls.from_json(_content(path))
        except OSError as error:
            reason = f"{error.strerror or error}; make it readable or delete it."
        except UsageError as error:
            reason = str(error)
        raise UsageError(_one_line(f"cannot read {path}: {reason}"))

    @classmethod
    def read_all(cls, paths: Sequence[Path]) -> Iterator[Result | UsageError]:
        """What `read` returns or raises for each of some files, which are checked together, in half the time."""
        contents = [*map(_quickly, paths)]
        are_plain = _are_plain([content for content in contents if content is not None])
        for path, content in zip(paths, contents, strict=True):
            if content is not None and (are_plain or _are_plain([content])):
                yield cls._of(content)
                continue
            try:
                yield cls.read(path)
            except UsageError as error:
                yield error

    @classmethod
    def _of(cls, content: dict[str, Any]) -> Result:
        """Of fields that were checked."""
        content["schema_version"] = SCHEMA_VERSION
        return cls(**content)


def _quickly(path: Path) -> Any:
    """What a file holds; ``None`` where `Result.read` may have to say why it can't be told."""
    try:
        return quick(_content(path))
    except (OSError, UsageError):
        return None


def _content(path: Path) -> bytes:
    """What a file holds; what is no file, or far too large for a record, is left unread."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise UsageError(f"it is {'a folder' if stat.S_ISDIR(about.st_mode) else 'no file'}; move it away.")
    if about.st_size > _LARGEST:
        raise UsageError(f"it has {about.st_size:,} bytes, and {_LARGEST:,} are the most of a record; {_CURE}.")
    with path.open("rb", buffering=0) as stream:  # read as a whole
        return stream.read()


def _one_line(text: str) -> str:
    """A sentence that every file and terminal takes: names on disk may hold line breaks and what is no text."""
    return " ".join(text.splitlines()).encode("utf8", "backslashreplace").decode("utf8")


def _are_plain(contents: list[Any]) -> bool:
    """Whether all that was decoded quickly are records, as nearly all files are; where that isn't sure, it is not."""
    if {*map(type, contents)} != {dict}:
        return False
    of_version: dict[int, list[dict[str, Any]]] = {}
    for content in contents:
        version = content.get("schema_version")
        if type(version) is not int or not 1 <= version <= SCHEMA_VERSION:
            return False
        of_version.setdefault(version, []).append(content)
    return all(_are_of(version, some) for version, some in of_version.items())


def _are_of(version: int, contents: list[dict[str, Any]]) -> bool:
    """Whether all have the fields of a version, and in them what they may hold."""
    names, alike = _shapes(version).keys(), _alike(version)
    return (
        all(content.keys() == names for content in contents)
        and all(all_fit([content[name] for name in same for content in contents], one, WHOLE) for one, same in alike)
        and all(_are_whole(of.values()) for content in contents for of in content.get("uncertainty", {}).values())
    )


def _checked(text: str | bytes) -> dict[str, Any]:
    """What a text holds, step by step, so that the first thing that is wrong can be said."""
    try:
        if isinstance(text, bytes):
            text = io.StringIO(text.decode("utf8"), newline=None).read()  # whose lines are those of a text file
        content = json.loads(text)
    except UnicodeDecodeError:
        raise UsageError(f"it is not UTF-8 text; {_CURE}.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"it is not valid JSON ({error}); {_CURE}.") from None
    if not isinstance(content, dict):
        raise UsageError(f"it must hold a JSON object, got {type(content).__name__}; {_CURE}.")
    _check_version(content.get("schema_version"))
    _check_fields(content)
    if _LONE.search(text) and (found := flaw(content)):
        raise UsageError(f"{found}; {_CURE}.")
    return content


def _check_version(version: Any) -> None:
    """Refuse a file of another schema; its other fields would only mislead."""
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise UsageError(f"schema_version must be a whole number from 1 on, got {repr(version)[:80]}; {_CURE}.")
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"schema_version {str(version)[:80]} is newer than {SCHEMA_VERSION}, the newest known; upgrade embedbench."
        )


def _check_fields(content: dict[str, Any]) -> None:
    """Compare a decoded file with the fields of `Result`."""
    shapes = _shapes(content["schema_version"])
    odd = sorted(content.keys() ^ shapes.keys())
    if odd:
        problem = "unknown" if odd[0] in content else "missing"
        raise UsageError(f"field {odd[0]!r} is {problem}; {_CURE}.")
    for name, wanted in shapes.items():
        if not all_fit([content[name]], wanted):
            if found := flaw({name: content[name]}):
                raise UsageError(f"{found}; {_CURE}.")
            expected = next(str(item.type) for item in fields(Result) if item.name == name)
            raise UsageError(f"field {name!r} must be {expected}, got {str(content[name])[:80]!r}; {_CURE}.")
    for split, found in content.get("uncertainty", {}).items():
        for metric, one in found.items():
            if not one.keys() >= _ENDS:
                raise UsageError(f"uncertainty.{split}.{metric} lacks {min(_ENDS - one.keys())!r}; {_CURE}.")


def _are_whole(uncertainties: Iterable[dict[str, float]]) -> bool:
    """Whether each has all that an uncertainty consists of."""
    try:
        return all(map(_its_ends, uncertainties))  # a tuple of them is true
    except KeyError:
        return False


@functools.cache
def _alike(version: int) -> list[tuple[Shape, list[str]]]:
    """The fields of each shape, which are looked at together."""
    alike: dict[Shape, list[str]] = {}
    for name, wanted in _shapes(version).items():
        alike.setdefault(wanted, []).append(name)
    return [*alike.items()]


@functools.cache
def _shapes(version: int) -> dict[str, Shape]:
    """Of the fields that files of a version have; resolving their types is slow beside reading one small file."""
    return {name: shape(hint) for name, hint in get_type_hints(Result).items() if _ADDED.get(name, 1) <= version}

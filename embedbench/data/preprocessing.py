"""What a run learned of its data, kept with the run: how rows become numbers, and labels class numbers."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from embedbench.catalog import kept_class
from embedbench.data.labels.label_numbers import encode_label
from embedbench.data.labels.several_labels import known_sets
from embedbench.data.prepare import Encode
from embedbench.errors import UsageError
from embedbench.files.atomic import replacing
from embedbench.files.labels import without_label
from embedbench.files.names import name_of
from embedbench.files.tables.cells import missing
from embedbench.files.tables.json_types import check, record_of
from embedbench.files.text_file import check_readable
from embedbench.types import DataSpec, Modality, Target

PREPROCESSING = "preprocessing.safetensors"
NO_CLASS = -1  # the number of rows without a label, or with one that the run doesn't know
OF_BEFORE = (
    "is of before runs kept what they learned of their data, so that other rows can't be read as its own were; run it "
    "again with --overwrite"
)
_SHOWN = 5
_NOTHING = "-"  # safetensors refuses an empty file


class Labels(NamedTuple):
    """What a run's labels are.

    Attributes:
        target: Their kind.
        classes: Names of the classes, in the order of their numbers, or of the labels, in the order of their columns.
        mean: Of a real label over the train rows.
        sd: Its standard deviation.
    """

    target: Target
    classes: tuple[str, ...]
    mean: float = 0.0
    sd: float = 1.0

    def numbers(
        self, values: pd.Series[Any] | None, *, comma_is_decimal: bool = False, separator: str | None = None
    ) -> tuple[NDArray[Any] | None, tuple[str, ...]]:
        """Labels of other rows as the run counts them, and what is to be said of them.

        Args:
            values: One a row, perhaps missing; ``None`` if the rows have none.
            comma_is_decimal: Whether commas that could be thousands or decimals are decimals in these rows' file.
            separator: That splits texts of several labels each.

        Returns:
            Class numbers, int64 ``(rows,)``, -1 of a missing label and of a class that the run doesn't know; or a real
            target ``(rows,)``, NaN where it is missing; of several labels a row int8 ``(rows, labels)``, as
            `known_sets` has them; ``None`` without labels.

        Raises:
            UsageError: If a real target isn't numbers.
        """
        if values is None or self.target == "none":
            return None, ()
        if self.target == "real":
            return _real(values, comma_is_decimal), ()
        if self.target == "multilabel":
            return known_sets(values, self.classes, separator)
        there = ~missing(values)
        known = {name: number for number, name in enumerate(self.classes)}
        names = [name_of(value) for value in values[there]]
        label = np.full(len(values), NO_CLASS, np.int64)
        label[there] = [known.get(name, NO_CLASS) for name in names]
        strange = sorted(set(names) - set(known))
        if not strange:
            return label, ()
        shown = ", ".join(map(repr, strange[:_SHOWN])) + (" and others" if len(strange) > _SHOWN else "")
        rows = int((label[there] == NO_CLASS).sum())
        return label, (f"{rows} rows are of classes that the run doesn't know: {shown}",)


def _real(values: pd.Series[Any], comma_is_decimal: bool) -> NDArray[Any]:
    """A real target, NaN where it is missing."""
    there = ~without_label(values)
    label = np.full(len(values), np.nan)
    if there.any():
        label[there] = encode_label(values[there], "regression", comma_is_decimal=comma_is_decimal)[0]
    return label


class Preprocessing(NamedTuple):
    """What was fitted to the train rows of a run.

    Attributes:
        folder: Of the run, as messages name it.
        modality: Kind of its rows.
        shape: Of one encoded row.
        encode: What makes numbers of rows; ``None`` of texts, whose vocabulary the run's weights hold.
        labels: Of the run; ``None`` if only its rows are to be read as it read them.
    """

    folder: Path
    modality: Modality
    shape: tuple[int, ...]
    encode: Encode | None
    labels: Labels | None

    def check(self, modality: Modality, shape: tuple[int, ...]) -> None:
        """Refuses rows of another kind, as far as that shows before they are encoded.

        Args:
            modality: Of the rows.
            shape: Of one raw row; () of a table and of texts.

        Raises:
            UsageError: If they aren't such as the run takes.
        """
        if modality != self.modality and "text" in (modality, self.modality):
            raise UsageError(
                f"the run {self.folder} takes {self.modality} data, but these are {modality}; give data of that kind."
            )
        if shape and shape != self.shape:
            raise UsageError(
                f"the run {self.folder} takes rows of shape {self.shape}, but the data have {shape}; give data of that "
                "shape."
            )


def made_of(folder: Path, spec: DataSpec, encode: Encode | None) -> Preprocessing:
    """What a run in ``folder`` keeps of data of this spec."""
    return Preprocessing(
        folder, spec.modality, spec.shape, encode, Labels(spec.target, spec.classes, spec.target_mean, spec.target_sd)
    )


def save_preprocessing(found: Preprocessing) -> None:
    """Writes ``preprocessing.safetensors`` into the run's folder, all or nothing: arrays, and the rest as JSON.

    Raises:
        UsageError: If the folder can't be written to.
    """
    arrays, rest = ({}, {}) if found.encode is None else found.encode.state()
    kind = type(found.encode)
    told = {
        "modality": found.modality,
        "shape": found.shape,
        "labels": found.labels,
        "class_path": None if found.encode is None else f"{kind.__module__}.{kind.__qualname__}",
        "settings": rest,
    }
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()} or {_NOTHING: np.zeros(0)}
    with replacing(found.folder / PREPROCESSING) as temporary:
        save_file(tensors, temporary, {"preprocessing": json.dumps(told)})


def load_preprocessing(folder: Path) -> Preprocessing | None:
    """What a run in ``folder`` keeps; ``None`` of a run of before it was kept.

    Raises:
        UsageError: If the file is broken.
    """
    path = folder / PREPROCESSING
    if not path.exists():
        return None
    check_readable(path)
    try:
        with safe_open(path, framework="numpy") as file:
            told = record_of(_Told, json.loads((file.metadata() or {}).get("preprocessing", "{}")))
            arrays = {name: file.get_tensor(name) for name in file.keys() if name != _NOTHING}  # noqa: SIM118
        labels = Labels(told.labels[0], tuple(told.labels[1]), *told.labels[2:])
        encode = None
        if told.class_path is not None:
            kind = kept_class(f"{path}: preprocessing", told.class_path, Encode)
            encode = _restored(kind, arrays, told.settings)
        return Preprocessing(folder, told.modality, told.shape, encode, labels)
    except UsageError:
        raise
    except (SafetensorError, OSError, ValueError, TypeError, RecursionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"cannot read {path} ({reason}); run it again with --overwrite.") from None


class _Told(NamedTuple):
    """What the file says beside its arrays."""

    modality: Modality
    shape: tuple[int, ...]
    labels: Labels
    class_path: str | None
    settings: dict[str, Any]


def _restored(kind: type[Encode], arrays: dict[str, NDArray[Any]], settings: dict[str, Any]) -> Encode:
    """What encodes rows, of the types that its class says.

    Raises:
        ValueError: If something is missing, of another type, NaN or infinite.
    """
    hints = get_type_hints(kind)
    given = {**arrays, **settings}
    odd = sorted(given.keys() ^ {item.name for item in fields(kind)})
    if odd:
        raise ValueError(f"{kind.__name__}.{odd[0]} is {'unknown' if odd[0] in given else 'missing'}")
    for name, value in settings.items():
        check(f"{kind.__name__}.{name}", value, hints[name])
    for name, array in arrays.items():
        wanted = np.dtype(get_args(get_args(hints[name])[1])[0]) if get_origin(hints[name]) is np.ndarray else None
        if array.dtype != wanted or not np.isfinite(array).all():
            raise ValueError(
                f"{kind.__name__}.{name} can't be {array.dtype} of shape {array.shape}, or NaN or infinite"
            )
    return kind(**given)

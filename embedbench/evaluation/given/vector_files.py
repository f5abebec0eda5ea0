"""Scores files of vectors that any tool has made, several of the same rows beside each other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from embedbench.errors import UsageError
from embedbench.evaluation.given.given_split import with_split
from embedbench.evaluation.given.parting import as_rows, cut_rows, pick_rows
from embedbench.evaluation.given.qrels import read_qrels
from embedbench.evaluation.rows import Rows
from embedbench.evaluation.suite import Assessment, Suite
from embedbench.files.vector_reader import Vectors, read_vectors

_QUERIES_SHOWN = 5


class FileRows(NamedTuple):
    """What a file gives to score.

    Attributes:
        path: Of the file.
        rows: By split; "train" is the gallery.
        notes: What was left out or read otherwise than it is written.
        ids: A hash of the ids of its rows, whatever their order; empty without ids.
        drawn: Whether nothing says which rows are to be scored, so that a fifth was drawn.
    """

    path: Path
    rows: dict[str, Rows]
    notes: list[str]
    ids: str
    drawn: bool

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each split."""
        return {split: len(part) for split, part in self.rows.items()}


class FileScores(NamedTuple):
    """What scoring a file gave.

    Attributes:
        assessed: Metrics, values of single query rows and uncertainty, by split.
        rows: Rows of each split; "train" is the gallery.
        dim: Size of the embedding.
    """

    assessed: dict[str, Assessment]
    rows: dict[str, int]
    dim: int

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Values by split and metric."""
        return {split: found.metrics for split, found in self.assessed.items()}


def score_vectors(given: FileRows, suite: Suite) -> FileScores:
    """The metrics of the rows of a file.

    Raises:
        UsageError: As `embedbench.evaluate` does.
    """
    rows = given.rows
    assessed = suite.assess(rows["train"], {split: part for split, part in rows.items() if split != "train"})
    assessed = {split: replace(found, notes=[*given.notes, *found.notes]) for split, found in assessed.items()}
    return FileScores(assessed, given.counts, rows["train"].dim)


def read_files(
    paths: Sequence[Path],
    gallery_path: Path | None = None,
    seed: int = 0,
    qrels: Path | None = None,
    split_file: Path | None = None,
) -> list[FileRows]:
    """The rows of files of vectors, all of the same rows; see `read_vectors` for the formats.

    The gallery is the file at ``gallery_path``; else each file's rows of split "train", and "val" and "test" are
    scored; else all but a random fifth of each class, drawn with the seed, which is scored as "test".

    Args:
        paths: Of the files. Where all have ids, the rows of each are taken in the order of the first's.
        gallery_path: Of vectors to search in.
        seed: Of what is drawn.
        qrels: Judgements of which rows of the gallery are relevant for which of the file, see `read_qrels`.
        split_file: The split of the rows of each file, see `with_split`.

    Raises:
        UsageError: If a file can't be read, if several files differ in their number of rows, ids, labels or splits, if
            both a gallery and a split column are given, if a split column lacks "train" or has nothing else, or if
            there are judgements without a gallery or ids.
    """
    if split_file is not None and gallery_path is not None:
        raise UsageError("--split_file says which rows are the gallery, and --gallery gives another; leave one out.")
    gallery = None if gallery_path is None else _unsplit(gallery_path, read_vectors(gallery_path))
    first = read_vectors(paths[0])
    found = [first, *(_same(paths[0], first, path, read_vectors(path)) for path in paths[1:])]
    if split_file is not None:
        found = [with_split(path, one, split_file) for path, one in zip(paths, found, strict=True)]
    return [_given(path, one, (gallery_path, gallery), seed, qrels) for path, one in zip(paths, found, strict=True)]


def _given(
    path: Path, vectors: Vectors, beside: tuple[Path | None, Vectors | None], seed: int, qrels: Path | None
) -> FileRows:
    gallery_path, gallery = beside
    notes = [*vectors.notes, *(gallery.notes if gallery else ())]
    drawn = gallery is None and vectors.split is None
    if gallery is not None:
        rows = as_rows({"train": gallery, "test": _unsplit(path, vectors)})
    elif vectors.split is not None:
        rows = _by_split(path, vectors, vectors.split)
    else:
        rows = cut_rows(vectors, seed)
    if qrels is not None:
        if gallery is None or gallery_path is None:
            raise UsageError("--qrels judges queries in FILE and documents in --gallery FILE; give both.")
        rows["test"], said = _judged(rows["test"], qrels, *_both_ids((path, vectors), (gallery_path, gallery)))
        notes += said
    ids = "" if vectors.ids is None else hashlib.sha256("\n".join(sorted(vectors.ids.tolist())).encode()).hexdigest()
    return FileRows(path, rows, notes, ids, drawn)


def _both_ids(*given: tuple[Path, Vectors]) -> list[list[str]]:
    for path, vectors in given:
        if vectors.ids is None:
            raise UsageError(f"--qrels needs ids, and {path} has none that name its rows; add a column or array 'id'.")
    return [vectors.ids.tolist() for _, vectors in given if vectors.ids is not None]


def _judged(query: Rows, qrels: Path, queries: list[str], documents: list[str]) -> tuple[Rows, list[str]]:
    """The queries that have a relevant document, with their judgements, and a note of the others."""
    judged = read_qrels(qrels, queries, documents)
    kept = judged.answerable()
    rest = [queries[number] for number in np.setdiff1d(np.arange(len(queries)), kept)]
    said = []
    if rest:
        named = ", ".join(rest[:_QUERIES_SHOWN]) + (", …" if len(rest) > _QUERIES_SHOWN else "")
        said = [f"{len(rest)} of {len(queries)} queries have no relevant document and are left out: {named}"]
    return replace(pick_rows(query, kept), judgements=judged.of(kept)), said


def _same(first_path: Path, first: Vectors, path: Path, other: Vectors) -> Vectors:
    """The other file's vectors in the order of the first's, once it is sure that they are of the same rows."""
    cure = "score files of the same rows together"
    if len(other.z) != len(first.z):
        raise UsageError(f"{path} has {len(other.z)} rows and {first_path} has {len(first.z)}; {cure}.")
    if first.ids is not None and other.ids is not None:
        lost = np.setdiff1d(first.ids, other.ids)
        if len(lost):
            raise UsageError(f"{path} lacks {len(lost)} ids of {first_path}, such as {str(lost[0])!r}; {cure}.")
        order, place = np.argsort(other.ids), np.argsort(np.argsort(first.ids))
        other = other.taken(order[place])
    for name in ("label", "split"):
        one, two = getattr(first, name), getattr(other, name)
        if one is None or two is None:
            continue
        differ = np.flatnonzero(one.astype(str) != two.astype(str))
        if len(differ):
            row = int(differ[0])
            values = [f"{str(values[row])!r} in {where}" for values, where in ((one, first_path), (two, path))]
            raise UsageError(f"{name} of row {row} is {' and '.join(values)}; {cure}, in one order or with ids.")
    return other


def _by_split(path: Path, vectors: Vectors, split: NDArray[np.str_]) -> dict[str, Rows]:
    present = [name for name in ("train", "val", "test") if name in split]
    if present[0] != "train" or len(present) == 1:
        raise UsageError(f"split of {path} must name 'train' and 'val' or 'test', got only {', '.join(present)}.")
    whole = as_rows({"all": vectors})["all"]
    return {name: pick_rows(whole, np.flatnonzero(split == name)) for name in present}


def _unsplit(path: Path, vectors: Vectors) -> Vectors:
    if vectors.split is not None:
        raise UsageError(
            f"{path} has a split column, which names its own gallery; drop the column or the gallery file."
        )
    return vectors

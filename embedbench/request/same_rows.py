"""Whether vectors made elsewhere are of the rows that the runs on a data set were scored on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from embedbench.errors import UsageError
from embedbench.results.read import read_results

if TYPE_CHECKING:
    from embedbench.evaluation.given.vector_files import FileRows
    from embedbench.results.record import Result


def check_same_rows(files: Sequence[FileRows], dataset: str, runs: Path) -> None:
    """Refuses files of other rows than the finished results on a data set have; notes where that can't be known.

    A file with splits, or with a gallery, must have as many rows of each as a run; one that is cut at random as many in
    all. Without runs, the vectors that were recorded before take their place. Where both have ids, these are the same.

    Args:
        files: What they give to score; a fifth drawn at random gets a note beside runs.
        dataset: Name of the data set.
        runs: Folder of all runs.

    Raises:
        UsageError: If a file can't be of the same rows.
    """
    if not runs.is_dir():
        return
    results = [one for one in read_results(runs).results if one.dataset == dataset and one.status == "finished"]
    trained = [one for one in results if one.paradigm != "external"]
    for given in files:
        _check_counts(given, trained or results, dataset, runs)
        _check_ids(given, results)
        if given.drawn and trained:
            given.notes.append(
                f"a random fifth of {given.path.name} was scored, not the test rows of the runs on {dataset}; a column "
                "split would say which those are"
            )


def _check_counts(given: FileRows, results: list[Result], dataset: str, runs: Path) -> None:
    known = [one.splits for one in results if one.splits]
    if known and not any(_fits(given, splits) for splits in known):
        shown = [
            f"{sum(rows.values())} in all" if given.drawn else ", ".join(f"{n} {split}" for split, n in rows.items())
            for rows in (given.counts, known[-1])
        ]
        raise UsageError(
            f"{given.path} has other rows ({shown[0]}) than the results on {dataset!r} in {runs} ({shown[1]}); score "
            "the rows of the data set, or give another --dataset."
        )


def _fits(given: FileRows, splits: dict[str, int]) -> bool:
    if given.drawn:
        return sum(splits.values()) == sum(given.counts.values())
    train = splits.get("train", 0)
    galleries = (train, train + splits.get("val", 0))  # who needs no validation rows searches in them too
    scored = (splits.get(split) == n for split, n in given.counts.items() if split != "train")
    return given.counts["train"] in galleries and all(scored)


def _check_ids(given: FileRows, results: list[Result]) -> None:
    for one in results:
        if given.ids and one.config.get("ids") and one.config["ids"] != given.ids:
            raise UsageError(
                f"the ids of {given.path} aren't those of {one.config.get('file')}, recorded as {one.run_id}; score "
                "the same rows, or give another --dataset."
            )

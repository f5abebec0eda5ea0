"""Many runs as tables: one per data set, rows are models, columns are metrics."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedbench.errors import UsageError, unknown
from embedbench.results.read import first_few, read_results
from embedbench.results.record import Result
from embedbench.results.table.columns import MetricColumn, metric_columns, shown_columns
from embedbench.results.table.goals import read_goal
from embedbench.results.table.summary import SummaryTable, build_table
from embedbench.results.table.table_rows import Row

if TYPE_CHECKING:
    import pandas as pd

_SPLITS = ("test", "val")
_ABOUT = (
    *("dataset", "model", "paradigm", "latent_dim", "n", "failed"),
    *("parameters", "fit_seconds", "sees_labels"),
)


class Leaderboard:
    """A pure function of results: the same results give the same tables, wherever and whenever.

    Each data set has its own table. Results without a fingerprint (vectors made elsewhere, runs that failed early) join
    the table of their data set's name. Two fingerprints under one name are two data sets and make two tables, named
    with the fingerprint; results without one then have a third table, since nobody knows where they belong.

    Args:
        results: The runs.
        by: Metric to sort by; ``None`` for the first measured of the goal's.
        split: Scored split to show, "test" or "val".
        metrics: Metrics or whole families that the formats for readers show; ``None`` for the headline metrics. CSV and
            JSON always hold all of them.
        problems: One sentence for each file that was skipped, to be shown with the tables.
        stale: Folders of runs that never finished and that no process writes any more, to be shown so too.
        goal: What the table is for, a file of ``conf/goal``; ``None`` for the overview.

    Attributes:
        tables: The tables, sorted by name.
        split: As given.
        problems: As given.
        stale: As given.
        goal: What it is for.

    Raises:
        UsageError: If ``goal``, ``split``, ``by`` or one of ``metrics`` is unknown; the nearest known name is given.
    """

    def __init__(
        self,
        results: Iterable[Result],
        by: str | None = None,
        split: str = "test",
        metrics: list[str] | None = None,
        problems: Iterable[str] = (),
        stale: Iterable[Path] = (),
        goal: str | None = None,
    ) -> None:
        results = list(results)
        if split not in _SPLITS:
            raise unknown("split", split, _SPLITS)
        finished = [result for result in results if result.status == "finished"]
        known = metric_columns(finished, split)
        if by is not None and known and by not in {column.name for column in known}:
            raise unknown("metric", by, [column.name for column in known])
        self._metrics = [column.name for column in shown_columns(known, metrics)] if metrics and known else None
        self.split = split
        self.problems, self.stale = list(problems), list(stale)
        self.goal = read_goal(goal)
        self.tables = [build_table(*group, split, by, self.goal) for group in _by_data(results)]

    @classmethod
    def read(
        cls,
        path: Path | str,
        by: str | None = None,
        split: str = "test",
        metrics: list[str] | None = None,
        goal: str | None = None,
    ) -> Leaderboard:
        """The leaderboard of every ``result.json`` under a folder; broken files end up in ``problems``.

        Raises:
            UsageError: If there is nothing at ``path``, no result under it, or another argument is unknown.
        """
        results, problems, stale, _ = read_results(path)
        if not results:
            skipped = f" Skipped: {' '.join(first_few(problems))}" if problems else ""
            raise UsageError(f"there is no readable result.json under {str(path)!r}; run something first.{skipped}")
        return cls(results, by, split, metrics, problems, stale, goal)

    def shown(self, table: SummaryTable) -> list[MetricColumn]:
        """The columns of a table that the formats for readers show."""
        if self._metrics is None:
            found = shown_columns(table.columns, None, self.goal.show)
            by = [column for column in table.columns if column.name == table.by and column not in found]
            return [*by, *found]
        return [column for name in self._metrics for column in table.columns if column.name == name]


def leaderboard(path: Path | str, by: str | None = None, split: str = "test") -> pd.DataFrame:
    """The leaderboard as a pandas table: one line per data set and model, sorted best first within a data set.

    The columns are dataset, model (with the settings that tell variants apart), paradigm, latent_dim, n (finished
    seeds), failed, parameters, fit_seconds and sees_labels; then each metric under its own name (mean over the seeds),
    as ``NAME (sd)`` (n - 1 in the denominator) and ``NAME (n)``. What wasn't measured is NaN.

    Args:
        path: Folder with runs at any depth, or one ``result.json``.
        by: Metric to sort by, as in `Leaderboard`.
        split: "test" or "val".

    Raises:
        UsageError: If there is no result at ``path``, or ``by`` or ``split`` is unknown.

    Warns:
        UserWarning: For each of the first files that were skipped because they are broken or newer than this version.
    """
    import pandas as pd

    board = Leaderboard.read(path, by, split)
    for problem in first_few(board.problems):
        warnings.warn(f"skipped: {problem}", stacklevel=2)
    names = dict.fromkeys(column.name for table in board.tables for column in table.columns)
    measured = [f"{name}{suffix}" for suffix in ("", " (sd)", " (n)") for name in names]
    records = [_record(table, row) for table in board.tables for row in table.rows]
    frame: pd.DataFrame = pd.DataFrame(records).reindex(columns=[*_ABOUT, *measured])
    return frame


def _by_data(results: list[Result]) -> list[tuple[str, str, list[Result]]]:
    """Name, fingerprint and results of each table."""
    groups: list[tuple[str, str, list[Result]]] = []
    of_name: dict[str, list[Result]] = {}
    for result in results:
        of_name.setdefault(result.dataset, []).append(result)
    for dataset, all_of_name in sorted(of_name.items()):
        of_print: dict[str, list[Result]] = {}
        for result in all_of_name:
            of_print.setdefault(result.dataset_fingerprint, []).append(result)
        prints = of_print.keys() - {""}
        if len(prints) <= 1:
            groups.append((dataset, "".join(prints), all_of_name))
            continue
        for mark, same in sorted(of_print.items(), reverse=True):
            groups.append((f"{dataset} (fingerprint {mark[:12] or 'unknown'})", mark, same))
    return groups


def _record(table: SummaryTable, row: Row) -> dict[str, Any]:
    """One line of the pandas table; what is unknown is left out."""
    failed = sum(run.counts and run.result.status == "failed" for run in row.runs)
    record: dict[str, Any] = {"dataset": table.name, "model": row.label, "failed": failed}
    record |= {name: getattr(row, name) for name in _ABOUT if name not in record}
    for name, cell in row.cells.items():
        record |= {name: cell.mean, f"{name} (sd)": cell.sd, f"{name} (n)": cell.n}
    return {key: value for key, value in record.items() if value is not None}

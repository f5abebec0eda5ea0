"""``embedbench agreement``: how far models find the same clusters and neighbours in the same rows."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from embedbench.commands.shared import refuse
from embedbench.errors import UsageError, unknown
from embedbench.say import say, visible

if TYPE_CHECKING:
    from embedbench.results.report.agreement_table import AgreementTable
    from embedbench.results.table.summary import SummaryTable

_FORMATS = ("terminal", "md", "csv", "json")
EPILOG = """\
The clusters of k-means (or the model's own) in the embeddings of the test rows are compared by
the adjusted Rand index, 0 by chance and 1 for equal ones, and the 10 nearest test rows of each
by the share in common. What models of several paradigms agree on is likely in the data.

examples:
  embedbench agreement runs/
  embedbench agreement runs/ --dataset customers --clusters 5
  embedbench agreement runs/ --output agreement.csv
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this command's arguments."""
    parser.add_argument("path", nargs="?", type=Path, default=Path("runs"), help="folder of the runs (runs)")
    parser.add_argument("--dataset", metavar="NAME", help="only runs on this data set")
    parser.add_argument(
        "--clusters", type=int, metavar="K", help="of k-means (as many as classes, else what silhouettes chose)"
    )
    parser.add_argument("--format", help="terminal, md, csv or json (by the file's ending, else terminal)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="file to write (standard output)")


def handle(args: argparse.Namespace, rest: list[str]) -> int:
    """Embeds the test rows by each run, compares all, and shows or writes the matrices."""
    refuse("agreement", rest)
    fmt = _format(args.format, args.output)
    if args.clusters is not None and args.clusters < 2:
        raise UsageError(f"--clusters must be 2 or more, got {args.clusters}.")
    tables = _tables(args.path, args.dataset, args.clusters)
    from embedbench.files.atomic import write_text
    from embedbench.results.report.agreement_table import render

    text = render(tables, fmt)
    if args.output is not None:
        write_text(args.output, text)
    else:  # of a terminal's with the codes of its own styles
        print(text if fmt == "terminal" else "\n".join(map(visible, text.split("\n"))), end="")
    return 0


def _format(asked: str | None, output: Path | None) -> str:
    """The format to render, by the ending of a file; one that is asked for beside has to be the same."""
    from embedbench.files.destination import check_file

    if asked is not None and asked not in _FORMATS:
        raise unknown("format", asked, _FORMATS)
    if output is None:
        return asked or "terminal"
    ending = check_file("--output", output, [f".{fmt}" for fmt in _FORMATS[1:]]).removeprefix(".")
    if asked not in (None, ending):
        raise UsageError(f"--format {asked} and --output {output} differ; leave --format out, the ending says it.")
    return ending


def _tables(path: Path, dataset: str | None, clusters: int | None) -> list[AgreementTable]:
    """The agreement on each data set that has two runs or more to compare.

    Raises:
        UsageError: If there is none.
    """
    from embedbench.results.read import first_few, read_results
    from embedbench.results.table.board import Leaderboard

    found = read_results(path)
    for problem in first_few(found.problems):
        say(f"skipped: {problem}")
    board = Leaderboard(found.results)
    names = sorted({table.dataset for table in board.tables})
    if dataset is not None and dataset not in names:
        raise unknown("data set", dataset, names)
    folders = {id(result): folder for result, folder in zip(found.results, found.folders, strict=True)}
    asked = [table for table in board.tables if dataset in (None, table.dataset)]
    compared = [_compared(table, folders, clusters) for table in asked]
    tables = [one for one in compared if one is not None]
    if not tables:
        said = "; ".join(f"{len(table.rows)} on {table.name}" for table in asked) or "none at all"
        raise UsageError(
            f"no two runs under {str(path)!r} can be compared by the same test rows (models: {said}); run two models "
            "or two seeds on one data set with one split."
        )
    return tables


def _compared(table: SummaryTable, folders: dict[int, Path], clusters: int | None) -> AgreementTable | None:
    """The agreement on one data set; ``None`` if no two of its runs can be compared."""
    from embedbench.evaluation.common_structure import agreements, compared_neighbors
    from embedbench.results.report.agreement_table import AgreementTable, in_order, spreads_of
    from embedbench.run.again.structures import structures

    say(f"embedding the test rows of {table.name} by its runs ...")
    found = structures(table, folders, clusters)
    for line in found.left_out:
        say(f"left out: {line}")
    spreads = spreads_of(agreements(found.runs))
    if not spreads:
        return None
    k = compared_neighbors(found.rows)
    notes = [
        f"k-means with {found.clusters} clusters, fitted to the test rows with the run's seed",
        f"of {found.rows:,} rows the {k} nearest are compared: {k / (found.rows - 1):.3f} are in common by chance",
    ]
    if found.rows < found.test_rows:
        notes.append(f"{found.rows:,} random rows of {found.test_rows:,} are compared")
    if found.own:
        notes.append(f"{', '.join(found.own)}: the model's own clusters, not those of k-means")
    order = in_order([*found.runs], spreads)
    return AgreementTable(
        table.name, table.dataset, table.fingerprint, order, spreads, found.clusters, k, found.rows, notes
    )

"""The leaderboard as JSON: every metric, unrounded."""

from __future__ import annotations

import json
from typing import Any

from embedbench.results.table.board import Leaderboard
from embedbench.results.table.summary import SummaryTable
from embedbench.results.table.table_rows import Row

SCHEMA_VERSION = 1


def render(board: Leaderboard) -> str:
    """The tables with every metric that was measured on the split, in the order of rows and columns.

    A metric that a row lacks is left out of its ``metrics``; ``sd`` is null for one seed.
    """
    content = {
        "schema_version": SCHEMA_VERSION,
        "split": board.split,
        "tables": [_table(table) for table in board.tables],
        "problems": board.problems,
        "stale": [str(folder) for folder in board.stale],
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _table(table: SummaryTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "dataset": table.dataset,
        "dataset_fingerprint": table.fingerprint,
        "by": table.by,
        "directions": {column.name: column.better for column in table.columns},
        "rows": [_row(table, row) for row in table.rows],
        "notes": table.notes,
    }


def _row(table: SummaryTable, row: Row) -> dict[str, Any]:
    cells = {column.name: row.cells[column.name] for column in table.columns if column.name in row.cells}
    about = {key: value for key, value in row._asdict().items() if key not in ("cells", "runs")}
    runs = [{"run_id": run.result.run_id, "counts": run.counts, "status": run.result.status} for run in row.runs]
    return {**about, "runs": runs, "metrics": {name: cell._asdict() for name, cell in cells.items()}}

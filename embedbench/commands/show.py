"""Metrics of one evaluation, on the terminal and as a file."""

from __future__ import annotations

import json
from pathlib import Path

from embedbench.results.atomic import write_text


def show_metrics(title: str, metrics: dict[str, dict[str, float]]) -> None:
    """Prints one line a metric, one column a split."""
    from rich.console import Console
    from rich.table import Table

    table = Table("metric", title=title, title_justify="left")
    for split in metrics:
        table.add_column(split, justify="right")
    for name in sorted({name for values in metrics.values() for name in values}):
        table.add_row(name, *(f"{values[name]:.4f}" if name in values else "–" for values in metrics.values()))
    Console().print(table)


def write_metrics(path: Path, metrics: dict[str, dict[str, float]]) -> None:
    """Writes the metrics by split as JSON, all or nothing."""
    write_text(path, json.dumps(metrics, indent=2) + "\n")

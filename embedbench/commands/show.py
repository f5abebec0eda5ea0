"""Metrics of one evaluation, on the terminal and as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from embedbench.results.atomic import write_text

_CAPTION = "[low, high]: 95 % bootstrap interval over the query rows"


def show_metrics(
    title: str, metrics: Mapping[str, Mapping[str, float]], uncertainty: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> None:
    """Prints one line a metric, one column a split: the value, and its interval where there is one."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    caption = Text(_CAPTION) if any(uncertainty.values()) else None
    table = Table(title=title, title_justify="left", caption=caption, caption_justify="left")
    table.add_column("metric", no_wrap=True)
    for split in metrics:
        table.add_column(split, overflow="fold")
    for name in sorted({name for values in metrics.values() for name in values}):
        cells = (_cell(values.get(name), uncertainty.get(split, {}).get(name)) for split, values in metrics.items())
        table.add_row(name, *map(Text, cells))
    Console().print(table)


def _cell(value: float | None, interval: Mapping[str, float] | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval['low']:.3f}, {interval['high']:.3f}]" if interval else "")


def write_metrics(path: Path, metrics: dict[str, dict[str, float]]) -> None:
    """Writes the metrics by split as JSON, all or nothing."""
    write_text(path, json.dumps(metrics, indent=2) + "\n")

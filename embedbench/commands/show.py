"""Metrics of one evaluation, on the terminal and as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedbench.files.atomic import write_text
from embedbench.say import terminal_width, visible

if TYPE_CHECKING:
    from rich.console import Console

_WIDEST = 1000
_CAPTION = "[low, high]: 95 % bootstrap interval over the query rows"


def show_metrics(
    title: str, metrics: Mapping[str, Mapping[str, float]], uncertainty: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> None:
    """Prints one line a metric, one column a split: the value, and its interval where there is one."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    width = terminal_width()
    console = Console(width=width)
    table = Table(title=Text(visible(title)), title_justify="left")
    table.add_column("metric", no_wrap=True)
    for split in metrics:
        table.add_column(split, no_wrap=True)
    lines = {
        name: {split: _cell(found.get(name), uncertainty.get(split, {}).get(name)) for split, found in metrics.items()}
        for name in sorted({name for values in metrics.values() for name in values})
    }
    for name, cells in lines.items():
        table.add_row(Text(visible(name)), *map(Text, cells.values()))
    if Console(width=_WIDEST).measure(table).maximum <= width:
        console.print(table)
    else:
        _show_blocks(console, title, lines)
    if any(uncertainty.values()):
        console.print(Text(_CAPTION))


def _show_blocks(console: Console, title: str, lines: Mapping[str, Mapping[str, str]]) -> None:
    """Prints the metrics one under the other, where a table would be wider than the terminal."""
    from rich.text import Text

    console.print(Text(visible(title)))
    for name, cells in lines.items():
        console.print(Text(visible(name)))
        for split, cell in cells.items():
            console.print(Text(f"  {split}: {cell}"))


def _cell(value: float | None, interval: Mapping[str, float] | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" + (f" [{interval['low']:.3f}, {interval['high']:.3f}]" if interval else "")


def write_metrics(path: Path, metrics: Mapping[str, Any]) -> None:
    """Writes the metrics by split, or by file and split, as JSON, all or nothing."""
    write_text(path, json.dumps(metrics, indent=2) + "\n")

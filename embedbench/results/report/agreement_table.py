"""How far models agree on the rows of one data set, as matrices for readers and as lines for machines."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any, NamedTuple

from embedbench.files.spreadsheet import plain_cell
from embedbench.results.report import markdown, terminal
from embedbench.results.report.base import MISSING, Header, TextCell, TextTable
from embedbench.say import visible

ENDINGS = ("md", "csv", "json")
SCHEMA_VERSION = 1
HEADER = (
    *("table", "dataset", "dataset_fingerprint", "model", "other", "measure", "mean", "sd", "pairs"),
    *("clusters", "neighbors", "rows"),
)
_OTHERS = "others"
_SHOWN = {"ari": "clusters (adjusted Rand index)", "neighbors": "nearest neighbours (share in common)"}
_LEGEND = "mean ± sd over pairs of runs, on the diagonal of one model's; others: mean over the other models"


class Spread(NamedTuple):
    """Values of pairs of runs: their mean, standard deviation (n - 1; ``None`` of one pair) and number."""

    mean: float
    sd: float | None
    pairs: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of one value or more."""
        return cls(fmean(values), stdev(values) if len(values) > 1 else None, len(values))


class AgreementTable(NamedTuple):
    """How far the models of one data set agree.

    Attributes:
        name: Of the table, as of a leaderboard.
        dataset: Name of the data set.
        fingerprint: Its content hash.
        models: In the order of their mean agreement on clusters with the others, highest first.
        spreads: By two models, in one of their two orders, and measure ("ari", "ami", "neighbors").
        clusters: Number of clusters that k-means looked for.
        neighbors: Number of nearest rows that are compared.
        rows: Number of rows that are compared.
        notes: What a reader should know, one sentence each.
    """

    name: str
    dataset: str
    fingerprint: str
    models: list[str]
    spreads: dict[tuple[str, str], dict[str, Spread]]
    clusters: int
    neighbors: int
    rows: int
    notes: list[str]

    def spread(self, one: str, other: str, measure: str) -> Spread | None:
        """Of two models in either order; ``None`` if no two of their runs were compared."""
        found = self.spreads.get((one, other)) or self.spreads.get((other, one))
        return None if found is None else found[measure]

    def others(self, model: str, measure: str) -> float | None:
        """Mean over the other models of the mean agreement with each."""
        return _others(self.spreads, model, measure)


def spreads_of(
    values: Mapping[tuple[str, str], Sequence[Mapping[str, float]]],
) -> dict[tuple[str, str], dict[str, Spread]]:
    """Means and standard deviations of measures of pairs of runs, by two models."""
    return {
        pair: {name: Spread.of([one[name] for one in found]) for name in found[0]} for pair, found in values.items()
    }


def in_order(models: Sequence[str], spreads: Mapping[tuple[str, str], Mapping[str, Spread]]) -> list[str]:
    """The models, those first that agree most with the others on clusters; equal ones by name."""

    def rank(model: str) -> tuple[float, str]:
        mean = _others(spreads, model, "ari")
        return (math.inf if mean is None else -mean), model

    return sorted(models, key=rank)


def render(tables: Sequence[AgreementTable], fmt: str) -> str:
    """The tables as "terminal", "md", "csv" or "json"; matrices leave out ``ami``, which the last two hold as well."""
    if fmt == "csv":
        return _as_csv(tables)
    if fmt == "json":
        content = {"schema_version": SCHEMA_VERSION, "tables": [_as_json(table) for table in tables]}
        return json.dumps(content, indent=2, allow_nan=False) + "\n"
    grids = [_grid(table, measure) for table in tables for measure in _SHOWN]
    return markdown.sections(grids, []) if fmt == "md" else terminal.in_width(grids, [])


def _others(spreads: Mapping[tuple[str, str], Mapping[str, Spread]], model: str, measure: str) -> float | None:
    means = [found[measure].mean for pair, found in spreads.items() if model in pair and pair[0] != pair[1]]
    return fmean(means) if means else None


def _grid(table: AgreementTable, measure: str) -> TextTable:
    headers = [Header("", "model", False)]
    headers += [Header("", name, True) for name in (*map(str, range(1, len(table.models) + 1)), _OTHERS)]
    rows = []
    for number, model in enumerate(table.models, 1):
        cells = [_cell(table.spread(model, other, measure)) for other in table.models]
        mean = table.others(model, measure)
        last = TextCell(MISSING if mean is None else f"{mean:.3f}", value=mean)
        rows.append([TextCell(f"{number} {visible(model)}"), *cells, last])
    title = f"{table.name}, agreement on {_SHOWN[measure]}"
    notes = list(map(visible, table.notes)) if measure == [*_SHOWN][-1] else []
    return TextTable(visible(title), headers, rows, notes, _LEGEND, ranks=False)


def _cell(spread: Spread | None) -> TextCell:
    if spread is None:
        return TextCell(MISSING)
    text = f"{spread.mean:.3f}" + ("" if spread.sd is None else f" ± {spread.sd:.3f}")
    return TextCell(text, value=spread.mean)


def _as_csv(tables: Sequence[AgreementTable]) -> str:
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(HEADER)
    for table in tables:
        about = (table.name, table.dataset, table.fingerprint)
        for (one, other), found in table.spreads.items():
            for measure, spread in found.items():
                counts = (table.clusters, table.neighbors, table.rows)
                lines.writerow(map(plain_cell, (*about, one, other, measure, *spread, *counts)))
    return out.getvalue()


def _as_json(table: AgreementTable) -> dict[str, Any]:
    pairs = [
        {"model": one, "other": other, "measures": {name: spread._asdict() for name, spread in found.items()}}
        for (one, other), found in table.spreads.items()
    ]
    about = {key: value for key, value in table._asdict().items() if key != "spreads"}
    return {**about, "pairs": pairs}

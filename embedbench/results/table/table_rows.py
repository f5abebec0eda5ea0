"""The rows of a summary table and their cells, as plain values."""

from __future__ import annotations

import math
from typing import NamedTuple

from embedbench.results.table.variants import Run


class Cell(NamedTuple):
    """One metric of one row over its seeds.

    Attributes:
        mean: Mean over the seeds that have the metric.
        sd: Standard deviation over them (n - 1 in the denominator); ``None`` for one seed.
        n: Number of them.
        best: Whether the mean is the best of the column.
        tied: Whether it isn't, but lies within one standard error of the best.
        se: Of a single seed, the standard error over query rows; ``None`` if there are more, or if it is unknown.
    """

    mean: float
    sd: float | None
    n: int
    best: bool = False
    tied: bool = False
    se: float | None = None

    @property
    def error(self) -> float:
        """Standard error of the mean: over seeds, of a single seed over query rows, 0 if that is unknown."""
        return (self.se or 0.0) if self.sd is None else self.sd / math.sqrt(self.n)


class Row(NamedTuple):
    """One variant of a model.

    Attributes:
        label: Name of the variant.
        paradigm: Kind of model.
        latent_dim: Size of the embedding; ``None`` if unknown.
        n: Seeds, or folds × seeds, that finished.
        parameters: Number of trained parameters; ``None`` if unknown.
        fit_seconds: Mean over the finished seeds; ``None`` if unknown.
        sees_labels: Whether embedding a row uses its label: such a row is never the best.
        is_input: Whether the embedding is the input itself: it is never the best of what compares the two.
        verified: Whether every finished run carries the fingerprint of the data.
        protocol: Settings of the protocol that aren't those of most rows: such a row is never the best.
        scales: What values of a metric family are measured on, where rows differ in that.
        cells: The measured metrics by name.
        runs: Every run of the variant.
    """

    label: str
    paradigm: str
    latent_dim: int | None
    n: int
    parameters: int | None
    fit_seconds: float | None
    sees_labels: bool
    is_input: bool
    verified: bool
    protocol: dict[str, str]
    scales: dict[str, str]
    cells: dict[str, Cell]
    runs: list[Run]


def by_scale(rows: list[Row], family: str) -> dict[str, list[Row]]:
    """The rows by the scale of a metric family, "" if they have none."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.scales.get(family, ""), []).append(row)
    return found

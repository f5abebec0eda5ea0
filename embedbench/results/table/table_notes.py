"""What a reader of a summary table should know, one sentence each."""

from __future__ import annotations

from collections.abc import Iterable

from embedbench.results.protocol import protocol_of
from embedbench.results.table.table_rows import Row, by_scale
from embedbench.results.table.variants import fold_of

_NAMED = 20  # labels in a note


def scale_notes(rows: list[Row], families: Iterable[str]) -> list[str]:
    """Which rows of a family are on which scale, if there are several."""
    notes = []
    for family in families:
        scales = {name: alike for name, alike in by_scale(rows, family).items() if name}
        if len(scales) > 1:
            who = "; ".join(f"{name}: {_listed([row.label for row in alike])}" for name, alike in scales.items())
            notes.append(f"{family}/* of two scales don't compare, and each has its best ({who}).")
    return notes


def input_notes(rows: list[Row], compared: set[str]) -> list[str]:
    """What the mark of the input means, if a row that is the input has one of these metrics."""
    families = sorted({name.rpartition("/")[0] for row in rows if row.is_input for name in compared & row.cells.keys()})
    named = ", ".join(f"{family}/*" for family in families)
    return [f"§ the input itself: the reference of {named}, no competitor there."] if families else []


def row_notes(rows: list[Row]) -> list[str]:
    """The marks in use, then what failed, then the notes of the runs that count."""
    notes = []
    if any(row.sees_labels for row in rows):
        notes.append("* sees the labels: a ceiling, not a competitor.")
    if not all(row.verified for row in rows):
        notes.append("† vectors made elsewhere: not verified to come from the same data.")
    notes += _protocol_notes(rows)
    notes += _fold_notes(rows)
    for row in rows:
        failed = [run.result for run in row.runs if run.counts and run.result.status == "failed"]
        running = sum(run.counts and run.result.status == "running" for run in row.runs)
        if failed:
            notes.append(
                f"{row.label}: failed: {len(failed)} (last error: {_one_line(failed[-1].error or 'none given')})."
            )
        if running:
            notes.append(f"{row.label}: running or broken off: {running}.")
    said: dict[str, list[str]] = {}
    for row in rows:
        for note in dict.fromkeys(note for run in row.runs if run.counts for note in run.result.notes):
            said.setdefault(_one_line(note), []).append(row.label)
    notes.extend(f"{note}." if len(who) == len(rows) else f"{_listed(who)}: {note}." for note, who in said.items())
    return notes


def _protocol_notes(rows: list[Row]) -> list[str]:
    """Which rows were scored by another protocol than most, and by which most were."""
    odd = [row.label for row in rows if row.protocol]
    if not odd:
        return []
    settings = {name for row in rows for name in row.protocol}
    plain = next(row for row in rows if not row.protocol)
    by = protocol_of(plain.runs[-1].result)
    most = ", ".join(f"{name}={value}" for name, value in by.items() if name in settings)
    return [
        f"‡ scored by another protocol than the rows without this mark ({most}), so that numbers don't compare: "
        f"{_listed(odd)}."
    ]


def _fold_notes(rows: list[Row]) -> list[str]:
    """What n counts where rows were divided into folds, and which rows lack some."""
    tested = [{fold_of(run.result) for run in row.runs if run.result.status == "finished"} - {None} for row in rows]
    every = set().union(*tested)
    if not every:
        return []
    lacking = [row.label for row, folds in zip(rows, tested, strict=True) if folds != every]
    said = f"n counts folds × seeds of {len(every)} folds; they share train rows, so that sd/√n is less than the error."
    return [said, *([f"not in all of these folds: {_listed(lacking)}."] if lacking else [])]


def _listed(labels: list[str]) -> str:
    """Those of a table that people read; of thousands the first ones."""
    rest = len(labels) - _NAMED
    return ", ".join([*labels[:_NAMED], f"{rest:,} more"] if rest > 1 else labels)


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")

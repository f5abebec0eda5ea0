"""Which formats of tables there are, by the endings of their files."""

from __future__ import annotations

from pathlib import Path

from embedbench.errors import UsageError

_KINDS = {
    **dict.fromkeys((".parquet", ".pq"), "Parquet"),
    **dict.fromkeys((".jsonl", ".ndjson"), "JSON Lines"),
    **dict.fromkeys((".arrow", ".feather"), "Arrow"),
}

_BEGINNINGS = {b"PAR1": "Parquet", b"ARROW1": "Arrow"}
_ENDINGS = {"Parquet": ".parquet", "Arrow": ".arrow"}
_SHEET = "save its sheet as CSV or Parquet"
_OTHERS = {
    ".json": "write JSON Lines (.jsonl), an object a line",
    **dict.fromkeys((".xlsx", ".xls", ".ods"), _SHEET),
    ".h5ad": "it is read by --data anndata",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".pdf"), "give a table, or the folder that it is in"),
}


def table_format(path: Path) -> str:
    """The format of a table by its file's ending, which may be followed by that of a compression."""
    return next((_KINDS[suffix.lower()] for suffix in path.suffixes[-2:] if suffix.lower() in _KINDS), "CSV")


def check_table(path: Path) -> None:
    """Refuses what is no table, by its ending.

    Raises:
        UsageError: If there is no such file, or it is of another format; says what to do.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {str(path)!r}; give the path of a CSV, JSON Lines, Parquet or Arrow file.")
    if (other := _OTHERS.get(path.suffix.lower())) is not None:
        raise UsageError(f"{path} is no table that can be read; {other}.")
    if table_format(path) == "CSV" and (kind := _by_content(path)) is not None:
        raise UsageError(f"{path} is a {kind} file by what it holds; give it the ending {_ENDINGS[kind]}.")


def _by_content(path: Path) -> str | None:
    """The format that a file's first bytes tell; ``None`` of others, and of what can't be read."""
    try:
        with path.open("rb") as file:
            start = file.read(6)
    except OSError:
        return None
    return next((kind for begins, kind in _BEGINNINGS.items() if start.startswith(begins)), None)

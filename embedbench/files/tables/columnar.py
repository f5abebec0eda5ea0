"""Parquet, Arrow and Feather: columns with types of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedbench.errors import UsageError
from embedbench.files.text_file import BROKEN, check_readable, unreadable

if TYPE_CHECKING:
    import pandas as pd


def read_columnar(path: Path, kind: str, rows: int | None = None) -> pd.DataFrame:
    """The table in a file; a row index that pandas saved is among its columns again.

    Args:
        path: The file.
        kind: "Parquet", or "Arrow": a file or a stream, as Feather is since its version 2.
        rows: Only so many, the first ones; ``None`` reads all.

    Raises:
        UsageError: If pyarrow isn't there, or the file can't be read.
    """
    with _reading(path, kind):
        if kind == "Parquet":
            return to_frame(_of_parquet(path, rows))
        return to_frame(_of_arrow(path) if rows is None else _of_arrow(path).slice(0, rows))


def columnar_size(path: Path, kind: str) -> tuple[int, list[str]]:
    """The number of rows of a file, and the names of its columns.

    Raises:
        UsageError: As ``read_columnar``.
    """
    with _reading(path, kind):
        if kind == "Parquet":
            from pyarrow import parquet

            found = parquet.ParquetFile(path)
            return found.metadata.num_rows, list(found.schema_arrow.names)
        table = _of_arrow(path)
        return table.num_rows, list(table.column_names)


@contextmanager
def _reading(path: Path, kind: str) -> Iterator[None]:
    """Refuses what pyarrow can't read in one sentence, and its absence."""
    try:
        import pyarrow as pa
    except ImportError:
        raise UsageError(f"{kind} files need pyarrow; pip install pyarrow.") from None
    check_readable(path)
    try:
        yield
    except UsageError:
        raise
    except (pa.ArrowException, KeyError, TypeError, *BROKEN) as error:
        raise unreadable(path, kind, error) from None


def _of_parquet(path: Path, rows: int | None) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    if rows is None:
        return file.read()
    return pa.Table.from_batches(islice(file.iter_batches(batch_size=max(rows, 1)), 1), file.schema_arrow)


def _of_arrow(path: Path) -> Any:
    """The table of a file or a stream; mapped, so that what isn't looked at isn't read."""
    import pyarrow as pa
    from pyarrow import ipc

    with pa.memory_map(str(path)) as content:
        is_file = content.read(6) == b"ARROW1"
        content.seek(0)
        with (ipc.open_file if is_file else ipc.open_stream)(content) as reader:
            return reader.read_all()


def to_frame(table: Any) -> pd.DataFrame:
    """A table of Arrow's as one of pandas', in which whole numbers stay exact beside gaps.

    Columns that are coded by a dictionary become what they say, unless their values have an order.
    """
    import pandas as pd
    import pyarrow as pa

    for number, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and not field.type.ordered:
            table = table.set_column(number, field.name, table.column(number).cast(field.type.value_type))
    whole = {
        getattr(pa, name.lower())(): getattr(pd, f"{name}Dtype")()
        for name in ("Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64")
    }
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get)
    if not isinstance(frame.index, pd.RangeIndex) or frame.index.name is not None:  # which pandas may have saved
        names = [f"__index_level_{level}__" if name is None else name for level, name in enumerate(frame.index.names)]
        frame = frame.reset_index(names=names)
    frame = frame.reset_index(drop=True)
    full = [number for number in range(frame.shape[1]) if _is_full(frame.iloc[:, number])]
    for number in full:
        column = frame.iloc[:, number]
        frame.isetitem(number, column.to_numpy(str(column.dtype).lower()))
    return frame


def _is_full(column: pd.Series[Any]) -> bool:
    """Whether it is a nullable column of whole numbers without a gap."""
    import pandas as pd

    nullable = pd.api.types.is_extension_array_dtype(column.dtype) and pd.api.types.is_integer_dtype(column.dtype)
    return bool(nullable and not column.isna().any())

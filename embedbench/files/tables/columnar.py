"""Parquet, Arrow and Feather: columns with types of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from embedbench.errors import UsageError
from embedbench.files.text_file import BROKEN, check_readable, unreadable


def read_columnar(path: Path, kind: str) -> pd.DataFrame:
    """The table in a file; a row index that pandas saved is among its columns again.

    Args:
        path: The file.
        kind: "Parquet", or "Arrow": a file or a stream, as Feather is since its version 2.

    Raises:
        UsageError: If pyarrow isn't there, or the file can't be read.
    """
    try:
        import pyarrow as pa
        from pyarrow import ipc, parquet
    except ImportError:
        raise UsageError(f"{kind} files need pyarrow; pip install pyarrow.") from None
    check_readable(path)
    try:
        if kind == "Parquet":
            return to_frame(parquet.ParquetFile(path).read())
        content = path.read_bytes()
        with (ipc.open_file if content.startswith(b"ARROW1") else ipc.open_stream)(content) as reader:
            return to_frame(reader.read_all())
    except (pa.ArrowException, KeyError, TypeError, *BROKEN) as error:
        raise unreadable(path, kind, error) from None


def to_frame(table: Any) -> pd.DataFrame:
    """A table of Arrow's as one of pandas', in which whole numbers stay exact beside gaps.

    Columns that are coded by a dictionary become what they say, unless their values have an order.
    """
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
    nullable = pd.api.types.is_extension_array_dtype(column.dtype) and pd.api.types.is_integer_dtype(column.dtype)
    return bool(nullable and not column.isna().any())

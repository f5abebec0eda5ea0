"""The only door to matplotlib: figures without global state, and their bytes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from embedbench.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 150


def check_library() -> None:
    """Refuses to begin without matplotlib.

    Raises:
        UsageError: If it isn't installed.
    """
    try:
        import matplotlib  # noqa: F401 (only whether it is there)
    except ImportError:
        raise UsageError("pictures need matplotlib; pip install matplotlib.") from None


def new_figure(width: float, height: float, title: str) -> Figure:
    """An empty figure of so many inches, laid out such that no label is cut off."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=11)
    return figure


def png(figure: Figure) -> bytes:
    """The figure as a PNG file; the same figure gives the same bytes."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=_DPI, metadata={"Software": None})
    return stream.getvalue()

"""embedbench: which embedding paradigm should I use for my data?

The public functions load their heavy libraries only when called, so ``import embedbench`` is instant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedbench.evaluation.given.external import assess, evaluate
    from embedbench.results.table.board import leaderboard

__version__ = "0.1.0"
__all__ = ["__version__", "assess", "evaluate", "leaderboard"]

_HOMES = {
    "assess": "embedbench.evaluation.given.external",
    "evaluate": "embedbench.evaluation.given.external",
    "leaderboard": "embedbench.results.table.board",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'embedbench' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)

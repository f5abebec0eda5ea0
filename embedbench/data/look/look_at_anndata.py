"""An AnnData file at a glance: its matrices by their shapes, and the columns of its observations."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from embedbench.data.look.see_column import see_column
from embedbench.data.look.seen import Look, Seen
from embedbench.errors import UsageError
from embedbench.files.tables.h5ad import OBS_NAMES, look_at_h5ad

_LABELS = ("cell_type", "celltype", "cell type", "label")
_GROUPS = ("donor_id", "donor", "patient", "subject")


def look_at_anndata(path: Path) -> Look:
    """What an AnnData file holds.

    Raises:
        UsageError: If it can't be read as one, or holds no rows.
    """
    obs, matrices = look_at_h5ad(path)
    if obs.empty:
        raise UsageError(f"{path} holds no rows; give at least a few.")
    arrays = [_matrix(name, shape, how) for name, (shape, how) in matrices.items()]
    columns = [see_column(str(name), values, False, path.parent) for name, values in obs.items() if name != OBS_NAMES]
    kinds = {column.name: column.kind for column in columns}

    def called(names: tuple[str, ...]) -> str | None:
        return next((name for name in kinds if name.lower() in names and kinds[name] in ("category", "boolean")), None)

    return Look(
        path,
        "array",
        "anndata",
        {"path": str(path)},
        len(obs),
        len(obs),
        (*arrays, *(dataclasses.replace(column, becomes="no feature") for column in columns)),
        label=called(_LABELS),
        group=called(_GROUPS),
    )


def _matrix(name: str, shape: tuple[int, ...], how: str) -> Seen:
    group, _, inner = name.rpartition("/")
    becomes = {"": "features", "layers": "ignored", "obsm": "ignored"}[group]
    size = " x ".join(map(str, shape))
    option = {"": "", "layers": f"; --data.layer {inner} takes it", "obsm": f"; --data.obsm {inner} takes it"}[group]
    return Seen(name, "array", 0, None, becomes, f"{how} of {size}{option}")

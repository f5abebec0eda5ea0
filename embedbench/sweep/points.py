"""A W&B sweep file of method grid becomes a list of trials, each value with the type that it has in the file."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from pathlib import Path
from typing import Any

from embedbench.catalog import find, load_yaml
from embedbench.errors import UsageError, unknown
from embedbench.request.request import build_request, run_id
from embedbench.sweep.trial import Trial

MOST = 100_000  # points of a grid


def load_grid(name: str) -> dict[str, list[Any]]:
    """The values of each parameter of a sweep file, by dotted name, in W&B's (sorted) order.

    Raises:
        UsageError: If the file isn't a W&B sweep of method grid; what is wrong is named.
    """
    path = find("sweeps", name)
    sweep = load_yaml(path)
    if sweep.get("method") != "grid":
        raise UsageError(
            f"{path}: `method` must be grid to be run here, got {sweep.get('method')!r}; the others need W&B's "
            "agent (`wandb sweep FILE`)."
        )
    if not isinstance(sweep.get("parameters"), dict) or not sweep["parameters"]:
        raise UsageError(f"{path}: `parameters` must name at least one parameter.")
    return dict(sorted(_flatten(path, sweep["parameters"], "")))


def make_trials(grid: dict[str, list[Any]], extra: list[str]) -> list[Trial]:
    """All points of a grid, each request once; the extra arguments come after those of the grid and win over them.

    Raises:
        UsageError: If a point makes no valid request, or there are more than 100,000.
    """
    points = math.prod(len(values) for values in grid.values())
    if points > MOST:
        raise UsageError(f"the grid has {points:,} points, and {MOST:,} are the most; give fewer values.")
    trials: dict[str, Trial] = {}
    for point in itertools.product(*grid.values()):
        args = [f"--config={json.dumps(dict(zip(grid, point, strict=True)))}", *extra]
        request = build_request(args)
        # One device a trial: several trials share the machine, and a trial of several processes is started on its own.
        request["trainer"].setdefault("devices", 1)
        trial = Trial(args, request, run_id(request))
        trials.setdefault(trial.run_id, trial)
    return list(trials.values())


def sweep_id(trials: list[Trial]) -> str:
    """A name that two sweeps of the same trials share."""
    return hashlib.sha256("\n".join(trial.run_id for trial in trials).encode()).hexdigest()[:8]


def _flatten(path: Path, parameters: dict[str, Any], prefix: str) -> list[tuple[str, list[Any]]]:
    found = []
    for key, entry in parameters.items():
        name = f"{prefix}{key}"
        if not isinstance(entry, dict):
            raise UsageError(f"{path}: parameter {name!r} must be a mapping with `value` or `values`, got {entry!r}.")
        if isinstance(entry.get("parameters"), dict):
            found += _flatten(path, entry["parameters"], f"{name}.")
        elif "value" in entry:
            found.append((name, [entry["value"]]))
        elif "values" in entry:
            if not isinstance(entry["values"], list) or not entry["values"]:
                raise UsageError(
                    f"{path}: `values` of {name!r} must be a list of one or more, got {entry['values']!r}."
                )
            found.append((name, entry["values"]))
        else:
            odd = next(iter(entry), "nothing")
            raise unknown(f"setting of parameter {name!r} in a grid", str(odd), ["value", "values", "parameters"])
    return found

"""Every file of ``sweeps/`` is one that W&B takes, and that our own engine reads as the same trials."""

import itertools
import json
import math
import os
import re

import pytest
from warm import ended

from embedbench.catalog import load_yaml, names
from embedbench.sweep.points import load_grid, make_trials

SWEEPS = names("sweeps")
GRIDS = sorted(name for name, path in SWEEPS.items() if load_yaml(path)["method"] == "grid")


@pytest.mark.parametrize("name", sorted(SWEEPS))
def test_names_what_wandb_needs(name):
    sweep = load_yaml(SWEEPS[name])
    assert set(sweep) <= {"name", "description", "program", "method", "metric", "parameters", "command", "run_cap"}
    assert sweep["metric"]["name"].startswith("val/")  # never chosen by the test rows
    assert sweep["metric"]["goal"] in {"minimize", "maximize"}
    assert sweep["command"][0] == "${env}"
    assert sweep["command"][1:3] == ["embedbench", "run"]
    assert sweep["command"][-1] == "${args}"


@pytest.mark.parametrize("name", GRIDS)
def test_every_point_of_a_grid_is_a_trial_of_its_own(name):
    grid = load_grid(name)
    trials = make_trials(grid, [])
    assert len(trials) == math.prod(len(values) for values in grid.values())
    # In the order in which ``wandb agent`` takes them: sorted keys, the last one turning fastest.
    points = itertools.product(*(grid[key] for key in sorted(grid)))
    found = [json.loads(trial.args[0].removeprefix("--config=")) for trial in trials]
    assert found == [dict(zip(sorted(grid), point, strict=True)) for point in points]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SWEEPS))
def test_server_takes_it_as_it_is(name, start_server, tmp_path):
    server = start_server()
    words = ["-m", "wandb", "sweep", "--project", "files", SWEEPS[name]]
    done = ended(words, tmp_path, {**os.environ, **server.env})
    assert done.returncode == 0, done.stderr
    assert not re.search(r"warn|invalid|error", done.stdout + done.stderr, re.IGNORECASE)
    (sweep,) = server.dump()["sweeps"]
    assert sweep["project"] == "files"
    assert sweep["config"] == load_yaml(SWEEPS[name])

"""Configurations: YAML and JSON of runs, of parts and of sweeps with values of every wrong kind."""

import json

import pytest
import yaml
from fuzzing import damaged, deep, odd_tree

pytestmark = pytest.mark.slow

CASES = 130
SWEEP = {
    "program": "embedbench",
    "method": "grid",
    "metric": {"name": "test/retrieval/recall@1", "goal": "maximize"},
    "parameters": {
        "model": {"values": ["raw", "pca"]},
        "data": {"value": "table"},
        "data.path": {"value": "rows.csv"},
        "seed_everything": {"values": [0, 1]},
        "trainer": {"parameters": {"max_steps": {"value": 2}}},
    },
}


def text_of(rng, tree, ending):
    """A tree as the text of a file: as it is, or damaged, or with a part that nests without end."""
    text = json.dumps(tree) if ending == "json" and is_plain(tree) else yaml.safe_dump(tree, sort_keys=False)
    how = rng.randrange(8)
    if how == 0:
        place = rng.randrange(len(text) + 1)
        return (text[:place] + deep(rng) + text[place:]).encode()
    return damaged(rng, text.encode()) if how <= 2 else text.encode()


def is_plain(tree):
    """Whether JSON holds it."""
    try:
        return bool(json.dumps(tree, sort_keys=True))
    except TypeError:
        return False


def whole(case):
    """The configuration of a run, in which every argument has its value."""
    name = case.rng.choice(["table", "arrays"])
    return yaml.safe_load((case.folder / "runs" / name / "config.yaml").read_text(encoding="utf8"))


def test_case(case):
    rng, ending = case.rng, case.rng.choice(["yaml", "yaml", "json"])
    what = rng.choice(["config", "config", "config", "inline", "sweep", "sweep", "model", "data", "suite", "trainer"])
    tree = whole(case)
    seen = ("--run_id", "table" if rng.random() < 0.8 else "new")
    if what == "sweep":
        (case.folder / f"odd.{ending}").write_bytes(text_of(rng, odd_tree(rng, SWEEP), ending))
        case.meets("sweep", f"odd.{ending}")
        return
    if what in tree:
        (case.folder / f"odd.{ending}").write_bytes(text_of(rng, odd_tree(rng, tree[what]), ending))
        (case.folder / "whole.yaml").write_text(yaml.safe_dump(tree), encoding="utf8")
        case.meets("run", "--config=whole.yaml", f"--{what}=odd.{ending}", *seen)
        return
    tree = odd_tree(rng, tree)
    if what == "inline" and is_plain(tree):
        case.meets("run", f"--config={json.dumps(tree)}", *seen)
        return
    (case.folder / f"odd.{ending}").write_bytes(text_of(rng, tree, ending))
    case.meets("run", f"--config=odd.{ending}", *seen)

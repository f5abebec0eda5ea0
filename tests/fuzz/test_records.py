"""Records: ``result.json`` with values of every wrong kind, among others that are fine."""

import json
import shutil

import pytest
from fuzzing import damaged, deep, odd_tree, odd_value

pytestmark = pytest.mark.slow

CASES = 80
FORMATS = ("terminal", "md", "csv", "tex", "html", "json")


def text_of(rng, tree):
    """A record as the text of a file, which may hold what JSON doesn't."""
    text = json.dumps(tree, default=str, skipkeys=True)
    how = rng.randrange(8)
    if how == 0:
        place = rng.randrange(len(text) + 1)
        return (text[:place] + deep(rng) + text[place:]).encode()
    return damaged(rng, text.encode()) if how <= 2 else text.encode()


def strange(rng, tree):
    """A record of the right types whose values are odd."""
    names = ["", " ", "a", "probe/knn_accuracy", "x/\x1b[31m", "<script>", "a|b", "a&b_%$#{}~^\\", "x" * 300, "\ud83d"]
    values = [0, -1, 1e308, -1e308, 5e-324, 10**30, 10**400, 2**63, 0.1]
    for _ in range(rng.choice([1, 2, 3])):
        key = rng.choice(["model", "dataset", "run_id", "metrics", "uncertainty", "notes", "timing", "seed", "splits"])
        name, value = rng.choice(names), rng.choice(values)
        if key in ("model", "dataset", "run_id"):
            tree[key] = name
        elif key == "metrics":
            tree[key] = rng.choice(
                [{}, {"test": {}}, {name: {}}, {"test": {name: value}}, {"test": {"retrieval/recall@1": value}}]
            )
        elif key == "uncertainty":
            tree[key] = rng.choice([{}, {"test": {}}, {"test": {name: {}}}, {"test": {"retrieval/recall@1": {}}}])
        elif key == "notes":
            tree[key] = [name] * rng.choice([1, 200])
        elif key == "seed":
            tree[key] = value if isinstance(value, int) else 0
        else:
            tree[key] = {rng.choice([*names, "fit_seconds", "train"]): value if key == "timing" else 10**20}
    return tree


def test_case(case):
    rng = case.rng
    path = case.folder / "runs" / "table" / "result.json"
    tree = json.loads(path.read_text(encoding="utf8"))
    tree = strange(rng, tree) if rng.random() < 0.5 else odd_tree(rng, tree, odd_value)
    if rng.random() < 0.5:
        path = case.folder / "runs" / "odd" / "result.json"
        shutil.copytree(case.folder / "runs" / "table", path.parent)
    path.write_bytes(text_of(rng, tree))
    told = path.parent.relative_to(case.folder)
    board = ("leaderboard", "runs", f"--format={rng.choice(FORMATS)}")
    case.meets(
        *rng.choice(
            [
                board,
                board,
                (*board, "--by=retrieval/recall@1", "--split=val"),
                (*board, "--metrics=retrieval", "--output=board.out"),
                ("leaderboard", told),
                ("leaderboard", told / "result.json"),
                ("evaluate", "--run", told, "--metrics=retrieval/recall@5"),
                ("embed", told, "rows.csv", "--output=z2.csv"),
                ("run", "--model=raw", "--data=table", "--data.path=rows.csv", f"--run_id={told.name}"),
            ]
        )
    )

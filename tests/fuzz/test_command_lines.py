"""Command lines: words dropped, doubled, swapped, misspelt and given values that they aren't for."""

import pytest
from fuzzing import odd_text

pytestmark = pytest.mark.slow

CASES = 100
SEEN = "--run_id table"  # a finished run: all is looked at, and nothing is trained
LINES = [
    f"run --model pca --data table --data.path rows.csv --data.label y --model.latent_dim 2 --seed_everything 1 {SEEN}",
    f"run --model=raw --data=arrays --data.path=rows.npz --threads 1 --trainer.max_steps 2 --data.task auto {SEEN}",
    f"run --model pca --data wine --suite.metrics [probe] --suite.distance cosine --model_name me {SEEN}",
    "compare --models raw,pca --data wine --seeds 2 --workers 1 --by probe/knn_accuracy --trial_timeout 90s",
    "sweep digits --workers 2 --output out --trainer.max_steps 5",
    "evaluate z.npz --dataset wine --name mine --metrics retrieval/recall@1 --suite.neighbors 3 --output scores.json",
    "evaluate z.npz --gallery z.npz --suite.metrics [retrieval/recall@1] --suite.neighbors=3 --runs elsewhere",
    "evaluate --run runs/arrays --metrics retrieval/recall@5 --threads 1",
    "leaderboard runs --format md --by retrieval/recall@1 --split test --metrics retrieval",
    "embed runs/table rows.csv --output z.csv --id c --split all",
    "embed runs/arrays --output z.npz --split val",
    "sample runs/table --output pictures --rows 2 --seed 0 --joint z0,x1 --given 0.5 --bins 4",
    "list models pca",
]


def changed(rng, words):
    """The words of a command line with one to three changes."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        at = rng.randrange(1, len(words)) if len(words) > 1 else 0
        how = rng.randrange(9)
        if how <= 3:
            key, equals, _ = words[at].partition("=")
            words[at] = f"{key}={odd_text(rng)}" if equals and how else odd_text(rng)
        elif how == 4:
            del words[at]
        elif how == 5:
            words.insert(at, rng.choice([words[at], odd_text(rng)]))
        elif how == 6:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        elif how == 7:
            place = rng.randrange(len(words[at]) + 1)
            words[at] = (
                words[at][:place] + rng.choice(["", ".", "x", "=", " ", "\u00e9", "\udcff"]) + words[at][place + 1 :]
            )
        else:
            words[at] = words[at].upper()
        words = words or [odd_text(rng)]
    return words


def test_case(case):
    words = changed(case.rng, case.rng.choice(LINES).split())
    case.meets(*words)

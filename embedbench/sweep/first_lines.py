"""What a comparison says before anything is fitted: its data, what was left out and why, and what will be run."""

from __future__ import annotations

from collections.abc import Iterable

from embedbench.sweep.candidates import PRETRAINED, Facts
from embedbench.sweep.trial import Trial
from embedbench.text.sentence_encoder import VARIABLE

_NAMED = 8  # classes
_ROWS = {"image": "images", "tabular": "rows", "text": "texts", "relations": "rows with given distances"}


def about_data(name: str, facts: Facts) -> list[str]:
    """The data in one line, and one for each note on them.

    >>> about_data("pets", Facts("text", (), {"train": 7, "test": 3}, "classes", {"cat": 9, "dog": 1}, 0, ()))
    ['pets: 10 texts (train 7, test 3); 2 classes (cat 9, dog 1)']
    >>> about_data("posts", Facts("text", (), {"train": 7, "test": 3}, "multilabel", {"red": 9, "big": 6}, 0, ()))
    ['posts: 10 texts (train 7, test 3); 2 labels, 1.5 a row (red 9, big 6)']
    """
    splits = ", ".join(f"{split} {count:,}" for split, count in facts.rows.items())
    parts = [f"{sum(facts.rows.values()):,} {_ROWS[facts.kind]} ({splits}){_size(facts)}", _target(facts)]
    if facts.copies:
        parts.append(f"{facts.copies:,} exact copies of other rows")
    return [f"{name}: {'; '.join(parts)}", *(f"note: {note}" for note in facts.notes)]


def _size(facts: Facts) -> str:
    if not facts.shape:
        return ""
    return f" of {facts.shape[0]:,} features" if len(facts.shape) == 1 else f" of {' × '.join(map(str, facts.shape))}"


def _target(facts: Facts) -> str:
    if facts.target not in ("classes", "multilabel"):
        return "a real target" if facts.target == "real" else "no labels"
    largest = [f"{name} {count:,}" for name, count in [*facts.classes.items()][:_NAMED]]
    rest = [*facts.classes.values()][_NAMED:]
    more = [f"{len(rest)} more of {min(rest)} to {max(rest)}"] if rest else []
    listed = ", ".join([*largest, *more])
    if facts.target == "classes":
        return f"{len(facts.classes)} classes ({listed})"
    each = sum(facts.classes.values()) / sum(facts.rows.values())
    return f"{_counted(len(facts.classes), 'label')}, {each:.2g} a row ({listed})"


def left_out(refusals: dict[str, str]) -> list[str]:
    """A line for each reason, with the models that it keeps out.

    >>> left_out({"a": "model `a` needs labels; name some.", "b": "model `b` needs labels; name some."})
    ['left out: a, b (needs labels)']

    Args:
        refusals: Why each model can't be fitted.
    """
    reasons: dict[str, list[str]] = {}
    for model, refusal in refusals.items():
        reasons.setdefault(_reason(model, refusal), []).append(model)
    return [f"left out: {', '.join(models)} ({reason})" for reason, models in reasons.items()]


def about_encoder(trials: Iterable[Trial]) -> str:
    """Which pretrained encoder of texts there is, or how to have one.

    Args:
        trials: One of each model.
    """
    found = [trial.request["model"]["init_args"] for trial in trials if trial.request["model_name"] == PRETRAINED]
    if found:
        return f"{PRETRAINED} is {found[0]['path']}, its vectors by {found[0]['pooling']}"
    return f"left out: {PRETRAINED} (no encoder is at hand: {VARIABLE}=FOLDER or the hub's cache may hold one)"


def _reason(model: str, refusal: str) -> str:
    """What is wrong, without the cure, and in the same words for all models."""
    wrong = refusal.rstrip(".").rpartition("; ")[0] or refusal.rstrip(".")
    for name in (f" of model `{model}`", f"model `{model}` ", f" of {model}"):
        wrong = wrong.replace(name, "")
    return wrong


def about_runs(trials: list[Trial], workers: int) -> str:
    """Which models are fitted, how often, and by how many processes at a time."""
    models = list(dict.fromkeys(trial.request["model_name"] for trial in trials))
    seeds = len({trial.request["seed_everything"] for trial in trials})
    runs = f"{_counted(len(trials), 'run')} by {_counted(workers, 'worker')}"
    return f"{', '.join(models)}; {_counted(seeds, 'seed')}: {runs}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"

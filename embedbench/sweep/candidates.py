"""Which of a comparison's models fit the data: what is asked of a warm process, and what it answers. Light."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from embedbench.request.request import Request
from embedbench.sweep.trial import Trial

ANY = ""  # the kind of data that has no candidates of its own
PRETRAINED = "pretrained"  # the model that takes an encoder of texts, where one is at hand
KINDS = ("image", "tabular", "text", "relations")


@dataclass(frozen=True)
class Candidates:
    """What may be fitted to one data set.

    Attributes:
        by_kind: Requests by kind of data, all for the same data; those of `ANY` for a kind that has none.
    """

    by_kind: Mapping[str, list[Request]]


@dataclass(frozen=True)
class Facts:
    """What a data set holds.

    Attributes:
        kind: Of the data, one of `KINDS`.
        shape: Of one row, () for texts.
        rows: Of each split.
        target: Kind of label.
        classes: Rows of each class, or with each label, all splits together, the largest first.
        copies: Rows that are exact copies of earlier ones.
        notes: What was filled, dropped, cut or ignored on the way, one sentence each.
    """

    kind: str
    shape: tuple[int, ...]
    rows: Mapping[str, int]
    target: str
    classes: Mapping[str, int]
    copies: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    """What was found.

    Attributes:
        facts: Of the data.
        refusals: Why each of the requests for this kind of data can't be run; ``None`` for one that can.
    """

    facts: Facts
    refusals: list[str | None]


def seed_groups(trials: list[Trial]) -> dict[str, list[Trial]]:
    """The trials that differ in their seed alone, by what they have in common."""
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        same = {key: value for key, value in trial.request.items() if key != "seed_everything"}
        found.setdefault(json.dumps(same, sort_keys=True), []).append(trial)
    return found


def data_sets(trials: list[Trial]) -> dict[str, list[Trial]]:
    """The trials on the same data, by what they say of them."""
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(json.dumps(trial.request["data"], sort_keys=True), []).append(trial)
    return found

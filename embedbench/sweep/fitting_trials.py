"""Keeps the trials of a comparison that fit its data, and says which do not."""

from __future__ import annotations

from collections.abc import Mapping

from embedbench.errors import RunError, UsageError
from embedbench.say import say
from embedbench.sweep.candidates import ANY, Candidates, Survey, data_sets, seed_groups
from embedbench.sweep.engine import survey_apart
from embedbench.sweep.first_lines import about_data, about_encoder, left_out
from embedbench.sweep.trial import Trial


def fitting_trials(by_kind: Mapping[str, list[Trial]], *, named: bool) -> list[Trial]:
    """The trials to run, of all data sets; the data and what is left out are said.

    Args:
        by_kind: Trials by kind of data, all on the same data sets; those of `ANY` for a kind that has none.
        named: Whether the user named the models, of which then none is left out.

    Raises:
        UsageError: If the data can't be used, no model fits them, or one that was named doesn't.
    """
    parts = {kind: data_sets(trials) for kind, trials in by_kind.items()}
    return [trial for data in parts[ANY] for trial in _fitting({k: of[data] for k, of in parts.items()}, named)]


def _fitting(by_kind: Mapping[str, list[Trial]], named: bool) -> list[Trial]:
    name = by_kind[ANY][0].request["data_name"]
    say(f"looking at {name} ...")
    groups = {kind: [*seed_groups(trials).values()] for kind, trials in by_kind.items()}
    try:
        found = survey_apart(Candidates({kind: [one[0].request for one in group] for kind, group in groups.items()}))
    except RunError as error:  # a model that ends the process costs its own trials alone, not those of the others
        say(f"{error}; each model is tried")
        return by_kind[ANY]
    chosen = groups.get(found.facts.kind, groups[ANY])
    bad = _refused(chosen, found)
    if bad and (named or len(bad) == len(chosen)):
        raise UsageError(next(iter(bad.values())))
    for line in [*about_data(name, found.facts), *left_out(bad)]:
        say(line)
    if found.facts.kind == "text" and not named:
        say(about_encoder(group[0] for group in chosen))
    return [trial for group, why in zip(chosen, found.refusals, strict=True) if why is None for trial in group]


def _refused(groups: list[list[Trial]], found: Survey) -> dict[str, str]:
    """Why a model can't be fitted, by its name."""
    pairs = zip(groups, found.refusals, strict=True)
    return {group[0].request["model_name"]: why for group, why in pairs if why is not None}

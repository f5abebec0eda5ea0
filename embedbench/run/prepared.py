"""The model of a run, made and checked: what is refused of a request is refused here, before anything is written."""

from __future__ import annotations

from typing import NamedTuple

from lightning.pytorch import seed_everything

from embedbench.paradigms.base import Paradigm
from embedbench.request.resolve import Parts
from embedbench.run.budget import check_budget
from embedbench.run.fitting import make_embedder
from embedbench.run.live.plan import make_plan
from embedbench.run.processes import check_held_out, check_limits, check_processes, check_validations
from embedbench.run.scoring import check_support


class Prepared(NamedTuple):
    """The parts of a run and its model, not yet fitted."""

    parts: Parts
    model: Paradigm


def prepared(parts: Parts, seed: int) -> Prepared:
    """Loads the data and makes the model by the seed.

    Raises:
        UsageError: If the settings, the data, the suite and the model don't go together.
    """
    trainer = make_embedder(parts.trainer)
    check_limits(trainer)
    check_processes(trainer, parts.data.rows)
    spec = parts.data.spec
    parts.suite.check(parts.data.rows, spec.target, spec.n_classes, parts.data.further("train"))
    make_plan(parts)
    seed_everything(seed, workers=True, verbose=False)
    model = parts.make_model(spec)
    check_support(model, parts.data)
    if model.fitting == "gradient":
        check_validations(trainer, parts.data.rows["train"], parts.data.batch_size)
        check_held_out(trainer, model)
        check_budget(trainer, model, parts.config["lr_schedule"])
    model.check(parts.data.rows)
    return Prepared(parts, model)

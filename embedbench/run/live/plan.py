"""What watches a fit: how often which metrics are looked at, and what chooses the weights and ends the training."""

from __future__ import annotations

from typing import Literal, NamedTuple, NoReturn

from lightning.pytorch.callbacks import Checkpoint, EarlyStopping

from embedbench.errors import UsageError, unknown
from embedbench.evaluation.metrics.base import Family, discover
from embedbench.evaluation.suite import Suite
from embedbench.paradigms.base import Paradigm
from embedbench.request.resolve import Parts
from embedbench.request.suite_request import make_suite
from embedbench.types import Measure, Target

LIVE = "live/"
LOSS = "val/loss"
_ONE_END = ("higher", "lower")
_KINDS = {
    "classes": "class labels",
    "real": "real-valued labels",
    "multilabel": "several labels a row",
    "none": "no labels",
    "unlabelled": "no labels",
}


class Live(NamedTuple):
    """Live evaluation.

    Attributes:
        every: Epochs between two.
        suite: Scores them.
        measures: What it may report on these data, by the metric's name.
    """

    every: int
    suite: Suite
    measures: dict[str, Measure]

    def mode(self, monitor: str) -> Literal["min", "max"]:
        """Which end of a monitored live value is better, as Lightning says it."""
        return "max" if self.measures[monitor.removeprefix(LIVE)].better == "higher" else "min"


class Plan(NamedTuple):
    """What watches a fit.

    Attributes:
        live: Live evaluation, if there is to be one.
        monitor: What chooses the weights: "val/loss", or "live/" and the name of a metric.
        last: Whether nothing does, and the weights after the last step are scored.
    """

    live: Live | None
    monitor: str
    last: bool = False


def make_plan(parts: Parts) -> Plan:
    """The plan that a request asks for.

    Raises:
        UsageError: If live evaluation has nothing to report, or a monitored value isn't reported or has no better end.
    """
    every, monitor = parts.config["evaluate_every"], parts.config["monitor"] or LOSS
    target = parts.data.spec.target
    measures = _reported(parts.suite, target) if every else {}
    if every and not measures:
        raise UsageError(
            f"--evaluate_every has nothing to report: of --suite.metrics none is of the families "
            f"{_live_names()} and fits {_KINDS[target]}; name one or leave --evaluate_every out."
        )
    last = parts.config["weights"] == "last"
    if last and parts.config["monitor"]:
        raise UsageError(
            f"--weights last scores the last weights, so that --monitor {monitor} has no choice; drop one."
        )
    if monitor != LOSS:
        _check("--monitor", monitor, every, measures, target)
    for callback in parts.trainer.get("callbacks") or []:
        watched = str(getattr(callback, "monitor", None))
        if watched.startswith(LIVE) and isinstance(callback, Checkpoint):
            raise UsageError(f"a checkpoint of --trainer.callbacks can't monitor {watched}; give --monitor {watched}.")
        if watched.startswith(LIVE) and isinstance(callback, EarlyStopping):
            _check("the early stop's monitor", watched, every, measures, target)
    return Plan(Live(every, _live_suite(parts, measures), measures) if every else None, monitor, last)


def watching_notes(plan: Plan, model: Paradigm) -> list[str]:
    """What a reader of the result should know of how the fit was watched, one sentence each."""
    if model.fitting == "none":
        return ["nothing is fitted: no live evaluation took place"] if plan.live else []
    if model.fitting != "gradient":
        return ["--weights did nothing: this model is learned by no gradient steps"] if plan.last else []
    if plan.last:
        return ["the weights after the last step were scored"]
    if plan.monitor == LOSS:
        return []
    if model.selection == "last":
        return [f"--monitor {plan.monitor} chose nothing: this model keeps its last weights"]
    labels = any(family.needs != "none" for family in _having(plan.monitor))
    return [f"weights chosen by {plan.monitor}{', by the labels of validation rows' if labels else ''}"]


def _live_names() -> str:
    """The families that may watch a fit."""
    return ", ".join(dict.fromkeys(family.name for family in discover() if family.live))


def _having(monitor: str) -> list[Family]:
    """The families that know a metric."""
    name = monitor.removeprefix(LIVE)
    return [family for family in discover() if name in {f"{family.name}/{inner}" for inner in family.measures}]


def _reported(suite: Suite, target: Target) -> dict[str, Measure]:
    """Metrics of the suite that are had live with labels of this kind; of counts and errors only the latent family's.

    The spread over seeds of k-means is left out, and so are errors of sampling: live, there is one seed, and rows are
    few enough for every metric to see all of them.
    """
    fitting = (family for family in discover() if family.live and family.fits(target))
    known = {f"{family.name}/{name}" for family in fitting for name in family.measures}
    wanted = {name: measure for name, measure in suite.measures().items() if name in known}
    shown = {name: m for name, m in wanted.items() if m.better in _ONE_END or name.startswith("latent/")}
    return {name: m for name, m in shown.items() if not name.endswith("_se")}


def _live_suite(parts: Parts, measures: dict[str, Measure]) -> Suite:
    """The run's suite with these metrics alone and one seed of k-means."""
    group = parts.config["suite"]
    ours = {"kmeans_seeds": 1, "word_tests": None}
    arguments = {name: ours.get(name, value) for name, value in group["init_args"].items()}
    return make_suite({**group, "init_args": {**arguments, "metrics": list(measures)}})


def _check(where: str, monitor: str, every: int | None, measures: dict[str, Measure], target: Target) -> None:
    """Refuses a monitored value that live evaluation won't report, or that has no better end."""
    name = monitor.removeprefix(LIVE)
    if not monitor.startswith(LIVE):
        raise UsageError(f"{where} must be {LOSS}, or {LIVE} and the name of a metric, got {monitor!r}.")
    if not every:
        raise UsageError(f"{where} {monitor} is known by live evaluation alone; add --evaluate_every N.")
    if name not in measures:
        _refuse(where, monitor, measures, target)
    if measures[name].better == "none":
        raise UsageError(f"{where} {monitor}: neither more nor less of it is better; choose another metric.")


def _refuse(where: str, monitor: str, measures: dict[str, Measure], target: Target) -> NoReturn:
    """Says why live evaluation doesn't report a metric."""
    having = _having(monitor)
    if not having:
        raise unknown("metric to monitor", monitor, [LOSS, *(f"{LIVE}{known}" for known in measures)])
    if not having[0].live:
        reason = f"only {_live_names()} are evaluated live"
    elif not having[0].fits(target):
        reason = f"it needs {_KINDS[having[0].needs]}, but the data have {_KINDS[target]}"
    else:
        reason = "it is not among the suite's metrics that live evaluation reports"
    raise UsageError(f"{where} {monitor} can't be had: {reason}; choose another metric.")

"""About how long a sweep still takes, by what the parts of its runs have taken so far."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from embedbench.sweep.trial import Outcome, Running, Trial

_PARTS = ("start", "fit", "embed", "score rows", "score")
_Times = dict[tuple[str, str], list[float]]  # seconds by model and part


@dataclass
class _Course:
    """A run under way.

    Attributes:
        model: Its name.
        part: What it is at.
        since: When that began.
        share: How much of it is done.
    """

    model: str
    part: str
    since: float
    share: float

    def forecast(self, now: float) -> float | None:
        """Seconds of the whole part, if some of it is done."""
        return (now - self.since) / self.share if self.share > 0 else None


class TimeLeft:
    """Foretells the end of a sweep from the first step on.

    A part of a run takes as long as the same part took in other runs of its model, or will take in those under way by
    their shares of steps; where no run of the model has come to it, as long as in runs of other models, and where none
    has, nothing. What is left is shared out among the workers. Nothing is foretold while a model is to come of which no
    run has begun its work, unless there is a fit that its own may be likened to.

    Args:
        trials: All that are run.
        workers: Processes at a time.
    """

    def __init__(self, trials: list[Trial], workers: int) -> None:
        self._waiting = {trial.run_id: trial.request["model_name"] for trial in trials}
        self._workers = workers
        self._courses: dict[str, _Course] = {}
        self._taken: _Times = defaultdict(list)
        self._ended: set[str] = set()  # models of which a run has ended

    def see(self, running: list[Running], outcomes: list[Outcome], now: float) -> None:
        """Takes what is under way and what has ended, at a time in seconds."""
        for outcome in outcomes:
            self._waiting.pop(outcome.run_id, None)
            course = self._courses.pop(outcome.run_id, None)
            if course is not None and outcome.status == "finished":
                self._end_part(course, now)
                self._ended.add(course.model)
        for trial, step in running:
            self._waiting.pop(trial.run_id, None)
            part = "start" if step is None else step.doing
            course = self._courses.setdefault(trial.run_id, _Course(trial.request["model_name"], part, now, 0.0))
            if part != course.part:
                self._end_part(course, now)
                course.part, course.since = part, now
            course.share = 0.0 if step is None or not step.total else step.done / step.total

    def seconds(self, now: float) -> float | None:
        """Seconds left at a time; ``None`` while too little is known of what is to come."""
        known = self._known(now)
        seen = self._ended | {model for model, part in known if part != "start"}
        to_come = {*self._waiting.values(), *(course.model for course in self._courses.values())}
        if not (to_come <= seen or any(part == "fit" for _, part in known)):
            return None
        under_way = [self._left(course, known, now) for course in self._courses.values()]
        waiting = sum(self._expected(model, part, known) for model in self._waiting.values() for part in _PARTS)
        return max(0.0, (sum(under_way) + waiting) / self._workers, *under_way)

    def _end_part(self, course: _Course, now: float) -> None:
        self._taken[course.model, course.part].append(now - course.since)

    def _known(self, now: float) -> _Times:
        """What parts have taken, and will take in the runs under way."""
        known = defaultdict(list, {key: [*times] for key, times in self._taken.items()})
        for course in self._courses.values():
            forecast = course.forecast(now)
            if forecast is not None:
                known[course.model, course.part].append(forecast)
        return known

    def _left(self, course: _Course, known: _Times, now: float) -> float:
        whole = course.forecast(now)
        if whole is None:
            whole = self._expected(course.model, course.part, known)
        later = _PARTS[_PARTS.index(course.part) + 1 :]
        rest = sum(self._expected(course.model, part, known) for part in later)
        return max(0.0, whole - (now - course.since)) + rest

    def _expected(self, model: str, part: str, known: _Times) -> float:
        """Seconds of a part; nothing of one that ended runs of the model didn't have."""
        if (model, part) in known or model in self._ended:
            return _mean(known.get((model, part), []))
        return _mean([seconds for (_, other), times in known.items() if other == part for seconds in times])


def _mean(seconds: list[float]) -> float:
    return sum(seconds) / len(seconds) if seconds else 0.0

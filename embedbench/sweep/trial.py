"""A trial of a sweep and how it ended. Light: the parent process needs both without Lightning."""

from __future__ import annotations

from typing import Literal, NamedTuple

from embedbench.progress.step import Step
from embedbench.request.request import Request


class Trial(NamedTuple):
    """One point of a grid: the arguments of ``embedbench run``, the request they make and the run's name."""

    args: list[str]
    request: Request
    run_id: str


class Running(NamedTuple):
    """A trial under way and what it is at, as far as it has said."""

    trial: Trial
    step: Step | None


class Outcome(NamedTuple):
    """How a trial ended; a refused one was bad input and left nothing on disk, a crashed one perhaps half a record.

    An owned one is run by another process now.
    """

    run_id: str
    status: Literal["finished", "failed", "refused", "crashed", "owned"]
    message: str = ""

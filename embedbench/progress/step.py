"""What a run is at, and how far: told by the work, shown or passed on by who asked for it. Light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

Doing = Literal["fit", "embed", "score rows", "score"]


class Step(NamedTuple):
    """How far a part of a run is.

    >>> str(Step("fit", 120, 500)), str(Step("embed", 3, None))
    ('fit 120/500', 'embed 3')
    >>> str(Step("score", 2, 9, "clustering: test"))
    'score clustering: test (3 of 9)'

    Attributes:
        doing: The part of the run.
        done: Steps of it that are done: batches, or metric families.
        total: All its steps, if that is known.
        piece: What is being done of it, if its steps have names.
        note: What else there is to say, such as the last loss.
    """

    doing: Doing
    done: int
    total: float | None
    piece: str = ""
    note: str = ""

    def __str__(self) -> str:
        of = "" if self.total is None else f"/{self.total:g}"
        if self.piece:
            return f"{self.doing} {self.piece} ({self.done + 1} of {self.total:g})"
        return f"{self.doing} {self.done}{of}"


Tell = Callable[[Step], None]


def tell_nobody(step: Step) -> None:
    """Shows nothing."""

"""Constructors that refuse what their annotations don't allow, made from Python as from the command line."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import pytest

from embedbench.arguments.checked import Checked, checked
from embedbench.arguments.hints import PositiveFloat, PositiveInt, Range
from embedbench.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal


class Base(Checked):
    def __init__(self, size: PositiveInt | None = None) -> None:
        self.size = size


class Derived(Base):
    def __init__(
        self,
        size: PositiveInt | None = None,
        rate: PositiveFloat | Literal["learned"] = 0.5,
        widths: list[PositiveInt] | None = None,
        share: Annotated[float, Range(gt=0, le=1)] = 1,
        eights: Annotated[int, Range(ge=8, multiple_of=8)] = 8,
        kind: Literal["fast", "slow"] = "fast",
        name: str = "x",
    ) -> None:
        super().__init__(size)
        self.rate, self.name = rate, name


class Heir(Derived):
    """Of the same constructor."""


GOOD = [{"size": 1}, {"size": None}, {"size": np.int64(3)}, {"rate": "learned"}, {"rate": np.float32(2)}]
GOOD += [{"widths": [1, 2]}, {"widths": (3,)}, {"widths": []}, {"share": 1}, {"eights": 16}, {"name": 3}]


@pytest.mark.parametrize("given", GOOD)
@pytest.mark.parametrize("make", [Derived, Heir])
def test_what_fits_is_taken(make, given):
    made = make(**given)
    assert made.size == given.get("size")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": 0}, "`size` must be a whole number of at least 1 or null, got 0."),
        ({"size": "3"}, "`size` must be a whole number of at least 1 or null, got '3'."),
        ({"rate": 0.0}, "`rate` must be a number above 0 or one of learned, got 0.0."),
        ({"rate": float("nan")}, "`rate` must be a number above 0 or one of learned, got nan."),
        ({"rate": float("inf")}, "`rate` must be a number above 0 or one of learned, got inf."),
        ({"rate": True}, "`rate` must be a number above 0 or one of learned, got True."),
        ({"rate": np.array([1.0, 2.0])}, "a number above 0 or one of learned, got array([1., 2.])."),
        ({"size": True}, "`size` must be a whole number of at least 1 or null, got True."),
        ({"size": 2.0}, "`size` must be a whole number of at least 1 or null, got 2.0."),
        ({"size": np.float64(2)}, "`size` must be a whole number of at least 1 or null, got np.float64(2.0)."),
        ({"widths": 4}, "a list such as [a, b], each a whole number of at least 1 or null, got 4."),
        ({"rate": "leant"}, "`rate` must be a number above 0 or one of learned, got 'leant'."),
        ({"rate": None}, "`rate` must be a number above 0 or one of learned, got None."),
        ({"widths": [4, 0]}, "a list such as [a, b], each a whole number of at least 1 or null, got [4, 0]."),
        ({"share": 1.1}, "`share` must be a number in (0, 1], got 1.1."),
        ({"eights": 12}, "`eights` must be a whole number of at least 8 that is a multiple of 8, got 12."),
        ({"kind": "fsat"}, "`kind` must be one of fast, slow, got 'fsat'."),
    ],
)
@pytest.mark.parametrize("make", [Derived, Heir])
def test_what_does_not_is_refused(make, given, said):
    with pytest.raises(UsageError) as refused:
        make(**given)
    assert str(refused.value).endswith(said)


def test_position_does_not_matter_and_the_base_is_asked_too():
    with pytest.raises(UsageError, match="`rate` must"):
        Derived(1, -1.0)
    with pytest.raises(UsageError, match="`size` must"):
        Base(0)


def test_signature_stays_and_a_wrong_call_is_pythons():
    assert [*inspect.signature(Derived).parameters][:2] == ["size", "rate"]
    with pytest.raises(TypeError, match="unexpected keyword argument 'sizes'"):
        Derived(sizes=3)
    again = pickle.loads(pickle.dumps(copy.deepcopy(Derived(3))))
    assert (again.size, again.rate) == (3, 0.5)


def test_types_for_type_checkers_alone_are_not_asked_for():
    @checked
    def price(value: Decimal, size: PositiveInt = 1) -> int:
        return size

    assert price(3, 0) == 0


def test_functions():
    @checked
    def half(size: PositiveInt) -> float:
        return size / 2

    assert half(3) == 1.5
    with pytest.raises(UsageError, match=r"^`size` must be a whole number of at least 1, got 0\.$"):
        half(size=0)

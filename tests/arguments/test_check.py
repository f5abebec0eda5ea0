"""Keys and values against a signature: what passes, and the sentence for what doesn't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from embedbench.arguments.check import check_arguments, check_group
from embedbench.errors import UsageError

if TYPE_CHECKING:
    from decimal import Decimal


class Part:
    def __init__(self, size: int = 1) -> None: ...


class Wheel(Part):
    def __init__(self, spokes: int = 8, size: int = 1) -> None: ...


class _Spare(Wheel):
    """Nobody's choice: no sentence below names it."""


class Car:
    def __init__(
        self,
        path: Path,
        number: int = 1,
        rate: float = 0.5,
        perhaps: int | None = None,
        kind: Literal["fast", "slow"] = "fast",
        names: list[str] | None = None,
        flag: bool = False,
        make: Callable[[int], Part] | None = None,
        parts: list[Part] | None = None,
        anything: Any = None,
    ) -> None: ...


class Bus(Car):
    def __init__(self, path: Path, price: Decimal | None = None, **more: int) -> None: ...


GOOD = {
    "number": 3,
    "rate": 1,
    "perhaps": None,
    "kind": "slow",
    "names": ["a"],
    "flag": True,
    "make": {"class_path": "Wheel", "init_args": {"spokes": 4}},
    "parts": [{"class_path": "Wheel"}, {"class_path": "Part", "init_args": {"size": 2}}],
    "anything": {"a": [1]},
}


def refusal(given):
    with pytest.raises(UsageError) as refused:
        check_arguments("--car", {"path": "x", **given}, Car)
    return str(refused.value)


@pytest.mark.parametrize("key", GOOD)
def test_good_value(key):
    check_arguments("--car", {"path": "x", key: GOOD[key]}, Car)


def test_no_class():
    check_arguments("--car", {"path": "x", "make": None}, Car)


def test_class_name_alone():
    check_arguments("--car", {"path": "x", "make": "Wheel"}, Car)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"number": "x"}, "--car.number must be a whole number, got 'x'."),
        ({"number": 1.5}, "--car.number must be a whole number, got 1.5."),
        ({"number": None}, "--car.number must be a whole number, got None."),
        ({"number": True}, "--car.number must be a whole number, got True."),
        ({"rate": "x"}, "--car.rate must be a number, got 'x'."),
        ({"perhaps": "x"}, "--car.perhaps must be a whole number or null, got 'x'."),
        ({"kind": "fsat"}, "--car.kind must be one of fast, slow, got 'fsat'."),
        ({"kind": False}, "--car.kind must be one of fast, slow, got False."),
        ({"names": "a"}, "--car.names must be a list such as [a, b] or null, got 'a'."),
        ({"names": ["a", 3]}, "--car.names must be a list such as [a, b] or null, got ['a', 3]."),
        ({"flag": 1}, "--car.flag must be true or false, got 1."),
        ({"path": 3}, "--car.path must be a path, got 3; in YAML, put it in quotes."),
        ({"make": 3}, "--car.make must be a class path or null, got 3."),
        ({"make": "Weel"}, "unknown class for --car.make 'Weel'; did you mean 'Wheel'? Known: Part, Wheel."),
        ({"make": "_Spare"}, "unknown class for --car.make '_Spare'"),
        ({"make": {"spokes": 3}}, "--car.make has arguments but no class; give --car.make NAME first: Part, Wheel."),
        (
            {"make": {"class_path": "Wheel", "init_args": {"spoks": 3}}},
            "unknown key '--car.make.spoks'; did you mean '--car.make.spokes'?",
        ),
        (
            {"make": {"class_path": "Wheel", "init_args": {"spokes": "x"}}},
            "--car.make.spokes must be a whole number, got 'x'.",
        ),
        ({"make": {"class_path": "Wheel", "args": 1}}, "unknown key '--car.make.args'; did you mean"),
        ({"make": "pathlib.Path"}, "--car.make names 'pathlib.Path', which is no Part; give a subclass of that."),
        ({"parts": [{"class_path": "Part"}, {"class_path": "Weel"}]}, "unknown class for --car.parts.1 'Weel'"),
        ({"parts": [{"class_path": "Wheel", "init_args": {"size": "x"}}]}, "--car.parts.0.size must be a whole number"),
        ({"nunber": 3}, "unknown key '--car.nunber'; did you mean '--car.number'?"),
    ],
)
def test_bad_value(given, said):
    assert refusal(given).startswith(said)


def test_missing_argument():
    with pytest.raises(UsageError, match=r"^--car.path is missing; add --car.path VALUE.$"):
        check_arguments("--car", {}, Car)


def test_open_signature_and_unknown_types_are_left_to_the_builder():
    """``Decimal`` is known to type checkers alone; ``**more`` takes any name."""
    check_arguments("--bus", {"path": 3, "price": "x", "seats": 5}, Bus)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere.Car", "--car names the class 'nowhere.Car', which can't be imported: No module named 'nowhere'."),
        ("pathlib.Paht", "has no attribute 'Paht'"),
        ("pathlib.Path", "which is no Part"),
        ("collections.abc.Sized.__len__", "can't be imported"),
    ],
)
def test_class_that_cannot_be_used(path, said):
    with pytest.raises(UsageError) as refused:
        check_group("--car", {"class_path": path}, Part)
    assert said in str(refused.value)


def test_abstract_class():
    with pytest.raises(UsageError, match="which is abstract"):
        check_group("--set", {"class_path": "collections.abc.MutableSet"}, object)


def test_class_is_given_back():
    assert check_group("--car", {"class_path": "Wheel", "init_args": None}, Part) is Wheel

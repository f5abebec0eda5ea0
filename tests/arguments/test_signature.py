"""Types of arguments by the source: those that Python itself finds."""

import inspect
import subprocess
import sys
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_type_hints

import pytest

from embedbench.arguments.hints import Range, in_words, is_known, members, plain
from embedbench.arguments.signature import argument_hint, arguments
from embedbench.catalog import class_at, load_yaml, names

FILES = [path for folder in ("data", "model", "suite") for path in names(f"conf/{folder}").values()]
CLASSES = sorted({load_yaml(path)["class_path"] for path in FILES})


PLAIN = {str, Path, int, float, bool, NoneType}


@pytest.mark.parametrize("path", [*CLASSES, "lightning.pytorch.Trainer", "embedbench.encoders.hugging_face.Pretrained"])
def test_every_argument_is_known_by_its_source(path):
    """Its types, ranges and choices as Python itself finds them, its default, and what it means."""
    target = class_at(path)
    hints = get_type_hints(target.__init__, include_extras=True)
    found = {one.name: one for one in arguments(path)}
    assert [*found] == [*inspect.signature(target).parameters]
    for name, parameter in inspect.signature(target).parameters.items():
        hint, default = found[name].hint, found[name].default
        assert hint is not Any, name
        assert (default is None) == (parameter.default is parameter.empty), name
        assert {kind for kind in members(hint) if plain(kind) in PLAIN} == {
            kind for kind in members(hints[name]) if plain(kind) in PLAIN
        }, name
        if is_known(hints[name]):
            assert in_words(hint) == in_words(hints[name])
        if path.startswith("embedbench"):
            assert found[name].meaning, f"{path}: the docstring doesn't say what {name} means"
            assert not found[name].meaning.startswith("See the base class")


def test_encoder_is_known_by_its_name_alone():
    assert argument_hint("Flat", "spec") is not Any
    assert [one.name for one in arguments("MLP")][:3] == ["spec", "width", "depth"]
    assert argument_hint("Nothing", "path") is Any


MINE = '''
from __future__ import annotations
from typing import Annotated, Optional, Union
import base_of_mine
from base_of_mine import Base, Name
from embedbench.arguments.hints import Range
Some = Annotated[int, "said", Range(ge=1, lt=9)]
if True:
    Alias = Union["Name", None]
class Mine(Base):
    """Mine.

    Args:
        a: On one line
            and the next.
        c: Another; f: not one.
    """
    def __init__(self, a: Alias, b: "Annotated[str, 3]", *, c: Optional[list[str]] = None, d=1,
                 f: Some | None = 3, g: Annotated[float, Range(ge=LEAST)] = 0.5, **kwargs): ...
class Closed(Base):
    def __init__(self, a: str): ...
class Loop(Loop): ...
raise ImportError("never imported")
'''


def test_source_of_a_user(tmp_path, monkeypatch):
    """Aliases, bases and annotations as texts are followed; what isn't said is not known; nothing is imported."""
    (tmp_path / "mine.py").write_text(MINE, encoding="utf8")
    (tmp_path / "base_of_mine.py").write_text(
        "Name = str\nclass Base:\n    def __init__(self, e: Name | int = 1): ...\n", encoding="utf8"
    )
    (tmp_path / "broken.py").write_text("def (", encoding="utf8")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert argument_hint("mine.Mine", "a") == str | None
    assert argument_hint("mine.Mine", "b") is str
    assert argument_hint("mine.Mine", "c") == list[str] | None
    assert argument_hint("mine.Mine", "e") == str | int
    assert argument_hint("mine.Mine", "f") == Annotated[int, Range(ge=1, lt=9)] | None
    assert argument_hint("mine.Mine", "g") is float  # a bound that has a name is left to the constructor
    unknown = [("mine.Mine", "d"), ("mine.Closed", "e"), ("mine.Loop", "a"), ("broken.A", "a"), ("no.such.B", "a")]
    assert all(argument_hint(*one) is Any for one in unknown)
    found = {one.name: one for one in arguments("mine.Mine")}
    assert [*found] == ["a", "b", "c", "d", "f", "g", "e"]
    assert [found[name].default for name in "abcde"] == [None, None, "None", "1", "1"]
    assert (found["a"].meaning, found["c"].meaning, found["b"].meaning) == (
        "On one line and the next.",
        "Another; f: not one.",
        "",
    )
    assert "mine" not in sys.modules


def test_types_of_the_trainer_are_found_without_lightning():
    code = (
        "import sys; from embedbench.arguments.signature import argument_hint as hint; "
        "assert int in hint('lightning.pytorch.trainer.trainer.Trainer', 'devices').__args__; "
        "assert 'lightning' not in sys.modules"
    )
    root = Path(__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0

"""Types of arguments by the source: those that Python itself finds."""

import inspect
import subprocess
import sys
from pathlib import Path
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import pytest

from embedbench.catalog import class_at, load_yaml, names
from embedbench.request.signature import Kind, argument_kinds

FILES = [path for folder in ("data", "model", "suite") for path in names(f"conf/{folder}").values()]
CLASSES = sorted({load_yaml(path)["class_path"] for path in FILES})


def text_in(hint):
    """Whether a type takes a text, and what else of the plain ones."""
    kinds = get_args(hint) if get_origin(hint) not in (None, list, dict) else (hint,)
    return {kind.__name__ for kind in kinds if kind in (str, Path, int, float, bool)} | (
        {"None"} if NoneType in kinds else set()
    )


@pytest.mark.parametrize("path", [*CLASSES, "lightning.pytorch.Trainer", "embedbench.encoders.hugging_face.Pretrained"])
def test_every_argument_is_known_by_its_source(path):
    target = class_at(path)
    hints = get_type_hints(target.__init__)
    plain = {"str", "Path", "int", "float", "bool", "None"}
    for name in inspect.signature(target).parameters:
        found = argument_kinds(path, name)
        assert found, name
        assert {kind.name for kind in found} & plain == text_in(hints[name]), name


def test_encoder_is_known_by_its_name_alone():
    assert argument_kinds("Pretrained", "path") == (Kind("str"),)
    assert argument_kinds("Nothing", "path") == ()


MINE = """
from __future__ import annotations
from typing import Annotated, Optional, Union
import base_of_mine
from base_of_mine import Base, Name
if True:
    Alias = Union["Name", None]
class Mine(Base):
    def __init__(self, a: Alias, b: "Annotated[str, 3]", *, c: Optional[list[str]] = None, d=1, **kwargs): ...
class Closed(Base):
    def __init__(self, a: str): ...
class Loop(Loop): ...
raise ImportError("never imported")
"""


def test_source_of_a_user(tmp_path, monkeypatch):
    """Aliases, bases and annotations as texts are followed; what isn't said is not known; nothing is imported."""
    (tmp_path / "mine.py").write_text(MINE, encoding="utf8")
    (tmp_path / "base_of_mine.py").write_text(
        "Name = str\nclass Base:\n    def __init__(self, e: Name | int = 1): ...\n", encoding="utf8"
    )
    (tmp_path / "broken.py").write_text("def (", encoding="utf8")
    monkeypatch.syspath_prepend(str(tmp_path))
    text, none = Kind("str"), Kind("None")
    assert argument_kinds("mine.Mine", "a") == (text, none)
    assert argument_kinds("mine.Mine", "b") == (text,)
    assert argument_kinds("mine.Mine", "c") == (Kind("list", (text,)), none)
    assert argument_kinds("mine.Mine", "e") == (text, Kind("int"))
    unknown = [("mine.Mine", "d"), ("mine.Closed", "e"), ("mine.Loop", "a"), ("broken.A", "a"), ("no.such.B", "a")]
    assert [argument_kinds(*one) for one in unknown] == [()] * len(unknown)
    assert "mine" not in sys.modules


def test_types_of_the_trainer_are_found_without_lightning():
    code = (
        "import sys; from embedbench.request.signature import argument_kinds as kinds; "
        "assert kinds('lightning.pytorch.trainer.trainer.Trainer', 'devices'); assert 'lightning' not in sys.modules"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0

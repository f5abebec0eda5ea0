"""Whatever an embedding follows from changes a digest; what it doesn't follow from changes none."""

import importlib
import sys

import pytest
import torch
from torch import nn

from embedbench.paradigms.base import Paradigm
from embedbench.paradigms.baseline.random import Random
from embedbench.run.store import cache_key
from embedbench.run.store.cache_key import code_content, model_content, setting_content
from embedbench.types import DataSpec

SPEC = DataSpec("tabular", (6,), 10, "none")


class Part(nn.Module):
    """A part with a setting, a tensor that is not saved and what fitting leaves."""

    def __init__(self):
        super().__init__()
        self.power, self.sizes = 2, (3, 4)
        self.weight = nn.Parameter(torch.arange(6.0).reshape(2, 3))
        self.register_buffer("scale", torch.ones(2), persistent=False)


class Whole(Paradigm):
    kind, fitting = "baseline", "none"

    def __init__(self, spec):
        super().__init__(spec, 2)
        self.part, self.steps = Part(), 0

    def embed(self, x):
        return x


CHANGES = {
    "a weight": lambda model: model.part.weight.data[1, 2].add_(1e-6),
    "a buffer that isn't saved": lambda model: model.part.scale[0].add_(1),
    "a type of number": lambda model: model.part.half(),
    "a shape": lambda model: setattr(model.part, "weight", nn.Parameter(torch.arange(6.0).reshape(3, 2))),
    "a setting of a part": lambda model: setattr(model.part, "power", 3),
    "settings of a part": lambda model: setattr(model.part, "sizes", (3, 5)),
    "a class": lambda model: setattr(model, "part", type("Other", (Part,), {})()),
    "a further part": lambda model: model.part.add_module("norm", nn.LayerNorm(2)),
    "the spec": lambda model: setattr(model, "spec", SPEC._replace(vocabulary="other")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_model(change):
    model, same = Whole(SPEC), Whole(SPEC)
    assert model_content(model) == model_content(same)
    change(model)
    assert model_content(model) != model_content(same)


def test_what_a_fit_leaves_is_no_content():
    model, same = Whole(SPEC), Whole(SPEC)
    model.steps = 7
    model.train()
    model.notes.append("something")
    same.eval()
    assert model_content(model) == model_content(same)


def test_weights_of_few_bits_and_single_numbers_are_read():
    model = Whole(SPEC)
    model.part.weight = nn.Parameter(torch.tensor(1.5, dtype=torch.bfloat16))
    before = model_content(model)
    with torch.no_grad():
        model.part.weight.add_(0.5)
    assert model_content(model) != before


def test_setting_and_the_files_that_it_names(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("one", encoding="utf8")
    setting = {"class_path": "a.B", "init_args": {"deep": [{"words": str(path)}], "rate": 0.1}}
    before = setting_content(setting)
    assert before == setting_content({"init_args": setting["init_args"], "class_path": "a.B"})
    path.write_text("two", encoding="utf8")
    assert setting_content(setting) != before
    assert setting_content({**setting, "class_path": "a.C"}) != setting_content(setting)
    frozen = "embedbench.paradigms.baseline.pretrained.FrozenEncoder"
    folder = {"class_path": frozen, "init_args": {"path": str(tmp_path)}}
    before = setting_content(folder)
    path.write_text("six", encoding="utf8")
    assert setting_content(folder) != before


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A package outside of this one with a paradigm, and a module beside it."""
    package = tmp_path / "theirs"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "helper.py").write_text("SCALE = 2\n", encoding="utf8")
    (package / "model.py").write_text(
        "from embedbench.paradigms.baseline.random import Random\n\n\nclass Mine(Random):\n    pass\n", encoding="utf8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield package, importlib.import_module("theirs.model").Mine(SPEC)
    for name in [name for name in sys.modules if name.partition(".")[0] == "theirs"]:
        del sys.modules[name]


def test_code_of_a_class_of_ones_own(outside):
    package, model = outside
    before = code_content(model)
    assert before == code_content(model)
    assert before != code_content(Random(SPEC))
    (package / "helper.py").write_text("SCALE = 3\n", encoding="utf8")
    assert code_content(model) != before


def test_code_of_this_package(monkeypatch):
    model, real = Random(SPEC), cache_key.own_sources
    before = code_content(model)
    monkeypatch.setattr(cache_key, "own_sources", lambda *names: (*real(*names), "a line"))
    assert code_content(model) != before


@pytest.mark.parametrize("library", ["torch", "transformers"])
def test_another_version_of_a_library(library, monkeypatch):
    model, real = Random(SPEC), cache_key.versions
    before = code_content(model)
    monkeypatch.setattr(cache_key, "versions", lambda *names: [f"{one}0" * (library in one) for one in real(*names)])
    assert code_content(model) != before


def test_class_without_source_has_no_code():
    kind = type("Typed", (Random,), {"__module__": "nowhere_to_be_found"})
    assert code_content(kind(SPEC)) is None


def test_evaluation_is_no_part_of_the_step():
    """A metric that is added, or any other change of how embeddings are scored, embeds nothing anew."""
    assert not {"evaluation", "results", "run", "request", "commands"} & set(cache_key._STEP)

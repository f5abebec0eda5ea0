"""What the lowest versions are that the project is tested with: those that it says it takes."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]


def lines(text):
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def bounds():
    """The lower bound of each package that the package or its extras of data and pictures need."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    parts = [re.search(r"^dependencies = \[(.*?)^\]", text, re.DOTALL | re.MULTILINE)[1]]
    parts += [re.search(rf"^{name} = \[(.*)\]", text, re.MULTILINE)[1] for name in ("files", "hub", "anndata", "plots")]
    found = [Requirement(word) for part in parts for word in re.findall(r'"([^"]+)"', part)]
    return {one.name: next(s.version for s in one.specifier if s.operator == ">=") for one in found}


def pinned(name):
    found = map(Requirement, lines((ROOT / name).read_text(encoding="utf8")))
    return {one.name: next(iter(one.specifier)).version for one in found}


def test_they_are_the_lower_bounds():
    low, bound = pinned("constraints-lowest.txt"), bounds()
    assert low.keys() == bound.keys()
    assert low.pop("torch") == pinned("constraints.txt")["torch"]
    for name, version in low.items():
        assert Version(version.removesuffix(".*")) == Version(bound[name]), name


@pytest.mark.parametrize("name", ["numpy", "faiss-cpu"])
def test_bounds_are_read(name):
    assert name in bounds()

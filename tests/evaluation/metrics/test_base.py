from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embedbench.catalog import metric_entries
from embedbench.evaluation.metrics import base
from embedbench.evaluation.metrics.base import discover
from embedbench.evaluation.suite import Suite

EVERYWHERE = {"clustering", "latent", "probe", "retrieval", "separation"}
OF_LEVELS = {"lca_height@1"}  # of a hierarchy, which these rows don't have
OF_SAMPLES = {"uniformity_se", "search_recall", "silhouette_se", "best_silhouette_se"}  # for more rows than these

NEW = '''
"""A family in a file of its own."""

from embedbench.evaluation.metrics.base import family
from embedbench.types import Measure


@family("size", {"dim": Measure(1, 9, "none")}, needs="none")
def size(space):
    """Number of dimensions."""
    return {"dim": float(space.query.dim)}
'''


def test_a_new_file_is_a_new_family(tmp_path, monkeypatch, random_pair):
    from embedbench.evaluation.space import Rows

    (tmp_path / "newcomer.py").write_text(NEW, encoding="utf8")
    (tmp_path / "conf" / "metric").mkdir(parents=True)
    (tmp_path / "conf" / "metric" / "size.yaml").write_text("family: newcomer.size\n", encoding="utf8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "newcomer", raising=False)
    suite = Suite(metrics=["size"])
    assert suite.measures() == {"size/dim": (1, 9, "none")}
    assert suite.score(Rows(*random_pair[0]), {"val": Rows(*random_pair[1])}) == {"val": {"size/dim": 6.0}}


def test_every_file_of_this_folder_is_found():
    """No family is left out: each module or folder here, but for the base, is what a file of conf/metric names."""
    folder = Path(base.__file__).parent
    lie_here = {path.stem for path in folder.iterdir() if path.stem[0] != "_"} - {"base"}
    assert lie_here == {family.name for family in discover()} == metric_entries().keys()


def test_headlines_are_of_measures_that_there_are():
    known = {family.name: set() for family in discover()}
    for family in discover():
        known[family.name] |= family.measures.keys()
    for name, entry in metric_entries().items():
        assert set(entry.headline) <= known[name], name


def test_each_measure_is_declared_once_for_a_kind_of_label_and_alike_for_all():
    names = [f"{family.name}/{name}" for family in discover() for name in family.measures]
    kinds = [(family.needs, f"{family.name}/{name}") for family in discover() for name in family.measures]
    assert len(kinds) == len(set(kinds))
    declared = {(f"{family.name}/{name}", one) for family in discover() for name, one in family.measures.items()}
    assert len(declared) == len(set(names))
    assert {name.partition("/")[0] for name in names} == {
        *EVERYWHERE,
        "disentanglement",
        "generative",
        "geometry",
        "masked",
        "relevance",
        "words",
    }


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize("target", ["classes", "real", "multilabel", "none"])
def test_families_return_what_they_declare(make_space, pair, distance, target):
    (z_gallery, y_gallery), (z_query, y_query) = pair
    kinds = {"classes": (y_gallery, y_query), "real": (y_gallery * 0.5, y_query * 0.5), "none": (None, None)}
    kinds["multilabel"] = tuple(np.arange(6) <= y[:, None] for y in (y_gallery, y_query))
    labels = kinds[target]
    space = make_space((z_gallery, labels[0]), (z_query, labels[1]), distance=distance)
    for family in discover():
        if family.fits(target):
            found = family(space)
            # the others need known factors, an input space, or what a model says, which these rows don't have
            lost = OF_SAMPLES | OF_LEVELS | ({"log_loss"} if set(y_query) - set(y_gallery) else set())
            assert found.keys() == (family.measures.keys() - lost if family.name in EVERYWHERE else set())
            assert all(type(value) is float and math.isfinite(value) for value in found.values())
            for name, value in found.items():
                assert family.measures[name].low - 1e-6 <= value <= family.measures[name].high + 1e-6


@pytest.mark.parametrize(
    "z",
    [np.zeros((30, 4)), np.full((30, 4), 1000.1), np.repeat(np.eye(3), 10, axis=0), np.ones((30, 1)) * 1e-40],
    ids=["zero", "constant", "duplicates", "subnormal"],
)
def test_degenerate_embeddings_are_defined(make_space, z):
    label = np.tile([0, 1, 2], 10)
    labelled = make_space((z, label), (z[:9], label[:9]))
    real = make_space((z, label / 3), (z[:9], label[:9] / 3))
    hot = np.eye(3, dtype=bool)[label]
    several = make_space((z, hot), (z[:9], hot[:9]))
    spaces = {"real": real, "multilabel": several}
    for family in discover():
        for value in family(spaces.get(family.needs, labelled)).values():
            assert math.isfinite(value)


def test_listing_needs_no_heavy_library():
    code = (
        "import sys; from embedbench.evaluation.metrics.base import discover;"
        "from embedbench.evaluation.suite import Suite;"
        "discover(); Suite().measures();"
        "print(sorted({'torch', 'lightning', 'sklearn', 'scipy', 'faiss', 'pandas'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

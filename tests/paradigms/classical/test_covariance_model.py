"""What no machine, or not this one, can decompose is refused before anything is fitted."""

import pytest

from embedbench.errors import UsageError
from embedbench.paradigms.classical.factor_analysis import FactorAnalysis
from embedbench.paradigms.classical.pca import PCA
from embedbench.paradigms.classical.ppca import PPCA
from embedbench.types import DataSpec

MODELS = (PCA, PPCA, FactorAnalysis)
ROWS = {"train": 300, "val": 30, "test": 60}


def test_the_smaller_side_decides():
    """300 photos of 30,000 numbers go through the rows; 30,000 of them through neither."""
    PCA(DataSpec("tabular", (30_000,), 300, "none"), 2)
    with pytest.raises(UsageError, match=r"takes at most 20,000 features or train rows, .* got 30,000 features"):
        PCA(DataSpec("tabular", (30_000,), 30_000, "none"), 2)


@pytest.mark.parametrize("kind", [PPCA, FactorAnalysis])
def test_factors_of_many_features_would_take_long(kind):
    with pytest.raises(UsageError, match="the covariance takes at most 20000 features, got 30000"):
        kind(DataSpec("tabular", (30_000,), 300, "none"), 2)


@pytest.mark.parametrize("kind", MODELS)
def test_what_the_memory_cannot_hold_is_refused(kind, monkeypatch):
    spec = DataSpec("tabular", (2_000,), 300, "none")  # 4.8 MB in float64, of which the fit holds three
    monkeypatch.setattr("embedbench.memory.memory", lambda: 14_400_000)
    kind(spec, 2).check(ROWS)
    monkeypatch.setattr("embedbench.memory.memory", lambda: 14_399_999)
    model = kind(spec, 2)  # a finished run embeds with less
    with pytest.raises(UsageError, match=rf"the fit of model `{kind.called()}` needs 0\.0 GB of memory"):
        model.check(ROWS)
    monkeypatch.setattr("embedbench.memory.memory", lambda: 4_799_999)
    with pytest.raises(UsageError, match=rf"model `{kind.called()}` needs 0\.0 GB of memory"):
        kind(spec, 2)

"""Stress against plain loops and scikit-learn, and what leaves it as it is."""

import math

import numpy as np
import pytest
import sklearn
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr
from sklearn.manifold import MDS

from embedbench.paradigms.relational.stress import stress

KINDS = ["raw", "normalised", "sammon", "correlation"]


def t(*values):
    return torch.tensor(values, dtype=torch.float64)


def pairs(seed, n=40):
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(3, n, generator=rng, dtype=torch.float64).unbind()


@pytest.mark.parametrize(
    ("kind", "value"), [("raw", 0.5 * 1 + 2 * 4), ("normalised", 8.5 / 8.5), ("sammon", (0.5 + 4) / 4.5)]
)
def test_two_pairs_by_hand(kind, value):
    """Distances 1 and 2 became 2 and 0; the first pair weighs a half, the second 2."""
    assert float(stress(t(1, 2), t(2, 0), t(0.5, 2), kind)) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_equals_a_plain_loop(kind):
    d_in, d_out, weight = pairs(0)
    top = below = 0.0
    for a, b, w in zip(d_in.tolist(), d_out.tolist(), weight.tolist(), strict=True):
        top += w * (a - b) ** 2 / (a if kind == "sammon" else 1)
        below += w * {"raw": 0.0, "normalised": a * a, "sammon": a}.get(kind, 0.0)
    cov = np.cov(d_in.numpy(), d_out.numpy(), aweights=weight.numpy())
    wanted = 1 - cov[0, 1] / math.sqrt(cov[0, 0] * cov[1, 1]) if kind == "correlation" else top / (below or 1)
    assert float(stress(d_in, d_out, weight, kind)) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.skipif(sklearn.__version__.startswith("1.5."), reason="scikit-learn 1.5 gives that before its last step")
@pytest.mark.filterwarnings("ignore::FutureWarning")  # defaults of scikit-learn that will change
def test_raw_equals_the_stress_of_scikit_learn():
    x = np.random.default_rng(0).normal(size=(30, 6))
    mds = MDS(2, n_init=1, normalized_stress=False, random_state=0, max_iter=2000, eps=1e-9)
    d_out = torch.pdist(torch.from_numpy(mds.fit_transform(x)))
    found = stress(torch.pdist(torch.from_numpy(x)), d_out, torch.ones_like(d_out), "raw")
    assert float(found) == pytest.approx(mds.stress_, rel=1e-6)


def test_correlation_equals_scipy():
    d_in, d_out, weight = pairs(1)
    wanted = 1 - pearsonr(d_in, d_out).statistic
    assert float(stress(d_in, d_out, torch.ones_like(weight), "correlation")) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 100))
def test_properties(kind, seed, factor):
    d_in, d_out, weight = pairs(seed)
    value = float(stress(d_in, d_out, weight, kind))
    order = torch.randperm(len(d_in), generator=torch.Generator().manual_seed(seed))
    assert value >= 0
    assert float(stress(d_in, d_in, weight, kind)) == pytest.approx(0, abs=1e-12)
    assert float(stress(d_in[order], d_out[order], weight[order], kind)) == pytest.approx(value, rel=1e-9)
    if kind != "raw":  # another unit of both, or of all weights, changes nothing
        assert float(stress(factor * d_in, factor * d_out, weight, kind)) == pytest.approx(value, rel=1e-9)
        assert float(stress(d_in, d_out, factor * weight, kind)) == pytest.approx(value, rel=1e-9)
    if kind == "correlation":
        assert float(stress(d_in, factor * d_out, weight, kind)) == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_gradient_is_finite_where_rows_coincide(kind):
    d_out = t(0, 1, 2).requires_grad_()
    for d_in, weight in ((t(0, 0, 1), t(1, 1, 1)), (t(0, 0, 0), t(1, 1, 1)), (t(1, 2, 3), t(0, 0, 0))):
        d_out.grad = None
        value = stress(d_in, d_out, weight, kind)
        value.backward()
        assert bool(value.isfinite())
        assert bool(d_out.grad.isfinite().all())


def test_sammon_leaves_out_equal_rows():
    assert float(stress(t(0, 2), t(5, 1), t(1, 1), "sammon")) == pytest.approx(0.5 / 2)

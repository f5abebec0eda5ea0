from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import ortho_group, skew
from sklearn.neighbors import NearestNeighbors

from embedbench.evaluation.metrics import latent as module
from embedbench.evaluation.metrics.latent import anisotropy, effective_rank, hubness, latent, uniformities, uniformity
from embedbench.evaluation.space import directions


def _reference(z):
    exact = z.astype(float)
    share = np.sqrt(np.clip(np.linalg.eigvalsh(np.cov(exact.T)), 0, None))
    share = share[share > 1e-7 * share.max()] / share.sum()
    unit = exact / np.linalg.norm(exact, axis=1, keepdims=True)
    return {
        "effective_rank": np.exp(-(share * np.log(share)).sum()),
        "uniformity": np.log(np.exp(-2 * pdist(unit, "sqeuclidean")).mean()),
        "anisotropy": 1 - pdist(unit, "cosine").mean(),
    }


@pytest.mark.parametrize("block", [1000, 4_000_000])
def test_equals_its_definitions(make_space, pair, monkeypatch, block):
    monkeypatch.setattr(module, "_BLOCK", block)
    z = pair[1][0][pair[1][0].any(axis=1)]
    found = latent(make_space(pair[0], (z,)))
    found.pop("hubness")
    assert found == pytest.approx(_reference(z), abs=1e-5, rel=1e-5)


def test_hubness_equals_scipy_on_scikit_learns_neighbours(make_space, untied_digits):
    (z_gallery, _), (z_query, _) = untied_digits
    near = NearestNeighbors(n_neighbors=10, algorithm="brute").fit(z_gallery.astype(float))
    count = np.bincount(near.kneighbors(z_query.astype(float))[1].ravel(), minlength=len(z_gallery))
    assert latent(make_space(*untied_digits))["hubness"] == pytest.approx(skew(count), abs=1e-5)


def test_hubness_equals_scipy_skew():
    near = np.random.default_rng(0).integers(0, 40, (90, 10)) ** 2 // 40
    assert hubness(near, 50) == pytest.approx(skew(np.bincount(near.ravel(), minlength=50)))
    assert hubness(np.arange(20).reshape(2, 10), 20) == 0


@pytest.mark.parametrize("offset", [0, 1000])
def test_effective_rank_of_known_spectra(offset):
    cross = np.concatenate([np.eye(6), -np.eye(6)])[:, :4].astype(np.float32) + np.float32(offset)
    assert effective_rank(cross) == pytest.approx(4)
    line = np.outer(np.arange(9), [1, 2, 3]).astype(np.float32) + np.float32(offset)
    assert effective_rank(line) == pytest.approx(1, abs=1e-9)
    assert effective_rank(np.full((7, 3), 0.1 + offset, np.float32)) == 0


def test_pairs_by_hand():
    opposite = np.array([[1.0, 0], [-1, 0]], np.float32)
    assert (uniformity(opposite), anisotropy(opposite)) == pytest.approx((-8, -1))
    same = np.array([[0.6, 0.8], [0.6, 0.8]], np.float32)
    assert (uniformity(same), anisotropy(same)) == pytest.approx((0, 1), abs=1e-6)


def test_left_out_where_undefined(make_space):
    z = np.random.default_rng(0).normal(size=(9, 3))
    assert latent(make_space((z,), (z[:1],))).keys() == {"effective_rank"}


def test_uniformity_of_many_rows_is_of_a_sample_with_its_error(monkeypatch):
    z = np.random.default_rng(0).normal(0.5, 1, (3000, 3)).astype(np.float32)
    exact = uniformities(directions(z))
    assert exact.keys() == {"uniformity"}
    monkeypatch.setattr(module, "_EXACT", 2999)
    monkeypatch.setattr(module, "_ANCHORS", 300)
    found = uniformities(directions(z))
    assert 0 < found["uniformity_se"] < 0.03
    assert abs(found["uniformity"] - exact["uniformity"]) < 3 * found["uniformity_se"]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), dim=st.integers(2, 6))
def test_turning_and_scaling_change_nothing(seed, dim):
    rng = np.random.default_rng(seed)
    z = (rng.normal(size=(40, dim)) + rng.normal(size=dim)).astype(np.float32)
    moved = (z @ ortho_group.rvs(dim, random_state=seed % 1000) * 3).astype(np.float32)
    assert effective_rank(moved) == pytest.approx(effective_rank(z), rel=1e-5)
    assert uniformity(directions(moved)) == pytest.approx(uniformity(directions(z)), abs=1e-5)
    assert anisotropy(directions(moved)) == pytest.approx(anisotropy(directions(z)), abs=1e-5)
    assert 1 - 1e-6 <= effective_rank(z) <= dim + 1e-6

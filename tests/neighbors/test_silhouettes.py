from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import silhouette_samples
from threadpoolctl import threadpool_limits

from embedbench.neighbors import silhouettes as module
from embedbench.neighbors.silhouettes import silhouettes, silhouettes_of


@pytest.fixture(params=[(64, 8_000_000), (512, 8_000_000), (64, 3_000), (64, 1)], ids=str)
def tiled(request, monkeypatch):
    """Tiles smaller than the rows, and strips of one or of some blocks."""
    monkeypatch.setattr(module, "_SIDE", request.param[0])
    monkeypatch.setattr(module, "_SUMS", request.param[1])


@pytest.mark.parametrize("offset", [0, 1000])
def test_samples_equal_scikit_learn(pair, tiled, offset):
    z, label = pair[0]
    z = z + np.float32(offset)
    other = np.random.default_rng(0).integers(10, 17, len(z))
    found = silhouettes(z, [label, other])
    for samples, group in zip(found, (label, other), strict=True):
        np.testing.assert_allclose(samples, silhouette_samples(z.astype(float), group), atol=2e-6)


@pytest.mark.parametrize("offset", [0, 1000])
def test_some_samples_equal_scikit_learn(pair, tiled, offset):
    z, label = pair[0]
    z = z + np.float32(offset)
    rng = np.random.default_rng(0)
    other, chosen = rng.integers(10, 17, len(z)), rng.permutation(len(z))[: len(z) // 2]
    found = silhouettes_of(z, [label, other], chosen)
    for samples, group in zip(found, (label, other), strict=True):
        expected = silhouette_samples(z.astype(float), group)[chosen]
        np.testing.assert_allclose(samples, expected, atol=2e-6)


def test_one_pass_gives_what_each_alone_gives(pair):
    z, label = pair[0]
    other = np.random.default_rng(1).integers(0, 3, len(z))
    both = silhouettes(z, [other, label])
    np.testing.assert_allclose(both[0], silhouettes(z, [other])[0], atol=5e-6)
    np.testing.assert_allclose(both[1], silhouettes(z, [label])[0], atol=5e-6)


@pytest.mark.parametrize(
    "look", [silhouettes, partial(silhouettes_of, chosen=np.arange(333, 0, -3))], ids=["all", "some"]
)
def test_threads_change_no_bit(look, monkeypatch):
    monkeypatch.setattr(module, "_SIDE", 16)
    rng = np.random.default_rng(0)
    z, label = rng.normal(size=(400, 6)).astype(np.float32), rng.integers(0, 5, 400)
    for threads in (1, 2, 3):
        with threadpool_limits(threads, user_api="blas"):
            found = look(z, [label])[0]
        if threads == 1:
            first = found
        np.testing.assert_array_equal(found, first)


def test_rows_of_tight_groups_are_told_apart():
    # Within groups rows are 1e-3 apart, at lengths of 10: float32 alone has no digit of their squared distances.
    rng = np.random.default_rng(0)
    z = (10 * rng.normal(size=(4, 12))[np.arange(800) % 4] + rng.normal(size=(800, 12)) * 3e-4).astype(np.float32)
    label = (np.arange(800) % 4) * 2 + rng.integers(0, 2, 800)
    expected = silhouette_samples(z.astype(float), label)
    assert np.abs(expected).max() < 0.1
    np.testing.assert_allclose(silhouettes(z, [label])[0], expected, atol=1e-5)
    chosen = rng.permutation(800)[:300]
    np.testing.assert_allclose(silhouettes_of(z, [label], chosen)[0], expected[chosen], atol=1e-5)


def test_as_many_groups_as_it_takes():
    rng = np.random.default_rng(0)
    z, label = rng.normal(size=(900, 3)).astype(np.float32), np.arange(900) // 2
    label[-1] = 1000  # a row alone
    expected = silhouette_samples(z.astype(float), label)
    np.testing.assert_allclose(silhouettes(z, [label])[0], expected, atol=2e-6)
    chosen = np.arange(899, 0, -2)  # the lone row first
    np.testing.assert_allclose(silhouettes_of(z, [label], chosen)[0], expected[chosen], atol=2e-6)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-15, 1.0, 1e15]), shift=st.sampled_from([0.0, 8.0]))
def test_turning_moving_and_scaling_change_nothing(seed, scale, shift):
    rng = np.random.default_rng(seed)
    z, label = rng.normal(size=(60, 4)), np.arange(60) % 3
    z[label == 1, 0] += 2
    turn, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    moved = ((z @ turn + shift) * scale).astype(np.float32)
    order = rng.permutation(60)
    found = silhouettes(moved[order], [label[order]])[0]
    np.testing.assert_allclose(found, silhouettes(z.astype(np.float32), [label])[0][order], atol=1e-5)


def test_memory_grows_with_the_rows(monkeypatch):
    """Less than two copies of the input, tiles apart."""
    import tracemalloc

    rng = np.random.default_rng(0)
    z, label = rng.normal(size=(20_000, 32)).astype(np.float32), rng.integers(0, 10, 20_000)
    silhouettes(z[:1000], [label[:1000]])
    tracemalloc.start()
    silhouettes(z, [label])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2 * z.nbytes + 20e6


def test_memory_of_a_sample_is_its_own_and_blocks(monkeypatch):
    """Half of the input is more than it takes."""
    import tracemalloc

    rng = np.random.default_rng(0)
    z, label = rng.normal(size=(60_000, 128)).astype(np.float32), rng.integers(0, 10, 60_000)
    silhouettes_of(z[:1000], [label[:1000]], np.arange(9))
    tracemalloc.start()
    silhouettes_of(z, [label], rng.choice(60_000, 500, replace=False))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < z.nbytes / 2

"""An offset or scale is taken away without rounding whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.neighbors import normaliser
from embedbench.neighbors.normaliser import Normaliser, parts


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_centre_is_made_of_medians_and_scale_is_a_power_of_two(kind):
    rows = np.random.default_rng(0).normal(100, 6, (501, 3)).astype(kind)
    found = Normaliser.of(rows)
    np.testing.assert_array_equal(found.centre, np.median(rows, axis=0))
    spread = np.median(np.abs(rows - found.centre).max(axis=1))
    assert 2.0**found.exponent <= spread < 2.0 ** (found.exponent + 1)
    placed = found.normalise(rows)
    assert placed.dtype == kind
    np.testing.assert_allclose(np.ldexp(placed.astype(float), found.exponent) + found.centre, rows, rtol=1e-7)


@pytest.mark.parametrize("far", [1e8, 1e30, 3e38])
def test_far_rows_move_neither_centre_nor_scale(far):
    rows = np.random.default_rng(0).normal(5, 1, (300, 4)).astype(np.float32)
    near, rows[::7, 2] = Normaliser.of(rows), far
    moved = Normaliser.of(rows)
    assert abs(moved.exponent - near.exponent) <= 1
    assert np.abs(moved.centre - near.centre).max() < 0.5


def test_a_sample_of_many_rows_is_looked_at(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(5000, 2)).astype(np.float32)
    whole = Normaliser.of(rows)
    monkeypatch.setattr(normaliser, "_SAMPLE", 100)
    some = Normaliser.of(rows)
    assert np.abs(some.centre - whole.centre).max() < 0.5
    assert some.centre[0] in rows[:, 0]


def test_a_view_of_the_rows_has_their_frame():
    rows = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    assert Normaliser.of(rows, lambda some: some * 8 + 100).exponent == Normaliser.of(rows * 8 + 100).exponent
    np.testing.assert_array_equal(
        Normaliser.of(rows, lambda some: some * 8 + 100).centre, Normaliser.of(rows * 8 + 100).centre
    )


@pytest.mark.parametrize(("most", "lengths"), [(1, [1] * 7), (9, [3, 3, 1]), (100, [7])])
def test_parts_are_runs_of_rows(most, lengths):
    assert [len(np.arange(7)[some]) for some in parts((7, 3), most)] == lengths


def test_equal_rows_are_centred():
    assert not Normaliser.of(np.full((5, 3), 7.1, np.float32)).normalise(np.full((2, 3), 7.1, np.float32)).any()


def test_far_rows_are_cut_and_their_order_in_memory_is_plain():
    found = Normaliser.of(np.asfortranarray(np.eye(4, dtype=np.float32)))
    placed = found.normalise(np.asfortranarray(np.full((3, 4), 3e38, np.float32)))
    assert placed.max() == np.float32(2.0**50)
    assert placed.flags.c_contiguous

"""An offset or scale is taken away without rounding whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.evaluation import frame
from embedbench.evaluation.frame import Frame, parts


@pytest.mark.parametrize("block", [10, 4_000_000])
def test_centre_and_scale_are_powers_of_two(monkeypatch, block):
    monkeypatch.setattr(frame, "_BLOCK", block)
    rows = np.random.default_rng(0).normal(100, 6, (500, 3)).astype(np.float32)
    found = Frame.of(rows)
    spread = np.abs(rows - rows.mean(axis=0)).mean(axis=0).max()
    assert 2.0**found.exponent <= spread < 2.0 ** (found.exponent + 1)
    assert not (found.centre % 2.0**found.exponent).any()
    assert np.abs(found.centre - rows.mean(axis=0)).max() <= 2.0**found.exponent / 2
    np.testing.assert_array_equal(np.ldexp(found.place(rows), found.exponent) + found.centre, rows)


def test_a_view_of_the_rows_has_their_frame():
    rows = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    assert Frame.of(rows, lambda some: some * 8 + 100).exponent == Frame.of(rows * 8 + 100).exponent
    np.testing.assert_array_equal(Frame.of(rows, lambda some: some * 8 + 100).centre, Frame.of(rows * 8 + 100).centre)


@pytest.mark.parametrize(("most", "lengths"), [(1, [1] * 7), (9, [3, 3, 1]), (100, [7])])
def test_parts_are_runs_of_rows(most, lengths):
    assert [len(np.arange(7)[some]) for some in parts((7, 3), most)] == lengths


def test_equal_rows_are_centred():
    assert not Frame.of(np.full((5, 3), 7.1, np.float32)).place(np.full((2, 3), 7.1, np.float32)).any()


def test_far_rows_are_cut_and_their_order_in_memory_is_plain():
    found = Frame.of(np.asfortranarray(np.eye(4, dtype=np.float32)))
    placed = found.place(np.asfortranarray(np.full((3, 4), 3e38, np.float32)))
    assert placed.max() == np.float32(2.0**50)
    assert placed.flags.c_contiguous

"""Rounding is bounded as said, exact products are known to be, and rows near each other are told apart."""

from __future__ import annotations

import numpy as np
import pytest

from embedbench.neighbors.normaliser import FAR, Normaliser
from embedbench.neighbors.precision import Differences, error, exact, is_fine, mend, slack, ties

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dim", [1, 2, 16, 128, 700])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_products_are_off_by_less_than_is_said(dim, kind):
    rows = RNG.lognormal(0, 1.5, (300, dim)) if dim > 2 else RNG.normal(size=(300, dim))
    rows = (rows - np.median(rows, axis=0)).astype(kind)
    own = np.einsum("ij,ij->i", rows, rows)
    products = own[:, None] + own - 2 * rows @ rows.T
    wide = rows.astype(np.longdouble)
    true = ((wide[:, None] - wide[None]) ** 2).sum(-1)
    lengths = np.sqrt(np.asarray((wide**2).sum(-1), float))
    off = np.abs(np.asarray(products - true, float)) / (lengths[:, None] + lengths) ** 2
    assert off.max() < error(dim, kind)
    assert error(dim, kind) < 60 * off.max()  # a bound that says something
    given = slack(np.maximum(products, 0), lengths[:, None].astype(kind), dim, kind)
    assert (np.abs(products - true) <= given * (1 + 1e-6)).all()


def test_rows_that_were_cut_have_no_bound():
    assert np.isinf(slack(np.array([FAR**2]), np.array([1.0]), 3))
    assert np.isinf(slack(np.array([1.0]), np.array([FAR]), 3))
    assert np.isfinite(slack(np.array([1.0]), np.array([1.0]), 3))


@pytest.mark.parametrize(
    ("rows", "yes"),
    [
        (RNG.integers(0, 17, (50, 64)), True),
        (RNG.integers(0, 17, (50, 64)) / 16, True),
        (RNG.integers(0, 17, (50, 64)) * 2.0**-20, True),
        (RNG.integers(0, 256, (50, 784)), False),
        (RNG.integers(0, 17, (50, 64)) / 5, False),
        (RNG.normal(size=(50, 3)), False),
        (np.zeros((5, 3)), True),
        (np.array([[1.0], [1 + 2.0**-30]]), False),
    ],
)
def test_exact_products_are_known(rows, yes):
    rows = rows.astype(float)
    assert exact(lambda: iter([rows])) == yes
    if yes:  # in whatever order they are summed
        one = rows.astype(np.float32)
        products = (one**2).sum(1)[:, None] + (one**2).sum(1) - 2 * one @ one.T
        np.testing.assert_array_equal(products, ((rows[:, None] - rows[None]) ** 2).sum(-1))


def test_rounding_that_looks_exact_is_not():
    """From a row at 1000 the others are all -1000 in float32."""
    fine = np.concatenate([np.full((9, 1), 1000.0), 1e-9 * np.arange(8)[:, None]]).astype(np.float32)
    pairs = Differences.plain(fine, fine)
    assert not pairs._replace(centre=np.array([1000.0])).certain()


def test_pairs_are_differences_of_what_was_given():
    gallery = 1e8 + RNG.normal(size=(40, 3))
    query = gallery[:5] + 1e-7
    one, other = np.array([0, 0, 4, 2]), np.array([0, 1, 4, 39])
    expected = ((gallery[other] - query[one]) ** 2).sum(1)
    np.testing.assert_allclose(Differences.plain(gallery, query).squares(one, other), expected, rtol=1e-15)
    np.testing.assert_allclose(
        Differences.plain(gallery, query).of(np.array([4, 2])).squares(np.array([0]), np.array([4])), expected[2:3]
    )
    assert Differences.plain(np.array([[1e200]]), np.array([[-1e200]])).squares(np.array([0]), np.array([0]))[0] > 1e308


def test_ties_end_where_a_gap_begins():
    squares = np.array([0, 0, 1, 1 + 1e-13, 1 + 2e-13, 1.1, 1.1, 0.5])
    first = np.arange(8) == 7
    first[0] = True
    assert np.diff(ties(squares, first)).tolist() == [0, 1, 0, 0, 1, 0, 1]
    near = np.array([1e-24, 1.0000001e-24])
    assert np.ptp(ties(near, np.array([True, False]))) == 1
    assert np.ptp(ties(near, np.array([True, False]), turned=True)) == 0  # lengths of 1 are rounded


def test_what_is_too_near_is_mended():
    x, y = 1e6 + RNG.normal(size=(6, 3)), 1e6 + RNG.normal(size=(7, 3))
    true = ((x[:, None] - y[None]) ** 2).sum(-1)
    squares = true + RNG.normal(size=true.shape)
    near = true < np.median(true)
    kept = squares[~near].copy()
    mend(squares, x, y, near)
    np.testing.assert_allclose(squares[near], true[near], rtol=1e-12)
    np.testing.assert_array_equal(squares[~near], kept)


def test_fine_rows_are_known():
    rows = RNG.normal(size=(3000, 4)).astype(np.float32)
    assert not is_fine(rows, Normaliser(np.zeros(4), 0))
    tight = np.repeat(RNG.normal(size=(30, 4)), 100, axis=0)
    assert not is_fine(tight.astype(np.float32), Normaliser(np.zeros(4), 0))  # equal rows are told apart by nothing
    assert is_fine((tight + 1e-5 * RNG.normal(size=tight.shape)).astype(np.float32), Normaliser(np.zeros(4), 0))


def test_rows_that_float32_would_cut_are_fine():
    """Most of them are the rounding of nothing, which is what their unit is then."""
    rows = RNG.normal(size=(3000, 2))
    rows[: 3 * 600] *= 1e-18
    assert is_fine(rows.astype(np.float32), Normaliser.of(rows.astype(np.float32)))


def _is_fine_by_differences(rows, normaliser):
    one, other = (rows[np.linspace(0, len(rows) - 1, most).astype(int)].astype(float) for most in (64, 2048))
    with np.errstate(over="ignore"):
        apart = np.linalg.norm(other[None] - one[:, None], axis=2)
        lengths = np.linalg.norm(one - normaliser.centre, axis=1)
    return bool(((apart > 0) & (apart < 2.0**-12 * lengths[:, None])).any())


@pytest.mark.parametrize("unit", [1, 1e160])  # of which squares overflow
@pytest.mark.parametrize("offset", [0, 1e8, 1e15])
@pytest.mark.parametrize("step", [2.0**-10, 2.0**-11, 2.0**-13, 2.0**-20, 2.0**-30, 2.0**-45, 0])
def test_products_overlook_no_row_that_makes_rows_fine(unit, offset, step):
    rows = np.random.default_rng(0).normal(size=(2048, 8))
    rows[1000] = rows[0] * (1 + step)
    rows = (rows + offset) * unit
    normaliser = Normaliser.of(rows)
    assert is_fine(rows, normaliser) == _is_fine_by_differences(rows, normaliser)

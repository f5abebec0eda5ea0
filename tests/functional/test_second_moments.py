"""A covariance gives the same whether it is held as a matrix or as rows."""

import pytest
import torch

from embedbench.functional.second_moments import CovarianceMatrix, CovarianceOfRows


def both(rows=6, features=20):
    x = torch.randn(rows, features, generator=torch.Generator().manual_seed(2)).double()
    centred = x - x.mean(0)
    return CovarianceMatrix(centred.T @ centred / rows), CovarianceOfRows(centred)


def test_variances_and_products_agree():
    matrix, rows = both()
    torch.testing.assert_close(rows.variances, matrix.variances)
    left = torch.randn(3, 20, generator=torch.Generator().manual_seed(0)).double()
    torch.testing.assert_close(rows.times(left), matrix.times(left))
    torch.testing.assert_close(matrix.times(left), left @ matrix.matrix)


def test_axes_agree_where_there_is_variance():
    matrix, rows = both()
    (axes, variances), (others, spread) = matrix.axes(), rows.axes()
    assert (len(axes), len(others)) == (20, 6)
    torch.testing.assert_close(others[:5], axes[:5])
    torch.testing.assert_close(spread, variances[:6])
    assert float(variances[5:].sum()) == pytest.approx(0, abs=1e-12)


def test_correlations_agree():
    matrix, rows = both()
    kept = torch.arange(20) % 3 > 0
    one, other = matrix.correlations(kept), rows.correlations(kept)
    torch.testing.assert_close(one.variances, torch.ones(13).double())
    torch.testing.assert_close(other.times(torch.eye(13).double()), one.matrix)
    assert other.centred.shape == (6, 13)

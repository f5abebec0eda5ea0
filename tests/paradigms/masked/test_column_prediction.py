"""Losses of columns against numbers made by hand."""

import math

import pytest
import torch

from embedbench.paradigms.masked.column_prediction import score_columns

X = torch.tensor([[1.0, 0, 1, 0, 1, 0], [2.0, 0, 0, 0, 0, 1]])  # a number, a code of 3 (once unknown), a code of 2
GUESS = torch.tensor([[3.0, 0, math.log(2), 0, 0, 0], [2.5, 9, 0, 0, math.log(3), 0]])


def test_numbers_by_squares_and_codes_by_cross_entropy():
    loss, right, known = score_columns(X, GUESS, (3, 2))
    assert loss.tolist() == [pytest.approx([4, math.log(2), math.log(2)]), pytest.approx([0.25, 0, math.log(4)])]
    assert right.tolist() == [[False, True, True], [False, False, False]]
    assert known.tolist() == [[True, True, True], [True, False, True]]


def test_numbers_alone():
    loss, right, known = score_columns(X, GUESS, ())
    assert torch.equal(loss, (X - GUESS).square())
    assert not right.any()
    assert known.all()


def test_codes_alone():
    assert score_columns(X[:, 1:], GUESS[:, 1:], (3, 2)).loss.tolist() == [
        pytest.approx([math.log(2), math.log(2)]),
        pytest.approx([0, math.log(4)]),
    ]

"""Texts that a spreadsheet would run."""

import pytest

from embedbench.files.spreadsheet import plain_cell

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=", "-", "+1 a"]


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_gets_an_apostrophe(text):
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a", "a=1", "", "-0.5", "+1e-5", "-.5", "3", -0.5, 0, None, float("-inf")])
def test_all_else_stays(value):
    assert plain_cell(value) == value

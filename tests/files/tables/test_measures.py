"""Texts that hold numbers otherwise than one each."""

import numpy as np
import pytest

from embedbench.files.tables.measures import several_numbers, unit_of


def test_several_numbers_in_one_text():
    texts = ["1 2 3", "(1, 2)", "1,2,3", "-1.5;2e3", "{1,2}", " [1 ... 2] ", "1|nan", "(1, 2,)", str(np.arange(2000))]
    assert all(several_numbers(text) for text in texts)
    assert not any(
        several_numbers(text)
        for text in ("1", "1-2", "a 1", "1 2 a", "red, blue", "", "(1)", "12:30", "1" + " " * 50_000 + "x")
    )


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        *(("50.2 kg", "kg"), ("86cm", "cm"), ("10.5k", "k"), ("EUR 64.63", "EUR"), ("Rs. 5", "Rs.")),
        *(("3 m/s", "m/s"), ("4 m\u00b2", "m\u00b2"), ("20 \u00b0C", "\u00b0C")),
        *((text, None) for text in ("5", "A12", "SKU123", "10-20 kg", "kg", "3 little pigs", "")),
    ],
)
def test_units(text, unit):
    assert unit_of(text) == unit

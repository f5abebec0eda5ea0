"""One name for one thing."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from embedbench.errors import UsageError
from embedbench.files.names import name_of, renamed


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("cat", "cat"),
        (" cat\t", "cat"),
        ("cafe\u0301", "caf\u00e9"),
        ("007", "007"),
        ("1.50", "1.50"),
        ("7.0", "7"),
        ("-7.00", "-7"),
        ("07.0", "07.0"),
        *((zero, "0") for zero in ("0", "-0", "0.0", "-0.0", "-0.00", -0.0, np.float32(-0.0), Decimal("-0.0"))),
        ("-00", "-00"),
        ("-0.5", "-0.5"),
        (7, "7"),
        (7.0, "7"),
        (np.float32(0.1), "0.1"),
        (2**63, "9223372036854775808"),
        (1e20, "100000000000000000000"),
        (Decimal("7.00"), "7"),
        (Decimal("7.50"), "7.5"),
        (Decimal("1E+2"), "100"),
        (True, "True"),
        (np.bool_(False), "False"),
        ("caf\u00e9".encode(), "caf\u00e9"),
        (datetime.date(2020, 1, 31), "2020-01-31"),
        (np.datetime64("2020-01-31"), "2020-01-31"),
        (pd.Timestamp("2020-01-31"), "2020-01-31"),
        (pd.Timestamp("2020-01-31 10:00"), "2020-01-31T10:00:00"),
        (pd.Period("2020-01", "M"), "2020-01"),
    ],
)
def test_names(value, name):
    assert name_of(value) == name


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["x", "cat"], r"must be a text, a number or a date, got list \"\['x', 'cat'\]\""),
        ({"a": 1}, "got dict"),
        (b"\xff", "bytes that aren't UTF-8"),
        ("\ud83d", r"half of a character \(a lone surrogate\), '\\ud83d'"),
    ],
)
def test_what_has_no_name(value, message):
    for ask in (name_of, lambda value: renamed([value], "label")):
        with pytest.raises(UsageError, match=message):
            ask(value)


def test_what_is_said_of_names():
    assert renamed(["cat", "007", 7, None], "label") == ()
    assert renamed(["a ", "a ", "a", "e\u0301", "2.0"], "label") == (
        "label: 2 values are called by their name without blanks around it, such as 'a'",
        "label: 1 values are called by composed Unicode (NFC), such as '\u00e9'",
        "label: 1 values are called by the whole number that they are, such as '2'",
    )
    assert renamed([1, "1", 1.0, True, "True"], "label") == (
        "label: 2 names stand for values of several types, such as '1' for number and text",
    )

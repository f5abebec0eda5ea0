import csv
import io
import json

import pytest

from embedbench.results.report.agreement_table import HEADER, AgreementTable, Spread, in_order, render, spreads_of

VALUES = {
    ("a", "a"): [{"ari": 0.9, "ami": 0.8, "neighbors": 0.7}],
    ("a", "b"): [{"ari": 0.2, "ami": 0.3, "neighbors": 0.5}, {"ari": 0.4, "ami": 0.3, "neighbors": 0.5}],
    ("b", "=c"): [{"ari": 0.8, "ami": 0.7, "neighbors": 0.6}],
}


@pytest.fixture(scope="module")
def table():
    spreads = spreads_of(VALUES)
    order = in_order(["a", "b", "=c", "alone"], spreads)
    return AgreementTable("data", "data", "f", order, spreads, 4, 10, 50, ["drawn\x1b[2K"])


def test_spread_is_of_a_sample():
    assert Spread.of([1.0]) == (1, None, 1)
    assert Spread.of([1.0, 3.0]) == (2, pytest.approx(2**0.5), 2)


def test_those_that_agree_most_come_first_and_those_without_a_pair_last(table):
    assert table.models == ["=c", "b", "a", "alone"]  # .8, (.3 + .8) / 2, .3
    assert table.others("b", "ari") == pytest.approx(0.55)
    assert table.others("alone", "ari") is None
    assert (
        table.spread("b", "a", "ari")
        == table.spread("a", "b", "ari")
        == (pytest.approx(0.3), pytest.approx(0.02**0.5), 2)
    )


@pytest.mark.parametrize("fmt", ["terminal", "md"])
def test_matrices_are_symmetric_and_say_no_best(table, fmt):
    text = render([table], fmt)
    assert text.count("0.300 ± 0.141") == 2
    assert text.count("0.900") == 1
    assert "best" not in text
    assert "\x1b" not in text
    assert "agreement on nearest neighbours" in text
    assert text.count("drawn") == 1


def test_lines_hold_every_pair_and_measure(table):
    lines = list(csv.reader(io.StringIO(render([table], "csv"))))
    assert lines[0] == list(HEADER)
    assert len(lines) == 1 + 3 * 3
    assert lines[1] == ["data", "data", "f", "a", "a", "ari", "0.9", "", "1", "4", "10", "50"]
    assert {line[4] for line in lines[1:]} == {"a", "b", "'=c"}


def test_json_holds_all(table):
    (found,) = json.loads(render([table], "json"))["tables"]
    assert found["models"] == table.models
    assert found["pairs"][1]["measures"]["ari"] == {
        "mean": pytest.approx(0.3),
        "sd": pytest.approx(0.02**0.5),
        "pairs": 2,
    }

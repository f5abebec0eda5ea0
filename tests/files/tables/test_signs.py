"""Signs that a column of numbers shares, on cells that can be read by eye."""

import pytest

from embedbench.files.tables.signs import how_signed_written, shared_sign, without_sign


@pytest.mark.parametrize(
    ("texts", "sign", "numbers"),
    [
        (["12 %", "7.5%", "-3 %"], "%", ["12", "7.5", "-3"]),
        (["12.345 %", "7.500 %"], "%", ["12.345", "7.500"]),
        (["5‰", "4,5 ‰"], "‰", ["5", "4,5"]),
        (["€ 1.200,50", "€ 3.400", "€ 7,00"], "€", ["1.200,50", "3400", "7,00"]),
        (["$3", "-$4", "$ -5", "$1,200.50"], "$", ["3", "-4", "-5", "1,200.50"]),
        (["1 200 kr", "35 kr.", "12\u00a0500 kr"], "kr", ["1200", "35", "12500"]),
        (["EUR 64.63", "12.5 eur"], "eur", ["64.63", "12.5"]),
        (["1'200 CHF", "3 chf"], "chf", ["1200", "3"]),
        (["R$ 361,03", "-R$ 4,10", "R$12,5"], "R$", ["361,03", "-4,10", "12,5"]),
        (["\u2212774 kr", "kr \u2212 5", "3 kr"], "kr", ["-774", "-5", "3"]),
        ([f"{n} kg" for n in range(30)], "kg", [str(n) for n in range(30)]),
        ([f"{n}.5 km/h" for n in range(30)], "km/h", [f"{n}.5" for n in range(30)]),
        ([*(f"{n} %" for n in range(99)), "7"], "%", [*map(str, range(99)), "7"]),
    ],
)
def test_numbers_beside_one_sign(texts, sign, numbers):
    assert shared_sign(texts) == sign
    written = how_signed_written(texts, sign, comma_is_decimal=False)
    assert [without_sign(text, sign, written) for text in texts] == numbers


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["1", "2"],
        ["red", "blue"],
        ["$3", "€ 4"],
        ["3 m", "3 M"] * 20,
        ["€ 1.200", "€ 3.400"],  # 1.2 or 1200
        ["250 ml", "500 ml"],  # sizes
        [f"A{n}" for n in range(30)],  # codes
        [f"Room {n}" for n in range(30)],
        [f"{n} %%" for n in range(30)],
        ["#1", "#2"],
        ["(3)", "(4)"],
        ["3 %", "red", "blue", "4 %"],
    ],
)
def test_other_texts_share_none(texts):
    assert shared_sign([*dict.fromkeys(texts)]) is None


def test_a_cell_without_the_sign_stays():
    assert without_sign("12", "%") == "12"
    assert without_sign("$12", "€") == "$12"
    assert without_sign("n/a", "%") == "n/a"

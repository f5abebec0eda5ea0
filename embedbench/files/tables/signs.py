"""Numbers with a sign of per cent, a currency or a unit that a whole column shares, such as 12 % or EUR 1.200,50."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection

from embedbench.files.tables.cells import Written, how_written

_NEARLY = 0.95  # of the different texts have the sign; others may be plain numbers
_FEW = 20  # fewer different numbers with a unit may be the sizes that a thing comes in
_GROUP = "[ '\u2019\u00a0\u202f]"  # blanks and apostrophes between groups of three digits
_NUMBER = rf"(?P<number>(?:[0-9](?:[0-9.,]|{_GROUP}(?=[0-9]{{3}}(?![0-9])))*|[.,][0-9]+))"
_WORD = r"°?[^\W\d_]{1,4}\.?(?:[²³]|/[^\W\d_]{1,4})?"
_BESIDE = rf"(?P<sign>[A-Z]{{1,3}}\$|[^\w\s.,;:'()\[\]{{}}/*#+\u2212-]|{_WORD})"
_FORMS = (
    re.compile(rf"(?P<minus>[+\u2212-]?)\s*{_NUMBER}\s*{_BESIDE}"),
    re.compile(rf"(?P<minus>[+\u2212-]?)\s*{_BESIDE}\s*{_NUMBER}"),
    re.compile(rf"{_BESIDE}\s*(?P<minus>[+\u2212-])\s*{_NUMBER}"),
)
_DOTS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", re.ASCII)
_CURRENCY = re.compile(  # codes of ISO 4217, and what stands for them at home
    "aud|brl|cad|chf|cny|czk|dkk|eur|gbp|huf|inr|jpy|krw|mxn|nok|nzd|pln|ron|sek|sgd|try|usd|zar|fr|ft|kr|kč|lei|rs|zł"
)


def shared_sign(texts: Collection[str]) -> str | None:
    """The sign or unit beside the numbers of a column, if nearly all of its different texts have that one.

    Signs of per cent and of currencies are known by themselves, another unit by twenty different numbers. Where
    1.200 may be 1.2 or 1,200 of a currency, as nothing else of the column shows, there is none.

    >>> shared_sign(["12 %", "7.5%"]), shared_sign(["$3", "€ 4"]), shared_sign(["€ 1.200"]), shared_sign(["3 kg"])
    ('%', None, None, None)

    Args:
        texts: Different texts of a column, without those that say that nothing is there.
    """
    found = Counter(parted[0] for text in texts if (parted := _parted(text)) is not None)
    if len(found) != 1:
        return None
    ((sign, count),) = found.items()
    if count < _NEARLY * len(texts) or (count < _FEW and not _is_known(sign)):
        return None
    bare = [without_sign(text, sign) for text in texts]
    dotted = [text for text in bare if "." in text]
    doubtful = (
        dotted and sign not in "%‰" and all(map(_DOTS.fullmatch, dotted)) and not any("," in text for text in bare)
    )
    return None if doubtful else sign


def without_sign(text: str, sign: str, written: Written = "plain") -> str:
    """The number of a text as text, without the sign and without blanks between groups of digits.

    >>> without_sign("1 200 kr", "kr"), without_sign("€ 1.200", "€", "decimal_comma"), without_sign("-$3", "$")
    ('1200', '1200', '-3')

    Args:
        text: A cell; one without the sign stays.
        sign: As `shared_sign` gives it.
        written: How the numbers of the column are written; beside decimal commas, points stand between groups.
    """
    parted = _parted(text)
    bare = parted[1] if parted is not None and parted[0] == sign else text
    return bare.replace(".", "") if written == "decimal_comma" and _DOTS.fullmatch(bare) else bare


def how_signed_written(texts: Collection[str], sign: str, *, comma_is_decimal: bool) -> Written:
    """How the numbers beside a sign are written, as `how_written` tells of plain ones."""
    return how_written({without_sign(text, sign) for text in texts}, comma_is_decimal=comma_is_decimal)


def _parted(text: str) -> tuple[str, str] | None:
    """The sign of a text, of currencies in small letters, and its number; ``None`` of other texts."""
    plain = text.strip()
    for form in _FORMS:
        if (found := form.fullmatch(plain)) is not None:
            sign = found["sign"].rstrip(".")
            sign = sign.lower() if _CURRENCY.fullmatch(sign.lower()) else sign
            is_unit = found.start("sign") > 0 and (sign[0].isalpha() or sign[0] == "°")
            if is_unit or _is_known(sign):
                return sign, found["minus"].replace("\u2212", "-") + re.sub(_GROUP, "", found["number"])
    return None


def _is_known(sign: str) -> bool:
    return bool(sign in ("%", "‰") or _CURRENCY.fullmatch(sign) or unicodedata.category(sign[-1]) == "Sc")

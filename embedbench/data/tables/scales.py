"""Words whose order is known: the levels of scales that questionnaires, shops and clinics use."""

from __future__ import annotations

import re
from collections.abc import Collection

_FEWEST = 3  # levels: of two, as of low and high, one 0/1 column says the same
_SCALES = tuple(
    tuple(level.strip() for level in scale.split("<"))
    for scale in (
        "very low < low < medium < high < very high",
        "very low < low < moderate < high < very high",
        "lowest < low < middle < high < highest",
        "very small < small < medium < large < very large",
        "xxs < xs < s < m < l < xl < xxl < xxxl",
        "tiny < small < medium < large < huge",
        "never < rarely < sometimes < often < always",
        "never < seldom < sometimes < often < always",
        "never < almost never < sometimes < fairly often < very often",
        "strongly disagree < disagree < neutral < agree < strongly agree",
        "strongly disagree < disagree < neither agree nor disagree < agree < strongly agree",
        "very dissatisfied < dissatisfied < neutral < satisfied < very satisfied",
        "very unlikely < unlikely < neutral < likely < very likely",
        "very poor < poor < fair < good < very good < excellent",
        "very bad < bad < neutral < good < very good",
        "none < mild < moderate < severe < very severe",
        "beginner < intermediate < advanced < expert",
        "1 star < 2 stars < 3 stars < 4 stars < 5 stars",
        "sehr niedrig < niedrig < mittel < hoch < sehr hoch",
        "sehr gering < gering < mittel < hoch < sehr hoch",
        "sehr klein < klein < mittel < groß < sehr groß",
        "nie < selten < manchmal < oft < immer",
        "nie < selten < manchmal < häufig < immer",
    )
)


def known_order(words: Collection[str]) -> tuple[str, ...]:
    """The words of a column by their order on a scale; none if there are fewer than three or no scale has them all.

    >>> known_order(["high", "low", "medium"]), known_order(["red", "low", "high"])
    (('low', 'medium', 'high'), ())

    Args:
        words: Different names, in capitals or not, and with blanks, hyphens or underscores within.
    """
    if len(words) < _FEWEST:
        return ()
    plain = {re.sub(r"[\s_-]+", " ", word).strip().lower(): word for word in words}
    for scale in _SCALES:
        if len(plain) == len(words) and plain.keys() <= {*scale}:
            return tuple(plain[level] for level in scale if level in plain)
    return ()

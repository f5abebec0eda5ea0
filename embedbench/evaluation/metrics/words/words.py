"""Word vectors judged by what people say of words."""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING

from embedbench.evaluation.metrics.base import family
from embedbench.evaluation.metrics.words.word_scores import Scored, word_analogies, word_similarity
from embedbench.types import Measure

if TYPE_CHECKING:
    from embedbench.evaluation.space import EmbeddingSpace

_RANGES = {
    "wordsim353": Measure(-1, 1, "higher"),
    "simlex999": Measure(-1, 1, "higher"),
    "analogies": Measure(0, 1, "higher"),
}
_COUNTS = {f"{name}_{what}": Measure(0, inf, "none") for name in _RANGES for what in ("found", "total")}


@family("words", {**_RANGES, **_COUNTS}, needs="none", live=False)
def words(space: EmbeddingSpace) -> dict[str, float]:
    """Of models with word vectors, where the suite's ``word_tests`` names the folder of the tests; alike for all rows.

    ``wordsim353`` (Finkelstein et al., 2002) and ``simlex999`` (Hill et al., 2015) are Spearman's ρ of the cosine of
    two words and the similarity that people saw; ``analogies`` (Mikolov et al., 2013) is the share of "a is to b as c
    is to d" whose d is nearest to b − a + c by cosine among all words but a, b and c. Each is of those pairs or
    questions that have all words in the vocabulary: ``…_found`` of ``…_total``; without any it is left out.
    """
    vectors, tests = space.gallery.rows.words, space.protocol.word_tests
    if vectors is None or tests is None:
        return {}

    def score() -> dict[str, Scored]:
        found = {name: word_similarity(vectors.z, vectors.words, pairs) for name, pairs in tests.pairs.items()}
        return {**found, "analogies": word_analogies(vectors.z, vectors.words, tests.questions)}

    scored = space.gallery.once("words", score)
    values = {name: one.score for name, one in scored.items() if not isnan(one.score)}
    found = {f"{name}_found": float(one.found) for name, one in scored.items()}
    return values | found | {f"{name}_total": float(one.total) for name, one in scored.items()}

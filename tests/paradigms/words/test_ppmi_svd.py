"""The table is the factorised matrix of the texts' words; windows end where a text does."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from embedbench.data.texts.wordnet5k import WordNet5k
from embedbench.errors import UsageError
from embedbench.paradigms.words.cooccurrence import cooccurrences
from embedbench.paradigms.words.ppmi import factorise, ppmi
from embedbench.paradigms.words.ppmi_svd import PpmiSVD
from embedbench.text.tokenizer_spec import Words
from embedbench.types import DataSpec

ANIMALS, FOODS = ("bird", "fish", "insect", "birds", "fishes"), ("wine", "cheese", "meat", "bread", "sauce", "soup")


@pytest.fixture(scope="module")
def definitions():
    data = WordNet5k()
    data.reader = Words(3)
    return data


def solved(data, **arguments):
    model = PpmiSVD(data.spec, **{"latent_dim": 8, "min_count": 3, **arguments})
    ids, starts = data._read.tokens["train"]
    model.solve(ids.numpy(), starts.numpy())
    return model


def test_vectors_are_those_of_the_known_words_alone(definitions):
    """Texts written again without the words that are too rare give the same."""
    model = solved(definitions, window=4, smoothing=1.0, power=0.5)
    words = model.vocabulary.words
    kept = [[i for i in model.vocabulary.encode([text]).ids if i > 1] for text in definitions.texts("train")]
    offsets = np.concatenate([[0], np.cumsum([len(row) for row in kept])])
    counts = cooccurrences(np.array([i for row in kept for i in row]), offsets, len(words), 4)
    wanted, _ = factorise(ppmi(counts, 1.0, 1.0), 8, 0.5, 0)
    assert model.table.vectors.detach().numpy() == pytest.approx(wanted, abs=1e-5)


def test_words_come_with_their_vectors(definitions):
    model = solved(definitions)
    words, vectors = model.word_vectors()
    assert len(words) == len(set(words)) == len(vectors) == model.vocabulary.size - 2
    assert not {"[PAD]", "[UNK]"} & set(words)
    place = model.vocabulary.words.index("bird")
    assert torch.equal(vectors[words.index("bird")], model.table.vectors[place])


def test_kin_are_nearer_than_strangers(definitions):
    words, vectors = solved(definitions, latent_dim=32).word_vectors()
    unit = torch.nn.functional.normalize(vectors)
    animals, foods = (unit[[words.index(word) for word in kin]] for kin in (ANIMALS, FOODS))
    apart = float((animals @ foods.T).mean())
    for kin in (animals, foods):
        alike = kin @ kin.T
        assert float(alike[~torch.eye(len(kin), dtype=torch.bool)].mean()) > apart + 0.3


def test_common_direction_is_taken_out_of_train_documents(definitions):
    model = solved(definitions)
    ids, starts = definitions._read.tokens["train"]
    rows = [ids[a:b].long() for a, b in pairwise(starts)]
    with torch.no_grad():
        z = model.embed(torch.nn.utils.rnn.pad_sequence(rows, batch_first=True))
    assert float(model.table.direction.norm()) == pytest.approx(1, abs=1e-5)
    assert float((z @ model.table.direction).abs().max()) < 1e-5


@pytest.mark.parametrize("wrong", [{"window": 0}, {"smoothing": 0.0}, {"smoothing": 1.1}, {"power": -0.1}])
def test_arguments_out_of_range_are_refused(wrong, definitions):
    with pytest.raises(UsageError, match=f"`{next(iter(wrong))}` must be a .*number .*, got"):
        PpmiSVD(definitions.spec, 8, **wrong)


def test_other_data_are_refused():
    with pytest.raises(UsageError, match="model `ppmi_svd` reads texts, but the data are a table of numbers"):
        PpmiSVD(DataSpec("tabular", (8,), 5, "none"))

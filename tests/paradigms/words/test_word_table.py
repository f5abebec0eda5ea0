"""Documents from words: means by hand, frequent words weighing less, what all share taken out."""

import numpy as np
import pytest
import torch

from embedbench.errors import UsageError
from embedbench.paradigms.words.word_table import WordTable
from embedbench.text.tokenizer_spec import Words
from embedbench.text.vocabulary import Vocabulary

TEXTS = ["the red rose", "the blue sky", "the the sea", "the red sky"]
VOCABULARY = Vocabulary(Words().vocabulary(TEXTS))


def table(weighting, dim=3):
    torch.manual_seed(0)
    made = WordTable(VOCABULARY, dim, weighting)
    torch.nn.init.normal_(made.vectors)
    return made


def ids(*words):
    return torch.tensor([[VOCABULARY.words.index(word) for word in words]])


def vector(made, word):
    return made.vectors.detach()[VOCABULARY.words.index(word)]


def test_plain_mean_leaves_out_padding():
    made = table("mean")
    found = made(torch.cat([ids("red", "sky", "[PAD]"), ids("the", "[PAD]", "[PAD]")]))
    torch.testing.assert_close(found[0], (vector(made, "red") + vector(made, "sky")) / 2)
    torch.testing.assert_close(found[1], vector(made, "the"))
    assert made(ids("[PAD]", "[UNK]")).tolist() == [[0, 0, 0]]


def test_smooth_inverse_frequency_by_hand():
    made = table("sif")
    assert VOCABULARY.counts[VOCABULARY.words.index("the")] == 5
    share = {"the": 5 / 12, "rose": 1 / 12}
    wanted = sum(1e-3 / (1e-3 + share[word]) * vector(made, word) for word in share) / 2
    torch.testing.assert_close(made(ids("the", "rose"))[0], wanted)


def test_what_all_documents_share_is_taken_out():
    made = table("sif")
    documents = [ids(*text.split()) for text in TEXTS]
    before = torch.cat([made(one) for one in documents]).detach().double().numpy()
    made.remove_common(documents)
    _, _, axes = np.linalg.svd(before, full_matrices=False)
    wanted = before - np.outer(before @ axes[0], axes[0])
    found = torch.cat([made(one) for one in documents]).detach().numpy()
    assert found == pytest.approx(wanted, abs=1e-6)


def test_a_plain_mean_shares_nothing_out():
    made = table("mean")
    before = made(ids("red", "sky"))
    made.remove_common([ids("red"), ids("sky")])
    assert torch.equal(made(ids("red", "sky")), before)


def test_more_coordinates_than_words_are_refused():
    with pytest.raises(UsageError, match=r"`latent_dim` must be in \[1, 5\] for a vocabulary of 6 words, got 6"):
        table("mean", 6)

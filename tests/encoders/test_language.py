"""Masked language models cut in two say what transformers' own say; those with other heads are refused."""

import shutil

import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    DistilBertConfig,
    DistilBertForMaskedLM,
    RobertaConfig,
    RobertaForMaskedLM,
)

from embedbench.encoders.language import LanguageModel, pretrained_language, small_bert
from embedbench.errors import UsageError
from embedbench.text.own_tokenizer import OwnTokenizer
from embedbench.text.tokenizer_spec import Words
from embedbench.text.vocabulary import Vocabulary, learn_pieces

SIZES = {
    "vocab_size": 300,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 48,
    "pad_token_id": 0,
    "initializer_range": 0.5,
}
X = torch.tensor([[2, 7, 8, 9, 3], [2, 250, 3, 0, 0]])


@pytest.mark.parametrize(
    ("kind", "config"), [(BertForMaskedLM, BertConfig), (RobertaForMaskedLM, RobertaConfig)], ids=["bert", "roberta"]
)
def test_logits_are_those_of_transformers(kind, config):
    torch.manual_seed(0)
    whole = kind(config(**SIZES)).eval()
    whole.load_state_dict({n: v + 0.1 if n.endswith("bias") else v for n, v in whole.state_dict().items()})
    with torch.no_grad():
        wanted = whole(input_ids=X, attention_mask=(X != 0).long()).logits
        cut = LanguageModel(whole, 0)
        found = cut.logits(cut(X)[X != 0])
    torch.testing.assert_close(found, wanted[X != 0])


def test_the_table_is_kept_once():
    model = small_bert(Vocabulary(learn_pieces(["a text"], 300, 16)), 32, 1)
    shapes = [tuple(weight.shape) for weight in model.state_dict().values()]
    assert shapes.count((model.body.get_input_embeddings().num_embeddings, 32)) == 1
    places = {weight.data_ptr() for weight in model.state_dict().values()}
    assert len(places) == len(shapes)
    model.logits(torch.zeros(1, 32)).sum().backward()
    assert model.body.get_input_embeddings().weight.grad is not None


def test_half_precision_is_trained_in_full(tiny_bert, tmp_path):
    folder = tmp_path / "half"
    shutil.copytree(tiny_bert, folder)
    BertForMaskedLM(BertConfig(**{**SIZES, "vocab_size": 320}, max_position_embeddings=32)).half().save_pretrained(
        folder
    )
    model = pretrained_language(str(folder), Vocabulary(OwnTokenizer(str(folder), None).vocabulary([])))
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert all(part.training for part in model.modules())


def test_other_heads_are_refused():
    model = DistilBertForMaskedLM(DistilBertConfig(vocab_size=300, dim=24, n_layers=1, n_heads=2, hidden_dim=48))
    with pytest.raises(UsageError, match="type distilbert has no head as BERT or RoBERTa have it; take one of these"):
        LanguageModel(model, 0)


@pytest.mark.parametrize(("width", "depth"), [(0, 1), (40, 1), (32, 0)])
def test_sizes_out_of_range_are_refused(width, depth):
    with pytest.raises(
        UsageError, match=r"`(width|depth)` must be a whole number of at least (32 that is a multiple of 32|1), got"
    ):
        small_bert(Vocabulary(learn_pieces(["a text"], 300, 16)), width, depth)


def test_tokenizers_that_hide_nothing_are_refused(tiny_bert):
    words = Vocabulary(Words().vocabulary(["some text"]))
    with pytest.raises(UsageError, match="needs a mask token, a greatest length and no more than the 320 tokens"):
        pretrained_language(str(tiny_bert), words)

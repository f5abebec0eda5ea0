"""Masked language models, cut where a bottleneck goes in: states of tokens, and logits of states."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import linear

from embedbench.arguments.checked import checked
from embedbench.arguments.hints import PositiveInt
from embedbench.encoders.base import TransformerWidth
from embedbench.encoders.bert import bert_config
from embedbench.errors import UsageError
from embedbench.text.hub import load
from embedbench.text.vocabulary import Vocabulary


class LanguageModel(nn.Module):
    """A transformer over tokens and its head, whose last layer is the table of input embeddings.

    Args:
        model: Of transformers, with a head as BERT or RoBERTa have it.
        pad: Id that fills batches.

    Attributes:
        out_dim: Units of a token's state.

    Raises:
        UsageError: If the head is of another kind.
    """

    def __init__(self, model: Any, pad: int) -> None:
        super().__init__()
        cls = getattr(model, "cls", None)
        head: Any = getattr(model, "lm_head", getattr(cls, "predictions", None))
        if not (hasattr(head, "decoder") and hasattr(head, "bias")):
            raise UsageError(
                f"a model of type {model.config.model_type} has no head as BERT or RoBERTa have it; take one of these."
            )
        head.decoder = nn.Identity()  # `logits` multiplies by the table itself, so that it is kept once
        self.body, self.head, self.pad = model.base_model.float(), head.float(), pad
        self.out_dim: int = model.config.hidden_size

    def forward(self, x: Tensor) -> Tensor:
        """Token ids to their states, ``(batch, length) -> (batch, length, out_dim)``; padding is not attended to."""
        found: Tensor = self.body(input_ids=x, attention_mask=(x != self.pad).long()).last_hidden_state
        return found

    def logits(self, states: Tensor) -> Tensor:
        """What each token may be, ``(tokens, out_dim) -> (tokens, words)``."""
        return linear(self.head(states), self.body.get_input_embeddings().weight, self.head.bias)


@checked
def small_bert(vocabulary: Vocabulary, width: TransformerWidth, depth: PositiveInt) -> LanguageModel:
    """BERT (Devlin et al., 2019) with random weights, for texts as long as the vocabulary allows.

    Without dropout: so small a model learns too little of the texts to learn them by heart.

    Args:
        vocabulary: What turned the texts into token ids.
        width: Units of a token, a multiple of 32.
        depth: Number of layers, 1 or more.

    Raises:
        UsageError: If a size is out of its range.
    """
    from transformers import BertForMaskedLM

    return LanguageModel(BertForMaskedLM(bert_config(vocabulary, width, depth, dropout=0.0)), vocabulary.pad)


def pretrained_language(path: str, vocabulary: Vocabulary) -> LanguageModel:
    """The model at a path, to be trained further; a head that its files lack begins with random weights.

    Args:
        path: Name on the hub, or a folder.
        vocabulary: Of the model's own tokenizer.

    Raises:
        UsageError: If the model can't be loaded or has a head of another kind, or the tokenizer has tokens that it
            doesn't know or none for what is hidden.
    """
    from transformers import AutoModelForMaskedLM

    model = load(AutoModelForMaskedLM, path, "model")
    known = model.get_input_embeddings().num_embeddings
    if vocabulary.mask is None or vocabulary.longest is None or vocabulary.size > known:
        raise UsageError(
            f"the tokenizer of {path} needs a mask token, a greatest length and no more than the {known} tokens that "
            "its model knows; take another model."
        )
    return LanguageModel(model, vocabulary.pad).train()

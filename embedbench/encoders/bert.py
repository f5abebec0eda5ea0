"""A small transformer encoder of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from torch import Tensor

from embedbench.arguments.hints import PositiveInt, Range
from embedbench.encoders.base import Encoder, TransformerWidth
from embedbench.errors import UsageError
from embedbench.functional.word_mean import token_mean
from embedbench.text.tokenizer_spec import Subwords, TextLength, TokenizerSpec, VocabularySize
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import DataSpec

_HEAD = 32  # units of one attention head


class Bert(Encoder):
    """BERT (Devlin et al., 2019) with random weights, over pieces of words; its features are the mean over tokens.

    Args:
        spec: Of texts that were read.
        vocabulary: Tokens learned of the train texts, above 261; if not given, as many as they give, up to 8,000.
        width: Units of a token, a multiple of 32.
        depth: Number of layers, 1 or more.
        longest: Most tokens of one text, 3 or more, two of them marks; the rest is cut, and counted.
        dropout: Of states and of attention, in [0, 1).

    Raises:
        UsageError: If an argument is out of its range, or the data are no texts.
    """

    def __init__(
        self,
        spec: DataSpec,
        vocabulary: VocabularySize | None = None,
        width: TransformerWidth = 128,
        depth: PositiveInt = 2,
        longest: TextLength = 128,
        dropout: Annotated[float, Range(ge=0, lt=1)] = 0.1,
    ) -> None:
        super().__init__()
        if spec.modality != "text":
            raise UsageError(f"the bert encoder needs texts, got {spec.modality} data; use --model.encoder MLP.")
        from transformers import BertModel

        tokens = Vocabulary(spec.vocabulary)
        self.pad, self.out_dim = tokens.pad, width
        self.model: Any = BertModel(bert_config(tokens, width, depth, dropout), add_pooling_layer=False)

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """Subwords learned of the train texts."""
        return Subwords(arguments["vocabulary"], arguments["longest"])

    def forward(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length) -> (batch, width)``; padding is not attended to."""
        there = x != self.pad  # (batch, length)
        return token_mean(self.model(input_ids=x, attention_mask=there.long()).last_hidden_state, there)


def bert_config(vocabulary: Vocabulary, width: int, depth: int, dropout: float) -> Any:
    """What transformers makes a BERT of, for texts as long as the vocabulary allows.

    Args:
        vocabulary: What turned the texts into token ids.
        width: Units of a token, a multiple of 32.
        depth: Number of layers, 1 or more.
        dropout: Of states and of attention, in [0, 1).

    Raises:
        UsageError: If the vocabulary is one of whole words.
    """
    from transformers import BertConfig

    if vocabulary.longest is None:  # words that a run of another model counts, which a teacher may be
        raise UsageError("an encoder of texts takes pieces of words, but the run reads whole ones; give another run.")
    return BertConfig(
        vocab_size=vocabulary.size,
        hidden_size=width,
        num_hidden_layers=depth,
        num_attention_heads=width // _HEAD,
        intermediate_size=4 * width,
        max_position_embeddings=vocabulary.longest,
        pad_token_id=vocabulary.pad,
        hidden_dropout_prob=dropout,
        attention_probs_dropout_prob=dropout,
    )

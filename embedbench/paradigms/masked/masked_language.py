"""Masked tokens of texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from embedbench.arguments.hints import NonNegativeFloat, OpenUnitInterval, PositiveFloat, PositiveInt
from embedbench.encoders.base import TransformerWidth
from embedbench.encoders.language import LanguageModel, pretrained_language, small_bert
from embedbench.functional.masking import hide_tokens, replace_hidden
from embedbench.functional.word_mean import token_mean
from embedbench.paradigms.base import need_texts
from embedbench.paradigms.masked.hidden_parts import Masked, Prediction
from embedbench.text.own_tokenizer import OwnTokenizer
from embedbench.text.tokenizer_spec import Subwords, TextLength, TokenizerSpec, VocabularySize
from embedbench.text.vocabulary import Vocabulary
from embedbench.types import Batch, DataSpec

_NOISE = 3  # numbers of a token: whether it is hidden, what stands in its place, and which token by chance


class MaskedLanguage(Masked):
    """BERT: hidden tokens are predicted from the others (Devlin et al., 2019), without its next-sentence task.

    A linear bottleneck brings the state of each token to ``latent_dim`` and a second one back to its width, before the
    head: what the embedding keeps is what the predictions need, and nothing is learned beside them. The two begin as
    a projection and its transpose, so that with a latent as wide as the states a pretrained model begins as it is. The
    loss is the mean cross-entropy of the hidden tokens in nats. The embedding is that of the whole text.

    Args:
        spec: Of texts that were read.
        latent_dim: Size of the bottleneck; the data's default if not given.
        path: A pretrained model to continue from, name on the hub or a folder, read by its own tokenizer; if not given,
            one of the next three sizes begins with random weights.
        vocabulary: Tokens learned of the train texts, above 261; if not given, as many as they give, up to 8,000.
        width: Units of a token, a multiple of 32.
        depth: Number of layers, 1 or more.
        longest: Most tokens of one text, 3 or more, two of them marks; the rest is cut, and counted.
        pooling: "mean" of the bottleneck over all tokens, or "cls", that of the first, which no prediction is made of.
        mask_ratio: Share of hidden tokens or words, in (0, 1).
        whole_words: Whether what is hidden are words, between spaces, with all their pieces.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range, the data are no texts, or no such model can be loaded.
    """

    encoder: LanguageModel  # type: ignore[assignment]  # of tokens: no shape of a row to mirror
    begins: Tensor
    ordinary: Tensor
    counts: Tensor

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        path: str | Path | None = None,
        vocabulary: VocabularySize | None = None,
        width: TransformerWidth = 128,
        depth: PositiveInt = 2,
        longest: TextLength = 128,
        pooling: Literal["mean", "cls"] = "mean",
        mask_ratio: OpenUnitInterval = 0.15,
        whole_words: bool = False,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        need_texts("masked_language", spec)
        tokens = Vocabulary(spec.vocabulary)

        def make(_: DataSpec) -> Any:
            return small_bert(tokens, width, depth) if path is None else pretrained_language(str(path), tokens)

        super().__init__(spec, latent_dim, make, mask_ratio, lr, weight_decay)
        assert tokens.mask is not None  # pieces have one, pretrained models were asked
        assert tokens.longest is not None  # likewise
        self.pad, self.mask, self.pooling, self.parts = tokens.pad, tokens.mask, pooling, _NOISE * tokens.longest
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.widen = nn.Linear(self.latent_dim, self.encoder.out_dim)
        nn.init.orthogonal_(self.to_latent.weight)
        nn.init.zeros_(self.to_latent.bias)
        self.widen.load_state_dict({"weight": self.to_latent.weight.T, "bias": torch.zeros(self.encoder.out_dim)})
        ordinary = torch.ones(tokens.size, dtype=torch.bool)
        ordinary[tokens.special] = False
        self.units = "words" if whole_words else "tokens"
        begins = torch.tensor(tokens.begins) if whole_words else torch.ones(tokens.size, dtype=torch.bool)
        self.register_buffer("begins", begins, persistent=False)
        self.register_buffer("ordinary", ordinary, persistent=False)
        self.register_buffer("counts", torch.zeros(tokens.size, dtype=torch.int64))

    @classmethod
    def reader(cls, arguments: Mapping[str, Any]) -> TokenizerSpec:
        """Subwords learned of the train texts, or the pretrained model's own tokenizer."""
        if arguments["path"] is None:
            return Subwords(arguments["vocabulary"], arguments["longest"])
        return OwnTokenizer(str(arguments["path"]), arguments["longest"])

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The mean loss over the hidden tokens."""
        prediction = self.predict_hidden(batch.x, self.noise(batch))
        return {"hidden": prediction.loss.sum() / prediction.hidden.sum().clamp(min=1)}

    def embed(self, x: Tensor) -> Tensor:
        """Token ids ``(batch, length) -> (batch, dim)``."""
        states = self.encoder(x)  # (batch, length, width)
        if self.pooling == "cls":
            return self.to_latent(states[:, 0])  # type: ignore[no-any-return]
        # The bottleneck is linear: that of the mean is the mean of all tokens' latents.
        return self.to_latent(token_mean(states, x != self.pad))  # type: ignore[no-any-return]

    def predict_hidden(self, x: Tensor, noise: Tensor) -> Prediction:
        """Judges the hidden tokens alone; the head is computed of them alone."""
        choice, fate, chance = noise.view(len(x), _NOISE, -1)[:, :, : x.shape[1]].unbind(1)  # (batch, length) each
        hidden = hide_tokens(choice, self.ordinary[x], self.begins[x], self.mask_ratio)
        seen = replace_hidden(x, hidden, fate, self._by_chance(chance), self.mask)
        logits = self.encoder.logits(self.widen(self.to_latent(self.encoder(seen)[hidden])))  # (hidden, words)
        truth = x[hidden]
        count = hidden.sum(1)
        law = (self.counts + 1).double().log() - (self.counts + 1)[self.ordinary].sum().double().log()  # (words,)

        def by_row(values: Tensor) -> Tensor:
            return values.new_zeros(x.shape).masked_scatter(hidden, values).sum(1)

        return Prediction(
            loss=by_row(cross_entropy(logits, truth, reduction="none")),
            baseline=by_row(-law[truth]),
            hidden=count,
            right=by_row((logits.argmax(1) == truth).long()),
            choices=count,
        )

    def learn_marginals(self, batches: Iterable[Tensor]) -> None:
        """How often each token occurs; one more is added, since test texts have tokens that train texts lack."""
        self.counts.zero_()
        for x in batches:
            self.counts += x.flatten().bincount(minlength=len(self.counts)).to(self.counts)

    def remarks(self, samples: int) -> list[str]:
        """Says what is hidden and in which units the loss is."""
        return [f"masked/loss is the cross-entropy in nats of {self.mask_ratio:.0%} of the {self.units}, hidden"]

    def _by_chance(self, noise: Tensor) -> Tensor:
        """Ids of tokens that aren't special, each as likely, of uniform noise ``(batch, length)``."""
        ids = self.ordinary.nonzero()[:, 0]
        return ids[(noise * len(ids)).long().clamp(max=len(ids) - 1)]

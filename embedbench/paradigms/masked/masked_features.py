"""Masked columns of a table."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, OpenUnitInterval, PositiveFloat, PositiveInt
from embedbench.encoders.base import WithDecoder
from embedbench.encoders.default import default_with_decoder
from embedbench.errors import UsageError
from embedbench.functional.masking import hide
from embedbench.paradigms.learned import WithDecoderFactory
from embedbench.paradigms.masked.column_prediction import score_columns
from embedbench.paradigms.masked.hidden_parts import Masked, Prediction
from embedbench.types import Batch, DataSpec


class MaskedFeatures(Masked):
    """Random columns are hidden, and all columns predicted from the others through the latent.

    As VIME (Yoon et al., 2020) and MET (Majmundar et al., 2022) do, whose loss is the mean over hidden and seen columns
    alike: of the squared error of a number, of the cross-entropy in nats of a category. The encoder sees zeros in place
    of what is hidden, and beside each row one mark a column, 1 if it is hidden, so that "hidden" differs from
    "average". The embedding is the latent of the row with nothing hidden.

    Args:
        spec: Of tabular data of 2 columns or more.
        latent_dim: Size of the latent; the data's default if not given.
        encoder: Makes the encoder of the row and its marks, which the decoder mirrors; see ``Learned``.
        mask_ratio: Share of hidden columns, in (0, 1).
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If ``mask_ratio`` is out of its range, or the data are images or a single column.
    """

    needs_arrays = True
    encoder: WithDecoder
    marginals: Tensor
    widths: Tensor

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        encoder: WithDecoderFactory | None = None,
        mask_ratio: OpenUnitInterval = 0.15,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        if spec.modality == "image":
            raise UsageError(
                "model `masked_features` hides columns of tables, but the data are images; use masked_image."
            )
        widths = [*[1] * (spec.features - sum(spec.categories)), *spec.categories]
        if len(widths) < 2:
            raise UsageError("model `masked_features` predicts columns from others, but the data have 1; add a column.")
        make = default_with_decoder if encoder is None else encoder
        marked = spec._replace(shape=(spec.features + len(widths),))
        super().__init__(spec, latent_dim, lambda _: make(marked), mask_ratio, lr, weight_decay)
        self.parts = len(widths)
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)
        self.register_buffer("widths", torch.tensor(widths), persistent=False)
        self.register_buffer("marginals", torch.zeros(spec.features))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The two parts of the mean loss over all columns."""
        hidden = hide(self.noise(batch), self.mask_ratio)  # (batch, columns)
        scored = score_columns(batch.x, self._predict(batch.x, hidden), self.spec.categories)
        loss = scored.loss / scored.known.sum().clamp(min=1)
        return {"hidden": (loss * hidden).sum(), "visible": (loss * ~hidden).sum()}

    def embed(self, x: Tensor) -> Tensor:
        """The latent of the whole row, ``(batch, features) -> (batch, dim)``."""
        return self._latent(x, torch.zeros(len(x), self.parts, dtype=torch.bool, device=x.device))

    def predict_hidden(self, x: Tensor, noise: Tensor) -> Prediction:
        """Judges the hidden columns alone."""
        hidden = hide(noise, self.mask_ratio)  # (batch, columns)
        loss, right, known = score_columns(x, self._predict(x, hidden), self.spec.categories)
        counted = hidden & known
        numbers = self.parts - len(self.spec.categories)
        choices = counted[:, numbers:]
        baseline = score_columns(x, self._baseline().expand_as(x), self.spec.categories).loss
        sums = ((loss * counted).sum(1), (baseline * counted).sum(1), counted.sum(1))
        return Prediction(*sums, (right & counted).sum(1), choices.sum(1))

    def learn_marginals(self, batches: Iterable[Tensor]) -> None:
        """The mean of each feature: of a code, how often each category occurs."""
        self.marginals.copy_(torch.cat(list(batches)).mean(0))

    def remarks(self, samples: int) -> list[str]:
        """Says what is hidden and in which units the loss is."""
        hidden = f"masked/loss is of {self.mask_ratio:.0%} of the columns, hidden"
        return [f"{hidden}: squared error in units of the data, nats of a category"]

    def _latent(self, x: Tensor, hidden: Tensor) -> Tensor:
        wide = hidden.repeat_interleave(self.widths, dim=1)  # (batch, features)
        seen = torch.cat([x.masked_fill(wide, 0), hidden.to(x.dtype)], dim=1)
        return self.to_latent(self.encoder(seen))  # type: ignore[no-any-return]

    def _predict(self, x: Tensor, hidden: Tensor) -> Tensor:
        """Numbers and logits ``(batch, features)``; the mirror of the encoder ends with the marks, which are known."""
        return self.decoder(self._latent(x, hidden))[:, : x.shape[1]]  # type: ignore[no-any-return]

    def _baseline(self) -> Tensor:
        """The prediction that knows the marginals alone, ``(features,)``."""
        numbers = len(self.marginals) - sum(self.spec.categories)
        shares = self.marginals[numbers:].clamp(min=torch.finfo(torch.float32).tiny)
        return torch.cat([self.marginals[:numbers], shares.log()])

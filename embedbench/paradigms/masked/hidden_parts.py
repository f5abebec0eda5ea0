"""Self-supervised models that learn by predicting hidden parts of the input."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from embedbench.arguments.hints import NonNegativeFloat, OpenUnitInterval, PositiveFloat, PositiveInt
from embedbench.functional.noise import row_uniform
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.paradigms.row_scorer import RowScorer
from embedbench.types import Batch, DataSpec


class Prediction(NamedTuple):
    """What a model made of the hidden elements of each row, ``(batch,)`` each.

    Attributes:
        loss: Sum over the hidden elements.
        baseline: The same loss of a prediction that knows only the marginals of the train rows.
        hidden: Number of hidden elements.
        right: Hidden choices (categories, tokens) guessed right.
        choices: Hidden elements that are choices.
    """

    loss: Tensor
    baseline: Tensor
    hidden: Tensor
    right: Tensor
    choices: Tensor


class Masked(Learned, RowScorer):
    """A model of the hidden parts of a row given the others. The scores of a row are the fields of ``Prediction``.

    Args:
        spec: Of the data.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder; see ``Learned``.
        mask_ratio: Share of hidden parts, in (0, 1).
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Attributes:
        parts: Numbers of noise that a row needs: as many as it has columns or patches.

    Raises:
        UsageError: If ``mask_ratio`` is out of its range.
    """

    kind = "self_supervised"
    family = "masked"
    parts: int

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None,
        encoder: EncoderFactory | None,
        mask_ratio: OpenUnitInterval,
        lr: PositiveFloat,
        weight_decay: NonNegativeFloat,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.mask_ratio = mask_ratio

    @abstractmethod
    def predict_hidden(self, x: Tensor, noise: Tensor) -> Prediction:
        """Hides parts of rows ``(batch, *shape)`` by noise in [0, 1), ``(batch, parts)``, and predicts them."""

    @abstractmethod
    def learn_marginals(self, batches: Iterable[Tensor]) -> None:
        """Keeps what the baseline knows of all train rows, batches ``(batch, *shape)``, in buffers."""

    def prepare_fit(self, rows: FitRows) -> None:
        """Looks at the train rows, all of them on every rank: the marginals need no exchange."""
        self.learn_marginals(batch.x for batch in rows.train.batches())

    def row_scores(self, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
        """See ``Prediction``; one mask a row, whatever ``samples`` is."""
        prediction = self.predict_hidden(x, self._row_noise(index, seed))
        return {name: values.double() for name, values in prediction._asdict().items()}

    def noise(self, batch: Batch) -> Tensor:
        """What ``terms`` hides parts by, ``(batch, parts)``: drawn anew in training, else the row's own.

        So checkpoints are compared by the same hidden parts, whatever the batch size and the number of ranks.
        """
        if self.training:
            return torch.rand(len(batch.x), self.parts, device=batch.x.device)
        return self._row_noise(batch.index, seed=0)

    def _row_noise(self, index: Tensor, seed: int) -> Tensor:
        return row_uniform(index, range(1), self.parts, seed)[0]

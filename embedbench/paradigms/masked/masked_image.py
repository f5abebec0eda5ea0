"""Masked auto-encoder of images."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, OpenUnitInterval, PositiveFloat, PositiveInt, Range
from embedbench.encoders.base import TransformerWidth
from embedbench.encoders.vit import ViT, ViTDecoder
from embedbench.errors import UsageError
from embedbench.functional.masking import hide
from embedbench.functional.patches import normalise_patches, patchify
from embedbench.paradigms.masked.hidden_parts import Masked, Prediction
from embedbench.types import Batch, DataSpec

_FLOOR = 1e-6  # of a patch's variance, as in the source's code


class MaskedImage(Masked):
    """Masked auto-encoder: most patches are hidden and predicted from the others (He et al., 2022).

    The encoder, a vision transformer, sees the other patches alone. A linear bottleneck brings each of their tokens to
    ``latent_dim``; a light decoder gets these, and one learned token in place of each hidden patch. The loss is the
    mean squared error over the pixels of hidden patches. The embedding is the mean of the bottleneck over all patches,
    with nothing hidden.

    Args:
        spec: Of images whose sides the patch divides.
        latent_dim: Size of the bottleneck; the data's default if not given.
        patch: Side of a patch in pixels; see ``ViT`` for the default.
        width: Units of a token of the encoder, a multiple of 32.
        depth: Layers of the encoder, 1 or more.
        mask_ratio: Share of hidden patches, in (0, 1).
        normalised: Whether what is predicted is each patch less its own mean, over its own standard deviation: that
            suits large patches; of small ones it leaves out most of what is known.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If ``mask_ratio`` is out of its range, the data are no images, or the patch doesn't divide them.
    """

    encoder: ViT
    decoder: ViTDecoder
    marginals: Tensor

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: PositiveInt | None = None,
        patch: Annotated[int, Range(ge=2)] | None = None,
        width: TransformerWidth = 64,
        depth: PositiveInt = 2,
        mask_ratio: OpenUnitInterval = 0.75,
        normalised: bool = False,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        if spec.modality != "image":
            raise UsageError(
                f"model `masked_image` hides patches of images, but the data are {spec.modality}; use masked_features."
            )
        vit = partial(ViT, patch=patch, width=width, depth=depth)
        super().__init__(spec, latent_dim, vit, mask_ratio, lr, weight_decay)
        self.parts, self.normalised = self.encoder.patches, normalised
        self.to_latent = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)
        self.unseen = nn.Parameter(torch.zeros(self.decoder.widen.out_features))
        self.register_buffer("marginals", torch.zeros(self.parts, self.encoder.pixels))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The mean loss over the hidden pixels."""
        prediction = self.predict_hidden(batch.x, self.noise(batch))
        return {"hidden": prediction.loss.sum() / prediction.hidden.sum()}

    def embed(self, x: Tensor) -> Tensor:
        """Mean of the bottleneck over patches, ``(batch, channels, height, width) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))  # type: ignore[no-any-return]  # linear: the mean of all patches' latents

    def predict_hidden(self, x: Tensor, noise: Tensor) -> Prediction:
        """Judges the hidden patches alone."""
        hidden = hide(noise, self.mask_ratio)  # (batch, patches)
        target = self._target(x)  # (batch, patches, pixels)
        count = hidden.sum(1)
        return Prediction(
            loss=((self._predict(x, hidden) - target).square().sum(2) * hidden).sum(1),
            baseline=((self.marginals - target).square().sum(2) * hidden).sum(1),
            hidden=count * target.shape[2],
            right=torch.zeros_like(count),
            choices=torch.zeros_like(count),
        )

    def learn_marginals(self, batches: Iterable[Tensor]) -> None:
        """The mean of each pixel's target."""
        self.marginals.zero_()
        rows = 0
        for x in batches:
            self.marginals += self._target(x).sum(0).to(self.marginals)
            rows += len(x)
        self.marginals /= rows

    def remarks(self, samples: int) -> list[str]:
        """Says what is hidden and in which units the loss is."""
        units = "of pixels where each patch has mean 0 and variance 1" if self.normalised else "of pixels in [0, 1]"
        return [
            f"masked/loss is the squared error {units}, over the {self.mask_ratio:.0%} of the patches that are hidden"
        ]

    def _predict(self, x: Tensor, hidden: Tensor) -> Tensor:
        """All patches ``(batch, patches, pixels)`` from those that aren't hidden; as many in each row."""
        seen = (~hidden).nonzero()[:, 1].view(len(x), -1)  # (batch, seen): their numbers
        tokens = self.decoder.widen(self.to_latent(self.encoder.tokens(x, seen)))  # (batch, seen, width)
        whole = self.unseen.expand(*hidden.shape, -1).scatter(1, seen[:, :, None].expand_as(tokens), tokens)
        return self.decoder.decode(whole)

    def _target(self, x: Tensor) -> Tensor:
        patches = patchify(x, self.encoder.patch)
        return normalise_patches(patches, _FLOOR) if self.normalised else patches

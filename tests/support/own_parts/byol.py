"""Bootstrap your own latent (Grill et al., 2020): a paradigm as its user writes one, outside of the package."""

import copy

import torch
from torch import nn
from torch.nn.functional import cosine_similarity

from embedbench.functional.augment import crop
from embedbench.functional.noise import row_noise, row_uniform
from embedbench.paradigms.learned import EncoderFactory, Learned
from embedbench.types import DataSpec


class BYOL(Learned):
    """A network predicts what a slow copy of itself makes of another view of the same image; no row is pushed away.

    Args:
        spec: Of images.
        latent_dim: Size of the embedding; the data's default if not given.
        encoder: Makes the encoder.
        momentum: How much of the copy stays in each step, in [0, 1).
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.
    """

    kind = "self_supervised"
    selection = "last"  # the copy moves, so that its loss doesn't compare over steps

    def __init__(
        self,
        spec: DataSpec,
        latent_dim: int | None = None,
        encoder: EncoderFactory | None = None,
        momentum: float = 0.99,
        lr: float = 1e-3,
        weight_decay: float = 1e-4,
    ) -> None:
        super().__init__(spec, latent_dim, encoder, lr, weight_decay)
        self.momentum, dim = momentum, self.latent_dim
        self.to_latent = nn.Linear(self.encoder.out_dim, dim)
        self.projector, self.predictor = _head(dim), _head(dim)
        self.target = copy.deepcopy(nn.Sequential(*self._online())).requires_grad_(False)

    def terms(self, batch):
        """2 − 2 cos between what is predicted of one view and what the copy makes of the other, both ways."""
        one, other = self._view(batch, 0), self._view(batch, 1)
        pairs = ((one, other), (other, one))
        near = [cosine_similarity(self.predictor(self.projector(self.embed(a))), self.target(b)) for a, b in pairs]
        return {"prediction": 2 - 2 * torch.stack(near).mean()}

    def embed(self, x):
        """The layer under the projection head, ``(batch, *shape) -> (batch, dim)``."""
        return self.to_latent(self.encoder(x))

    def on_train_batch_end(self, *_):
        """The copy follows."""
        ours = (parameter for part in self._online() for parameter in part.parameters())
        for slow, fast in zip(self.target.parameters(), ours, strict=True):
            slow.lerp_(fast.detach(), 1 - self.momentum)

    def _online(self):
        return self.encoder, self.to_latent, self.projector

    def _view(self, batch, number):
        """A crop with noise; of validation rows the same each time."""
        if self.training:
            where, blur = torch.rand(len(batch.x), 3, device=batch.x.device), torch.randn_like(batch.x)
        else:
            where = row_uniform(batch.index, range(2), 3, seed=0)[number].to(batch.x)
            blur = row_noise(batch.index, range(2), self.spec.features, seed=1)[number].to(batch.x).view_as(batch.x)
        return crop(batch.x, where, 0.6) + 0.05 * blur


def _head(dim):
    return nn.Sequential(nn.Linear(dim, 2 * dim), nn.BatchNorm1d(2 * dim), nn.ReLU(), nn.Linear(2 * dim, dim))

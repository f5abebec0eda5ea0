"""Variational auto-encoder with one category as its latent."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, PositiveFloat, PositiveInt
from embedbench.encoders.base import WithDecoder
from embedbench.errors import UsageError
from embedbench.paradigms.clustering.clusterer import (
    Clusterer,
    Count,
    Embedding,
    choose_count,
    count_clusters,
    count_note,
)
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.generative.likelihood import LikelihoodName, Sigma, make_likelihood, scale_of
from embedbench.paradigms.learned import Learned, WithDecoderFactory
from embedbench.paradigms.row_scorer import RowScorer
from embedbench.types import Batch, DataSpec

_RESTARTS = 10  # of each k-means that a number of categories is chosen by


class CategoricalVAE(Learned, Clusterer, RowScorer):
    """A continuous row becomes a one-hot z (Jang, Gu & Poole, 2017; Maddison, Mnih & Teh, 2017).

    Generator c uniform over the categories, x|c by the likelihood of the decoded one-hot of c; inference q(c|x). In
    training z is a Gumbel-softmax draw from q, whose temperature falls geometrically, and the loss is −log p(x|z) by
    one draw plus KL(q ‖ uniform) in closed form, in nats a row. Elsewhere everything is exact: as many rows are decoded
    as there are categories.

    Args:
        spec: Of the data.
        clusters: Number of categories; "classes" takes as many as the data have classes, "auto" the number from 2 to
            20 by which k-means of the train rows has the best silhouette of validation rows.
        embedding: q(c|x) ("assignment") or its logits ("latent"); with "auto" 20 columns, of which those beyond the
            chosen number are 0.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        likelihood: Form of p(x|c), as of ``vae``.
        sigma: Of the gaussian: a fixed value above 0, one learned value, or one learned for each feature.
        temperature: Of the Gumbel-softmax at the start, above 0.
        least_temperature: And from ``anneal_steps`` on, above 0 and at most ``temperature``.
        anneal_steps: Steps over which the temperature falls, and over which the KL's weight rises from 0 to 1.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range, no classes are there to be counted, or the likelihood doesn't go
            with the data.
    """

    kind = "clustering"
    family = "generative"
    needs_arrays = True
    encoder: WithDecoder
    count: Tensor

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count = "classes",
        embedding: Embedding = "assignment",
        encoder: WithDecoderFactory | None = None,
        likelihood: LikelihoodName = "gaussian",
        sigma: Sigma = "learned",
        temperature: PositiveFloat = 1.0,
        least_temperature: PositiveFloat = 0.1,
        anneal_steps: PositiveInt = 1000,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        tried = count_clusters("categorical_vae", clusters, spec)
        super().__init__(spec, tried[-1], encoder, lr, weight_decay)
        if least_temperature > temperature:
            raise UsageError(
                f"`least_temperature` of categorical_vae must be at most `temperature`, {temperature}, got "
                f"{least_temperature}; lower it."
            )
        self.embedding, self.temperatures = embedding, (temperature, least_temperature)
        self.anneal_steps, self.tried = anneal_steps, tried
        self.register_buffer("count", torch.tensor(tried[-1]))
        self.likelihood = make_likelihood(likelihood, sigma, spec)
        self.to_logits = nn.Linear(self.encoder.out_dim, self.latent_dim)
        self.decoder = self.encoder.mirror(self.latent_dim)

    def prepare_fit(self, rows: FitRows) -> None:
        """Shows the likelihood the train rows, and chooses the number of categories where that is asked for."""
        self.likelihood.prepare(rows.train.x)
        self._fit_rows = rows
        if len(self.tried) > 1:
            train, val = (split.x.flatten(1).to(self.device) for split in (rows.train, rows.val))
            found = choose_count(train, val, self.tried, _RESTARTS)
            self.count.fill_(self.trainer.strategy.broadcast(found))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The two parts of −ELBO: by a draw in training, exact elsewhere."""
        logits = self._logits(batch.x)
        kl = self._kl(logits).mean()
        if not self.training:
            return {"reconstruction": -(logits.softmax(1) * self._conditional(batch.rows)).sum(1).mean(), "kl": kl}
        share = min(1.0, self.global_step / self.anneal_steps)
        first, last = self.temperatures
        z = nn.functional.gumbel_softmax(logits, tau=first * (last / first) ** share)  # (batch, count)
        return {
            "reconstruction": -self.likelihood.log_prob(batch.rows, self.decoder(self._padded(z))).mean(),
            "kl": share * kl,
        }

    def embed(self, x: Tensor) -> Tensor:
        """q(c|x), or its logits, ``(batch, *shape) -> (batch, clusters)``."""
        logits = self._logits(x)
        return self._padded(logits if self.embedding == "latent" else logits.softmax(1))

    def clusters(self, x: Tensor) -> Tensor:
        """The likeliest category by q(c|x), int64 ``(batch,)``."""
        return self._logits(x).argmax(1)

    def cluster_notes(self) -> list[str]:
        """How many categories the train rows fall into."""
        used = set(self._fit_rows.train.embeddings(self.clusters).tolist())
        chosen = [count_note(int(self.count), self.tried)] if len(self.tried) > 1 else []
        return [*chosen, f"{len(used)} of {int(self.count)} categories hold a train row"]

    def row_scores(self, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
        """See the metric family ``generative``; all exact, as sums over the categories."""
        logits = self._logits(x).double()
        log_p = self._conditional(x).double()  # (batch, clusters)
        reconstruction, kl = (logits.softmax(1) * log_p).sum(1), self._kl(logits)
        exact = log_p.logsumexp(1) - math.log(log_p.shape[1])
        elbo = reconstruction - kl
        # A divergence, which rounding would take below 0 where q is the posterior.
        gap = (exact - elbo).clamp(min=0)
        return {"elbo": elbo, "reconstruction": reconstruction, "kl": kl, "log_likelihood": exact, "gap": gap}

    @property
    def scale(self) -> str:
        """That of the likelihood."""
        return scale_of(self.likelihood.kind, self.spec)

    def remarks(self, samples: int) -> list[str]:
        """Says what the log-likelihood is of."""
        return ["log_likelihood is exact, a sum over the categories"]

    def _logits(self, x: Tensor) -> Tensor:
        """Of the categories that there are, ``(batch, *shape) -> (batch, count)``."""
        return self.to_logits(self.encoder(x))[:, : int(self.count)]  # type: ignore[no-any-return]

    def _padded(self, rows: Tensor) -> Tensor:
        """With a column for each category that there is room for, ``(batch, count) -> (batch, clusters)``."""
        return nn.functional.pad(rows, (0, self.latent_dim - rows.shape[1]))

    def _kl(self, logits: Tensor) -> Tensor:
        """KL(q ‖ uniform) = log K − entropy of q, ``(batch, count) -> (batch,)``."""
        log_q = logits.log_softmax(1)
        return (log_q.exp() * log_q).sum(1) + math.log(logits.shape[1])

    def _conditional(self, x: Tensor) -> Tensor:
        """Log p(x|c) of every category in nats, ``(batch, *shape) -> (batch, count)``."""
        one_hot = torch.eye(int(self.count), self.latent_dim, dtype=x.dtype, device=x.device)
        decoded = self.decoder(one_hot)  # (count, *shape)
        return self.likelihood.log_prob(x, decoded[:, None].expand(-1, len(x), *decoded.shape[1:])).T

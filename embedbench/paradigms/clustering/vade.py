"""Variational deep embedding."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from embedbench.arguments.hints import NonNegativeFloat, OpenUnitInterval, PositiveFloat, PositiveInt
from embedbench.functional.gaussian import kl_to_each, reparameterise
from embedbench.functional.noise import row_noise
from embedbench.paradigms.clustering.clusterer import Count, Embedding, find_centroids
from embedbench.paradigms.clustering.deep_clustering import DeepClustering, touch_unused
from embedbench.paradigms.clustering.latent_clusters import RESTARTS
from embedbench.paradigms.clustering.mixture import Mixture, fit_em, log_joint
from embedbench.paradigms.fit_rows import FitRows
from embedbench.paradigms.generative.generator import Generative, importance
from embedbench.paradigms.generative.likelihood import LikelihoodName, Sigma, make_likelihood, scale_of
from embedbench.paradigms.learned import WithDecoderFactory
from embedbench.types import Batch, DataSpec

_FLOOR = 1e-6  # added to variances, as scikit-learn's mixtures do


class VaDE(DeepClustering, Generative):
    """Variational auto-encoder whose prior is a mixture of Gaussians, the clusters (VaDE: Jiang et al., 2017).

    Generator c ~ π, z|c ~ N(μ_c, diag σ_c²), x|z by the likelihood of the decoded z; inference q(z|x) diagonal
    Gaussian, q(c|x) = p(c|z) at one draw of z. Of the source: first the auto-encoder x → mean of q(z|x) → x is trained
    alone; a diagonal mixture of Gaussians of its latents, by expectation maximisation from the best of 20 starts of
    k-means, gives π, μ and σ²; from there all parts minimise −ELBO (equation 12), in nats per row. The soft assignment
    is p(c|z) at the mean of q(z|x).

    Of the common protocol: the encoder is the one that all models of these data have, trained as a whole in place of
    layer by layer, and by the same likelihood in both phases; one budget of steps for both; AdamW in place of Adam with
    a rate that falls in steps.

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of z; the data's default if not given, 10 in the source.
        embedding: The mean of q(z|x) ("latent") or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        likelihood: Form of p(x|z), as of ``vae``; the source's is bernoulli for digits, else gaussian.
        sigma: Of the gaussian: a fixed value above 0, one learned value, or one learned for each feature.
        pretraining: Share of the steps that train the auto-encoder alone, above 0 and below 1.
        lr: Learning rate of AdamW.
        weight_decay: Of AdamW.

    Raises:
        UsageError: If an argument is out of its range, no classes are there to be counted, or the likelihood doesn't go
            with the data.
    """

    def __init__(
        self,
        spec: DataSpec,
        clusters: Count = "classes",
        latent_dim: PositiveInt | None = None,
        embedding: Embedding = "latent",
        encoder: WithDecoderFactory | None = None,
        likelihood: LikelihoodName = "gaussian",
        sigma: Sigma = "learned",
        pretraining: OpenUnitInterval = 0.5,
        lr: PositiveFloat = 1e-3,
        weight_decay: NonNegativeFloat = 1e-4,
    ) -> None:
        super().__init__(spec, clusters, latent_dim, embedding, encoder, pretraining, lr, weight_decay)
        self.likelihood = make_likelihood(likelihood, sigma, spec)
        self.to_posterior = nn.Linear(self.encoder.out_dim, 2 * self.bottleneck)
        self.prior = _prior(self.tried[-1], self.bottleneck)

    def prepare_fit(self, rows: FitRows) -> None:
        """Keeps the rows, and shows the likelihood those of train."""
        super().prepare_fit(rows)
        self.likelihood.prepare(rows.train.x)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The reconstruction alone in the first phase, then the parts of −ELBO (equation 12 of the source)."""
        mean, log_var = self.posterior(batch.x)
        if not self.second_phase:
            log_p = self.log_conditional(batch.rows, mean[None])
            return {"reconstruction": -log_p.mean() + log_var.sum() * 0 + touch_unused(self.prior)}
        noise = torch.randn_like(mean) if self.training else row_noise(batch.index, range(1), mean.shape[1], 0)[0]
        z = reparameterise(mean, log_var, noise.to(mean.dtype))  # (batch, bottleneck)
        log_q = log_joint(self._mixture(), z).log_softmax(1)  # of the clusters, (batch, count)
        q = log_q.exp()  # by the logarithm: the gradient of p log p at 0 is not finite
        logits, means, log_vars = self._components()
        each = kl_to_each(mean, log_var, means, log_vars)  # (batch, count)
        return {
            "reconstruction": -self.log_conditional(batch.rows, z[None]).mean(),
            "kl_latent": (q * each).sum(1).mean(),
            "kl_cluster": (q * (log_q - logits.log_softmax(0))).sum(1).mean(),
        }

    def latent(self, x: Tensor) -> Tensor:
        """Mean of q(z|x), ``(batch, *shape) -> (batch, bottleneck)``."""
        return self.posterior(x)[0]

    def assign(self, points: Tensor) -> Tensor:
        """p(c|z), ``(batch, bottleneck) -> (batch, count)``."""
        return log_joint(self._mixture(), points).softmax(1)

    def start_clusters(self, z: Tensor) -> None:
        """Takes the likeliest diagonal mixture that expectation maximisation finds from k-means."""
        centre = z.double().mean(0)
        rows = z.double() - centre
        centroids, repaired = find_centroids(rows, int(self.count), RESTARTS)
        found = fit_em(rows, centroids, full=False, floor=_FLOOR)
        weights, means, precision_root = self.trainer.strategy.broadcast(found.model)
        self.repaired += repaired + found.repaired
        with torch.no_grad():
            logits, placed, log_vars = self._components()
            logits.copy_(weights.log())
            placed.copy_(means + centre)
            log_vars.copy_(-2 * precision_root.log())

    def before_step(self, step: int) -> None:
        """Nothing: the bound is of the rows of the batch alone."""

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each ``(batch, bottleneck)``."""
        mean, log_var = self.to_posterior(self.encoder(x)).chunk(2, dim=1)
        return mean, log_var

    def decode(self, z: Tensor) -> Tensor:
        """Mean of p(x|z), ``(batch, bottleneck) -> (batch, *shape)``."""
        return self.likelihood.mean(self.decoder(z))

    def log_conditional(self, x: Tensor, z: Tensor) -> Tensor:
        """Log p(x|z) in nats, ``(batch, *shape)`` and ``(draws, batch, bottleneck) -> (draws, batch)``."""
        return self.likelihood.log_prob(x, self.decoder(z.flatten(0, 1)).view(*z.shape[:2], *x.shape[1:]))

    def log_prior(self, z: Tensor) -> Tensor:
        """Log p(z) of the mixture in nats, ``(..., bottleneck) -> (...)``."""
        return log_joint(self._mixture(), z.flatten(0, -2)).logsumexp(1).view(z.shape[:-1])

    def sample_prior(self, rows: int, generator: Generator) -> Tensor:
        """Draws from p(z), ``(rows, bottleneck)``."""
        logits, means, log_vars = self._components()
        weights = logits.detach().softmax(0).cpu()
        chosen = torch.multinomial(weights, rows, replacement=True, generator=generator).to(self.device)
        noise = torch.randn(rows, self.bottleneck, generator=generator).to(self.device)
        return reparameterise(means[chosen], log_vars[chosen], noise)

    def row_scores(self, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
        """See ``Generative``; ``kl`` is estimated by the same draws, ``log_likelihood`` importance-weighted."""
        found = importance(self, x, index, samples, seed)
        return {"elbo": found["reconstruction"] - found["kl"], **found}

    @property
    def scale(self) -> str:
        """That of the likelihood."""
        return scale_of(self.likelihood.kind, self.spec)

    def remarks(self, samples: int) -> list[str]:
        """Says what ``log_likelihood`` is."""
        return [f"log_likelihood is the importance-weighted bound of K = {samples} samples"]

    def _mixture(self) -> Mixture:
        logits, means, log_vars = self._components()
        return Mixture(logits.softmax(0), means, torch.exp(-0.5 * log_vars))

    def _components(self) -> list[Tensor]:
        """Logits, means and log-variances of the components that there are: views of the parameters."""
        count = int(self.count)
        return [self.prior[name][:count] for name in ("logits", "means", "log_vars")]


def _prior(clusters: int, features: int) -> nn.ParameterDict:
    """Room for a diagonal mixture: standard Gaussians of equal weight, until there is something to start from."""
    placed = (clusters, features)
    return nn.ParameterDict(
        {"logits": torch.zeros(clusters), "means": torch.zeros(placed), "log_vars": torch.zeros(placed)}
    )

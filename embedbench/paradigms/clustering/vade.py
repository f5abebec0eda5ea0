"""Variational deep embedding."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

from embedbench.functional.gaussian import kl_to_each, reparameterise
from embedbench.functional.noise import row_noise
from embedbench.paradigms.clustering.clusterer import Count, Embedding, squares
from embedbench.paradigms.clustering.deep_clustering import DeepClustering, touch_unused
from embedbench.paradigms.clustering.mixture import Mixture, fit_em, log_joint, maximise, statistics
from embedbench.paradigms.clustering.soft_clusters import split_widest
from embedbench.paradigms.generative.generator import Generative, importance
from embedbench.paradigms.generative.likelihood import LikelihoodName, Sigma, make_likelihood
from embedbench.paradigms.learned import WithDecoderFactory
from embedbench.types import Batch, DataSpec

_FLOOR = 1e-3  # added to variances, in units of their mean


class VaDE(DeepClustering, Generative):
    """Variational auto-encoder whose prior is a mixture of Gaussians, the clusters (VaDE: Jiang et al., 2017).

    Generator c ~ π, z|c ~ N(μ_c, diag σ_c²), x|z by the likelihood of the decoded z; inference q(z|x) diagonal
    Gaussian, q(c|x) = p(c|z) at one draw of z. First the auto-encoder x → mean of q(z|x) → x is trained by the same
    likelihood. Latents then get a spread of 1 within clusters; the mixture starts from the likeliest diagonal one of
    them (with ``even`` from that of the clusters found, with equal weights, and q(z|x) no wider than these), and all
    parts minimise −ELBO, in nats a row. The soft assignment is p(c|z) at the mean of q(z|x).

    Args:
        spec: Of the data.
        clusters: Their number; "classes" takes as many as the data have classes, "auto" chooses from 2 to 20.
        latent_dim: Size of z; the data's default if not given.
        embedding: The mean of q(z|x) ("latent") or the soft assignment.
        encoder: Makes the encoder, which the decoder mirrors; see ``Learned``.
        likelihood: Form of p(x|z), as of ``vae``.
        sigma: Of the gaussian: a fixed value above 0, one learned value, or one learned for each feature.
        neighbors: With 2 or more, the last third of the first phase also draws each latent to where UMAP of the latents
            (McInnes et al., 2018), by so many nearest ones of each, itself among them, puts it; 0 doesn't.
        even: Whether clusters start as parts of about one size, as suits classes that are alike in number.
        pretraining: Share of the steps that train the auto-encoder alone, above 0 and below 1.
        interval: Steps between two looks for empty clusters, 1 or more.
        scale_rows: Whether the encoder sees each row divided by its root mean square, by which it can't tell a bright
            picture from a dark one of the same.
        sway: Of images: whether training shifts what the encoder sees by up to a tenth of its sides, turns it by up to
            15 degrees and zooms it by up to 15 % (Guo et al., 2018); what is reconstructed stays.
        flip: Of images: whether training mirrors half of what the encoder sees, left to right; wrong for what may be
            read.
        decay: Share of each phase, at its end, over which the learning rate falls linearly to 0, in [0, 1].
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
        latent_dim: int | None = None,
        embedding: Embedding = "latent",
        encoder: WithDecoderFactory | None = None,
        likelihood: LikelihoodName = "gaussian",
        sigma: Sigma = "learned",
        neighbors: int = 0,
        even: bool = False,
        pretraining: float = 0.5,
        interval: int = 140,
        scale_rows: bool = False,
        sway: bool = False,
        flip: bool = False,
        decay: float = 0.0,
        lr: float = 1e-3,
        weight_decay: float = 1e-4,
    ) -> None:
        super().__init__(
            spec,
            clusters,
            latent_dim,
            embedding,
            encoder,
            neighbors,
            even,
            pretraining,
            interval,
            scale_rows,
            sway,
            flip,
            decay,
            lr,
            weight_decay,
        )
        self.likelihood = make_likelihood(likelihood, sigma, spec)
        self.to_posterior = nn.Linear(self.encoder.out_dim, 2 * self.bottleneck)
        self.prior = _prior(self.tried[-1], self.bottleneck)

    def on_fit_start(self) -> None:
        """Shows the likelihood the train rows."""
        self.likelihood.prepare(self.trainer.datamodule.tensors("train")[0])  # type: ignore[attr-defined]  # ours

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The reconstruction alone in the first phase, then the parts of −ELBO (equation 12 of the source)."""
        mean, log_var = self.posterior(self.view(batch.x))
        if not self.begun:
            log_p = self.log_conditional(batch.x, mean[None])
            loss = -log_p.mean() + log_var.sum() * 0 + touch_unused(self.prior)
            return {"reconstruction": loss, **self.landing_term(mean, batch, batch.x[0].numel())}
        noise = torch.randn_like(mean) if self.training else row_noise(batch.index, range(1), mean.shape[1], 0)[0]
        z = reparameterise(mean, log_var, noise.to(mean.dtype))  # (batch, bottleneck)
        log_shares = log_joint(self._mixture(), z).log_softmax(1)  # (batch, count)
        shares = log_shares.exp()  # by the logarithm: the gradient of p log p at 0 is not finite
        logits, means, log_vars = self._placed()
        each = kl_to_each(mean, log_var, means, log_vars)  # (batch, count)
        return {
            "reconstruction": -self.log_conditional(batch.x, z[None]).mean(),
            "kl_latent": (shares * each).sum(1).mean(),
            "kl_cluster": (shares * (log_shares - logits.log_softmax(0))).sum(1).mean(),
        }

    def latent(self, x: Tensor) -> Tensor:
        """Mean of q(z|x), ``(batch, *shape) -> (batch, bottleneck)``."""
        return self.posterior(x)[0]

    def assign(self, z: Tensor) -> Tensor:
        """p(c|z), ``(batch, bottleneck) -> (batch, count)``."""
        return log_joint(self._mixture(), z).softmax(1)

    def begin(self, z: Tensor) -> None:
        """Takes the mixture that clusters begin with."""
        weights, means, factors = self._start_mixture(*self.place(z))
        with torch.no_grad():
            logits, placed, log_vars = self._placed()
            logits.copy_(weights.log())
            placed.copy_(means)
            log_vars.copy_(-2 * factors.log())
            if self.even:  # spreads differ by direction, and wide draws of z would leave narrow clusters for wide ones
                self.to_posterior.bias[self.bottleneck :] += log_vars.amin(0)

    def refresh(self, z: Tensor) -> int:
        """Repairs empty clusters: both halves of the cluster that is split get its variance and half of its weight."""
        with torch.no_grad():
            logits, means, log_vars = self._placed()
            moved, repaired = split_widest(z, means, self.assign(z).argmax(1))
            changed = (moved != means).any(1)
            if repaired:
                means.copy_(moved)
                logits[changed] = logits.mean()
                log_vars[changed] = log_vars.mean(0)
        return repaired

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of q(z|x), each ``(batch, bottleneck)``."""
        mean, log_var = self.to_posterior(self.encoder(self.seen(x))).chunk(2, dim=1)
        return mean @ self.unit, log_var

    def decode(self, z: Tensor) -> Tensor:
        """Mean of p(x|z), ``(batch, bottleneck) -> (batch, *shape)``."""
        return self.likelihood.mean(self.decoder(z @ self.inverse))

    def log_conditional(self, x: Tensor, z: Tensor) -> Tensor:
        """Log p(x|z) in nats, ``(batch, *shape)`` and ``(draws, batch, bottleneck) -> (draws, batch)``."""
        return self.likelihood.log_prob(
            x, self.decoder(z.flatten(0, 1) @ self.inverse).view(*z.shape[:2], *x.shape[1:])
        )

    def log_prior(self, z: Tensor) -> Tensor:
        """Log p(z) of the mixture in nats, ``(..., bottleneck) -> (...)``."""
        return log_joint(self._mixture(), z.flatten(0, -2)).logsumexp(1).view(z.shape[:-1])

    def sample_prior(self, rows: int, generator: Generator) -> Tensor:
        """Draws from p(z), ``(rows, bottleneck)``."""
        logits, means, log_vars = self._placed()
        weights = logits.detach().softmax(0).cpu()
        chosen = torch.multinomial(weights, rows, replacement=True, generator=generator).to(self.device)
        noise = torch.randn(rows, self.bottleneck, generator=generator).to(self.device)
        return reparameterise(means[chosen], log_vars[chosen], noise)

    def row_scores(self, x: Tensor, index: Tensor, samples: int, seed: int) -> dict[str, Tensor]:
        """See ``Generative``; ``kl`` is estimated by the same draws, ``log_likelihood`` importance-weighted."""
        found = importance(self, x, index, samples, seed)
        return {"elbo": found["reconstruction"] - found["kl"], **found}

    def remarks(self, samples: int) -> list[str]:
        """Says what ``log_likelihood`` is."""
        return [f"log_likelihood is the importance-weighted bound of K = {samples} samples"]

    def _start_mixture(self, z: Tensor, means: Tensor) -> Mixture:
        """The diagonal mixture of latents ``(rows, bottleneck)`` that clusters begin with."""
        rows, starts = z.double(), means.double()
        centre, floor = rows.mean(0), _FLOOR * float(rows.var(0).mean())
        if self.even:  # as they are: a mixture climbs away from even ones
            shares = nn.functional.one_hot(squares(rows, starts).argmin(1), len(starts)).double()
            found, repaired = maximise(statistics(rows - centre, shares, full=False), floor)
            found = found._replace(weights=torch.full_like(found.weights, 1 / len(starts)))
        else:
            found, _, _, repaired = fit_em(rows - centre, starts - centre, full=False, floor=floor)
        self.repaired += repaired
        return self.trainer.strategy.broadcast(found._replace(means=found.means + centre))

    def _mixture(self) -> Mixture:
        logits, means, log_vars = self._placed()
        return Mixture(logits.softmax(0), means, torch.exp(-0.5 * log_vars))

    def _placed(self) -> list[Tensor]:
        """Logits, means and log-variances of the components that there are: views of the parameters."""
        count = int(self.count)
        return [self.prior[name][:count] for name in ("logits", "means", "log_vars")]


def _prior(clusters: int, features: int) -> nn.ParameterDict:
    """Room for a diagonal mixture: standard Gaussians of equal weight, until there is something to start from."""
    placed = (clusters, features)
    return nn.ParameterDict(
        {"logits": torch.zeros(clusters), "means": torch.zeros(placed), "log_vars": torch.zeros(placed)}
    )

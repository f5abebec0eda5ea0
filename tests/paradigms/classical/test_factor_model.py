"""Probabilistic PCA and factor analysis against scikit-learn on the known numbers of digits."""

import functools
import time

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal, norm
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.decomposition import FactorAnalysis as SklearnFactorAnalysis

from embedbench.errors import RunError, UsageError
from embedbench.functional.linear_gaussian import log_likelihood
from embedbench.functional.second_moments import CovarianceMatrix
from embedbench.paradigms.classical.factor_analysis import FactorAnalysis
from embedbench.paradigms.classical.ppca import PPCA
from embedbench.paradigms.generative.generator import importance
from embedbench.types import DataSpec

DIGITS = load_digits().data
VARYING = DIGITS[:, DIGITS.std(0) > 0]  # 61 pixels, all 1,797 rows


def solved(make, batch=128, x=VARYING, dim=10):
    rows = torch.tensor(x, dtype=torch.float32)
    model = make(DataSpec("tabular", rows.shape[1:], len(rows), "none"), dim)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        model.accumulate(part, torch.arange(start, start + len(part)))
    model.on_train_epoch_end()
    return model


def nats(model, x=VARYING):
    with torch.no_grad():
        return model.row_scores(torch.tensor(x, dtype=torch.float32), torch.arange(len(x)), 1, 0)


@functools.cache
def peer(make):
    """Scikit-learn's model, converged."""
    exact = {"svd_method": "lapack", "tol": 1e-6, "max_iter": 5000}
    model = SklearnPCA(10, svd_solver="full") if make is PPCA else SklearnFactorAnalysis(10, **exact)
    return model.fit(VARYING)


@pytest.mark.parametrize("batch", [7, 128, 1797])
@pytest.mark.parametrize(("make", "known", "tolerance"), [(PPCA, -154.5514, 0.02), (FactorAnalysis, -123.1558, 0.05)])
def test_log_likelihood_of_digits_is_scikit_learns_score(make, known, tolerance, batch):
    model = solved(make, batch)
    found = float(nats(model)["log_likelihood"].mean())
    assert found == pytest.approx(known, abs=tolerance)
    # scikit-learn's PCA divides by n − 1: that costs the mean 5e-6 nats.
    assert found == pytest.approx(peer(make).score(VARYING), abs=1e-4)
    assert nats(model)["log_likelihood"].numpy() == pytest.approx(peer(make).score_samples(VARYING), abs=0.5)


@pytest.mark.parametrize("make", [PPCA, FactorAnalysis])
def test_the_bound_is_tight_because_the_posterior_is_exact(make):
    model = solved(make)
    found = nats(model)
    assert float(found["gap"].max()) < 1e-8
    torch.testing.assert_close(found["elbo"], found["reconstruction"] - found["kl"])
    x, index = torch.tensor(VARYING[:50], dtype=torch.float32), torch.arange(50)
    for samples in (1, 3):  # every weight is p(x), so that a single draw gives it
        with torch.no_grad():
            drawn = importance(model, x, index, samples, seed=0)["log_likelihood"]
        torch.testing.assert_close(drawn, found["log_likelihood"][:50], atol=1e-6, rtol=0)


@pytest.mark.parametrize("make", [PPCA, FactorAnalysis])
def test_posterior_is_that_of_the_joint_gaussian(make):
    model = solved(make)
    loadings, offset, noise = (part.detach() for part in model.linear)
    cov = loadings.T @ loadings + torch.diag(noise)
    x = torch.tensor(VARYING[:20]).double()
    mean, log_var = (part.detach() for part in model.posterior(x.float()))
    gain = loadings @ torch.linalg.inv(cov)
    torch.testing.assert_close(mean, (x - offset) @ gain.T, atol=1e-8, rtol=0)
    left = torch.eye(10).double() - gain @ loadings.T
    torch.testing.assert_close(left, torch.diag(log_var[0].exp()), atol=1e-8, rtol=0)
    torch.testing.assert_close(model.embed(x.float()).detach().double(), mean, atol=1e-5, rtol=0)


def test_posterior_means_span_the_principal_components():
    model = solved(PPCA)
    z = model.embed(torch.tensor(VARYING, dtype=torch.float32)).detach().numpy()
    reference = SklearnPCA(10, svd_solver="full").fit_transform(VARYING)
    for i in range(10):
        assert abs(np.corrcoef(z[:, i], reference[:, i])[0, 1]) == pytest.approx(1, abs=1e-6)


STILL = "{} constant or nearly constant features have no factors, and the median spread as noise"


def test_constant_pixels_have_the_median_spread_and_it_is_said():
    """Each of the three adds the log-density of a normal at its mean, of the median variance of the others."""
    whole, part = solved(FactorAnalysis, x=DIGITS), solved(FactorAnalysis)
    added = 3 * -0.5 * np.log(2 * np.pi * np.quantile(VARYING.var(0), 0.5, method="lower"))
    wanted = nats(part)["log_likelihood"] + added
    torch.testing.assert_close(nats(whole, DIGITS)["log_likelihood"], wanted, atol=1e-3, rtol=0)
    assert whole.notes == [STILL.format(3)]
    assert part.notes == []
    assert whole.scale == "density over 64 features"


@functools.cache
def nearly_constant():
    """500 train and 100 other rows of 20 features; the first is 1/255 in one train row, 1 in one other row, else 0."""
    rng = np.random.default_rng(0)
    train, other = rng.normal(size=(500, 20)), rng.normal(size=(100, 20))
    train[:, 0], other[:, 0] = 0, 0
    train[7, 0], other[3, 0] = 1 / 255, 1
    return train, other


def test_a_feature_that_is_nearly_constant_decides_no_density():
    """Its own is normal with the median spread; the others' is what scikit-learn's model of them alone gives them."""
    train, other = nearly_constant()
    model = solved(FactorAnalysis, x=train, dim=2)
    found = nats(model, other)["log_likelihood"]
    rest = SklearnFactorAnalysis(2, svd_method="lapack", tol=1e-8, max_iter=50_000).fit(train[:, 1:])
    spread = np.sqrt(np.quantile(train[:, 1:].var(0), 0.5, method="lower"))
    own = norm(train[:, 0].mean(), spread).logpdf(other[:, 0])
    assert found.numpy() == pytest.approx(rest.score_samples(other[:, 1:]) + own, abs=0.05)
    assert model.notes == [STILL.format(1)]


def test_one_noise_for_all_features_bears_one_that_is_nearly_constant():
    """A row that is off by 1 in it loses 1/(2σ²) nats, with a σ near 1."""
    train, other = nearly_constant()
    model = solved(PPCA, x=train, dim=2)
    clean = other * (np.arange(20) > 0)
    lost = (nats(model, clean)["log_likelihood"] - nats(model, other)["log_likelihood"]).numpy()
    assert float(nats(model, other)["log_likelihood"].mean()) == pytest.approx(-28, abs=1)
    assert lost[3] == pytest.approx(0.5 / float(model.linear.noise[0].detach()), abs=0.05)
    assert np.abs(np.delete(lost, 3)).max() < 1e-6


def test_noise_is_no_rounding_where_factors_explain_all_rows():
    """Rows of rank 2: what is left of the variance is rounding, and the density that of the least noise."""
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(200, 2)) @ rng.normal(size=(2, 6))
    model = solved(PPCA, x=rows, dim=2)
    cov = np.cov(rows.astype(np.float32).astype(np.float64).T, bias=True)
    values, axes = np.linalg.eigh(cov)
    noise = 1e-6 * values.mean()
    assert model.linear.noise.detach().numpy() == pytest.approx(np.full(6, noise), rel=1e-6)
    law = multivariate_normal(rows.mean(0), axes @ np.diag(values.clip(min=noise)) @ axes.T)
    assert nats(model, rows)["log_likelihood"].numpy() == pytest.approx(law.logpdf(rows), abs=0.05)


def test_samples_have_the_moments_of_the_rows():
    model = solved(PPCA)
    with torch.no_grad():
        z = model.sample_prior(20_000, torch.Generator().manual_seed(0))
        decoded = model.decode(z)
    assert decoded.shape == (20_000, 61)
    modelled = model.linear.loadings.T @ model.linear.loadings
    assert torch.cov(decoded.double().T).numpy() == pytest.approx(modelled.detach().numpy(), abs=1.5)
    assert decoded.mean(0).numpy() == pytest.approx(VARYING.mean(0), abs=0.2)


@pytest.mark.parametrize("make", [PPCA, FactorAnalysis])
def test_latent_size_must_leave_noise(make):
    with pytest.raises(UsageError, match=r"`latent_dim` must be in \[1, 2\] for 100 rows of 3 features, got 3"):
        make(DataSpec("tabular", (3,), 100, "none"), 3)
    with pytest.raises(UsageError, match=r"2 features and 3 train rows or more, got 100 rows of 1 features; take pca"):
        make(DataSpec("tabular", (1,), 100, "none"), None)


def test_rows_without_noise_are_an_error():
    line = np.outer(np.arange(10.0), [1, 2, 3])
    with pytest.raises(RunError, match="1 factors leave no variance for noise"):
        solved(PPCA, x=np.zeros((10, 3)), dim=1)
    with pytest.raises(RunError, match="need more than 1 features that vary"):
        solved(FactorAnalysis, x=line * [1, 0, 0], dim=1)


FEW = np.random.default_rng(3).normal(size=(30, 4)) @ np.random.default_rng(4).normal(size=(4, 90))
FEW += 0.5 * np.random.default_rng(5).normal(size=FEW.shape)


@pytest.mark.parametrize("make", [PPCA, FactorAnalysis])
@pytest.mark.parametrize("batch", [7, 30])
def test_few_rows_are_fitted_as_by_their_covariance(make, batch):
    """By way of the rows, which of many features take a fraction of the time."""
    model = solved(make, batch, FEW, 4)
    x = torch.tensor(FEW, dtype=torch.float32).double()
    assert "outer" not in model.sums.shapes
    by_matrix = make(DataSpec("tabular", (90,), 30, "none"), 4)
    by_matrix.fit_moments(x.mean(0), CovarianceMatrix(torch.cov(x.T, correction=0)))
    for found, wanted in zip(model.linear, by_matrix.linear, strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-7, atol=1e-9)


def test_wide_rows_take_little_time():
    started = time.process_time()
    solved(functools.partial(FactorAnalysis, tolerance=1e6), 26, np.random.default_rng(0).normal(size=(26, 3072)), 8)
    assert time.process_time() - started < 5  # 200 steps on the covariance of the features took three times as long


@pytest.mark.parametrize("make", [PPCA, FactorAnalysis])
def test_a_likelihood_that_rests_on_the_bound_is_said_to(make):
    """The rows come three times or more often, so that the factors explain all of them."""
    twice = np.repeat(FEW[:8], 4, axis=0)[:30]
    (note,) = solved(make, 30, twice, 12).notes
    assert note.startswith("the log-likelihood rests on the least noise allowed, a millionth of the variance, in 90 of")
    assert solved(make, 30, FEW, 4).notes == []


def test_em_that_has_not_converged_is_an_error():
    def hurried(spec, dim):
        return FactorAnalysis(spec, dim, max_steps=2)

    with pytest.raises(RunError, match="EM had not converged after 2 steps"):
        solved(hurried)


@pytest.mark.parametrize("wrong", [{"tolerance": 0.0}, {"max_steps": 0}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(
        UsageError,
        match=r"`tolerance` must be a number above 0, got|`max_steps` must be a whole number of at least 1, got",
    ):
        FactorAnalysis(DataSpec("tabular", (9,), 100, "none"), 2, **wrong)


def test_log_likelihood_has_no_part_of_the_batch():
    model, x = solved(PPCA), torch.tensor(VARYING[:9]).double()
    with torch.no_grad():
        each = torch.cat([log_likelihood(model.linear, row[None]) for row in x])
        torch.testing.assert_close(log_likelihood(model.linear, x), each, atol=1e-9, rtol=0)

"""Deep embedded clustering: its phases, its target, and what it makes of digits."""

import math
from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import seed_everything

from embedbench.errors import UsageError
from embedbench.paradigms.clustering.dec import DEC
from embedbench.paradigms.clustering.soft_clusters import divergence, sharpened, student_t
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("tabular", (4,), 90, "classes", ("a", "b", "c"))


def fitted(folder, *words):
    parts = resolve(build_request(["--model", "dec", "--threads", "1", *words]))
    seed_everything(0, verbose=False)
    model = parts.make_model(parts.data.spec)
    trainer = make_trainer(parts.trainer, model, folder)
    fit(trainer, model, parts.data)
    return parts, model.eval(), trainer


@pytest.fixture
def clustered():
    """A model in its second phase, whose centres and target are set by hand."""
    torch.manual_seed(0)
    model = DEC(SPEC, latent_dim=2, reconstruction=2.0)
    with torch.no_grad():
        model.centres.copy_(torch.tensor([[0.0, 0], [1, 0], [0, 1]]))
        model.frequency.copy_(torch.tensor([0.5, 0.3, 0.2]))
    model._target = torch.rand(90, 3).softmax(1)
    model.second_phase = True
    return model


ROWS = Batch(torch.randn(5, 4, generator=torch.Generator().manual_seed(1)), None, torch.tensor([3, 80, 0, 7, 7]))


def test_first_phase_is_the_squared_error_alone():
    model = DEC(SPEC, latent_dim=2)
    (name, loss), *others = model.terms(ROWS).items()
    error = (model.decoder(model.latent(ROWS.x)) - ROWS.x).square().mean()
    assert (name, others) == ("reconstruction", [])
    assert float(loss.detach()) == pytest.approx(float(error.detach()))


def test_second_phase_meets_the_target_of_each_row(clustered):
    found = {name: float(term.detach()) for name, term in clustered.terms(ROWS).items()}
    z = clustered.latent(ROWS.x)
    q = student_t(z, clustered.centres)
    error = (clustered.decoder(z) - ROWS.x).square().mean()
    assert found["clustering"] == pytest.approx(float(divergence(clustered._target[ROWS.index], q).mean().detach()))
    assert found["reconstruction"] == pytest.approx(2 * float(error))


def test_validation_makes_the_target_of_the_row_itself(clustered):
    clustered.eval()
    q = student_t(clustered.latent(ROWS.x), clustered.centres)
    wanted = divergence(sharpened(q, clustered.frequency), q).mean()
    assert float(clustered.terms(ROWS)["clustering"].detach()) == pytest.approx(float(wanted))


@pytest.mark.parametrize("weight", [0.0, 10.0])
@pytest.mark.parametrize("second", [False, True])
def test_every_parameter_has_a_gradient(weight, second, clustered):
    clustered.reconstruction, clustered.second_phase = weight, second
    torch.stack(list(clustered.terms(ROWS).values())).sum().backward()
    assert all(parameter.grad is not None for parameter in clustered.parameters())


def test_target_is_of_all_rows_and_ends_the_training_once_few_change(clustered):
    """Two of 90 rows change: more than one in a hundred, and fewer than three."""
    z = torch.randn(90, 2, generator=torch.Generator().manual_seed(2))
    clustered.trainer = SimpleNamespace(strategy=SimpleNamespace(broadcast=lambda value: value), should_stop=False)
    clustered._fit_rows = SimpleNamespace(train=SimpleNamespace(embeddings=lambda _: z))
    clustered._stop_if_broken = lambda: None
    clustered.tolerance = 0.01
    clustered.before_step(0)
    q = clustered.assign(z).detach()
    torch.testing.assert_close(clustered.frequency, q.mean(0))
    torch.testing.assert_close(clustered._target, sharpened(q, q.mean(0)))
    first = clustered._target
    z[:2] = clustered.centres.detach()[(q.argmax(1)[:2] + 1) % 3]
    clustered.before_step(139)
    assert clustered._target is first
    clustered.before_step(140)
    assert clustered._target is not first
    assert not clustered.trainer.should_stop
    clustered.before_step(280)
    assert clustered.trainer.should_stop
    assert clustered.notes == ["fewer than 0.01 of the train rows changed their cluster: converged"]
    clustered.trainer.should_stop, clustered.tolerance = False, 0
    clustered.before_step(420)
    assert not clustered.trainer.should_stop


def test_last_weights_are_the_ones_scored(tmp_path):
    _, model, trainer = fitted(tmp_path, "--data", "digits", "--data.train_rows", "300", "--trainer.max_steps", "4")
    assert trainer.checkpoint_callback is None
    assert model.selection == "last"


def test_embedding_is_the_assignment_where_asked():
    model = DEC(SPEC, latent_dim=2, embedding="assignment")
    assert model.latent_dim == 3
    torch.testing.assert_close(model.embed(ROWS.x).sum(1), torch.ones(5))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"reconstruction": -1.0}, r"`reconstruction` must be a number of at least 0, got -1\.0"),
        ({"reconstruction": math.nan}, "`reconstruction` must be a number of at least 0, got nan"),
        ({"interval": 0}, "`interval` must be a whole number of at least 1, got 0"),
        ({"interval": 2.5}, r"`interval` must be a whole number of at least 1, got 2\.5"),
        ({"tolerance": -0.1}, r"`tolerance` must be a number in \[0, 1\], got -0\.1"),
        ({"tolerance": 1.5}, r"`tolerance` must be a number in \[0, 1\], got 1\.5"),
    ],
)
def test_refused(arguments, said):
    with pytest.raises(UsageError, match=said):
        DEC(SPEC, **arguments)

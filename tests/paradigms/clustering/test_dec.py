"""Deep embedded clustering: its phases, its target, and what it makes of digits."""

from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import seed_everything
from sklearn.metrics import normalized_mutual_info_score

from embedbench.errors import UsageError
from embedbench.paradigms.clustering.clusterer import place_clusters
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
    model.begun = True
    return model


ROWS = Batch(torch.randn(5, 4, generator=torch.Generator().manual_seed(1)), None, torch.tensor([3, 80, 0, 7, 7]))


def test_first_phase_is_the_squared_error_alone():
    model = DEC(SPEC, latent_dim=2)
    (name, loss), *others = model.terms(ROWS).items()
    error = (model.decoder(model.latent(ROWS.x)) - ROWS.x).square().mean()
    assert (name, others) == ("reconstruction", [])
    assert float(loss.detach()) == pytest.approx(float(error.detach()))


def test_scaled_rows_are_what_is_reconstructed():
    model = DEC(SPEC, latent_dim=2, scale_rows=True)
    seen = ROWS.x / ROWS.x.square().mean(1, keepdim=True).sqrt()
    error = (model.decoder(model.to_latent(model.encoder(seen))) - seen).square().mean()
    torch.testing.assert_close(model.terms(ROWS)["reconstruction"], error)


def test_second_phase_meets_the_target_of_each_row(clustered):
    found = {name: float(term.detach()) for name, term in clustered.terms(ROWS).items()}
    z = clustered.latent(ROWS.x)
    q = student_t(z, clustered.centres)
    error = (clustered.decoder(z) - ROWS.x).square().mean()
    assert found["clustering"] == pytest.approx(float(divergence(clustered._target[ROWS.index], q).mean()))
    assert found["reconstruction"] == pytest.approx(2 * float(error))


def test_validation_makes_the_target_of_the_row_itself(clustered):
    clustered.eval()
    q = student_t(clustered.latent(ROWS.x), clustered.centres)
    wanted = divergence(sharpened(q, clustered.frequency), q).mean()
    assert float(clustered.terms(ROWS)["clustering"].detach()) == pytest.approx(float(wanted))


@pytest.mark.parametrize("weight", [0.0, 10.0])
@pytest.mark.parametrize("begun", [False, True])
def test_every_parameter_has_a_gradient(weight, begun, clustered):
    clustered.reconstruction, clustered.begun = weight, begun
    torch.stack(list(clustered.terms(ROWS).values())).sum().backward()
    assert all(parameter.grad is not None for parameter in clustered.parameters())


def test_latents_get_the_unit_of_the_clusters(clustered):
    """Student's t has the scale 1, and the auto-encoder's latents have any; the decoder gets its own ones."""
    x = torch.randn(90, 4, generator=torch.Generator().manual_seed(3))
    clustered.trainer = SimpleNamespace(strategy=SimpleNamespace(broadcast=lambda value: value))
    with torch.no_grad():
        before = clustered.latent(x)
        torch.manual_seed(0)
        placed = place_clusters(before, 3, 20)
        torch.manual_seed(0)
        clustered.begin(before)
        z = clustered.latent(x)
        torch.testing.assert_close(z, before @ placed.unit)
        assert torch.equal(clustered.centres, placed.means)
        torch.testing.assert_close(z @ clustered.inverse, before, atol=1e-5, rtol=1e-4)
        wanted = (clustered.decoder(before) - x).square().mean()
        torch.testing.assert_close(clustered._error(z, x), wanted)


def test_empty_clusters_are_repaired_and_counted(clustered):
    z = torch.randn(90, 2, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        clustered.centres[2] = 1e6
    assert clustered.refresh(z) == 1
    assert len(clustered.assign(z).argmax(1).unique()) == 3
    torch.testing.assert_close(clustered.frequency, clustered.assign(z).mean(0).detach())
    torch.testing.assert_close(clustered._target.sum(1), torch.ones(90))
    clustered.repaired = 1
    assert "an empty cluster was repaired once, by a part of a large one" in clustered.cluster_notes()


@pytest.mark.parametrize(("share", "steps", "first"), [("0.5", "9", 4), ("0.99", "4", 3), ("0.01", "4", 0)])
def test_share_of_the_steps(share, steps, first, tmp_path):
    few = ("--data", "digits", "--data.train_rows", "300", "--trainer.max_steps", steps)
    _, model, _ = fitted(tmp_path, *few, "--model.pretraining", share)
    assert model.begun
    assert f"{first} of {steps} steps trained the auto-encoder alone" in model.cluster_notes()


def test_last_weights_are_the_ones_scored(tmp_path):
    _, model, trainer = fitted(tmp_path, "--data", "digits", "--data.train_rows", "300", "--trainer.max_steps", "4")
    assert trainer.checkpoint_callback is None
    assert model.selection == "last"


def test_clusters_of_digits_are_at_least_those_of_the_auto_encoder(tmp_path):
    """The second phase makes assignments surer and does not lose the classes."""
    words = ("--data", "digits", "--trainer.max_steps", "600", "--model.interval", "50")
    parts, model, _ = fitted(tmp_path, *words)
    _, early, _ = fitted(tmp_path, *words, "--model.pretraining", "0.999")
    x, label = parts.data.tensors("test")
    cluster = model.clusters(x)
    assert len(cluster.unique()) >= 8
    assert normalized_mutual_info_score(label, cluster) > 0.65
    surest = [float(one.assign(one.latent(x)).detach().max(1).values.mean()) for one in (early, model)]
    assert surest[1] > 1.5 * surest[0]
    assert model.embed(x).shape == (len(x), 16)


def test_embedding_is_the_assignment_where_asked():
    model = DEC(SPEC, latent_dim=2, embedding="assignment")
    assert model.latent_dim == 3
    torch.testing.assert_close(model.embed(ROWS.x).sum(1), torch.ones(5))


def test_budget_without_an_end_is_refused(tmp_path):
    from embedbench.run.fitting import make_trainer as make

    parts = resolve(build_request(["--model", "dec", "--data", "digits", "--trainer.max_steps", "-1"]))
    model = parts.make_model(parts.data.spec)
    with pytest.raises(UsageError, match="two phases share a budget of steps"):
        fit(make({**parts.trainer, "max_epochs": -1}, model, tmp_path), model, parts.data)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"pretraining": 0.0}, "`pretraining` of dec must be above 0 and below 1"),
        ({"pretraining": 1.0}, "`pretraining` of dec must be above 0 and below 1"),
        ({"interval": 0}, "`interval` 1 or more, got 0.5 and 0"),
        ({"reconstruction": -1.0}, "`reconstruction` of dec must be 0 or more, got -1.0"),
        ({"clusters": 91}, r"`clusters` of dec must be in \[1, 90\] for 90 train rows, got 91"),
    ],
)
def test_refused(arguments, said):
    with pytest.raises(UsageError, match=said):
        DEC(SPEC, **arguments)

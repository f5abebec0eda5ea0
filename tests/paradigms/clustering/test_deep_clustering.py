"""What dec and vade share: what of a row they see in training and after it."""

from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch import seed_everything

from embedbench.errors import RunError, UsageError
from embedbench.paradigms.clustering.clusterer import place_clusters, place_evenly
from embedbench.paradigms.clustering.dec import DEC
from embedbench.paradigms.clustering.latent_layout import LatentLayout
from embedbench.paradigms.clustering.mixture import fit_em
from embedbench.paradigms.clustering.vade import VaDE
from embedbench.request.request import build_request
from embedbench.request.resolve import resolve
from embedbench.run.fitting import fit, make_trainer
from embedbench.types import Batch, DataSpec

SPEC = DataSpec("image", (1, 4, 4), 90, "classes", ("a", "b", "c"))
ROWS = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", [DEC, VaDE])
def test_scaled_rows_have_mean_square_one(kind):
    model = kind(SPEC, scale_rows=True)
    torch.testing.assert_close(model.seen(ROWS).square().mean((1, 2, 3)), torch.ones(6))
    torch.testing.assert_close(model.seen(ROWS) / ROWS, (model.seen(ROWS) / ROWS)[:, :, :1, :1].expand(ROWS.shape))
    torch.testing.assert_close(model.seen(torch.zeros(2, 1, 4, 4)), torch.zeros(2, 1, 4, 4))


@pytest.mark.parametrize("kind", [DEC, VaDE])
def test_rows_are_seen_as_they_are_unless_asked(kind):
    assert kind(SPEC).seen(ROWS) is ROWS


@pytest.mark.parametrize("kind", [DEC, VaDE])
@pytest.mark.parametrize("scaled", [True, False])
def test_brightness_moves_the_latent_unless_rows_are_scaled(kind, scaled):
    torch.manual_seed(0)
    model = kind(SPEC, scale_rows=scaled).eval()
    dark, bright = model.latent(0.3 * ROWS), model.latent(ROWS)
    assert torch.allclose(dark, bright, atol=1e-5) == scaled


@pytest.mark.parametrize("kind", [DEC, VaDE])
@pytest.mark.parametrize("asked", ["sway", "flip"])
def test_only_training_moves_rows_and_only_if_asked(kind, asked):
    torch.manual_seed(0)
    model = kind(SPEC, **{asked: True})
    assert model.eval().view(ROWS) is ROWS
    assert not torch.equal(model.train().view(ROWS), ROWS)
    assert kind(SPEC).train().view(ROWS) is ROWS


@pytest.mark.parametrize("kind", [DEC, VaDE])
@pytest.mark.parametrize("begun", [False, True])
def test_loss_is_of_the_moved_row_against_the_row_itself(kind, begun):
    """The encoder sees another view at every call, and what is to be reconstructed stays."""
    torch.manual_seed(0)
    model = kind(SPEC, sway=True).train()
    model.begun, model._target = begun, torch.full((90, 3), 1 / 3)
    if kind is DEC:
        torch.nn.init.normal_(model.centres)
    batch, seen = Batch(ROWS, None, torch.arange(6)), []
    model.encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.decoder = torch.nn.Sequential(torch.nn.Linear(model.bottleneck, 16), torch.nn.Unflatten(1, (1, 4, 4)))
    for parameter in model.decoder.parameters():
        torch.nn.init.zeros_(parameter)
    found = model.terms(batch)["reconstruction"]
    assert not torch.equal(seen[0], ROWS)
    if kind is VaDE:
        torch.testing.assert_close(found, -model.log_conditional(ROWS, torch.zeros(1, 6, model.bottleneck)).mean())
    elif not begun:
        torch.testing.assert_close(found, ROWS.square().mean())


@pytest.mark.parametrize(("kind", "weight"), [(DEC, 10), (VaDE, 160)])
def test_latents_are_drawn_to_their_places_in_training(kind, weight):
    """Ten times as much as the error; of a likelihood, whose features all add up, 16 times more."""
    torch.manual_seed(0)
    model = kind(SPEC, latent_dim=2, neighbors=5)
    goal, index = torch.randn(90, 2), torch.tensor([3, 40, 88, 3, 0, 7])
    model._layout = SimpleNamespace(goal=goal)
    batch = Batch(ROWS, None, index)
    wanted = weight * (model.latent(ROWS) - goal[index]).square().mean()
    torch.testing.assert_close(model.train().terms(batch)["landing"], wanted)
    assert "landing" not in model.eval().terms(batch)
    model._layout = None
    assert "landing" not in model.train().terms(batch)


@pytest.fixture
def laid_out(tmp_path, monkeypatch):
    """Fits to a few digits for 18 steps, 12 of them before the clusters; what each step saw of the layout."""

    def run(name, *words):
        few = ("--data", "digits", "--data.train_rows", "300", "--trainer.max_steps", "18", "--threads", "1")
        share = ("--model.pretraining", "0.667", "--model.latent_dim", "3")
        parts = resolve(build_request(["--model", name, *few, *share, *words]))
        seed_everything(0, verbose=False)
        model, seen = parts.make_model(parts.data.spec), []
        terms = model.terms

        def spied(batch):
            found = terms(batch)
            if model.training:
                seen.append((sorted(found), model._layout and model._layout._done))
            return found

        monkeypatch.setattr(model, "terms", spied)
        fit(make_trainer(parts.trainer, model, tmp_path), model, parts.data)
        return model, seen

    return run


@pytest.mark.parametrize("name", ["dec", "vade"])
def test_places_are_laid_out_in_the_last_third_of_the_first_phase(name, laid_out):
    model, seen = laid_out(name, "--model.neighbors", "5")
    assert [turns for _, turns in seen] == [None] * 8 + [250, 500, 750, 1000] + [None] * 6
    assert [step for step, (terms, _) in enumerate(seen) if "landing" in terms] == [8, 9, 10, 11]
    wanted = "12 of 18 steps trained the auto-encoder first, the last 4 towards places by the 5 nearest latents"
    assert any(note.startswith(wanted) for note in model.cluster_notes())


def test_places_are_of_neighbouring_latents(laid_out, monkeypatch):
    given = []
    monkeypatch.setattr(
        "embedbench.paradigms.clustering.deep_clustering.LatentLayout",
        lambda z, neighbors, seed: given.append((z, neighbors)) or LatentLayout(z, neighbors, seed),
    )
    laid_out("dec", "--model.neighbors", "7")
    ((z, neighbors),) = given
    assert (z.shape, neighbors) == ((270, 3), 7)  # the rest are validation rows


@pytest.mark.parametrize("words", [(), ("--model.neighbors", "5")])
@pytest.mark.parametrize("name", ["dec", "vade"])
def test_a_first_phase_that_broke_says_so_before_latents_are_looked_at(name, words, laid_out):
    with pytest.raises(RunError, match=r"the loss became NaN or infinite at step [1-9]; lower --model\.lr"):
        laid_out(name, "--model.lr", "1e25", *words)


def test_no_places_unless_asked(laid_out):
    model, seen = laid_out("dec")
    assert not [terms for terms, turns in seen if "landing" in terms or turns is not None]
    assert "12 of 18 steps trained the auto-encoder alone" in model.cluster_notes()


@pytest.mark.parametrize(("kind", "neighbors"), [(DEC, 90), (VaDE, -1), (DEC, 1)])
def test_more_neighbors_than_rows_or_none_but_itself_are_refused(kind, neighbors):
    wanted = rf"`neighbors` of \w+ must be 0 or in \[2, 89\] for 90 train rows, itself among them, got {neighbors};"
    with pytest.raises(UsageError, match=wanted):
        kind(SPEC, neighbors=neighbors)


@pytest.mark.parametrize("asked", ["sway", "flip"])
def test_tables_are_not_moved(asked):
    table = DataSpec("tabular", (4,), 90, "classes", ("a", "b", "c"))
    with pytest.raises(UsageError, match="`sway` and `flip` of vade are for images, but the data are tabular"):
        VaDE(table, **{asked: True})


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("kind", [DEC, VaDE])
def test_clusters_start_even_where_asked(kind, even):
    """Of rows in groups of 10, 20 and 60: from the means found, or from the mixture of the rows nearest to them."""
    model = kind(SPEC, latent_dim=2, even=even)
    model.trainer = SimpleNamespace(strategy=SimpleNamespace(broadcast=lambda value: value))
    noise = torch.randn(90, 2, generator=torch.Generator().manual_seed(0))
    z = noise + 3 * torch.tensor([[0.0, 0], [1, 0], [0, 1]]).repeat_interleave(torch.tensor([10, 20, 60]), 0)
    torch.manual_seed(0)
    placed = place_evenly(z, 3, 10) if even else place_clusters(z, 3, 20)
    width = model.to_posterior.bias[2:].detach().clone() if kind is VaDE else None
    torch.manual_seed(0)
    with torch.no_grad():
        model.begin(z)
    torch.testing.assert_close(model.unit, placed.unit)
    if kind is DEC:
        torch.testing.assert_close(model.centres.detach(), placed.means)
        return
    rows, means = (z @ placed.unit).double(), placed.means.double()
    centre, floor = rows.mean(0), 1e-3 * float(rows.var(0).mean())
    if even:
        mine = torch.cdist(rows, means).argmin(1)
        parts = [rows[mine == k] for k in range(3)]
        found = torch.stack([part.mean(0) for part in parts])
        variance = torch.stack([part.var(0, correction=0) for part in parts]) + floor
        shares = torch.full((3,), 1 / 3, dtype=torch.float64)
    else:
        model_of = fit_em(rows - centre, means - centre, full=False, floor=floor).model
        found, variance, shares = model_of.means + centre, model_of.factors**-2, model_of.weights
    torch.testing.assert_close(model.prior["means"].detach(), found.float())
    torch.testing.assert_close(model.prior["log_vars"].detach(), variance.log().float())
    torch.testing.assert_close(model.prior["logits"].detach(), shares.log().float())
    narrower = variance.log().amin(0).float() if even else torch.zeros(2)  # posterior than any even cluster
    torch.testing.assert_close(model.to_posterior.bias[2:].detach() - width, narrower)


@pytest.mark.parametrize("kind", [DEC, VaDE])
def test_learning_rate_falls_to_nothing_at_the_end_of_each_phase_where_asked(kind):
    model = kind(SPEC, lr=0.2, decay=0.3)
    model.trainer = SimpleNamespace(estimated_stepping_batches=20)
    found = model.configure_optimizers()
    rates = []
    for _ in range(20):
        rates += [group["lr"] for group in found["optimizer"].param_groups]
        found["optimizer"].step()
        found["lr_scheduler"]["scheduler"].step()
    assert rates == pytest.approx(2 * ([0.2] * 8 + [0.2 * 2 / 3, 0.2 / 3]))
    assert found["lr_scheduler"]["interval"] == "step"
    model.neighbors, model.trainer.estimated_stepping_batches = 5, 40  # places are a phase of their own, steps 13 to 19
    wanted = {12: 1 / 3.9, 13: 1, 17: 1, 18: 2 / 2.1, 19: 1 / 2.1, 20: 1, 39: 1 / 6}
    assert {step: model._rate(step) for step in wanted} == pytest.approx(wanted)
    assert isinstance(kind(SPEC).configure_optimizers(), torch.optim.Optimizer)


def test_more_than_a_phase_to_fall_is_refused():
    with pytest.raises(UsageError, match=r"`decay` of dec must be in \[0, 1\], got 1.5;"):
        DEC(SPEC, decay=1.5)

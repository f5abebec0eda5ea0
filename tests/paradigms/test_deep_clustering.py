"""What dec and vade share: what of a row they see in training and after it."""

from types import SimpleNamespace

import pytest
import torch

from embedbench.errors import UsageError
from embedbench.functional.even_mixture import climb_evenly
from embedbench.functional.gaussian_mixture import climb
from embedbench.paradigms.dec import DEC
from embedbench.paradigms.vade import VaDE
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


@pytest.fixture
def neighborly():
    """Models whose rows stand in a ring of 90, each beside the next one."""

    def make(kind):
        torch.manual_seed(0)
        model = kind(SPEC, latent_dim=2, neighbors=1)
        model._rows, model._near = torch.rand(90, 1, 4, 4), ((torch.arange(90) + 1) % 90)[:, None]
        return model

    return make


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(("kind", "weight"), [(DEC, 1), (VaDE, 16)])
def test_partners_are_told_from_the_batch_in_both_phases(kind, weight, begun, neighborly):
    """Each row meets the one 5 steps on, in the unit of the first phase; of a likelihood, all 16 features count."""
    model = neighborly(kind)
    index = torch.tensor([3, 40, 88])
    end = torch.tensor([8, 45, 3])  # the last walk ends where the first begins
    batch = Batch(model._rows[index], None, index)
    z = model.latent(model._rows[torch.cat([index, end])])
    q = 1 / (1 + torch.cdist(z, z).square())
    row, partner = torch.cat([index, end]).tolist(), torch.cat([end, index]).tolist()
    wanted = torch.zeros(())
    for i in range(6):
        near = q[i, (i + 3) % 6]
        far = sum(q[i, j] for j in range(6) if row[j] not in (row[i], partner[i]))
        wanted = wanted - (near / (near + far)).log() / 6
    if begun:
        model.begun, model._target = True, torch.full((90, 3), 1 / 3)
        model.unit.copy_(torch.tensor([[3.0, 1], [1, 2]]))
        model.inverse.copy_(model.unit.inverse())
    torch.testing.assert_close(model.terms(batch)["contrast"], weight * wanted, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [DEC, VaDE])
def test_only_training_and_only_if_asked_knows_neighbors(kind, neighborly):
    model = neighborly(kind)
    batch = Batch(model._rows[:6], None, torch.arange(6))
    assert "contrast" not in model.eval().terms(batch)
    assert "contrast" not in kind(SPEC).train().terms(batch)


@pytest.mark.parametrize("scaled", [True, False])
def test_neighbors_are_those_that_the_encoder_sees(scaled):
    """A dark row and the bright one of the same picture are neighbours once rows are scaled, and no row its own."""
    dark = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    rows = torch.cat([dark, 9 * dark])
    model = DEC(SPEC, neighbors=1, scale_rows=scaled)
    model.trainer = SimpleNamespace(datamodule=SimpleNamespace(tensors=lambda split: {"train": (rows,)}[split]))
    model.on_fit_start()
    assert model._near[:, 0].tolist() == ([2, 3, 0, 1] if scaled else [1, 0, 3, 2])


def test_notes_tell_of_neighbors(neighborly):
    model = neighborly(DEC)
    model.trainer = SimpleNamespace(global_step=9)
    assert "0 of 9 steps trained the auto-encoder with 1 neighbours a row" in model.cluster_notes()


@pytest.mark.parametrize(("kind", "neighbors"), [(DEC, 90), (VaDE, -1)])
def test_more_neighbors_than_rows_are_refused(kind, neighbors):
    with pytest.raises(
        UsageError, match=rf"`neighbors` of \w+ must be in \[0, 89\] for 90 train rows, got {neighbors};"
    ):
        kind(SPEC, neighbors=neighbors)


@pytest.mark.parametrize("asked", ["sway", "flip"])
def test_tables_are_not_moved(asked):
    table = DataSpec("tabular", (4,), 90, "classes", ("a", "b", "c"))
    with pytest.raises(UsageError, match="`sway` and `flip` of vade are for images, but the data are tabular"):
        VaDE(table, **{asked: True})


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("kind", [DEC, VaDE])
def test_clusters_start_even_where_asked(kind, even):
    """Of rows in groups of 10, 20 and 60."""
    model = kind(SPEC, latent_dim=2, even=even)
    model.trainer = SimpleNamespace(strategy=SimpleNamespace(broadcast=lambda value: value))
    noise = torch.randn(90, 2, generator=torch.Generator().manual_seed(0))
    z = noise + 3 * torch.tensor([[0.0, 0], [1, 0], [0, 1]]).repeat_interleave(torch.tensor([10, 20, 60]), 0)
    torch.manual_seed(0)
    rows, means = (part.double() for part in model.place(z))
    torch.manual_seed(0)
    with torch.no_grad():
        model.begin(z)
    centre, floor = rows.mean(0), 1e-3 * float(rows.var(0).mean())
    mixture = climb_evenly(rows - centre, means - centre, floor)[0]
    free = climb(rows - centre, means - centre, full=False, floor=floor).model
    if kind is DEC:
        wanted = mixture.means + centre if even else means
        torch.testing.assert_close(model.centres.detach(), wanted.float())
    else:
        wanted = mixture if even else free
        torch.testing.assert_close(model.prior["means"].detach(), (wanted.means + centre).float())
        torch.testing.assert_close(model.prior["logits"].detach(), wanted.weights.log().float())
    assert not torch.allclose(mixture.means, free.means, atol=0.1)


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
    assert isinstance(kind(SPEC).configure_optimizers(), torch.optim.Optimizer)


def test_more_than_a_phase_to_fall_is_refused():
    with pytest.raises(UsageError, match=r"`decay` of dec must be in \[0, 1\], got 1.5;"):
        DEC(SPEC, decay=1.5)

"""What dec and vade share: what of a row they see."""

import pytest
import torch

from embedbench.paradigms.dec import DEC
from embedbench.paradigms.vade import VaDE
from embedbench.types import DataSpec

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
